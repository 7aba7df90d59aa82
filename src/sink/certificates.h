/* Throw-away certificates: a CA of our own, what it signs, and what a client must refuse. */
#pragma once

#include "sink/options.h"

typedef struct {
  char *folder;
  gboolean own_folder;  /* to be removed with everything in it */
  char *ca;             /* PEM files */
  char *certificate;
  char *key;
} Certificates;

/* Makes what is missing in OPTIONS' folder (others may be at it at the same time). NULL
 * with TOUKAN_ERROR_IO or _SYSTEM. */
Certificates *certificates_prepare (const SinkOptions *options, GError **error);
void          certificates_free (Certificates *certificates);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Certificates, certificates_free)

/* Private to the net room: how a question is answered on each system. */
#pragma once

#include "net/identity.h"

/* What is found out of one destination. */
typedef struct {
  char    *network;     /* in words, before it is hashed; NULL: unknown */
  char    *description; /* for people */
  gboolean silent;      /* unknown because nobody answered in time */
} IdentityFinding;

void identity_finding_clear (IdentityFinding *finding);

/* identity-kernel.c, Linux only. A next hop whose link-layer address isn't known has PATIENCE ms to
 * say it. FOUND comes exactly once, from the main context or before this returns (then the
 * result is NULL); the search is to be freed in it or later. */
typedef struct KernelSearch KernelSearch;
typedef void (*KernelFound) (const IdentityFinding *finding, gpointer data);

KernelSearch *kernel_search_new (const IpAddress *destination, guint patience, KernelFound found, gpointer data);
void          kernel_search_free (KernelSearch *search);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (IdentityFinding, identity_finding_clear)

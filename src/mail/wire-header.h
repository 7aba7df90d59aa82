/* A header made fit for a server, field by field; a field that is fit stays as it is. */
#pragma once

#include "mail/mime-walk.h"

typedef struct {
  gboolean bad;  /* something must be changed */
  gboolean utf8; /* with SMTPUTF8: raw UTF-8 stays in it */
} WireHeaderState;

/* HEADER: lines ended by LF. SMTPUTF8: UTF-8 may stay. */
WireHeaderState wire_header_examine (const GString *header, gboolean smtputf8);

typedef struct {
  gboolean    smtputf8;
  const char *encoding;  /* the new Content-Transfer-Encoding; NULL: as it is */
  const char *type;      /* a Content-Type to add; NULL: none */
  gboolean    mime;      /* MIME-Version must be there */
} WireHeaderChange;

/* Appends the changed header to OUT, lines ended by LF or CRLF. FALSE with
 * TOUKAN_ERROR_DATA when that can't be done. */
gboolean wire_header_rewrite (const GString *header, const WireHeaderChange *change, GString *out,
                              GError **error);

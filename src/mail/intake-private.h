/* Between intake.c, which finds the header and passes the body through, intake-address.c,
 * which reads who is named in it, and intake-write.c, which writes it again. */
#pragma once

#include "mail/header-scan.h"
#include "mail/intake.h"

typedef struct {
  const IntakeRules *rules;
  Intake *intake;
  BodySource *raw;
  GString *text; /* the header, and what of the body came with it */
  gsize start;   /* of the first field */
  gsize end;     /* behind the last field */
  gsize body;    /* behind the empty line */

  const char *header;             /* text at start */
  GArray *fields;                 /* of HeaderField */
  guint resent_start, resent_end; /* the fields of the latest resending; the same: there is none */
} IntakeWork;

const HeaderField *intake_field (const IntakeWork *work, guint index);

/* NAMES ends with NULL. */
gboolean intake_field_is_one_of (const IntakeWork *work, guint index, const char *const *names);

/* Is there a field NAME with anything in it? */
gboolean intake_has (const IntakeWork *work, const char *name);

/* The addresses of a field; NULL with ERROR, which names the field. */
GPtrArray *intake_parse_field (const IntakeWork *work, guint index, const char *qualify_with, GError **error);

/* Fills in from, sender and recipients of work->intake. */
gboolean intake_read_addresses (IntakeWork *work, GError **error);

/* The header that goes out, with its empty line. */
GString *intake_write_header (IntakeWork *work, GError **error);

/* The fields that declare 8-bit text in the body (RFC 2045) and aren't there. */
typedef struct {
  gboolean    version;  /* MIME-Version */
  const char *type;     /* Content-Type, static; NULL: it is there */
  gboolean    encoding; /* Content-Transfer-Encoding */
} MissingMime;

/* Reads the body for that, where it matters. FALSE with ERROR when it can't be read. */
gboolean intake_find_missing_mime (const IntakeWork *work, MissingMime *ret_missing, GError **error);

/* Quoted-printable (RFC 2045, 6.7), piece by piece. */
#pragma once

#include <glib.h>

typedef struct {
  gboolean keep_quoted; /* the text is quoted-printable already: mend what breaks its rules */
  guint    column;
  gboolean after_soft;  /* a soft line break was the last thing written */
  gboolean after_cr;
  guint    held;        /* a space or tab that may turn out to end its line; 0: none */
} QuotedPrintable;

void quoted_printable_init (QuotedPrintable *encoder, gboolean keep_quoted);

/* Appends to OUT, with LF for each line end (LF, CRLF or CR) of the text. */
void quoted_printable_add (QuotedPrintable *encoder, const guint8 *octets, gsize length, GString *out);

/* After the last octet. A text without a final line end stays one. */
void quoted_printable_end (QuotedPrintable *encoder, GString *out);

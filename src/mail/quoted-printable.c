/* Our own encoder, because of what must never begin a line of its output: a dot and
 * "From " (some servers alter them), and a "-" behind a soft line break, which could
 * forge the boundary of a multipart around it. */
#include "mail/quoted-printable.h"

#include <string.h>

/* RFC 2045, 6.7, rule 5; the last column is the soft line break's. */
#define LINE_LIMIT 76

void
quoted_printable_init (QuotedPrintable *encoder, gboolean keep_quoted)
{
  *encoder = (QuotedPrintable){ .keep_quoted = keep_quoted };
}

static void
make_room (QuotedPrintable *encoder, guint width, GString *out)
{
  if (encoder->column + width < LINE_LIMIT)
    return;
  g_string_append (out, "=\n");
  encoder->column = 0;
  encoder->after_soft = TRUE;
}

static void
put_quoted (QuotedPrintable *encoder, guint8 octet, GString *out)
{
  static const char digits[] = "0123456789ABCDEF";
  const char quoted[] = { '=', digits[octet >> 4], digits[octet & 15] };
  make_room (encoder, sizeof quoted, out);
  g_string_append_len (out, quoted, sizeof quoted);
  encoder->column += 3;
}

static gboolean
must_be_quoted (const QuotedPrintable *encoder, guint8 octet)
{
  if ((octet < ' ' && octet != '\t') || octet > '~')
    return TRUE;
  gboolean first = encoder->column == 0;
  if (octet == '-' && first && encoder->after_soft)
    return TRUE;
  return !encoder->keep_quoted && (octet == '=' || (first && (octet == '.' || octet == 'F')));
}

static void
put (QuotedPrintable *encoder, guint8 octet, GString *out)
{
  /* What a "=" begins must not be torn apart. */
  make_room (encoder, octet == '=' ? 3 : 1, out);
  if (must_be_quoted (encoder, octet)) {
    put_quoted (encoder, octet, out);
    return;
  }
  g_string_append_c (out, (char)octet);
  encoder->column++;
}

static void
release_held (QuotedPrintable *encoder, gboolean ends_line, GString *out)
{
  guint8 held = (guint8)encoder->held;
  encoder->held = 0;
  if (held == 0)
    return;
  if (ends_line && !encoder->keep_quoted)
    put_quoted (encoder, held, out);
  else
    put (encoder, held, out);
}

static void
end_line (QuotedPrintable *encoder, GString *out)
{
  release_held (encoder, TRUE, out);
  g_string_append_c (out, '\n');
  encoder->column = 0;
  encoder->after_soft = FALSE;
}

void
quoted_printable_add (QuotedPrintable *encoder, const guint8 *octets, gsize length, GString *out)
{
  for (gsize i = 0; i < length; i++) {
    guint8 octet = octets[i];
    gboolean second = octet == '\n' && encoder->after_cr;
    encoder->after_cr = octet == '\r';
    if (second)
      continue;
    if (octet == '\r' || octet == '\n') {
      end_line (encoder, out);
      continue;
    }
    release_held (encoder, FALSE, out);
    if (octet == ' ' || octet == '\t')
      encoder->held = octet;
    else
      put (encoder, octet, out);
  }
}

void
quoted_printable_end (QuotedPrintable *encoder, GString *out)
{
  /* Nothing follows: what is held is at the end of a line. */
  release_held (encoder, TRUE, out);
}

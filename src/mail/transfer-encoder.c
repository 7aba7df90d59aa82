/* One face over the encodings, so that whoever builds or re-encodes a message only
 * chooses one. */
#include "mail/transfer-encoder.h"

/* RFC 2045, 6.8. */
#define BASE64_LINE_LIMIT 76

/* RFC 5322, 2.1.1: what a line should keep to. */
#define PLAIN_LINE_LIMIT 78

void
transfer_encoder_init (TransferEncoder *encoder, TransferKind kind)
{
  *encoder = (TransferEncoder){ .kind = kind };
  quoted_printable_init (&encoder->quoted, kind == TRANSFER_MEND_QUOTED);
  wire_filter_init (&encoder->lines);
}

static void
add_base64 (TransferEncoder *encoder, const guint8 *octets, gsize length, GString *out)
{
  while (length > 0) {
    char encoded[4096];
    gsize piece = MIN (length, 2048);
    gsize put
        = g_base64_encode_step (octets, piece, TRUE, encoded, &encoder->base64_state, &encoder->base64_save);
    g_string_append_len (out, encoded, (gssize)put);
    octets += piece;
    length -= piece;
  }
}

static void
add_base64_text (TransferEncoder *encoder, const guint8 *octets, gsize length, GString *out)
{
  while (length > 0 || encoder->lines.owes_lf) {
    guint8 canonical[2048];
    gsize used = 0;
    gsize put = wire_filter_run (&encoder->lines, octets, length, &used, canonical, sizeof canonical);
    add_base64 (encoder, canonical, put, out);
    octets += used;
    length -= used;
  }
}

/* Drops or replaces what may not be there, and breaks lines over LIMIT. */
static void
mend_lines (TransferEncoder *encoder, const guint8 *octets, gsize length, guint limit, char substitute,
            GString *out)
{
  for (gsize i = 0; i < length; i++) {
    gboolean line_end = octets[i] == '\r' || octets[i] == '\n';
    gboolean bad = octets[i] == '\0' || octets[i] >= 0x80;
    if (bad && substitute == '\0')
      continue;
    if (!line_end && encoder->column == limit) {
      g_string_append_c (out, '\n');
      encoder->column = 0;
    }
    g_string_append_c (out, bad ? substitute : (char)octets[i]);
    encoder->column = line_end ? 0 : encoder->column + 1;
  }
}

void
transfer_encoder_add (TransferEncoder *encoder, const guint8 *octets, gsize length, GString *out)
{
  switch (encoder->kind) {
  case TRANSFER_AS_IS:
    g_string_append_len (out, (const char *)octets, (gssize)length);
    break;
  case TRANSFER_QUOTED_PRINTABLE:
  case TRANSFER_MEND_QUOTED:
    quoted_printable_add (&encoder->quoted, octets, length, out);
    break;
  case TRANSFER_BASE64:
    add_base64 (encoder, octets, length, out);
    break;
  case TRANSFER_BASE64_TEXT:
    add_base64_text (encoder, octets, length, out);
    break;
  case TRANSFER_MEND_BASE64:
    mend_lines (encoder, octets, length, BASE64_LINE_LIMIT, '\0', out);
    break;
  case TRANSFER_MEND_PLAIN:
    mend_lines (encoder, octets, length, PLAIN_LINE_LIMIT, '?', out);
    break;
  }
}

void
transfer_encoder_end (TransferEncoder *encoder, GString *out)
{
  char rest[8];
  if (encoder->kind == TRANSFER_QUOTED_PRINTABLE || encoder->kind == TRANSFER_MEND_QUOTED)
    quoted_printable_end (&encoder->quoted, out);
  if (encoder->kind == TRANSFER_BASE64 || encoder->kind == TRANSFER_BASE64_TEXT) {
    gsize put = g_base64_encode_close (FALSE, rest, &encoder->base64_state, &encoder->base64_save);
    g_string_append_len (out, rest, (gssize)put);
  }
}

const char *
transfer_kind_name (TransferKind kind)
{
  switch (kind) {
  case TRANSFER_QUOTED_PRINTABLE:
    return "quoted-printable";
  case TRANSFER_BASE64:
  case TRANSFER_BASE64_TEXT:
    return "base64";
  default:
    return NULL;
  }
}

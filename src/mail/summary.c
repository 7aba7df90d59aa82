/* The first From, Subject and Message-ID count, as they do for who reads the message. */
#include "mail/summary.h"

#include <gmime/gmime.h>

#include "mail/gmime-start.h"
#include "mail/header-scan.h"

#define LONGEST_HEADER ((gsize)256 * 1024) /* whoever writes more is called by what stands in it */
#define LONGEST_VALUE ((gsize)1000)        /* octets that are kept of each */

/* Up to the first empty line. */
static gsize
header_length (const char *octets, gsize length)
{
  gsize at = 0;
  while (at < length && octets[at] != '\n' && octets[at] != '\r')
    at += header_line_length (octets, length, at);
  return at;
}

/* Cut where a character ends. */
static char *
decode (char *value)
{
  header_value_put_spaces (value);
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_text (NULL, value);
  g_autofree char *valid = g_utf8_make_valid (decoded, -1);
  const char *end = valid + MIN (strlen (valid), LONGEST_VALUE);
  while (end > valid && ((guchar)*end & 0xC0) == 0x80)
    end--;
  g_free (value);
  return g_strndup (valid, (gsize)(end - valid));
}

void
summary_read (Summary *summary, const char *octets, gsize length)
{
  const struct {
    const char *name;
    char **text;
  } wanted[] = {
    { "From", &summary->from },
    { "Subject", &summary->subject },
    { "Message-ID", &summary->message_id },
  };
  *summary = (Summary){ 0 };
  g_autoptr (GArray) fields = header_scan (octets, header_length (octets, MIN (length, LONGEST_HEADER)));
  for (guint i = 0; i < fields->len; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (wanted); j++) {
      const HeaderField *field = &g_array_index (fields, HeaderField, i);
      if (!*wanted[j].text && header_field_is (octets, field, wanted[j].name))
        *wanted[j].text = decode (header_field_value (octets, field));
    }
}

/* Does the empty line behind the header stand in TEXT? */
static gboolean
header_is_whole (const GByteArray *text)
{
  return header_length ((const char *)text->data, text->len) < text->len;
}

gboolean
summary_read_body (Summary *summary, BodySource *message, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (message, error);
  g_autoptr (GByteArray) text = g_byte_array_new ();
  guint8 piece[4096];
  gssize got = reader ? 1 : -1;
  *summary = (Summary){ 0 };
  while (got > 0 && text->len < LONGEST_HEADER && !header_is_whole (text)) {
    got = body_reader_read (reader, piece, sizeof piece, error);
    if (got > 0)
      g_byte_array_append (text, piece, (guint)got);
  }
  if (got >= 0)
    summary_read (summary, (const char *)text->data, text->len);
  return got >= 0;
}

void
summary_clear (Summary *summary)
{
  g_free (summary->from);
  g_free (summary->subject);
  g_free (summary->message_id);
  *summary = (Summary){ 0 };
}

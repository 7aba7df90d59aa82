/* Only the beginning of a message is read, since a header that goes on for long is none that
 * a person would read. Encoded words (RFC 2047) are GMime's. */
#include "mail/summary.h"

#include <gmime/gmime.h>
#include <string.h>

#include "mail/gmime-start.h"
#include "mail/header-scan.h"

#define HEADER_LIMIT ((gsize)64 * 1024)
#define TEXT_LIMIT 400 /* characters */

static GByteArray *
read_beginning (BodySource *message, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (message, error);
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  gssize got = 1;

  if (!reader)
    return NULL;
  while (got > 0 && octets->len < HEADER_LIMIT) {
    guint before = octets->len;
    g_byte_array_set_size (octets, (guint)HEADER_LIMIT);
    got = body_reader_read (reader, octets->data + before, HEADER_LIMIT - before, error);
    g_byte_array_set_size (octets, before + (got > 0 ? (guint)got : 0));
  }
  return got < 0 ? NULL : g_steal_pointer (&octets);
}

/* Takes VALUE. */
static char *
for_people (char *value)
{
  g_autofree char *raw = value;
  g_autofree char *decoded = NULL;

  header_value_put_spaces (raw);
  if (strstr (raw, "=?")) {
    gmime_start ();
    decoded = g_mime_utils_header_decode_text (NULL, raw);
  }
  g_autofree char *valid = g_utf8_make_valid (decoded ? decoded : raw, -1);
  return g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), TEXT_LIMIT));
}

MessageSummary *
message_summary_new (BodySource *message, GError **error)
{
  g_autoptr (GByteArray) octets = read_beginning (message, error);

  if (!octets)
    return NULL;
  MessageSummary *summary = g_new0 (MessageSummary, 1);
  const char *header = (const char *)octets->data;
  g_autoptr (GArray) fields = header_scan (header, header_length (header, octets->len));
  const struct {
    const char *name;
    char **place;
  } wanted[] = { { "From", &summary->from },
                 { "Subject", &summary->subject },
                 { "Message-ID", &summary->message_id } };
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    summary->one_click |= header_field_is (header, field, "List-Unsubscribe-Post");
    for (gsize j = 0; j < G_N_ELEMENTS (wanted); j++)
      if (!*wanted[j].place && header_field_is (header, field, wanted[j].name))
        *wanted[j].place = for_people (header_field_value (header, field));
  }
  return summary;
}

void
message_summary_free (MessageSummary *summary)
{
  if (!summary)
    return;
  g_free (summary->from);
  g_free (summary->subject);
  g_free (summary->message_id);
  g_free (summary);
}

/* Whatever is handed to sendmail: no Bcc gets through, what servers ask for is there, and
 * the body is what it was. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "core/command.h"
#include "mail/header-scan.h"
#include "mail/intake.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static GByteArray *
whole (BodySource *source)
{
  GByteArray *all = g_byte_array_new ();
  g_byte_array_set_size (all, (guint)body_source_size (source));
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  for (guint at = 0; at < all->len;) {
    gssize given = body_reader_read (reader, all->data + at, all->len - at, NULL);
    g_assert (given > 0);
    at += (guint)given;
  }
  return all;
}

static gsize
header_end (const char *octets, gsize length)
{
  gsize at = 0;
  while (at < length && octets[at] != '\r' && octets[at] != '\n')
    at += header_line_length (octets, length, at);
  g_assert (at < length);
  return at;
}

static void
check_header (const char *octets, gsize length)
{
  static const char *const wanted[] = { "From", "Date", "Message-ID" };
  gboolean seen[G_N_ELEMENTS (wanted)] = { 0 };
  g_autoptr (GArray) fields = header_scan (octets, length);
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    g_assert (field->name_length > 0);
    g_assert (!header_field_is (octets, field, "Bcc") && !header_field_is (octets, field, "Resent-Bcc"));
    for (gsize w = 0; w < G_N_ELEMENTS (wanted); w++)
      seen[w] = seen[w] || header_field_is (octets, field, wanted[w]);
  }
  for (gsize w = 0; w < G_N_ELEMENTS (wanted); w++)
    g_assert (seen[w]);
}

/* What follows the header is the end of what came in. */
static void
check_body (const GByteArray *out, gsize header, const uint8_t *octets, size_t length)
{
  const char *text = (const char *)out->data;
  gsize body = header + header_line_length (text, out->len, header), rest = out->len - body;
  g_assert (rest <= length);
  g_assert (rest == 0 || memcmp (text + body, octets + length - rest, rest) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  static const char *const local_names[] = { "b.c", NULL };
  static const Mailbox own = { NULL, (char *)"own@q.example" };
  IntakeRules rules = { .rewrite = (RewriteRule)(length % 3),
                        .own = &own,
                        .local_names = local_names,
                        .qualify_with = "q.example",
                        .read_recipients = length % 2 == 0,
                        .from_address = "me@q.example",
                        .from_name = "Me" };
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (Intake) intake = intake_message (source, &rules, &error);
  if (intake == NULL) {
    g_assert (error->code == TOUKAN_ERROR_DATA || error->code == TOUKAN_ERROR_UNAVAILABLE);
    return 0;
  }
  g_assert (command_mailbox_is_safe (intake->from, TRUE));
  for (guint i = 0; i < intake->recipients->len; i++)
    g_assert (command_mailbox_is_safe (g_ptr_array_index (intake->recipients, i), TRUE));
  g_autoptr (GByteArray) out = whole (intake->message);
  gsize header = header_end ((const char *)out->data, out->len);
  check_header ((const char *)out->data, header);
  check_body (out, header, octets, length);
  return 0;
}

/* Whatever message is stored: its wire form is CRLF lines of at most 998 octets without
 * NUL, as long as it was said to be, the same however it is read; and fit as it is. The
 * first octet chooses what the server can. */
#include <stdint.h>

#include "base/error.h"
#include "mail/wire-scan.h"
#include "mail/wire.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static BodyReader *
open_source (gpointer data, GError **error)
{
  return body_source_open (data, error);
}

static GByteArray *
read_form (WireForm *form, gsize step)
{
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[4096];
  gssize given;
  while ((given = wire_form_read (form, buffer, step, NULL)) > 0)
    g_byte_array_append (all, buffer, (guint)given);
  g_assert (given == 0);
  return all;
}

static void
check_octets (const GByteArray *out, const BodyForm *body, const WireTarget *target)
{
  WireScan scan;
  wire_scan_init (&scan);
  wire_scan_add (&scan, out->data, out->len);
  wire_scan_end (&scan);
  g_assert (scan.size == out->len && body->size == out->len);
  g_assert (!scan.nul && !scan.bare_cr && scan.longest_line <= WIRE_LINE_LIMIT);
  g_assert (!scan.eight_bit || target->eightbitmime);
  g_assert (scan.eight_bit == (body->kind == BODY_8BITMIME));
  g_assert (!body->smtputf8 || target->smtputf8);
}

static GByteArray *
convert (const void *octets, gsize length, const WireTarget *target)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireForm) form = wire_form_new (open_source, source, target, &error);
  if (form == NULL) {
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    return NULL;
  }
  GByteArray *out = read_form (form, 4096);
  check_octets (out, wire_form_body (form), target);
  g_assert (wire_form_rewind (form, NULL));
  g_autoptr (GByteArray) slowly = read_form (form, 1);
  g_assert_cmpmem (slowly->data, slowly->len, out->data, out->len);
  return out;
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  if (length == 0)
    return 0;
  WireTarget target = { .eightbitmime = (octets[0] & 1) != 0, .smtputf8 = (octets[0] & 2) != 0 };
  g_autoptr (GByteArray) out = convert (octets + 1, length - 1, &target);
  if (out == NULL)
    return 0;
  g_autoptr (GByteArray) again = convert (out->data, out->len, &target);
  g_assert (again != NULL);
  g_assert_cmpmem (again->data, again->len, out->data, out->len);
  return 0;
}

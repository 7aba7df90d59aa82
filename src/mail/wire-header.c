/* Encoded words belong into text, names and comments only (RFC 2047, section 5); a
 * parameter has an encoding of its own (RFC 2231), and an address has none. So what is
 * done to a field depends on its name. */
#include "mail/wire-header.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/gmime-start.h"
#include "mail/header-address.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"
#include "mail/mime-value.h"
#include "mail/wire-scan.h"

#include <gmime/gmime.h>
#include <string.h>

static const char *const address_fields[] = { "From",
                                              "Sender",
                                              "Reply-To",
                                              "To",
                                              "Cc",
                                              "Bcc",
                                              "Resent-From",
                                              "Resent-Sender",
                                              "Resent-To",
                                              "Resent-Cc",
                                              "Resent-Bcc",
                                              "Disposition-Notification-To",
                                              "Errors-To",
                                              "Return-Path",
                                              "Mail-Followup-To",
                                              "Mail-Reply-To",
                                              "Delivered-To",
                                              "Resent-Reply-To",
                                              NULL };

static const char *const parameter_fields[] = { "Content-Type", "Content-Disposition", NULL };

/* ---- what a field holds --------------------------------------------------- */

typedef struct {
  gboolean nul, eight_bit, utf8, long_line;
} Contents;

static Contents
contents_of (const char *octets, gsize length)
{
  WireScan scan;
  wire_scan_init (&scan);
  wire_scan_add (&scan, (const guint8 *)octets, length);
  wire_scan_end (&scan);
  return (Contents){ .nul = scan.nul,
                     .eight_bit = scan.eight_bit,
                     .utf8 = scan.eight_bit && g_utf8_validate_len (octets, length, NULL),
                     .long_line = scan.longest_line > WIRE_LINE_LIMIT };
}

static gboolean
must_change (const Contents *contents, gboolean smtputf8)
{
  return contents->nul || contents->long_line || (contents->eight_bit && !(smtputf8 && contents->utf8));
}

WireHeaderState
wire_header_examine (const GString *header, gboolean smtputf8)
{
  WireHeaderState state = { 0 };
  Contents whole = contents_of (header->str, header->len);
  if (!whole.nul && !whole.eight_bit && !whole.long_line)
    return state;
  g_autoptr (GArray) fields = header_scan (header->str, header->len);
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    Contents contents = contents_of (header->str + field->start, field->length);
    gboolean bad = must_change (&contents, smtputf8);
    state.bad = state.bad || bad;
    state.utf8 = state.utf8 || (contents.eight_bit && !bad);
  }
  return state;
}

/* ---- changing it ---------------------------------------------------------- */

static char *
encode_text (const char *value)
{
  /* Words that are encoded already would be encoded twice. */
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_text (NULL, value);
  g_autofree char *valid = g_utf8_make_valid (decoded, -1);
  return header_encode_text (valid);
}

static char *
encode_parameters (const char *value)
{
  g_autofree char *main = mime_value_main (value);
  g_autofree char *ascii
      = g_str_is_ascii (main) ? g_steal_pointer (&main) : g_strdup ("application/octet-stream");
  GString *out = g_string_new (ascii);
  g_auto (MimeParameters) parameters;
  mime_parameters_init (&parameters, value);
  while (mime_parameters_next (&parameters)) {
    const char *name = parameters.name->str, *text = parameters.value->str;
    if (!g_str_is_ascii (name))
      continue; /* no reader could name it */
    if (strchr (name, '*') != NULL && g_str_is_ascii (text))
      g_string_append_printf (out, "; %s=%s", name, text);
    else
      header_append_parameter (out, name, text);
  }
  return g_string_free (out, FALSE);
}

static char *
encoded_value (const GString *header, const HeaderField *field, const char *value, GError **error)
{
  if (header_field_is_one_of (header->str, field, address_fields))
    return header_encode_addresses (value, error);
  if (header_field_is_one_of (header->str, field, parameter_fields))
    return encode_parameters (value);
  return encode_text (value);
}

static gboolean
rewrite_field (const GString *header, const HeaderField *field, const Contents *contents, gboolean smtputf8,
               GString *out, GError **error)
{
  if (field->name_length == 0) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("a line in the header is no header field, and can't be sent as it is"));
    return FALSE;
  }
  g_autofree char *name = g_strndup (header->str + field->start, field->name_length);
  g_autofree char *value = header_field_value (header->str, field);
  header_value_put_spaces (value);
  gboolean keep = !contents->eight_bit || (smtputf8 && contents->utf8);
  if (keep && header_append (out, name, value))
    return TRUE;
  g_autofree char *encoded = encoded_value (header, field, value, error);
  if (encoded == NULL)
    return FALSE;
  return header_append (out, name, encoded)
         || header_refuse (name, _ ("a word in it is too long to be sent"), error);
}

static void
append_added (const WireHeaderChange *change, gboolean have_version, GString *out)
{
  if (change->mime && !have_version)
    header_append (out, "MIME-Version", "1.0");
  if (change->type != NULL)
    header_append (out, "Content-Type", change->type);
  if (change->encoding != NULL)
    header_append (out, "Content-Transfer-Encoding", change->encoding);
}

gboolean
wire_header_rewrite (const GString *header, const WireHeaderChange *change, GString *out, GError **error)
{
  g_autoptr (GArray) fields = header_scan (header->str, header->len);
  gboolean have_version = FALSE;
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    Contents contents = contents_of (header->str + field->start, field->length);
    have_version = have_version || header_field_is (header->str, field, "MIME-Version");
    if (change->encoding != NULL && header_field_is (header->str, field, "Content-Transfer-Encoding"))
      continue;
    if (!must_change (&contents, change->smtputf8))
      g_string_append_len (out, header->str + field->start, (gssize)field->length);
    else if (!rewrite_field (header, field, &contents, change->smtputf8, out, error))
      return FALSE;
  }
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  append_added (change, have_version, out);
  return TRUE;
}

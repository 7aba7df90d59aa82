/* What the composer makes of a message that it opens, printed; and the same message with
 * another address on it. */
#include "mail/preview.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/build.h"
#include "mail/gmime-start.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"
#include "mail/letter.h"

#include <gmime/gmime.h>
#include <string.h>

/* Made by us, and so of a size that memory held before. */
static GString *
load (BodySource *message, GError **error)
{
  guint8 piece[32 * 1024];
  g_autoptr (BodyReader) reader = body_source_open (message, error);
  g_autoptr (GString) octets = g_string_new (NULL);
  gssize given = reader != NULL ? 1 : -1;
  while (given > 0) {
    given = body_reader_read (reader, piece, sizeof piece, error);
    g_string_append_len (octets, (const char *)piece, MAX (given, 0));
  }
  return given == 0 ? g_steal_pointer (&octets) : NULL;
}

/* ---- to be read ------------------------------------------------------------------------ */

static void
append_field (GString *out, const char *name, const char *value)
{
  if (value == NULL || value[0] == '\0')
    return;
  g_autofree char *shown = visible_text (value, -1);
  g_string_append_printf (out, "%s: %s\n", name, shown);
}

static void
append_text (GString *out, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_autofree char *shown = visible_text (g_strchomp (*line), -1);
    if (line[1] != NULL || shown[0] != '\0')
      g_string_append_printf (out, "%s\n", shown);
  }
}

static void
on_part (GMimeObject *parent, GMimeObject *part, gpointer data)
{
  GString *out = data;
  const char *name = GMIME_IS_PART (part) ? g_mime_part_get_filename (GMIME_PART (part)) : NULL;
  g_autofree char *type = g_mime_content_type_get_mime_type (g_mime_object_get_content_type (part));
  g_autofree char *shown = name != NULL ? visible_text (name, -1) : NULL;
  if (name != NULL)
    g_string_append_printf (out, _ ("[attached: %s (%s)]\n"), shown, type);
  else if (strcmp (type, "text/html") == 0)
    g_string_append (out, _ ("[and the same as HTML]\n"));
}

static void
append_parts (GString *out, const GString *octets)
{
  gmime_start ();
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer (octets->str, octets->len);
  GMimeParser *parser = g_mime_parser_new_with_stream (stream);
  GMimeMessage *message = g_mime_parser_construct_message (parser, NULL);
  GMimeObject *root = message != NULL ? g_mime_message_get_mime_part (message) : NULL;
  if (root != NULL && GMIME_IS_MULTIPART (root))
    g_mime_message_foreach (message, on_part, out);
  g_clear_object (&message);
  g_object_unref (parser);
  g_object_unref (stream);
}

char *
message_preview (BodySource *message, GError **error)
{
  g_autoptr (GString) octets = load (message, error);
  g_autoptr (GString) out = g_string_new (NULL);
  static const char *const nobody[] = { NULL };
  Letter *letter = octets != NULL ? letter_of_message (message, LETTER_EDIT, nobody, NULL, error) : NULL;
  if (letter == NULL)
    return NULL;
  append_field (out, _ ("From"), letter->from);
  append_field (out, _ ("To"), letter->to);
  append_field (out, _ ("Cc"), letter->cc);
  append_field (out, _ ("Subject"), letter->subject);
  g_string_append_c (out, '\n');
  append_text (out, letter->body);
  append_parts (out, octets);
  letter_free (letter);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* ---- to be sent to somebody else ----------------------------------------------------------- */

static const char *const replaced[]
    = { "To", "Cc", "Bcc", "Message-ID", "Resent-To", "Resent-Cc", "Resent-Bcc", "DKIM-Signature", NULL };

/* FALSE: there is a line break in it, or it is too long for a line. */
static gboolean
append_replacements (GString *out, const char *octets, const GArray *fields, const char *to)
{
  g_autofree char *id = build_message_id (address_domain (to));
  if (!header_append (out, "To", to) || !header_append (out, "Message-ID", id))
    return FALSE;
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    if (!header_field_is (octets, field, "To"))
      continue;
    g_autofree char *value = header_field_value (octets, field);
    g_autofree char *ascii = g_str_is_ascii (value) ? g_strdup (value) : header_encode_text (value);
    header_append (out, "X-Test-For", ascii);
  }
  return TRUE;
}

BodySource *
message_readdress (BodySource *message, const char *to, GError **error)
{
  g_autoptr (GString) octets = load (message, error);
  g_autoptr (GString) out = g_string_new (NULL);
  if (octets == NULL)
    return NULL;
  const gsize header = header_length (octets->str, octets->len);
  g_autoptr (GArray) fields = header_scan (octets->str, header);
  if (!append_replacements (out, octets->str, fields, to)) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the address is too long"));
    return NULL;
  }
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    if (!header_field_is_one_of (octets->str, field, replaced))
      g_string_append_len (out, octets->str + field->start, (gssize)field->length);
  }
  g_string_append_len (out, octets->str + header, (gssize)(octets->len - header));
  g_autoptr (GBytes) bytes = g_bytes_new (out->str, out->len);
  return body_source_new_bytes (bytes);
}

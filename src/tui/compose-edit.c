/* Text that comes from elsewhere: a file that is put in, and what $EDITOR made of the letter. */
#include "tui/compose-private.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/i18n.h"

/* A text file that is put into a letter. */
#define FILE_LIMIT ((goffset)16 * 1024 * 1024)

static void
on_file (const char *path, gpointer data)
{
  ComposeScreen *compose = data;
  g_autofree char *octets = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!path)
    return;
  GStatBuf status;
  if (g_stat (path, &status) == 0 && (!S_ISREG (status.st_mode) || status.st_size > FILE_LIMIT))
    compose->desk->say (compose->desk, STYLE_BAD, _ ("It is no text file, or too large"));
  else if (g_file_get_contents (path, &octets, &length, &error))
    editor_paste (compose->body, octets, length);
  else
    compose->desk->say (compose->desk, STYLE_BAD, error->message);
}

/* --- $EDITOR ---------------------------------------------------------------------------- */

/* The letter with its fields, as a message is written; field names aren't translated. */
static char *
with_headers (ComposeScreen *compose)
{
  GString *text = g_string_new (NULL);
  g_autofree char *body = compose_text (compose->body);

  for (Field field = 0; field < FIELD_COUNT; field++) {
    g_autofree char *value = compose_text (compose->editors[field]);
    g_string_append_printf (text, "%s: %s\n", compose_fields[field].label, g_strdelimit (value, "\n", ' '));
  }
  g_string_append_printf (text, "\n%s", body);
  return g_string_free (text, FALSE);
}

void
compose_put (Editor *editor, const char *text)
{
  const guint line = editor_cursor (editor).line;
  g_autofree char *before = compose_text (editor);

  if (strcmp (before, text) == 0)
    return;
  editor_replace (editor, (TextPlace){ 0, 0 }, text_end (editor_text (editor)), text);
  editor_set_cursor (editor, (TextPlace){ MIN (line, text_line_count (editor_text (editor)) - 1), 0 });
}

/* The field that LINE is of; FIELD_COUNT: none. *RET_VALUE stands in LINE. */
static Field
field_of (const char *line, const char **ret_value)
{
  for (Field field = 0; field < FIELD_COUNT; field++) {
    const gsize length = strlen (compose_fields[field].label);
    if (g_ascii_strncasecmp (line, compose_fields[field].label, length) == 0 && line[length] == ':') {
      *ret_value = line + length + 1;
      return field;
    }
  }
  return FIELD_COUNT;
}

/* Takes fields into VALUES up to an empty line; returns where the text begins. A line that is no field's
 * begins it, too: nothing that somebody wrote is dropped. */
static const char *
take_fields (const char *text, GString *values[FIELD_COUNT])
{
  Field field = FIELD_COUNT;

  while (*text != '\0') {
    const gsize length = strcspn (text, "\n");
    const char *next = text + length + (text[length] == '\n');
    g_autofree char *line = g_strndup (text, length);
    const char *value = line;
    if (*g_strchomp (line) == '\0')
      return next;
    if (field == FIELD_COUNT || (*line != ' ' && *line != '\t'))
      field = field_of (line, &value);
    if (field == FIELD_COUNT)
      return text;
    g_string_append_printf (values[field], " %s", value);
    text = next;
  }
  return text;
}

/* A field whose line is gone is empty. */
static void
on_edited_headers (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  GString *values[FIELD_COUNT];

  if (!text)
    return;
  for (Field field = 0; field < FIELD_COUNT; field++)
    values[field] = g_string_new (NULL);
  compose_put (compose->body, take_fields (text, values));
  for (Field field = 0; field < FIELD_COUNT; field++) {
    compose_put (compose->editors[field], g_strstrip (values[field]->str));
    g_string_free (values[field], TRUE);
  }
}

static void
on_edited (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (text)
    compose_put (compose->body, text);
}

void
compose_edit (ComposeScreen *compose)
{
  Desk *desk = compose->desk;
  const gboolean headers = desk->edits_headers (desk);
  g_autofree char *text = headers ? with_headers (compose) : compose_text (compose->body);

  desk->edit (desk, text, headers ? on_edited_headers : on_edited, compose);
}

void
compose_ask_file (ComposeScreen *compose)
{
  compose->desk->ask_file (compose->desk, _ ("File to put in"), on_file, compose);
}

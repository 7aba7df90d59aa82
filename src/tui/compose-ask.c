/* What the compose screen asks, and what it does with the answers. */
#include "tui/compose-private.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/i18n.h"
#include "base/visible.h"

/* A text file that is put into a letter. */
#define FILE_LIMIT ((goffset)16 * 1024 * 1024)

static void
on_needle (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  gboolean wrapped = FALSE;

  if (!text)
    return;
  if (*text != '\0') {
    g_free (compose->needle);
    compose->needle = g_strdup (text);
  }
  if (!compose->needle)
    return;
  if (!editor_search (compose->body, compose->needle, FALSE, &wrapped))
    compose->desk->say (compose->desk, STYLE_WARNING, _ ("Not found"));
  else if (wrapped)
    compose->desk->say (compose->desk, STYLE_PLAIN, _ ("Found from the beginning on"));
}

static void
on_replacement (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text)
    return;
  const guint count = editor_replace_all (compose->body, compose->needle, text);
  g_autofree char *words
      = g_strdup_printf (ngettext ("%u place was replaced", "%u places were replaced", count), count);
  compose->desk->say (compose->desk, STYLE_PLAIN, words);
}

static void
on_replaced (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text || *text == '\0')
    return;
  g_free (compose->needle);
  compose->needle = g_strdup (text);
  compose->desk->ask (compose->desk, _ ("Replace it with"), NULL, on_replacement, compose);
}

static void
on_attach (const char *path, gpointer data)
{
  ComposeScreen *compose = data;

  if (!path || *path == '\0')
    return;
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_autofree char *shown = visible_text (path, -1);
    g_autofree char *words = g_strdup_printf (_ ("%s is no file that can be attached"), shown);
    compose->desk->say (compose->desk, STYLE_BAD, words);
    return;
  }
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  letter_attach (compose->letter, whole, NULL, NULL);
  compose->changes++;
}

/* The number of an attachment; 0: none. */
static guint
attachment_number (const ComposeScreen *compose, const char *text)
{
  const guint64 number = text ? g_ascii_strtoull (text, NULL, 10) : 0;

  return number <= compose->letter->attachments->len ? (guint)number : 0;
}

static void
on_detach (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  const guint number = attachment_number (compose, text);

  if (number == 0)
    return;
  g_ptr_array_remove_index (compose->letter->attachments, number - 1);
  compose->changes++;
}

static void
on_rename (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  g_auto (GStrv) words = text ? g_strsplit (text, " ", 2) : NULL;
  const guint number = words && words[0] ? attachment_number (compose, words[0]) : 0;

  if (number == 0 || !words[1])
    return;
  LetterAttachment *attachment = g_ptr_array_index (compose->letter->attachments, number - 1);
  g_free (attachment->name);
  attachment->name = g_strdup (g_strstrip (words[1]));
  compose->changes++;
}

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

static void
put (Editor *editor, const char *text)
{
  g_autofree char *before = compose_text (editor);

  if (strcmp (before, text) != 0)
    editor_replace (editor, (TextPlace){ 0, 0 }, text_end (editor_text (editor)), text);
}

/* FALSE: it is no line of a field. */
static gboolean
take_header (ComposeScreen *compose, const char *line)
{
  for (Field field = 0; field < FIELD_COUNT; field++) {
    const gsize length = strlen (compose_fields[field].label);
    if (g_ascii_strncasecmp (line, compose_fields[field].label, length) != 0 || line[length] != ':')
      continue;
    g_autofree char *value = g_strstrip (g_strdup (line + length + 1));
    put (compose->editors[field], value);
    return TRUE;
  }
  return FALSE;
}

static void
on_edited_headers (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  const char *end = text ? strstr (text, "\n\n") : NULL;
  g_autofree char *head = text ? g_strndup (text, end ? (gsize)(end - text) : strlen (text)) : NULL;

  if (!text)
    return;
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  for (gsize i = 0; lines[i]; i++)
    if (*lines[i] != '\0' && !take_header (compose, lines[i])) {
      g_autofree char *shown = visible_text (lines[i], -1);
      g_autofree char *words = g_strdup_printf (_ ("Not taken: %s"), shown);
      compose->desk->say (compose->desk, STYLE_WARNING, words);
    }
  put (compose->body, end ? end + 2 : "");
}

static void
on_edited (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text)
    return;
  put (compose->body, text);
  editor_set_cursor (compose->body, (TextPlace){ 0, 0 });
}

void
compose_edit (ComposeScreen *compose)
{
  Desk *desk = compose->desk;
  const gboolean headers = desk->edits_headers (desk);
  g_autofree char *text = headers ? with_headers (compose) : compose_text (compose->body);

  desk->edit (desk, text, headers ? on_edited_headers : on_edited, compose);
}

/* --- questions ---------------------------------------------------------------------------- */

void
compose_ask_search (ComposeScreen *compose)
{
  compose->desk->ask (compose->desk, _ ("Search for"), compose->needle, on_needle, compose);
}

void
compose_search_next (ComposeScreen *compose)
{
  on_needle ("", compose);
}

void
compose_ask_replace (ComposeScreen *compose)
{
  compose->desk->ask (compose->desk, _ ("Replace what"), compose->needle, on_replaced, compose);
}

void
compose_ask_file (ComposeScreen *compose)
{
  compose->desk->ask_file (compose->desk, _ ("File to put in"), on_file, compose);
}

void
compose_ask_attach (ComposeScreen *compose)
{
  compose->desk->ask_file (compose->desk, _ ("File to attach"), on_attach, compose);
}

static void
ask_attachment (ComposeScreen *compose, const char *question, DeskAnswer done)
{
  if (compose->letter->attachments->len == 0)
    compose->desk->say (compose->desk, STYLE_PLAIN, _ ("Nothing is attached"));
  else
    compose->desk->ask (compose->desk, question, compose->letter->attachments->len == 1 ? "1 " : NULL, done,
                        compose);
}

void
compose_ask_detach (ComposeScreen *compose)
{
  ask_attachment (compose, _ ("Number of the attachment to take away"), on_detach);
}

void
compose_ask_rename (ComposeScreen *compose)
{
  ask_attachment (compose, _ ("Number of the attachment, and its name"), on_rename);
}

static void
on_leave (char key, gpointer data)
{
  ComposeScreen *compose = data;

  if (key == 'k')
    compose->desk->keep (compose->desk, &compose->screen);
  else if (key == 't')
    compose->desk->discard (compose->desk, &compose->screen);
}

void
compose_ask_leave (ComposeScreen *compose)
{
  const DeskOption options[]
      = { { 'k', _ ("Keep it as a draft") }, { 't', _ ("Throw it away") }, { 's', _ ("Stay") } };
  g_autoptr (Letter) letter = compose_screen_letter (&compose->screen);

  if (letter_is_empty (letter))
    compose->desk->discard (compose->desk, &compose->screen);
  else
    compose->desk->choose (compose->desk, _ ("Leave this letter?"), options, G_N_ELEMENTS (options), on_leave,
                           compose);
}

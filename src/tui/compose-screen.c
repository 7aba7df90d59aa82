/* The letter on one screen. Every field is an editor of its own, so that all keys mean the same
 * everywhere. */
#include "tui/compose-screen.h"

#include <gio/gio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "tui/editor.h"
#include "tui/letter-words.h"
#include "tui/editor-keys.h"

#define FIELD_ROWS_LIMIT 4
#define SUGGESTIONS_LIMIT 6

typedef enum {
  FIELD_FROM,
  FIELD_TO,
  FIELD_CC,
  FIELD_BCC,
  FIELD_REPLY_TO,
  FIELD_SUBJECT,
  FIELD_COUNT,
  FIELD_BODY = FIELD_COUNT,
} Field;

static const struct {
  const char *label;
  gsize offset; /* in Letter */
  gboolean addresses, rare;
} fields[FIELD_COUNT] = {
  [FIELD_FROM] = { N_ ("From"), offsetof (Letter, from), TRUE, FALSE },
  [FIELD_TO] = { N_ ("To"), offsetof (Letter, to), TRUE, FALSE },
  [FIELD_CC] = { N_ ("Cc"), offsetof (Letter, cc), TRUE, FALSE },
  [FIELD_BCC] = { N_ ("Bcc"), offsetof (Letter, bcc), TRUE, TRUE },
  [FIELD_REPLY_TO] = { N_ ("Reply-To"), offsetof (Letter, reply_to), TRUE, TRUE },
  [FIELD_SUBJECT] = { N_ ("Subject"), offsetof (Letter, subject), FALSE, FALSE },
};

typedef struct {
  Screen screen;
  Desk *desk;
  Letter *letter; /* all but what the editors hold */
  Editor *editors[FIELD_COUNT];
  char *faults[FIELD_COUNT]; /* why a field's addresses can't be; NULL: they can */
  guint64 checked[FIELD_COUNT];
  Editor *body;
  guint focus;     /* a Field */
  gboolean rare;   /* Bcc and Reply-To are shown */
  guint64 changes; /* other than of the editors */
  GStrv suggestions;
  guint suggestion;
  char *needle, *replacement;
} ComposeScreen;

static ComposeScreen *
compose_of (const Screen *screen)
{
  return (ComposeScreen *)screen;
}

static char **
letter_field (Letter *letter, Field field)
{
  return (char **)((char *)letter + fields[field].offset);
}

static Editor *
focused (const ComposeScreen *compose)
{
  return compose->focus == FIELD_BODY ? compose->body : compose->editors[compose->focus];
}

static char *
editor_string (Editor *editor)
{
  Text *text = editor_text (editor);

  return text_copy (text, (TextPlace){ 0, 0 }, text_end (text), NULL);
}

static gboolean
is_shown (const ComposeScreen *compose, Field field)
{
  const Text *text = editor_text (compose->editors[field]);

  return !fields[field].rare || compose->rare || text_line_count (text) > 1 || text_end (text).octet > 0;
}

/* --- addresses while they are typed ---------------------------------------------------- */

static void
check_field (ComposeScreen *compose, Field field)
{
  const guint64 version = text_version (editor_text (compose->editors[field]));
  g_autofree char *typed = editor_string (compose->editors[field]);
  g_autoptr (GError) error = NULL;

  if (!fields[field].addresses || compose->checked[field] == version + 1)
    return;
  compose->checked[field] = version + 1;
  g_clear_pointer (&compose->faults[field], g_free);
  g_strdelimit (typed, "\n", ' ');
  g_autoptr (GPtrArray) mailboxes
      = *g_strstrip (typed) != '\0' ? address_parse_list (typed, NULL, &error) : NULL;
  if (error)
    compose->faults[field] = g_strdup (error->message);
}

static void
say_fault (ComposeScreen *compose, Field field)
{
  if (field >= FIELD_COUNT)
    return;
  check_field (compose, field);
  if (compose->faults[field])
    compose->desk->say (compose->desk, STYLE_BAD, compose->faults[field]);
}

/* --- completion --------------------------------------------------------------------------- */

static void
drop_suggestions (ComposeScreen *compose)
{
  compose->desk->complete_cancel (compose->desk, compose);
  g_clear_pointer (&compose->suggestions, g_strfreev);
  compose->suggestion = 0;
}

/* What stands between the last comma before the cursor and the cursor. Commas in quotes don't
 * part addresses. */
static char *
typed_word (const ComposeScreen *compose, TextPlace *ret_from)
{
  Editor *editor = focused (compose);
  const TextPlace cursor = editor_cursor (editor);
  const char *line = text_line (editor_text (editor), cursor.line, NULL);
  gsize begin = 0;
  gboolean quoted = FALSE;

  for (gsize at = 0; at < cursor.octet; at++) {
    if (line[at] == '"')
      quoted = !quoted;
    else if (line[at] == ',' && !quoted)
      begin = at + 1;
  }
  while (begin < cursor.octet && line[begin] == ' ')
    begin++;
  *ret_from = (TextPlace){ cursor.line, begin };
  return g_strndup (line + begin, cursor.octet - begin);
}

static void
on_completion (const char *const *addresses, gpointer data)
{
  ComposeScreen *compose = data;

  g_strfreev (compose->suggestions);
  compose->suggestions = addresses && addresses[0] ? g_strdupv ((char **)addresses) : NULL;
  compose->suggestion = 0;
  compose->desk->redraw (compose->desk);
}

static void
suggest (ComposeScreen *compose)
{
  TextPlace from;

  drop_suggestions (compose);
  if (compose->focus >= FIELD_COUNT || !fields[compose->focus].addresses || compose->focus == FIELD_FROM)
    return;
  g_autofree char *word = typed_word (compose, &from);
  if (*word != '\0')
    compose->desk->complete (compose->desk, word, on_completion, compose);
}

static void
take_suggestion (ComposeScreen *compose)
{
  Editor *editor = focused (compose);
  TextPlace from;
  g_autofree char *word = typed_word (compose, &from);
  g_autofree char *whole = g_strconcat (compose->suggestions[compose->suggestion], ", ", NULL);

  editor_replace (editor, from, editor_cursor (editor), whole);
  drop_suggestions (compose);
}

/* --- drawing --------------------------------------------------------------------------------- */

static guint
label_columns (const ComposeScreen *compose)
{
  guint columns = surface_columns (_ ("Attached"), -1);

  for (Field field = 0; field < FIELD_COUNT; field++)
    if (is_shown (compose, field))
      columns = MAX (columns, surface_columns (_ (fields[field].label), -1));
  return columns + 2;
}

static void
draw_title (const ComposeScreen *compose, Surface *surface)
{
  g_autofree char *subject = editor_string (compose->editors[FIELD_SUBJECT]);
  g_autofree char *title = *subject != '\0' ? g_strdup_printf ("toukan  %s", subject)
                                            : g_strdup_printf ("toukan  %s", _ ("New letter"));
  const char *account = compose->letter->account ? compose->letter->account : "";
  const guint room = surface->width / 3;

  surface_put_padded (surface, 0, 0, surface->width, STYLE_BAR, title);
  const guint columns = MIN (surface_columns (account, -1), room);
  if (columns > 0 && columns + 2 < surface->width)
    surface_put_padded (surface, surface->width - columns - 1, 0, columns, STYLE_BAR, account);
}

/* Returns the rows used. */
static guint
draw_field (ComposeScreen *compose, Surface *surface, Field field, guint y, guint labels)
{
  Editor *editor = compose->editors[field];
  g_autofree char *label = g_strdup_printf ("%s:", _ (fields[field].label));
  const guint width = surface->width > labels + 4 ? surface->width - labels : 4;

  check_field (compose, field);
  editor_resize (editor, width, FIELD_ROWS_LIMIT);
  const guint rows = editor_row_count (editor, FIELD_ROWS_LIMIT);
  editor_resize (editor, width, rows);
  surface_put (surface, 0, y, labels, compose->faults[field] ? STYLE_BAD : STYLE_LABEL, label, -1);
  editor_draw (editor, surface, labels, y, compose->focus == field);
  for (guint row = 0; row < rows && compose->faults[field] && compose->focus != field; row++)
    surface_restyle (surface, labels, y + row, width, STYLE_BAD);
  return rows;
}

static guint
draw_attachments (const ComposeScreen *compose, Surface *surface, guint y, guint labels)
{
  const GPtrArray *attachments = compose->letter->attachments;
  g_autofree char *label = g_strdup_printf ("%s:", _ ("Attached"));

  for (guint i = 0; i < attachments->len && y + i < surface->height; i++) {
    g_autofree char *words = letter_words_attachment (g_ptr_array_index (attachments, i), NULL);
    g_autofree char *numbered = g_strdup_printf ("%u. %s", i + 1, words);
    if (i == 0)
      surface_put (surface, 0, y, labels, STYLE_LABEL, label, -1);
    surface_put_padded (surface, labels, y + i, surface->width - MIN (labels, surface->width), STYLE_PLAIN,
                        numbered);
  }
  return attachments->len;
}

static void
draw_suggestions (const ComposeScreen *compose, Surface *surface)
{
  const guint count
      = compose->suggestions ? MIN (g_strv_length (compose->suggestions), SUGGESTIONS_LIMIT) : 0;
  guint width = 0;

  for (guint i = 0; i < count; i++)
    width = MAX (width, surface_columns (compose->suggestions[i], -1) + 2);
  width = MIN (width, surface->width);
  const guint x = MIN ((guint)MAX (surface->cursor_x, 0), surface->width - width);
  for (guint i = 0; i < count; i++) {
    g_autofree char *row = g_strdup_printf (" %s", compose->suggestions[i]);
    surface_put_padded (surface, x, (guint)surface->cursor_y + 1 + i, width,
                        i == compose->suggestion ? STYLE_SELECTED : STYLE_BAR, row);
    if (i == compose->suggestion)
      surface_restyle (surface, x, (guint)surface->cursor_y + 1 + i, width, STYLE_GOOD);
  }
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  ComposeScreen *compose = compose_of (screen);
  const guint labels = label_columns (compose);
  const guint bottom = surface->height > 2 ? surface->height - 2 : surface->height;
  guint y = 1;

  draw_title (compose, surface);
  for (Field field = 0; field < FIELD_COUNT; field++)
    if (is_shown (compose, field))
      y += draw_field (compose, surface, field, y, labels);
  y += draw_attachments (compose, surface, y, labels);
  for (guint x = 0; x < surface->width && y < bottom; x++)
    surface_put (surface, x, y, 1, STYLE_DIM, "─", -1);
  y++;
  if (y < bottom) {
    editor_resize (compose->body, surface->width, bottom - y);
    editor_draw (compose->body, surface, 0, y, compose->focus == FIELD_BODY);
  }
  if (compose->suggestions && surface->cursor_y >= 0)
    draw_suggestions (compose, surface);
}

/* --- moving between fields ----------------------------------------------------------------------- */

static gboolean
move_focus (ComposeScreen *compose, int direction)
{
  int to = (int)compose->focus;

  do
    to += direction;
  while (to >= 0 && to < FIELD_COUNT && !is_shown (compose, (Field)to));
  if (to < 0 || to > FIELD_BODY)
    return FALSE;
  drop_suggestions (compose);
  say_fault (compose, compose->focus);
  compose->focus = (guint)to;
  return TRUE;
}

static void
next_account (ComposeScreen *compose)
{
  const char *const *names = compose->desk->accounts (compose->desk);
  gsize next = 0;

  for (gsize i = 0; names[i]; i++)
    if (g_strcmp0 (names[i], compose->letter->account) == 0)
      next = names[i + 1] ? i + 1 : 0;
  if (!names[next])
    return;
  g_free (compose->letter->account);
  compose->letter->account = g_strdup (names[next]);
  const char *from = compose->desk->account_from (compose->desk, names[next]);
  editor_load (compose->editors[FIELD_FROM], from ? from : "", from ? strlen (from) : 0);
  compose->changes++;
}

/* --- questions ---------------------------------------------------------------------------------------- */

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
  LetterAttachment *attachment = g_new0 (LetterAttachment, 1);
  attachment->path = g_canonicalize_filename (path, NULL);
  g_ptr_array_add (compose->letter->attachments, attachment);
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
  if (g_file_get_contents (path, &octets, &length, &error))
    editor_paste (compose->body, octets, length);
  else
    compose->desk->say (compose->desk, STYLE_BAD, error->message);
}

static void
on_edited (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text)
    return;
  editor_replace (compose->body, (TextPlace){ 0, 0 }, text_end (editor_text (compose->body)), text);
  editor_set_cursor (compose->body, (TextPlace){ 0, 0 });
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

/* --- commands ------------------------------------------------------------------------------------------- */

/* What belongs to the letter and not to the text under the cursor. TRUE: it was one of these. */
static gboolean
do_letter_command (ComposeScreen *compose, KeyCommand command)
{
  Desk *desk = compose->desk;

  switch (command) {
  case COMMAND_SEND:
    desk->send (desk, &compose->screen);
    return TRUE;
  case COMMAND_SAVE:
    desk->keep (desk, &compose->screen);
    return TRUE;
  case COMMAND_ACCOUNT:
    next_account (compose);
    return TRUE;
  case COMMAND_MORE_FIELDS:
    compose->rare = !compose->rare;
    if (compose->focus < FIELD_COUNT && !is_shown (compose, compose->focus))
      compose->focus = FIELD_SUBJECT;
    return TRUE;
  case COMMAND_ATTACH:
    desk->ask_file (desk, _ ("File to attach"), on_attach, compose);
    return TRUE;
  case COMMAND_DETACH:
    ask_attachment (compose, _ ("Number of the attachment to take away"), on_detach);
    return TRUE;
  case COMMAND_RENAME:
    ask_attachment (compose, _ ("Number of the attachment, and its name"), on_rename);
    return TRUE;
  case COMMAND_EDITOR: {
    g_autofree char *text = editor_string (compose->body);
    desk->edit (desk, text, on_edited, compose);
    return TRUE;
  }
  default:
    return FALSE;
  }
}

static gboolean
do_body_command (ComposeScreen *compose, KeyCommand command)
{
  Desk *desk = compose->desk;

  switch (command) {
  case COMMAND_SEARCH:
    desk->ask (desk, _ ("Search for"), compose->needle, on_needle, compose);
    return TRUE;
  case COMMAND_SEARCH_NEXT:
    on_needle ("", compose);
    return TRUE;
  case COMMAND_REPLACE:
    desk->ask (desk, _ ("Replace what"), compose->needle, on_replaced, compose);
    return TRUE;
  case COMMAND_READ_FILE:
    desk->ask_file (desk, _ ("File to put in"), on_file, compose);
    return TRUE;
  case COMMAND_UP:
    if (!editor_do (compose->body, EDITOR_UP))
      move_focus (compose, -1);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
move_suggestion (ComposeScreen *compose, int direction)
{
  if (!compose->suggestions)
    return FALSE;
  const guint count = MIN (g_strv_length (compose->suggestions), SUGGESTIONS_LIMIT);
  compose->suggestion = (compose->suggestion + count + (guint)direction) % count;
  return TRUE;
}

static gboolean
do_field_command (ComposeScreen *compose, KeyCommand command)
{
  switch (command) {
  case COMMAND_NEXT:
  case COMMAND_ACCEPT:
  case COMMAND_COMPLETE:
    if (compose->suggestions)
      take_suggestion (compose);
    else if (command != COMMAND_COMPLETE)
      move_focus (compose, 1);
    return TRUE;
  case COMMAND_PREVIOUS:
    move_focus (compose, -1);
    return TRUE;
  case COMMAND_CANCEL:
    if (compose->suggestions) {
      drop_suggestions (compose);
      return TRUE;
    }
    return FALSE;
  case COMMAND_UP:
  case COMMAND_DOWN: {
    const gboolean down = command == COMMAND_DOWN;
    if (!move_suggestion (compose, down ? 1 : -1)
        && !editor_do (focused (compose), down ? EDITOR_DOWN : EDITOR_UP))
      move_focus (compose, down ? 1 : -1);
    return TRUE;
  }
  default:
    return FALSE;
  }
}

static void
type (ComposeScreen *compose, const Press *press)
{
  Editor *editor = focused (compose);

  if (compose->focus == FIELD_BODY) {
    if (press->kind == PRESS_PASTE)
      editor_paste (editor, press->text, press->length);
    else
      editor_type (editor, press->text, press->length);
    return;
  }
  /* A field is one line: addresses that were pasted from several are parted by commas. */
  g_autofree char *line = g_strndup (press->text, press->length);
  g_autofree char *stripped = g_strdup (g_strstrip (line));
  if (press->kind == PRESS_PASTE) {
    g_auto (GStrv) lines = g_strsplit_set (stripped, "\r\n", -1);
    g_autofree char *joined = g_strjoinv (fields[compose->focus].addresses ? ", " : " ", lines);
    editor_paste (editor, joined, strlen (joined));
  } else {
    editor_type (editor, press->text, press->length);
    suggest (compose);
  }
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  ComposeScreen *compose = compose_of (screen);

  if (do_letter_command (compose, command))
    return;
  if (compose->focus == FIELD_BODY ? do_body_command (compose, command) : do_field_command (compose, command))
    return;
  EditorCommand edit;
  if (editor_command_of (command, &edit)) {
    editor_do (focused (compose), edit);
    if (compose->focus != FIELD_BODY)
      suggest (compose);
  } else if (command == COMMAND_NONE && (press->kind == PRESS_TEXT || press->kind == PRESS_PASTE)) {
    type (compose, press);
  } else if (command == COMMAND_NONE && press->kind == PRESS_TAB) {
    editor_type (compose->body, "\t", 1);
  }
}

static KeyPlace
place (const Screen *screen)
{
  return compose_of (screen)->focus == FIELD_BODY ? KEYS_BODY : KEYS_FIELD;
}

static Ticks
changes_at (const Screen *screen, Ticks now)
{
  return TICKS_NEVER;
}

/* --- life
 * ----------------------------------------------------------------------------------------------------- */

static void
free_screen (Screen *screen)
{
  ComposeScreen *compose = compose_of (screen);

  drop_suggestions (compose);
  for (Field field = 0; field < FIELD_COUNT; field++) {
    editor_free (compose->editors[field]);
    g_free (compose->faults[field]);
  }
  editor_free (compose->body);
  letter_free (compose->letter);
  g_free (compose->needle);
  g_free (compose);
}

Screen *
compose_screen_new (Desk *desk, const Letter *letter)
{
  ComposeScreen *compose = g_new0 (ComposeScreen, 1);

  compose->screen = (Screen){ "compose", place, draw, press, changes_at, free_screen };
  compose->desk = desk;
  compose->letter = letter_copy (letter);
  for (Field field = 0; field < FIELD_COUNT; field++) {
    const char *text = *letter_field (compose->letter, field);
    compose->editors[field] = editor_new ();
    editor_load (compose->editors[field], text, strlen (text));
    editor_do (compose->editors[field], EDITOR_TEXT_END);
  }
  compose->body = editor_new ();
  editor_load (compose->body, letter->body, strlen (letter->body));
  compose->focus = *letter->to == '\0' ? FIELD_TO : *letter->subject == '\0' ? FIELD_SUBJECT : FIELD_BODY;
  return &compose->screen;
}

Letter *
compose_screen_letter (Screen *screen)
{
  ComposeScreen *compose = compose_of (screen);
  Letter *letter = letter_copy (compose->letter);

  for (Field field = 0; field < FIELD_COUNT; field++) {
    g_free (*letter_field (letter, field));
    *letter_field (letter, field) = g_strdelimit (editor_string (compose->editors[field]), "\n", ' ');
  }
  g_free (letter->body);
  letter->body = editor_string (compose->body);
  return letter;
}

guint64
compose_screen_version (const Screen *screen)
{
  const ComposeScreen *compose = compose_of (screen);
  guint64 version = compose->changes + text_version (editor_text (compose->body));

  for (Field field = 0; field < FIELD_COUNT; field++)
    version += text_version (editor_text (compose->editors[field]));
  return version;
}

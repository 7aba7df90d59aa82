/* The letter on one screen. Every field is an editor of its own, so that all keys mean the same
 * everywhere. */
#include "tui/compose-private.h"

#include <string.h>

#include "tui/editor-keys.h"

static ComposeScreen *
compose_of (const Screen *screen)
{
  return (ComposeScreen *)screen;
}

char **
compose_letter_field (Letter *letter, Field field)
{
  return (char **)((char *)letter + compose_fields[field].offset);
}

Editor *
compose_focused (const ComposeScreen *compose)
{
  return compose->focus == FIELD_BODY ? compose->body : compose->editors[compose->focus];
}

char *
compose_text (Editor *editor)
{
  Text *text = editor_text (editor);

  return text_copy (text, (TextPlace){ 0, 0 }, text_end (text), NULL);
}

/* --- commands ---------------------------------------------------------------------- */

/* What belongs to the letter and not to the text under the cursor. TRUE: it was one of these. */
static gboolean
do_letter_command (ComposeScreen *compose, KeyCommand command)
{
  Desk *desk = compose->desk;

  switch (command) {
  case COMMAND_SEND:
    compose_send (compose);
    return TRUE;
  case COMMAND_SAVE_NOW:
    desk->save (desk, &compose->screen);
    return TRUE;
  case COMMAND_SAVE:
    desk->keep (desk, &compose->screen);
    return TRUE;
  case COMMAND_ACCOUNT:
    compose_next_account (compose);
    return TRUE;
  case COMMAND_MORE_FIELDS:
    compose->rare = !compose->rare;
    if (compose->focus < FIELD_COUNT && !compose_shows (compose, compose->focus))
      compose->focus = FIELD_SUBJECT;
    return TRUE;
  case COMMAND_ATTACH:
    compose_ask_attach (compose);
    return TRUE;
  case COMMAND_DETACH:
    compose_ask_detach (compose);
    return TRUE;
  case COMMAND_RENAME:
    compose_ask_rename (compose);
    return TRUE;
  case COMMAND_EDITOR:
    compose_edit (compose);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
do_body_command (ComposeScreen *compose, KeyCommand command)
{
  switch (command) {
  case COMMAND_SEARCH:
    compose_ask_search (compose);
    return TRUE;
  case COMMAND_SEARCH_NEXT:
    compose_search_next (compose);
    return TRUE;
  case COMMAND_REPLACE:
    compose_ask_replace (compose);
    return TRUE;
  case COMMAND_READ_FILE:
    compose_ask_file (compose);
    return TRUE;
  case COMMAND_CANCEL:
    compose_ask_leave (compose);
    return TRUE;
  case COMMAND_UP:
    if (!editor_do (compose->body, EDITOR_UP))
      compose_move_focus (compose, -1);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
do_field_command (ComposeScreen *compose, KeyCommand command)
{
  switch (command) {
  case COMMAND_NEXT:
  case COMMAND_ACCEPT:
  case COMMAND_COMPLETE:
    /* Enter takes what was chosen, never what merely came up while somebody typed. */
    if (compose->suggestions && (command != COMMAND_ACCEPT || compose->picked))
      compose_take_suggestion (compose);
    else if (command == COMMAND_COMPLETE)
      compose_suggest (compose);
    else
      compose_move_focus (compose, 1);
    return TRUE;
  case COMMAND_PREVIOUS:
    compose_move_focus (compose, -1);
    return TRUE;
  case COMMAND_CANCEL:
    if (compose->suggestions)
      compose_drop_suggestions (compose);
    else
      compose_ask_leave (compose);
    return TRUE;
  case COMMAND_UP:
  case COMMAND_DOWN: {
    const gboolean down = command == COMMAND_DOWN;
    if (!compose_move_suggestion (compose, down ? 1 : -1)
        && !editor_do (compose_focused (compose), down ? EDITOR_DOWN : EDITOR_UP))
      compose_move_focus (compose, down ? 1 : -1);
    return TRUE;
  }
  default:
    return FALSE;
  }
}

static void
type (ComposeScreen *compose, const Press *press)
{
  Editor *editor = compose_focused (compose);

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
    g_autofree char *joined = g_strjoinv (compose_fields[compose->focus].addresses ? ", " : " ", lines);
    editor_paste (editor, joined, strlen (joined));
  } else {
    editor_type (editor, press->text, press->length);
    compose_suggest (compose);
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
    editor_do (compose_focused (compose), edit);
    if (compose->focus != FIELD_BODY)
      compose_suggest (compose);
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

/* --- life ------------------------------------------------------------------------ */

static void
free_screen (Screen *screen)
{
  ComposeScreen *compose = compose_of (screen);

  compose_drop_suggestions (compose);
  for (Field field = 0; field < FIELD_COUNT; field++) {
    editor_free (compose->editors[field]);
    g_free (compose->faults[field]);
  }
  editor_free (compose->body);
  letter_free (compose->letter);
  g_strfreev (compose->attached);
  g_free (compose->needle);
  g_free (compose->replacement);
  g_free (compose);
}

Screen *
compose_screen_new (Desk *desk, const Letter *letter)
{
  ComposeScreen *compose = g_new0 (ComposeScreen, 1);

  compose->screen = (Screen){ "compose", place, compose_draw, press, changes_at, free_screen, NULL };
  compose->desk = desk;
  compose->letter = letter_copy (letter);
  for (Field field = 0; field < FIELD_COUNT; field++) {
    const char *text = *compose_letter_field (compose->letter, field);
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
    g_free (*compose_letter_field (letter, field));
    *compose_letter_field (letter, field) = g_strdelimit (compose_text (compose->editors[field]), "\n", ' ');
  }
  g_free (letter->body);
  letter->body = compose_text (compose->body);
  return letter;
}

const char *
compose_screen_account (const Screen *screen)
{
  return compose_of (screen)->letter->account;
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

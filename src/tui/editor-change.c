/* What changes the text, and what of it is undone together. */
#include "tui/editor-private.h"

#include <string.h>

void
editor_change (Editor *editor, StepKind kind, TextPlace from, TextPlace to, const char *octets, gsize length)
{
  if (kind == STEP_NONE || kind != editor->step)
    text_begin_step (editor->text);
  editor->step = kind;
  editor->cursor = text_replace (editor->text, from, to, octets, length);
  editor->has_goal = editor->marked = editor->found = FALSE;
}

void
editor_type (Editor *editor, const char *octets, gsize length)
{
  const gboolean blank = length == 1 && (*octets == ' ' || *octets == '\t');

  /* Blanks belong to the word before them. */
  if (blank && editor->step == STEP_TYPING)
    editor->step = STEP_BLANK;
  editor_change (editor, blank ? STEP_BLANK : STEP_TYPING, editor->cursor, editor->cursor, octets, length);
}

void
editor_paste (Editor *editor, const char *octets, gsize length)
{
  editor_change (editor, STEP_NONE, editor->cursor, editor->cursor, octets, length);
}

void
editor_replace (Editor *editor, TextPlace from, TextPlace to, const char *text)
{
  editor_change (editor, STEP_NONE, from, to, text, strlen (text));
}

static gboolean
erase (Editor *editor, gboolean (*step) (const Editor *editor, TextPlace *place))
{
  TextPlace other = editor->cursor;

  if (!step (editor, &other))
    return FALSE;
  const gboolean before = text_compare (other, editor->cursor) < 0;
  editor_change (editor, STEP_ERASING, before ? other : editor->cursor, before ? editor->cursor : other, "",
                 0);
  return TRUE;
}

static void
keep (Editor *editor, TextPlace from, TextPlace to, gboolean more)
{
  g_autofree char *old = g_steal_pointer (&editor->cut);
  const gsize old_length = editor->cut_length;
  gsize length;
  g_autofree char *octets = text_copy (editor->text, from, to, &length);

  editor->cut_length = length + (more ? old_length : 0);
  editor->cut = g_malloc (editor->cut_length + 1);
  if (more)
    memcpy (editor->cut, old, old_length);
  memcpy (editor->cut + editor->cut_length - length, octets, length);
  editor->cut[editor->cut_length] = '\0';
}

/* The cursor's line with its end. */
static void
whole_line (const Editor *editor, TextPlace *ret_from, TextPlace *ret_to)
{
  const guint line = editor->cursor.line;

  *ret_from = (TextPlace){ line, 0 };
  *ret_to = line + 1 < text_line_count (editor->text) ? (TextPlace){ line + 1, 0 } : text_end (editor->text);
}

static gboolean
cut (Editor *editor)
{
  const gboolean line = !editor->marked;
  TextPlace from, to;

  editor_region (editor, &from, &to);
  if (line)
    whole_line (editor, &from, &to);
  if (text_compare (from, to) == 0)
    return FALSE;
  keep (editor, from, to, line && editor->step == STEP_CUTTING);
  editor_change (editor, line ? STEP_CUTTING : STEP_NONE, from, to, "", 0);
  return TRUE;
}

static gboolean
copy (Editor *editor)
{
  TextPlace from, to;

  editor_region (editor, &from, &to);
  if (!editor->marked)
    whole_line (editor, &from, &to);
  keep (editor, from, to, FALSE);
  editor->marked = FALSE;
  editor->step = STEP_NONE;
  return TRUE;
}

static gboolean
toggle_mark (Editor *editor)
{
  editor->marked = !editor->marked;
  editor->mark = editor->cursor;
  editor->step = STEP_NONE;
  return TRUE;
}

static gboolean
take_back (Editor *editor, gboolean (*take) (Text *text, TextPlace *ret_place))
{
  editor->step = STEP_NONE;
  editor->marked = FALSE;
  return take (editor->text, &editor->cursor);
}

gboolean
editor_do_change (Editor *editor, EditorCommand command)
{
  switch (command) {
  case EDITOR_NEW_LINE:
    editor_change (editor, STEP_NONE, editor->cursor, editor->cursor, "\n", 1);
    return TRUE;
  case EDITOR_BACKSPACE:
    return erase (editor, editor_step_left);
  case EDITOR_DELETE:
    return erase (editor, editor_step_right);
  case EDITOR_WORD_BACKSPACE:
    return erase (editor, editor_word_left);
  case EDITOR_WORD_DELETE:
    return erase (editor, editor_word_right);
  case EDITOR_MARK:
    return toggle_mark (editor);
  case EDITOR_CUT:
    return cut (editor);
  case EDITOR_COPY:
    return copy (editor);
  case EDITOR_PASTE:
    if (editor->cut)
      editor_paste (editor, editor->cut, editor->cut_length);
    return editor->cut != NULL;
  case EDITOR_JUSTIFY:
    return editor_justify (editor);
  case EDITOR_QUOTE:
  case EDITOR_UNQUOTE:
    return editor_quote (editor, command == EDITOR_QUOTE);
  case EDITOR_UNDO:
    return take_back (editor, text_undo);
  default: /* EDITOR_REDO */
    return take_back (editor, text_redo);
  }
}

/* Where the cursor is and how it moves. */
#include "tui/editor-private.h"

#include "tui/glyph.h"
#include "tui/rows.h"

/* --- life ---------------------------------------------------------------------------- */

Editor *
editor_new (void)
{
  Editor *editor = g_new0 (Editor, 1);

  editor->text = text_new ();
  editor->width = 80;
  editor->height = 24;
  return editor;
}

void
editor_free (Editor *editor)
{
  if (!editor)
    return;
  text_free (editor->text);
  g_free (editor->cut);
  g_free (editor);
}

Text *
editor_text (Editor *editor)
{
  return editor->text;
}

void
editor_load (Editor *editor, const char *octets, gsize length)
{
  text_set (editor->text, octets, length);
  editor->cursor = editor->top = (TextPlace){ 0, 0 };
  editor->marked = editor->found = editor->has_goal = FALSE;
  editor->step = STEP_NONE;
}

TextPlace
editor_cursor (const Editor *editor)
{
  return editor->cursor;
}

static void
leave_step (Editor *editor)
{
  editor->step = STEP_NONE;
  editor->found = FALSE;
}

void
editor_set_cursor (Editor *editor, TextPlace place)
{
  editor->cursor = place;
  editor->has_goal = FALSE;
  leave_step (editor);
}

void
editor_resize (Editor *editor, guint width, guint height)
{
  editor->width = MAX (width, 2);
  editor->height = MAX (height, 1);
}

void
editor_region (const Editor *editor, TextPlace *ret_from, TextPlace *ret_to)
{
  const TextPlace other = editor->marked ? editor->mark : editor->cursor;
  const gboolean before = text_compare (other, editor->cursor) < 0;

  *ret_from = before ? other : editor->cursor;
  *ret_to = before ? editor->cursor : other;
}

/* The last column is the cursor's, behind a row that is full. */
GArray *
editor_rows (const Editor *editor, guint line)
{
  gsize length;
  const char *octets = text_line (editor->text, line, &length);

  return rows_new (octets, length, editor->width - 1);
}

/* --- steps ------------------------------------------------------------------------------ */

gboolean
editor_step_left (const Editor *editor, TextPlace *place)
{
  if (place->octet > 0) {
    place->octet -= glyph_length_before (text_line (editor->text, place->line, NULL), place->octet);
    return TRUE;
  }
  if (place->line == 0)
    return FALSE;
  place->line--;
  text_line (editor->text, place->line, &place->octet);
  return TRUE;
}

gboolean
editor_step_right (const Editor *editor, TextPlace *place)
{
  gsize length;
  const char *line = text_line (editor->text, place->line, &length);

  if (place->octet < length) {
    place->octet += glyph_length (line + place->octet, length - place->octet);
    return TRUE;
  }
  if (place->line + 1 == text_line_count (editor->text))
    return FALSE;
  *place = (TextPlace){ place->line + 1, 0 };
  return TRUE;
}

/* TRUE: a letter, digit or ideograph begins at PLACE. */
static gboolean
at_word (const Editor *editor, TextPlace place)
{
  gsize length;
  const char *line = text_line (editor->text, place.line, &length);

  return place.octet < length && g_unichar_isalnum (g_utf8_get_char (line + place.octet));
}

gboolean
editor_word_left (const Editor *editor, TextPlace *place)
{
  TextPlace before = *place;
  gboolean moved = FALSE;

  while (editor_step_left (editor, &before)) {
    const gboolean word = at_word (editor, before);
    if (moved && !word && at_word (editor, *place))
      return TRUE;
    *place = before;
    moved = TRUE;
  }
  return moved;
}

gboolean
editor_word_right (const Editor *editor, TextPlace *place)
{
  gboolean moved = FALSE;

  for (;;) {
    const gboolean was_word = at_word (editor, *place);
    if (!editor_step_right (editor, place))
      return moved;
    moved = TRUE;
    if (!was_word && at_word (editor, *place))
      return TRUE;
  }
}

/* --- rows --------------------------------------------------------------------------------- */

/* One row down or up from row *ROW of PLACE's line. */
static gboolean
next_row (const Editor *editor, guint *line, guint *row, GArray **rows, gboolean down)
{
  if (down ? *row + 1 < (*rows)->len : *row > 0) {
    *row += down ? 1 : -1;
    return TRUE;
  }
  if (down ? *line + 1 == text_line_count (editor->text) : *line == 0)
    return FALSE;
  *line += down ? 1 : -1;
  g_array_unref (*rows);
  *rows = editor_rows (editor, *line);
  *row = down ? 0 : (*rows)->len - 1;
  return TRUE;
}

gboolean
editor_move_rows (Editor *editor, int distance)
{
  TextPlace *cursor = &editor->cursor;
  guint line = cursor->line;
  GArray *rows = editor_rows (editor, line);
  guint row = rows_find (rows, cursor->octet);
  gboolean moved = FALSE;
  gsize length;

  if (!editor->has_goal)
    editor->goal = rows_column (rows, text_line (editor->text, line, NULL), row, cursor->octet);
  editor->has_goal = TRUE;
  for (int left = ABS (distance); left > 0; left--) {
    if (!next_row (editor, &line, &row, &rows, distance > 0))
      break;
    moved = TRUE;
  }
  if (moved) {
    const char *octets = text_line (editor->text, line, &length);
    *cursor = (TextPlace){ line, rows_octet (rows, octets, length, row, editor->goal) };
  }
  g_array_unref (rows);
  return moved;
}

/* The end of a row, or of the line where the cursor is there already. */
static gboolean
move_in_line (Editor *editor, gboolean to_end)
{
  g_autoptr (GArray) rows = editor_rows (editor, editor->cursor.line);
  const guint row = rows_find (rows, editor->cursor.octet);
  gsize length;
  const char *line = text_line (editor->text, editor->cursor.line, &length);
  gsize octet = to_end ? rows_octet (rows, line, length, row, G_MAXUINT) : g_array_index (rows, gsize, row);

  if (octet == editor->cursor.octet)
    octet = to_end ? length : 0;
  const gboolean moved = octet != editor->cursor.octet;
  editor->cursor.octet = octet;
  return moved;
}

/* --- commands -------------------------------------------------------------------------------- */

static gboolean
move (Editor *editor, EditorCommand command)
{
  TextPlace *cursor = &editor->cursor;
  const TextPlace before = *cursor;

  switch (command) {
  case EDITOR_LEFT:
    return editor_step_left (editor, cursor);
  case EDITOR_RIGHT:
    return editor_step_right (editor, cursor);
  case EDITOR_WORD_LEFT:
    return editor_word_left (editor, cursor);
  case EDITOR_WORD_RIGHT:
    return editor_word_right (editor, cursor);
  case EDITOR_ROW_BEGIN:
  case EDITOR_ROW_END:
    return move_in_line (editor, command == EDITOR_ROW_END);
  case EDITOR_TEXT_BEGIN:
    *cursor = (TextPlace){ 0, 0 };
    break;
  default: /* EDITOR_TEXT_END */
    *cursor = text_end (editor->text);
    break;
  }
  return text_compare (before, *cursor) != 0;
}

gboolean
editor_do (Editor *editor, EditorCommand command)
{
  const guint page = editor->height > 2 ? editor->height - 2 : 1;

  switch (command) {
  case EDITOR_UP:
  case EDITOR_DOWN:
    leave_step (editor);
    return editor_move_rows (editor, command == EDITOR_DOWN ? 1 : -1);
  case EDITOR_PAGE_UP:
  case EDITOR_PAGE_DOWN:
    leave_step (editor);
    return editor_move_rows (editor, command == EDITOR_PAGE_DOWN ? (int)page : -(int)page);
  case EDITOR_LEFT:
  case EDITOR_RIGHT:
  case EDITOR_WORD_LEFT:
  case EDITOR_WORD_RIGHT:
  case EDITOR_ROW_BEGIN:
  case EDITOR_ROW_END:
  case EDITOR_TEXT_BEGIN:
  case EDITOR_TEXT_END:
    leave_step (editor);
    editor->has_goal = FALSE;
    return move (editor, command);
  default:
    editor->has_goal = FALSE;
    editor->found = FALSE;
    return editor_do_change (editor, command);
  }
}

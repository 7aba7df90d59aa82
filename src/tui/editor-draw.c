/* The window on the text. Only the lines in it are looked at, however many there are. */
#include "tui/editor-private.h"

#include "tui/rows.h"

guint
editor_row_count (const Editor *editor, guint limit)
{
  guint count = 0;

  for (guint line = 0; line < text_line_count (editor->text) && count < limit; line++) {
    g_autoptr (GArray) rows = editor_rows (editor, line);
    count += rows->len;
  }
  return MIN (count, limit);
}

/* Rows from the window's first one to the cursor's; HEIGHT: beyond the window, or above it. */
static guint
rows_to_cursor (const Editor *editor)
{
  guint count = 0;

  if (text_compare (editor->cursor, editor->top) < 0)
    return editor->height;
  for (guint line = editor->top.line; line <= editor->cursor.line && count < editor->height; line++) {
    g_autoptr (GArray) rows = editor_rows (editor, line);
    const guint first = line == editor->top.line ? rows_find (rows, editor->top.octet) : 0;
    const guint last = line == editor->cursor.line ? rows_find (rows, editor->cursor.octet) : rows->len;
    count += last - first;
  }
  return MIN (count, editor->height);
}

/* Makes the row that is DISTANCE above the cursor's the window's first. */
static void
place_top (Editor *editor, guint distance)
{
  guint line = editor->cursor.line;
  g_autoptr (GArray) rows = editor_rows (editor, line);
  guint row = rows_find (rows, editor->cursor.octet);

  while (distance > row && line > 0) {
    distance -= row + 1;
    line--;
    g_array_unref (rows);
    rows = editor_rows (editor, line);
    row = rows->len - 1;
  }
  row -= MIN (distance, row);
  editor->top = (TextPlace){ line, g_array_index (rows, gsize, row) };
}

/* After a change or another width the window's first row may begin elsewhere. */
static void
settle_top (Editor *editor)
{
  if (editor->top.line >= text_line_count (editor->text))
    editor->top = text_end (editor->text);
  g_autoptr (GArray) rows = editor_rows (editor, editor->top.line);
  editor->top.octet = g_array_index (rows, gsize, rows_find (rows, editor->top.octet));
}

static void
follow_cursor (Editor *editor)
{
  settle_top (editor);
  if (text_compare (editor->cursor, editor->top) < 0)
    place_top (editor, 0);
  else if (rows_to_cursor (editor) >= editor->height)
    place_top (editor, editor->height - 1);
}

static Style
line_style (const char *line)
{
  return *line == '>' ? STYLE_QUOTE : STYLE_PLAIN;
}

typedef struct {
  Editor *editor;
  Surface *surface;
  guint x, y;
} Window;

/* Restyles what of row ROW lies between FROM and TO. */
static void
show_region (const Window *window, const GArray *rows, guint line, guint row, guint at, TextPlace from,
             TextPlace to)
{
  gsize length;
  const char *octets = text_line (window->editor->text, line, &length);
  const gsize begin = g_array_index (rows, gsize, row), end = rows_end (rows, length, row);
  const gsize first = from.line < line ? begin : from.line > line ? end : CLAMP (from.octet, begin, end);
  const gsize last = to.line > line ? end : to.line < line ? begin : CLAMP (to.octet, begin, end);

  if (first >= last)
    return;
  const guint left = rows_column (rows, octets, row, first);
  const guint right = MIN (rows_column (rows, octets, row, last), window->editor->width);
  if (left < right)
    surface_restyle (window->surface, window->x + left, window->y + at, right - left, STYLE_MARKED);
}

static void
draw_row (const Window *window, const GArray *rows, guint line, guint row, guint at, gboolean focused)
{
  Editor *editor = window->editor;
  gsize length;
  const char *octets = text_line (editor->text, line, &length);
  const gsize begin = g_array_index (rows, gsize, row), end = rows_end (rows, length, row);
  TextPlace from, to;

  surface_put (window->surface, window->x, window->y + at, editor->width, line_style (octets), octets + begin,
               (gssize)(end - begin));
  if (editor->marked) {
    editor_region (editor, &from, &to);
    show_region (window, rows, line, row, at, from, to);
  }
  if (editor->found)
    show_region (window, rows, line, row, at, editor->found_from, editor->found_to);
  if (focused && line == editor->cursor.line && rows_find (rows, editor->cursor.octet) == row) {
    const guint column = rows_column (rows, octets, row, editor->cursor.octet);
    surface_set_cursor (window->surface, (int)(window->x + MIN (column, editor->width - 1)),
                        (int)(window->y + at));
  }
}

void
editor_draw (Editor *editor, Surface *surface, guint x, guint y, gboolean focused)
{
  const Window window = { editor, surface, x, y };
  guint at = 0;

  follow_cursor (editor);
  for (guint line = editor->top.line; line < text_line_count (editor->text) && at < editor->height; line++) {
    g_autoptr (GArray) rows = editor_rows (editor, line);
    guint row = line == editor->top.line ? rows_find (rows, editor->top.octet) : 0;
    for (; row < rows->len && at < editor->height; row++, at++)
      draw_row (&window, rows, line, row, at, focused);
  }
}

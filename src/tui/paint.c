/* What all screens have in common. */
#include "tui/paint.h"

#include <string.h>

#include "tui/glyph.h"
#include "tui/rows.h"

#define LINE_CHARACTER 0x2500

gboolean
paint_has_lines (void)
{
  return glyph_character_cells (LINE_CHARACTER) == 1;
}

void
paint_title (Surface *surface, const char *left, const char *right)
{
  const guint columns = right ? surface_columns (right, -1) : 0;

  surface_put_padded (surface, 0, 0, surface->width, STYLE_BAR, left);
  if (columns == 0 || columns + 2 > surface->width)
    return;
  const guint room = surface->width - columns - 2;
  if (surface_columns (left, -1) <= room || columns <= surface->width / 3) {
    surface_put_padded (surface, 0, 0, room, STYLE_BAR, left);
    surface_put_padded (surface, room, 0, surface->width - room, STYLE_BAR, " ");
    surface_put (surface, room + 1, 0, columns, STYLE_BAR, right, -1);
  }
}

void
paint_rule (Surface *surface, guint y)
{
  const char *piece = paint_has_lines () ? "─" : "-";

  for (guint x = 0; x < surface->width; x++)
    surface_put (surface, x, y, 1, STYLE_DIM, piece, -1);
}

/* One line of a text, which has no line breaks. Returns the rows used. */
static guint
paint_line (Surface *surface, guint x, guint y, guint width, guint room, Style style, const char *line,
            gsize length)
{
  g_autoptr (GArray) rows = rows_new (line, length, MAX (width, 2));
  const guint used = MIN (rows->len, room);

  for (guint i = 0; surface && i < used; i++) {
    const gsize from = g_array_index (rows, gsize, i);
    const gsize to = i + 1 == used && used < rows->len ? length : rows_end (rows, length, i);
    g_autofree char *row = g_strndup (line + from, to - from);
    if (to == length && used < rows->len)
      surface_put_padded (surface, x, y + i, width, style, row);
    else
      surface_put (surface, x, y + i, width, style, g_strchomp (row), -1);
  }
  return used;
}

guint
paint_text (Surface *surface, guint x, guint y, guint width, guint room, Style style, const char *text)
{
  guint used = 0;

  while (used < room) {
    const gsize length = strcspn (text, "\n");
    used += paint_line (surface, x, y + used, width, room - used, style, text, length);
    if (text[length] == '\0')
      break;
    text += length + 1;
  }
  return used;
}

guint
paint_text_rows (const char *text, guint width)
{
  return paint_text (NULL, 0, 0, width, G_MAXUINT, STYLE_PLAIN, text);
}

guint
paint_field (Surface *surface, guint y, guint bottom, guint labels, const char *label, Style style,
             const char *text)
{
  if (y >= bottom)
    return 0;
  const guint width = surface->width > labels + 4 ? surface->width - labels : 4;
  surface_put (surface, 0, y, labels, STYLE_LABEL, label, -1);
  return paint_text (surface, labels, y, width, bottom - y, style, text);
}

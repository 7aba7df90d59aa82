/* Cells. */
#include "tui/surface.h"

#include <string.h>

#include "tui/glyph.h"

Surface *
surface_new (guint width, guint height)
{
  Surface *surface = g_new0 (Surface, 1);

  surface->width = width;
  surface->height = height;
  surface->cells = g_new0 (Cell, (gsize)MAX (width * height, 1));
  surface_clear (surface);
  return surface;
}

void
surface_free (Surface *surface)
{
  if (!surface)
    return;
  g_free (surface->cells);
  g_free (surface);
}

static Cell *
cell_at (const Surface *surface, guint x, guint y)
{
  return &surface->cells[(gsize)y * surface->width + x];
}

const Cell *
surface_cell (const Surface *surface, guint x, guint y)
{
  g_assert (x < surface->width && y < surface->height);
  return cell_at (surface, x, y);
}

static void
set_blank (Cell *cell, Style style)
{
  *cell = (Cell){ .text = { ' ' }, .style = (guint8)style };
}

void
surface_clear (Surface *surface)
{
  for (gsize i = 0; i < (gsize)surface->width * surface->height; i++)
    set_blank (&surface->cells[i], STYLE_PLAIN);
  surface_set_cursor (surface, -1, -1);
}

void
surface_set_cursor (Surface *surface, int x, int y)
{
  const gboolean inside = x >= 0 && y >= 0 && x < (int)surface->width && y < (int)surface->height;

  surface->cursor_x = inside ? x : -1;
  surface->cursor_y = inside ? y : -1;
}

/* A pen that stops at the end of its room. */
typedef struct {
  Surface *surface;
  guint x, y, end, begin;
  Style style;
  Cell *last; /* of this text: what a combining character joins */
} Pen;

/* Half of a wide character alone is none. */
static void
split_neighbours (Pen *pen, guint cells)
{
  Surface *surface = pen->surface;

  if (pen->x > 0 && cell_at (surface, pen->x, pen->y)->text[0] == 0)
    set_blank (cell_at (surface, pen->x - 1, pen->y), cell_at (surface, pen->x - 1, pen->y)->style);
  if (pen->x + cells < surface->width && cell_at (surface, pen->x + cells, pen->y)->text[0] == 0)
    set_blank (cell_at (surface, pen->x + cells, pen->y), cell_at (surface, pen->x + cells, pen->y)->style);
}

static gboolean
draw (Pen *pen, gunichar character, guint cells)
{
  if (pen->x + cells > pen->end) {
    for (; pen->x < pen->end; pen->x++)
      set_blank (cell_at (pen->surface, pen->x, pen->y), pen->style);
    return FALSE;
  }
  split_neighbours (pen, cells);
  pen->last = cell_at (pen->surface, pen->x, pen->y);
  *pen->last = (Cell){ .text = { character }, .style = (guint8)pen->style };
  if (cells == 2)
    *cell_at (pen->surface, pen->x + 1, pen->y) = (Cell){ .style = (guint8)pen->style };
  pen->x += cells;
  return TRUE;
}

static gboolean
combine (Pen *pen, gunichar character)
{
  if (!pen->last && !draw (pen, ' ', 1))
    return FALSE;
  for (gsize i = 1; i < CELL_CHARACTERS; i++)
    if (pen->last->text[i] == 0) {
      pen->last->text[i] = character;
      break;
    }
  return TRUE;
}

static gboolean
draw_stand_in (Pen *pen, gunichar character)
{
  char buffer[GLYPH_STAND_IN];

  glyph_stand_in (character, buffer);
  for (const char *at = buffer; *at != '\0'; at++)
    if (!draw (pen, (gunichar)*at, 1))
      return FALSE;
  return TRUE;
}

static gboolean
draw_character (Pen *pen, gunichar character)
{
  const int cells = glyph_character_cells (character);

  if (character == '\t') {
    for (guint n = GLYPH_TAB - (pen->x - pen->begin) % GLYPH_TAB; n > 0; n--)
      if (!draw (pen, ' ', 1))
        return FALSE;
    return TRUE;
  }
  if (cells < 0)
    return draw_stand_in (pen, character);
  return cells == 0 ? combine (pen, character) : draw (pen, character, (guint)cells);
}

guint
surface_put (Surface *surface, guint x, guint y, guint room, Style style, const char *text, gssize length)
{
  if (x >= surface->width || y >= surface->height)
    return 0;
  const char *end = text + (length < 0 ? strlen (text) : (gsize)length);
  Pen pen = { surface, x, y, MIN (surface->width, x + MIN (room, surface->width)), x, style, NULL };

  for (; text < end; text = g_utf8_next_char (text))
    if (!draw_character (&pen, g_utf8_get_char (text)))
      break;
  return pen.x - x;
}

void
surface_fill (Surface *surface, guint x, guint y, guint room, Style style)
{
  for (guint i = 0; i < room; i++)
    if (surface_put (surface, x + i, y, 1, style, " ", 1) == 0)
      break;
}

void
surface_put_padded (Surface *surface, guint x, guint y, guint room, Style style, const char *text)
{
  const gboolean cut = surface_columns (text, -1) > room;
  guint used = surface_put (surface, x, y, cut && room > 0 ? room - 1 : room, style, text, -1);

  if (cut && used < room)
    used += surface_put (surface, x + used, y, 1, style, glyph_character_cells (0x2026) == 1 ? "…" : "~", -1);
  if (used < room)
    surface_fill (surface, x + used, y, room - used, style);
}

void
surface_restyle (Surface *surface, guint x, guint y, guint room, Style style)
{
  for (guint i = x; y < surface->height && i < surface->width && i - x < room; i++)
    cell_at (surface, i, y)->style = (guint8)style;
}

void
surface_copy_rows (Surface *surface, guint y, const Surface *from, guint first, guint n)
{
  g_assert (surface->width == from->width);
  for (guint row = 0; row < n && y + row < surface->height && first + row < from->height; row++)
    memcpy (cell_at (surface, 0, y + row), cell_at (from, 0, first + row), surface->width * sizeof (Cell));
}

char *
surface_row (const Surface *surface, guint y)
{
  GString *row = g_string_new (NULL);

  for (guint x = 0; x < surface->width; x++)
    for (const gunichar *at = surface_cell (surface, x, y)->text; *at != 0; at++)
      g_string_append_unichar (row, *at);
  while (row->len > 0 && row->str[row->len - 1] == ' ')
    g_string_truncate (row, row->len - 1);
  return g_string_free (row, FALSE);
}

guint
surface_columns (const char *text, gssize length)
{
  const char *end = text + (length < 0 ? strlen (text) : (gsize)length);
  guint columns = 0;

  while (text < end) {
    const gsize octets = glyph_length (text, (gsize)(end - text));
    columns += glyph_cells (text, octets, columns);
    text += octets;
  }
  return columns;
}

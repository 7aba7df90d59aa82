/* Soft wrap. */
#include "tui/rows.h"

#include <unilbrk.h>

#include "tui/glyph.h"

static gsize
begin_of (const GArray *rows, guint row)
{
  return g_array_index (rows, gsize, row);
}

static gboolean
is_blank (const char *cluster, gsize octets)
{
  return octets == 1 && (*cluster == ' ' || *cluster == '\t');
}

GArray *
rows_new (const char *line, gsize length, guint width)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (gsize));
  char *breaks = g_malloc (length + 1);
  gsize begin = 0, part = 0;
  guint column = 0;

  g_array_append_val (rows, begin);
  u8_possible_linebreaks ((const uint8_t *)line, length, "UTF-8", breaks);
  for (gsize at = 0; at < length;) {
    const gsize octets = glyph_length (line + at, length - at);
    const guint cells = glyph_cells (line + at, octets, column);
    if (at > begin && breaks[at] == UC_BREAK_POSSIBLE)
      part = at;
    if (column + cells > width && at > begin && !is_blank (line + at, octets)) {
      begin = part > begin ? part : at;
      g_array_append_val (rows, begin);
      at = begin;
      column = 0;
      continue;
    }
    column += cells;
    at += octets;
  }
  g_free (breaks);
  return rows;
}

guint
rows_find (const GArray *rows, gsize at)
{
  guint low = 0, high = rows->len;

  while (high - low > 1) {
    const guint middle = low + (high - low) / 2;
    if (begin_of (rows, middle) <= at)
      low = middle;
    else
      high = middle;
  }
  return low;
}

gsize
rows_end (const GArray *rows, gsize length, guint row)
{
  return row + 1 < rows->len ? begin_of (rows, row + 1) : length;
}

guint
rows_column (const GArray *rows, const char *line, guint row, gsize at)
{
  guint column = 0;

  for (gsize octet = begin_of (rows, row); octet < at;) {
    const gsize octets = glyph_length (line + octet, at - octet);
    column += glyph_cells (line + octet, octets, column);
    octet += octets;
  }
  return column;
}

gsize
rows_octet (const GArray *rows, const char *line, gsize length, guint row, guint column)
{
  const gsize end = rows_end (rows, length, row);
  gsize octet = begin_of (rows, row), last = octet;
  guint at = 0;

  while (octet < end) {
    const gsize octets = glyph_length (line + octet, end - octet);
    const guint cells = glyph_cells (line + octet, octets, at);
    if (at + cells > column)
      return octet;
    last = octet;
    at += cells;
    octet += octets;
  }
  /* Behind a row that goes on is the next one's beginning. */
  return end < length ? last : end;
}

/* Columns of text. */
#include "cli/cell.h"

gsize
cell_width (const char *text)
{
  gsize width = 0;
  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    const gunichar character = g_utf8_get_char (text);
    width += g_unichar_iszerowidth (character) ? 0 : g_unichar_iswide (character) ? 2 : 1;
  }
  return width;
}

void
cell_append (GString *out, const char *text, gsize width)
{
  g_string_append (out, text);
  for (gsize used = cell_width (text); used < width; used++)
    g_string_append_c (out, ' ');
  g_string_append (out, "  ");
}

/* Columns of text. */
#include "cli/cell.h"

#include <string.h>

static gsize
character_width (gunichar character)
{
  if (g_unichar_iszerowidth (character))
    return 0;
  return g_unichar_iswide (character) ? 2 : 1;
}

gsize
cell_width (const char *text)
{
  gsize width = 0;
  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += character_width (g_utf8_get_char (text));
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

char *
cell_cut (const char *text, gsize width)
{
  const char *end = text;
  gsize used = 0;
  if (cell_width (text) <= width)
    return g_strdup (text);
  for (; *end != '\0'; end = g_utf8_next_char (end)) {
    const gsize more = character_width (g_utf8_get_char (end));
    if (used + more + 1 > width)
      break;
    used += more;
  }
  g_autofree char *kept = g_strndup (text, (gsize)(end - text));
  return g_strconcat (kept, width > 0 ? "…" : NULL, NULL);
}

/* Octets of TEXT that fit ROOM columns: up to where it may be parted, if anywhere. */
static gsize
fitting (const char *text, gsize room)
{
  const char *end = text, *part = NULL;
  gsize width = 0;
  for (; *end != '\0'; end = g_utf8_next_char (end)) {
    const gunichar character = g_utf8_get_char (end);
    width += character_width (character);
    if (end > text && (*end == ' ' || g_unichar_iswide (character)))
      part = end;
    if (width > room)
      return (gsize)((part != NULL ? part : MAX (end, g_utf8_next_char (text))) - text);
  }
  return (gsize)(end - text);
}

void
cell_append_wrapped (GString *out, const char *first, const char *text)
{
  const gsize indent = cell_width (first);
  g_string_append (out, first);
  for (;;) {
    const gsize octets = fitting (text, CELL_COLUMNS - indent);
    g_string_append_len (out, text, (gssize)octets);
    g_string_append_c (out, '\n');
    text += octets;
    text += strspn (text, " ");
    if (*text == '\0')
      return;
    g_string_append_printf (out, "%*s", (int)indent, "");
  }
}

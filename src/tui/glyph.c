/* Clusters and their widths. */
#include "tui/glyph.h"

#include <unigbrk.h>
#include <wchar.h>

/* As far as a cluster is looked for: one that hostile text makes endless would make each
 * key slow. */
#define CLUSTER_LIMIT 256
/* As far as nearly all of them reach. */
#define CLUSTER_USUAL 48

static gboolean
is_continuation (char octet)
{
  return ((guchar)octet & 0xC0) == 0x80;
}

/* Octets up to the first break behind the beginning; 0: there is none in LENGTH. */
static gsize
first_break (const char *text, gsize length)
{
  char breaks[CLUSTER_LIMIT];

  u8_grapheme_breaks ((const uint8_t *)text, length, breaks);
  for (gsize at = 1; at < length; at++)
    if (breaks[at])
      return at;
  return 0;
}

/* LENGTH, or less, so that no character is cut. */
static gsize
whole_characters (const char *text, gsize length, gsize limit)
{
  if (length <= limit)
    return length;
  while (is_continuation (text[limit]))
    limit--;
  return limit;
}

gsize
glyph_length (const char *text, gsize length)
{
  if (length <= 1 || ((guchar)text[0] < 0x80 && (guchar)text[1] < 0x80))
    return MIN (length, 1);
  const gsize usual = whole_characters (text, length, CLUSTER_USUAL);
  gsize octets = first_break (text, usual);
  if (octets > 0 || usual == length)
    return octets > 0 ? octets : length;
  const gsize most = whole_characters (text, length, CLUSTER_LIMIT);
  octets = first_break (text, most);
  return octets > 0 ? octets : most;
}

gsize
glyph_length_before (const char *text, gsize at)
{
  if (at <= 1 || ((guchar)text[at - 1] < 0x80 && (guchar)text[at - 2] < 0x80))
    return MIN (at, 1);
  gsize begin = at > CLUSTER_LIMIT ? at - CLUSTER_LIMIT : 0, last = 0;
  while (begin > 0 && is_continuation (text[begin]))
    begin++;
  char breaks[CLUSTER_LIMIT];
  u8_grapheme_breaks ((const uint8_t *)text + begin, at - begin, breaks);
  for (gsize i = 1; i < at - begin; i++)
    if (breaks[i])
      last = i;
  return at - begin - last;
}

int
glyph_character_cells (gunichar character)
{
  if (character < 0x80)
    return character >= 0x20 && character != 0x7F ? 1 : -1;
  /* Characters without a width of their own join or turn what is around them; only those
   * that a cluster is made of may do so unseen. */
  if (character == 0x200D || character == 0x200C)
    return 0;
  if (g_unichar_type (character) == G_UNICODE_FORMAT || g_unichar_type (character) == G_UNICODE_CONTROL)
    return -1;
  const int cells = wcwidth ((wchar_t)character);
  /* The locale may know fewer characters than GLib; without a locale there is only ASCII. */
  return cells >= 0 ? cells : -1;
}

void
glyph_stand_in (gunichar character, char buffer[GLYPH_STAND_IN])
{
  if (character < 0x20)
    g_snprintf (buffer, GLYPH_STAND_IN, "^%c", (char)(character + '@'));
  else if (character == 0x7F)
    g_snprintf (buffer, GLYPH_STAND_IN, "^?");
  else
    g_snprintf (buffer, GLYPH_STAND_IN, "<%04X>", character);
}

static guint
stand_in_cells (gunichar character)
{
  char buffer[GLYPH_STAND_IN];
  guint cells = 0;

  glyph_stand_in (character, buffer);
  while (buffer[cells] != '\0')
    cells++;
  return cells;
}

guint
glyph_cells (const char *text, gsize length, guint column)
{
  guint cells = 0;

  if (length == 1 && *text == '\t')
    return GLYPH_TAB - column % GLYPH_TAB;
  for (const char *at = text; at < text + length; at = g_utf8_next_char (at)) {
    const gunichar character = g_utf8_get_char (at);
    const int own = glyph_character_cells (character);
    cells += own >= 0 ? (guint)own : stand_in_cells (character);
  }
  /* A lone combining mark is drawn over a blank. */
  return MAX (cells, 1);
}

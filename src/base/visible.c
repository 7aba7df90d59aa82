/* What a terminal would act on, or show nothing for, is written out. The list is of
 * characters that deceive, not of those that are unusual: a reply in Japanese stays
 * readable, one that turns the line around doesn't get the chance. */
#include "base/visible.h"

#include <string.h>

static const struct {
  gunichar first, last;
} hidden[] = {
  { 0x0000, 0x001F },   /* C0 controls: ESC, line breaks, tabs, … */
  { 0x007F, 0x009F },   /* DEL, and C1 controls: CSI as one character */
  { 0x00AD, 0x00AD },   /* soft hyphen */
  { 0x034F, 0x034F },   /* combining grapheme joiner */
  { 0x061C, 0x061C },   /* Arabic letter mark (bidi) */
  { 0x115F, 0x1160 },   /* Hangul fillers */
  { 0x17B4, 0x17B5 },   /* Khmer inherent vowels */
  { 0x180B, 0x180F },   /* Mongolian variation selectors and vowel separator */
  { 0x200B, 0x200F },   /* zero width space and joiners, bidi marks */
  { 0x2028, 0x202E },   /* line and paragraph separator, bidi embeddings and overrides */
  { 0x2060, 0x206F },   /* word joiner, invisible operators, bidi isolates, deprecated controls */
  { 0x3164, 0x3164 },   /* Hangul filler */
  { 0xFEFF, 0xFEFF },   /* byte order mark */
  { 0xFFA0, 0xFFA0 },   /* halfwidth Hangul filler */
  { 0xFFF0, 0xFFFB },   /* unassigned specials, interlinear annotation */
  { 0xE0000, 0xE0FFF }, /* tags and further selectors */
};

static gboolean
is_hidden (gunichar character)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hidden) && character >= hidden[i].first; i++)
    if (character <= hidden[i].last)
      return TRUE;
  return FALSE;
}

/* g_utf8_get_char_validated() takes a NUL for the end of the text and noncharacters for
 * characters; the first is a control to us, the second shows harmlessly. */
static gunichar
next_character (const char *at, gsize left)
{
  return *at == '\0' ? 0 : g_utf8_get_char_validated (at, (gssize)left);
}

static gboolean
is_invalid (gunichar character)
{
  return character == (gunichar)-1 || character == (gunichar)-2;
}

static gsize
length_of (const char *text, gssize length)
{
  return length < 0 ? strlen (text) : (gsize)length;
}

char *
visible_text (const char *text, gssize length)
{
  gsize left = length_of (text, length);
  GString *out = g_string_sized_new (left + 1);
  while (left > 0) {
    const gunichar character = next_character (text, left);
    gsize used = 1;
    if (is_invalid (character)) {
      g_string_append_printf (out, "<0x%02X>", (guchar)*text);
    } else {
      used = character == 0 ? 1 : (gsize)g_unichar_to_utf8 (character, NULL);
      if (is_hidden (character))
        g_string_append_printf (out, "<U+%04X>", character);
      else
        g_string_append_len (out, text, (gssize)used);
    }
    text += used;
    left -= used;
  }
  return g_string_free (out, FALSE);
}

/* Whether a reader of key=value lines would see something else than one bare word. */
static gboolean
needs_quotes (const char *text, gsize length)
{
  const char *at = text;
  for (gsize left = length; left > 0;) {
    const gunichar character = next_character (at, left);
    if (is_invalid (character) || character == '"' || character == '=' || is_hidden (character)
        || g_unichar_isspace (character))
      return TRUE;
    const gsize used = (gsize)g_unichar_to_utf8 (character, NULL);
    at += used;
    left -= used;
  }
  return length == 0;
}

char *
visible_quoted (const char *text, gssize length)
{
  const gsize octets = length_of (text, length);
  g_autofree char *shown = visible_text (text, (gssize)octets);
  if (!needs_quotes (text, octets))
    return g_steal_pointer (&shown);

  GString *out = g_string_new ("\"");
  for (const char *at = shown; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_c (out, '\\');
    g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* Two tests. The skeleton: what looks alike is written alike (as in Unicode's UTS 39, of which the
 * table holds what is seen in domains), then compared. The distance: one letter more, less, other, or
 * two that changed places. */
#include "mail/lookalike.h"

#include "base/domain.h"

#include <string.h>

/* Shorter names are one letter off each other by nature. */
#define SHORTEST 6
#define LONGEST 253

/* What is taken for the letters of ALIKE, longest first. */
static const struct {
  const char *seen, *alike;
} pairs[] = {
  { "rn", "m" }, { "vv", "w" }, { "cl", "d" }, { "0", "o" },
  { "1", "l" },  { "i", "l" },  { "5", "s" },  { "\303\237", "ss" },
};

/* Cyrillic, Greek and a few others, behind which stands the Latin letter they look like. */
static const struct {
  gunichar character;
  char alike;
} letters[] = {
  { 0x0131, 'l' }, { 0x0142, 'l' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x026f, 'm' }, { 0x0280, 'r' },
  { 0x028b, 'v' }, { 0x03b1, 'a' }, { 0x03b3, 'y' }, { 0x03b5, 'e' }, { 0x03b9, 'l' }, { 0x03ba, 'k' },
  { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c5, 'u' }, { 0x03c9, 'w' }, { 0x0430, 'a' },
  { 0x0432, 'b' }, { 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043d, 'h' },
  { 0x043e, 'o' }, { 0x043f, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' },
  { 0x0445, 'x' }, { 0x0455, 's' }, { 0x0456, 'l' }, { 0x0458, 'j' }, { 0x04bb, 'h' }, { 0x04cf, 'l' },
  { 0x0501, 'd' }, { 0x051b, 'q' }, { 0x051d, 'w' }, { 0x0561, 'w' }, { 0x0570, 'h' }, { 0x0575, 'j' },
  { 0x0578, 'n' }, { 0x057d, 'u' }, { 0x0581, 'g' }, { 0x0585, 'o' }, { 0x2010, '-' }, { 0x2011, '-' },
  { 0x2013, '-' }, { 0x30fc, '-' },
};

/* As people see it, without case and width; NULL: it is no domain. */
static char *
shown_form (const char *domain)
{
  g_autofree char *ascii = domain_to_ascii (domain, NULL);
  if (ascii == NULL || strlen (ascii) > LONGEST)
    return NULL;
  g_autofree char *shown = domain_to_unicode (ascii);
  g_autofree char *normal = g_utf8_normalize (shown, -1, G_NORMALIZE_ALL_COMPOSE);
  char *folded = g_utf8_casefold (normal != NULL ? normal : shown, -1);
  if (g_str_has_suffix (folded, "."))
    folded[strlen (folded) - 1] = '\0';
  return folded;
}

static char
alike (gunichar character)
{
  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].character == character)
      return letters[i].alike;
  return '\0';
}

/* Accents are easily overlooked: the letter below counts. */
static char *
latin_letters (const char *shown)
{
  g_autofree char *parted = g_utf8_normalize (shown, -1, G_NORMALIZE_ALL);
  GString *out = g_string_new (NULL);

  for (const char *at = parted; *at != '\0'; at = g_utf8_next_char (at)) {
    const gunichar character = g_utf8_get_char (at);
    const char letter = alike (character);
    if (letter != '\0')
      g_string_append_c (out, letter);
    else if (!g_unichar_ismark (character))
      g_string_append_unichar (out, character);
  }
  return g_string_free (out, FALSE);
}

static char *
skeleton (const char *shown)
{
  g_autofree char *text = latin_letters (shown);
  GString *out = g_string_new (NULL);

  for (const char *at = text; *at != '\0';) {
    gsize i = 0;
    while (i < G_N_ELEMENTS (pairs) && !g_str_has_prefix (at, pairs[i].seen))
      i++;
    if (i < G_N_ELEMENTS (pairs)) {
      g_string_append (out, pairs[i].alike);
      at += strlen (pairs[i].seen);
    } else {
      g_string_append_unichar (out, g_utf8_get_char (at));
      at = g_utf8_next_char (at);
    }
  }
  return g_string_free (out, FALSE);
}

/* --- distance ------------------------------------------------------------------------------- */

/* Names that are numbered differ on purpose. */
static gboolean
are_digits (gunichar one, gunichar other)
{
  return one < 0x80 && other < 0x80 && g_ascii_isdigit ((char)one) && g_ascii_isdigit ((char)other);
}

/* ONE is OTHER with a letter more at AT. */
static gboolean
is_longer_by_one (const gunichar *one, const gunichar *other, glong at, glong length)
{
  return memcmp (one + at + 1, other + at, (gsize)(length - at - 1) * sizeof *one) == 0;
}

static gboolean
is_one_off (const char *one, const char *other)
{
  glong length = 0, other_length = 0, at = 0;
  g_autofree gunichar *first = g_utf8_to_ucs4_fast (one, -1, &length);
  g_autofree gunichar *second = g_utf8_to_ucs4_fast (other, -1, &other_length);
  const glong shorter = MIN (length, other_length);

  if (shorter < SHORTEST || ABS (length - other_length) > 1)
    return FALSE;
  while (at < shorter && first[at] == second[at])
    at++;
  if (length > other_length)
    return is_longer_by_one (first, second, at, length);
  if (length < other_length)
    return is_longer_by_one (second, first, at, other_length);
  if (at == length)
    return FALSE; /* the same */
  const gsize rest = (gsize)(length - at - 1) * sizeof *first;
  if (memcmp (first + at + 1, second + at + 1, rest) == 0)
    return !are_digits (first[at], second[at]);
  return at + 1 < length && first[at] == second[at + 1] && first[at + 1] == second[at]
         && memcmp (first + at + 2, second + at + 2, rest - sizeof *first) == 0;
}

const char *
lookalike_find (const char *domain, const GPtrArray *known)
{
  g_autofree char *shown = shown_form (domain);
  const char *found = NULL;

  if (shown == NULL || *domain == '[')
    return NULL;
  g_autofree char *bones = skeleton (shown);
  for (guint i = 0; i < known->len; i++) {
    g_autofree char *other = shown_form (known->pdata[i]);
    if (other == NULL)
      continue;
    if (strcmp (shown, other) == 0)
      return NULL;
    g_autofree char *other_bones = skeleton (other);
    if (found == NULL && (strcmp (bones, other_bones) == 0 || is_one_off (shown, other)))
      found = known->pdata[i];
  }
  return found;
}

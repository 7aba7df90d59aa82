/* Octets to characters: a few are kept until they make one. */
#include "tui/octets.h"

#include <string.h>

#define REPLACEMENT 0xFFFD

OctetsForm
octets_form (const char *codeset)
{
  static const char *const utf8[] = { "UTF-8", "ANSI_X3.4-1968", "US-ASCII", "ASCII" };

  for (gsize i = 0; i < G_N_ELEMENTS (utf8); i++)
    if (g_ascii_strcasecmp (codeset, utf8[i]) == 0)
      return OCTETS_UTF8;
  return OCTETS_LOCALE;
}

/* The octets of the first character; 0: more must come, or *RET_CHARACTER is U+FFFD and one is wasted. */
static gsize
read_first (const Octets *octets, gunichar *ret_character, gboolean *ret_waits)
{
  *ret_waits = FALSE;
  if (octets->form == OCTETS_UTF8) {
    *ret_character = g_utf8_get_char_validated (octets->octets, (gssize)octets->length);
    *ret_waits = *ret_character == (gunichar)-2;
    return *ret_character >= (gunichar)-2 ? 0 : (gsize)g_unichar_to_utf8 (*ret_character, NULL);
  }
  mbstate_t state = { 0 };
  wchar_t character;
  const gsize used = mbrtowc (&character, octets->octets, octets->length, &state);
  *ret_waits = used == (gsize)-2;
  *ret_character = (gunichar)character;
  return used >= (gsize)-2 ? 0 : MAX (used, 1);
}

gsize
octets_take (Octets *octets, guchar octet, gunichar ret_characters[OCTETS_LIMIT])
{
  gsize count = 0;

  octets->octets[octets->length++] = (char)octet;
  while (octets->length > 0) {
    gunichar character = 0;
    gboolean waits;
    gsize used = read_first (octets, &character, &waits);
    if (waits && octets->length < OCTETS_LIMIT)
      return count;
    if (used == 0) {
      character = REPLACEMENT;
      used = 1;
    }
    ret_characters[count++] = character;
    octets->length -= used;
    memmove (octets->octets, octets->octets + used, octets->length);
  }
  return count;
}

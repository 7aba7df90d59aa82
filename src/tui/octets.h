/* What a terminal sends, octet by octet, as characters. Where the locale can hold no more than ASCII,
 * terminals mostly send UTF-8 all the same: no letter that somebody types is dropped for that. Pure. */
#pragma once

#include <glib.h>
#include <wchar.h>

#define OCTETS_LIMIT 8

typedef enum {
  OCTETS_UTF8,
  OCTETS_LOCALE, /* as mbrtowc() reads them */
} OctetsForm;

typedef struct {
  OctetsForm form;
  char       octets[OCTETS_LIMIT]; /* of a character that isn't complete */
  gsize      length;
} Octets;

/* The form of the encoding named CODESET (nl_langinfo()). */
OctetsForm octets_form (const char *codeset);

/* Takes OCTET. Returns how many characters are complete now, in RET_CHARACTERS; what can't be read
 * is U+FFFD. */
gsize octets_take (Octets *octets, guchar octet, gunichar ret_characters[OCTETS_LIMIT]);

/* Text that says, rightly or not, what charset it is in. */
#pragma once

#include <glib.h>

/* As UTF-8 without NUL; what can't be understood becomes U+FFFD. CHARSET may be NULL, wrong or
 * unknown: then what is UTF-8 is taken for it, and all else for ISO-8859-1. Free with g_free(). */
char *charset_to_utf8 (const char *octets, gsize length, const char *charset);

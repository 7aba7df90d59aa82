/* What a page says, as plain text, for quoting it. Not a browser: nothing is fetched or run, and
 * what isn't understood costs its markup alone. */
#pragma once

#include <glib.h>

/* HTML is UTF-8. Lines end in LF. Links to somewhere else than they say are followed by where they
 * lead. Free with g_free(). */
char *html_to_text (const char *html);

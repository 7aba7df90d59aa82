/* Columns of text for a terminal, where some characters take two places and some none. */
#pragma once

#include <glib.h>

/* What every terminal has. */
#define CELL_COLUMNS 80

/* Columns that TEXT (UTF-8) takes. */
gsize cell_width (const char *text);

/* TEXT, filled up to WIDTH columns, and a gap of two. */
void cell_append (GString *out, const char *text, gsize width);

/* TEXT, or what of it fits WIDTH columns with "…" behind it. Free with g_free(). */
char *cell_cut (const char *text, gsize width);

/* TEXT broken at spaces (between wide characters, too) into lines of CELL_COLUMNS at most.
 * FIRST stands before the first line, as many spaces before the others. */
void cell_append_wrapped (GString *out, const char *first, const char *text);

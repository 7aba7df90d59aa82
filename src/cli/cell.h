/* Columns of text for a terminal, where some characters take two places and some none. */
#pragma once

#include <glib.h>

/* Columns that TEXT (UTF-8) takes. */
gsize cell_width (const char *text);

/* TEXT, filled up to WIDTH columns, and a gap of two. */
void cell_append (GString *out, const char *text, gsize width);

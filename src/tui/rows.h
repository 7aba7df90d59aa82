/* Soft wrap: the rows on which one line of a text is shown. Lines are broken where UAX 14
 * allows it, else between clusters; blanks at a break stay at the end of their row, beyond
 * its width if need be. Pure. */
#pragma once

#include <glib.h>

/* Octets at which the rows begin: of gsize, the first 0. WIDTH: columns, 2 at least. The
 * caller's. */
GArray *rows_new (const char *line, gsize length, guint width);

/* The row in which octet AT is; at a break it is the next row's. */
guint   rows_find (const GArray *rows, gsize at);

/* Columns before octet AT in row ROW. */
guint   rows_column (const GArray *rows, const char *line, guint row, gsize at);

/* The cluster of row ROW that covers COLUMN, or the last place in that row. */
gsize   rows_octet (const GArray *rows, const char *line, gsize length, guint row, guint column);

/* The octet behind row ROW. */
gsize   rows_end (const GArray *rows, gsize length, guint row);

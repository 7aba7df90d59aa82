/* Standard output, and whether what was printed arrived. */
#pragma once

#include <glib.h>

/* Columns that a line on standard output may take: the terminal's, or what $COLUMNS says;
 * G_MAXSIZE for a file or a pipe, where nothing need be cut. */
gsize output_columns (void);

/* The same of FD, as it is now. */
gsize output_columns_of (int fd);

/* STATUS, or EX_IOERR with a word on standard error when something printed did not
 * arrive: a full disk is a failure. */
int output_flush (int status);

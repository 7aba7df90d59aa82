/* Says when a file of a directory was written, replaced or removed, by whichever process. */
#pragma once

#include <glib.h>

typedef struct FileWatch FileWatch;

typedef void (*FileChanged) (gpointer data);

/* Watches all files of DIRECTORY whose names begin with PREFIX. CHANGED comes from the default main
 * context, at once for the first notice and once more for those that follow within
 * FILE_WATCH_PAUSE. NULL: it can't be watched (errno). */
FileWatch *file_watch_new (const char *directory, const char *prefix, FileChanged changed, gpointer data);

/* Accepts NULL; allowed inside CHANGED. */
void file_watch_free (FileWatch *watch);

#define FILE_WATCH_PAUSE 50 /* ms */

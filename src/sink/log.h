/* What happens, as JSON: one object a line, flushed as it happens. */
#pragma once

#include <glib.h>

typedef struct Log Log;

/* FILE is made anew; NULL: standard output. NULL with TOUKAN_ERROR_IO. */
Log *log_new (const char *file, GError **error);
void log_free (Log *log);

/* Begins an event, with "ms" since the log was made. */
void log_begin (Log *log, const char *event);
void log_text (Log *log, const char *key, const char *text);     /* NULL: null; made valid UTF-8 and visible */
void log_texts (Log *log, const char *key, const GPtrArray *texts);
void log_number (Log *log, const char *key, guint64 number);
/* Ends it and writes it out. */
void log_end (Log *log);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Log, log_free)

/* The log of toukan-sink, for programs to read while it runs. */
#include "sink/log.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "net/clock.h"

struct Log {
  FILE *stream;
  gboolean owned;
  Ticks start;
  GString *line; /* the event under way */
};

Log *
log_new (const char *file, GError **error)
{
  FILE *stream = file == NULL ? stdout : fopen (file, "we");
  if (stream == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write %s: %s"), file, g_strerror (errno));
    return NULL;
  }
  Log *log = g_new0 (Log, 1);
  log->stream = stream;
  log->owned = file != NULL;
  log->line = g_string_new (NULL);
  log->start = clock_now ();
  return log;
}

void
log_free (Log *log)
{
  if (log == NULL)
    return;
  g_string_free (log->line, TRUE);
  if (log->owned)
    (void)fclose (log->stream);
  g_free (log);
}

/* KEY is ours and needs no quoting. */
static void
add_key (Log *log, const char *key)
{
  g_string_append_printf (log->line, "%s\"%s\":", log->line->len == 0 ? "{" : ",", key);
}

/* visible_text() leaves valid UTF-8 without control characters. */
static void
add_text (Log *log, const char *text)
{
  if (text == NULL) {
    g_string_append (log->line, "null");
    return;
  }
  g_autofree char *visible = visible_text (text, -1);
  g_string_append_c (log->line, '"');
  for (const char *at = visible; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_c (log->line, '\\');
    g_string_append_c (log->line, *at);
  }
  g_string_append_c (log->line, '"');
}

void
log_begin (Log *log, const char *event)
{
  char milliseconds[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd (milliseconds, sizeof milliseconds, "%.3f",
                   (double)(clock_now () - log->start) / (double)TICKS_PER_MS);
  g_string_truncate (log->line, 0);
  log_text (log, "event", event);
  add_key (log, "ms");
  g_string_append (log->line, milliseconds);
}

void
log_text (Log *log, const char *key, const char *text)
{
  add_key (log, key);
  add_text (log, text);
}

void
log_texts (Log *log, const char *key, const GPtrArray *texts)
{
  add_key (log, key);
  g_string_append_c (log->line, '[');
  for (guint i = 0; i < texts->len; i++) {
    if (i > 0)
      g_string_append_c (log->line, ',');
    add_text (log, g_ptr_array_index (texts, i));
  }
  g_string_append_c (log->line, ']');
}

void
log_number (Log *log, const char *key, guint64 number)
{
  add_key (log, key);
  g_string_append_printf (log->line, "%" G_GUINT64_FORMAT, number);
}

void
log_end (Log *log)
{
  g_string_append (log->line, "}\n");
  (void)fputs (log->line->str, log->stream);
  (void)fflush (log->stream);
}

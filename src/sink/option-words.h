/* The words of the command line, before options.c gives them a meaning. */
#pragma once

#include "sink/options.h"

/* What GOption fills in. */
typedef struct {
  char **listen;
  char **tls_names;
  char **with, **without;
  char **users, **tokens;
  char **replies, **recipients;
  char **refuse_first;
  char *certificate;
  char *mechanisms;
  char *size;
  char *greeting_delay, *reply_delay;
  char *close_at, *silent_at, *stop_reading_at;
  char *inject;
  char *future_release;
  int rcpt_max, close_after_messages, max_connections;
  char *weather;
  gboolean version;
} SinkWords;

/* Sorts the command line into OPTIONS (what is a word anyway) and WORDS. */
gboolean sink_words_read (SinkOptions *options, SinkWords *words, int *argc, char ***argv, GError **error);
void     sink_words_clear (SinkWords *words);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SinkWords, sink_words_clear)

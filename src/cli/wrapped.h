/* Text set in lines of a width. */
#pragma once

#include <glib.h>

typedef struct {
  const char *indent;       /* before each line */
  gboolean line_a_sentence; /* a sentence begins a line, as mdoc wants it */
  gsize width;
} Wrapping;

/* Appends TEXT, words with one space between, and a line break. */
void wrapped_append (GString *out, const char *text, const Wrapping *wrapping);

/* Shared by the lists that people, the manual and the sample get. */
#include "cli/wrapped.h"

#include <string.h>

void
wrapped_append (GString *out, const char *text, const Wrapping *wrapping)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gsize column = 0;
  gboolean sentence_over = FALSE;
  for (gsize i = 0; words[i] != NULL; i++) {
    const gsize length = strlen (words[i]);
    const gboolean new_sentence = sentence_over && wrapping->line_a_sentence;
    if (column > 0 && (new_sentence || column + 1 + length > wrapping->width)) {
      g_string_append_c (out, '\n');
      column = 0;
    }
    g_string_append (out, column == 0 ? wrapping->indent : " ");
    column += length + (column == 0 ? strlen (wrapping->indent) : 1);
    g_string_append (out, words[i]);
    sentence_over = length > 0 && words[i][length - 1] == '.';
  }
  g_string_append_c (out, '\n');
}

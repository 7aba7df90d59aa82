/* Paragraphs: filled anew, and quoted. A paragraph is the lines around the cursor that bear
 * the same quote marks and aren't blank behind them. */
#include "tui/editor-private.h"

#include <string.h>

#include "tui/rows.h"
#include "tui/surface.h"

/* Octets of the quote marks (and indentation) that LINE begins with. */
static gsize
prefix_length (const char *line)
{
  gsize at = strspn (line, " ");

  while (line[at] == '>') {
    at++;
    if (line[at] == ' ')
      at++;
  }
  return at;
}

/* How deep it is quoted: "> >" is ">>". */
static guint
quote_depth (const char *line)
{
  guint depth = 0;

  for (gsize at = strspn (line, " "); line[at] == '>' || line[at] == ' '; at++)
    depth += line[at] == '>' ? 1 : 0;
  return depth;
}

static gboolean
is_empty (const char *line)
{
  return line[strspn (line, "> \t")] == '\0';
}

static const char *
line_of (const Editor *editor, guint line)
{
  return text_line (editor->text, line, NULL);
}

static gboolean
belongs (const Editor *editor, guint line, guint other)
{
  return !is_empty (line_of (editor, other))
         && quote_depth (line_of (editor, line)) == quote_depth (line_of (editor, other));
}

static void
find_paragraph (const Editor *editor, guint line, guint *ret_first, guint *ret_last)
{
  *ret_first = *ret_last = line;
  while (*ret_first > 0 && belongs (editor, line, *ret_first - 1))
    (*ret_first)--;
  while (*ret_last + 1 < text_line_count (editor->text) && belongs (editor, line, *ret_last + 1))
    (*ret_last)++;
}

/* The words of lines FIRST to LAST, without prefixes, one blank between lines; none where
 * scripts don't use blanks. */
static GString *
join (const Editor *editor, guint first, guint last)
{
  GString *words = g_string_new (NULL);

  for (guint line = first; line <= last; line++) {
    const char *text = line_of (editor, line);
    g_autofree char *stripped = g_strstrip (g_strdup (text + prefix_length (text)));
    if (words->len > 0) {
      const char *end = g_utf8_find_prev_char (words->str, words->str + words->len);
      if (!g_unichar_iswide (g_utf8_get_char (end)) || !g_unichar_iswide (g_utf8_get_char (stripped)))
        g_string_append_c (words, ' ');
    }
    g_string_append (words, stripped);
  }
  return words;
}

static GString *
fill (const char *words, gsize length, const char *prefix)
{
  const guint used = surface_columns (prefix, -1);
  const guint room = used + 20 < EDITOR_FILL ? EDITOR_FILL - used : 20;
  g_autoptr (GArray) rows = rows_new (words, length, room);
  GString *filled = g_string_new (NULL);

  for (guint row = 0; row < rows->len; row++) {
    const gsize begin = g_array_index (rows, gsize, row);
    gsize end = rows_end (rows, length, row);
    while (end > begin && words[end - 1] == ' ')
      end--;
    if (row > 0)
      g_string_append_c (filled, '\n');
    g_string_append (filled, prefix);
    g_string_append_len (filled, words + begin, (gssize)(end - begin));
  }
  return filled;
}

/* Fills the paragraph of LINE; returns the line behind it. */
static guint
justify_paragraph (Editor *editor, guint line, StepKind step)
{
  guint first, last;

  find_paragraph (editor, line, &first, &last);
  const char *text = line_of (editor, first);
  g_autofree char *prefix = g_strndup (text, prefix_length (text));
  g_autoptr (GString) words = join (editor, first, last);
  g_autoptr (GString) filled = fill (words->str, words->len, prefix);
  gsize length;

  text_line (editor->text, last, &length);
  editor_change (editor, step, (TextPlace){ first, 0 }, (TextPlace){ last, length }, filled->str,
                 filled->len);
  return editor->cursor.line + 1;
}

gboolean
editor_justify (Editor *editor)
{
  TextPlace from, to;
  gboolean done = FALSE;

  editor_region (editor, &from, &to);
  guint line = from.line;
  guint left = to.line - from.line + 1; /* lines that are still to be looked at */
  while (left > 0 && line < text_line_count (editor->text)) {
    if (is_empty (line_of (editor, line))) {
      line++;
      left--;
      continue;
    }
    guint first, last;
    find_paragraph (editor, line, &first, &last);
    left -= MIN (left, last - line + 1);
    line = justify_paragraph (editor, line, done ? editor->step : STEP_NONE);
    editor->step = STEP_CUTTING; /* further paragraphs join this step */
    done = TRUE;
  }
  editor->step = STEP_NONE;
  /* As in pico: behind the paragraph, on the next line. */
  if (done && editor->cursor.line + 1 < text_line_count (editor->text))
    editor->cursor = (TextPlace){ editor->cursor.line + 1, 0 };
  return done;
}

static void
quote_line (Editor *editor, guint line, gboolean deeper)
{
  const char *text = line_of (editor, line);
  const TextPlace begin = { line, 0 };

  if (deeper) {
    const char *mark = *text == '>' ? ">" : "> ";
    text_replace (editor->text, begin, begin, mark, strlen (mark));
  } else if (*text == '>') {
    /* A blank that only parted the marks from the text goes with the last of them. */
    const gsize octets = text[1] == ' ' ? 2 : 1;
    text_replace (editor->text, begin, (TextPlace){ line, octets }, "", 0);
  }
}

gboolean
editor_quote (Editor *editor, gboolean deeper)
{
  TextPlace from, to;

  editor_region (editor, &from, &to);
  /* A region that ends at a line's beginning doesn't hold that line. */
  if (editor->marked && to.octet == 0 && to.line > from.line)
    to.line--;
  text_begin_step (editor->text);
  for (guint line = from.line; line <= to.line; line++)
    quote_line (editor, line, deeper);
  editor->step = STEP_NONE;
  editor->marked = FALSE;
  editor->cursor = to.line + 1 < text_line_count (editor->text) ? (TextPlace){ to.line + 1, 0 }
                                                                : text_end (editor->text);
  return TRUE;
}

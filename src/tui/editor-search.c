/* Finding and replacing. A needle in lower case finds capitals, too. */
#include "tui/editor-private.h"

#include <string.h>

typedef struct {
  char *text; /* folded unless it has capitals */
  gsize length;
  gboolean exact;
} Needle;

static Needle
needle_new (const char *text)
{
  Needle needle = { .exact = FALSE };

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    needle.exact = needle.exact || g_unichar_isupper (g_utf8_get_char (at));
  needle.text = g_strdup (text);
  needle.length = strlen (text);
  return needle;
}

/* Octets that match at TEXT; 0: none. */
static gsize
match (const Needle *needle, const char *text, const char *end)
{
  const char *at = text, *wanted = needle->text;

  while (*wanted != '\0') {
    if (at >= end)
      return 0;
    const gunichar have = g_utf8_get_char (at), want = g_utf8_get_char (wanted);
    if (have != want && (needle->exact || g_unichar_tolower (have) != want))
      return 0;
    at = g_utf8_next_char (at);
    wanted = g_utf8_next_char (wanted);
  }
  return (gsize)(at - text);
}

/* The first match in LINE at octets FROM to (not including) TO; the last one BACKWARDS. */
static gboolean
find_in_line (const Editor *editor, const Needle *needle, guint line, gsize from, gsize to,
              gboolean backwards, TextPlace *ret_from, TextPlace *ret_to)
{
  gsize length;
  const char *text = text_line (editor->text, line, &length);
  gboolean found = FALSE;

  for (const char *at = text + from; at < text + MIN (length, to); at = g_utf8_next_char (at)) {
    const gsize octets = match (needle, at, text + length);
    if (octets == 0)
      continue;
    *ret_from = (TextPlace){ line, (gsize)(at - text) };
    *ret_to = (TextPlace){ line, (gsize)(at - text) + octets };
    found = TRUE;
    if (!backwards)
      break;
  }
  return found;
}

static gboolean
find (const Editor *editor, const Needle *needle, gboolean backwards, gboolean *ret_wrapped,
      TextPlace *ret_from, TextPlace *ret_to)
{
  const guint count = text_line_count (editor->text);
  const TextPlace start = editor->found ? editor->found_from : editor->cursor;
  const gsize next = start.octet + (editor->found && !backwards ? 1 : 0);

  *ret_wrapped = FALSE;
  for (guint i = 0; i <= count; i++) {
    const guint line = backwards ? (start.line + 2 * count - i) % count : (start.line + i) % count;
    const gboolean begins = i == 0, ends = i == count;
    gsize from = 0, to = G_MAXSIZE;
    if (begins)
      *(backwards ? &to : &from) = backwards ? start.octet : next;
    if (ends)
      *(backwards ? &from : &to) = backwards ? start.octet : next;
    *ret_wrapped = *ret_wrapped || ends || (i > 0 && (backwards ? line > start.line : line < start.line));
    gsize length;
    text_line (editor->text, line, &length);
    if (from <= length && find_in_line (editor, needle, line, from, to, backwards, ret_from, ret_to))
      return TRUE;
  }
  return FALSE;
}

gboolean
editor_search (Editor *editor, const char *text, gboolean backwards, gboolean *ret_wrapped)
{
  Needle needle = needle_new (text);
  TextPlace from, to;
  const gboolean found = needle.length > 0 && find (editor, &needle, backwards, ret_wrapped, &from, &to);

  g_free (needle.text);
  if (!found)
    return FALSE;
  editor_set_cursor (editor, from);
  editor->found = TRUE;
  editor->found_from = from;
  editor->found_to = to;
  return TRUE;
}

gboolean
editor_replace_found (Editor *editor, const char *replacement)
{
  if (!editor->found)
    return FALSE;
  editor_change (editor, STEP_NONE, editor->found_from, editor->found_to, replacement, strlen (replacement));
  return TRUE;
}

guint
editor_replace_all (Editor *editor, const char *text, const char *replacement)
{
  Needle needle = needle_new (text);
  TextPlace at = { 0, 0 }, from, to;
  guint count = 0;

  text_begin_step (editor->text);
  while (needle.length > 0 && at.line < text_line_count (editor->text)) {
    if (!find_in_line (editor, &needle, at.line, at.octet, G_MAXSIZE, FALSE, &from, &to)) {
      at = (TextPlace){ at.line + 1, 0 };
      continue;
    }
    at = text_replace (editor->text, from, to, replacement, strlen (replacement));
    editor_set_cursor (editor, at);
    count++;
  }
  editor->marked = FALSE;
  g_free (needle.text);
  return count;
}

/* Looking for a text in a letter, and putting another in its place, one after the other. */
#include "tui/compose-private.h"

#include "base/i18n.h"
#include "base/visible.h"

static void
keep_needle (ComposeScreen *compose, const char *text)
{
  if (*text == '\0')
    return;
  g_free (compose->needle);
  compose->needle = g_strdup (text);
}

/* Asks for a text; what was looked for last is offered. */
static void
ask_needle (ComposeScreen *compose, const char *question, DeskAnswer done)
{
  g_autofree char *last = compose->needle ? visible_text (compose->needle, -1) : NULL;
  g_autofree char *words = last ? g_strdup_printf ("%s [%s]", question, last) : g_strdup (question);

  compose->desk->ask (compose->desk, words, NULL, done, compose);
}

/* --- search --------------------------------------------------------------------------- */

static void
on_needle (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  gboolean wrapped = FALSE;

  if (!text)
    return;
  keep_needle (compose, text);
  if (!compose->needle)
    return;
  if (!editor_search (compose->body, compose->needle, FALSE, &wrapped))
    compose->desk->say (compose->desk, STYLE_WARNING, _ ("Not found"));
  else if (wrapped)
    compose->desk->say (compose->desk, STYLE_PLAIN, _ ("Found from the beginning on"));
}

void
compose_ask_search (ComposeScreen *compose)
{
  ask_needle (compose, _ ("Search for"), on_needle);
}

void
compose_search_next (ComposeScreen *compose)
{
  on_needle ("", compose);
}

/* --- replace ---------------------------------------------------------------------------- */

static void
say_replaced (ComposeScreen *compose)
{
  const guint count = compose->replaced;
  g_autofree char *words
      = g_strdup_printf (ngettext ("%u place was replaced", "%u places were replaced", count), count);

  if (count == 0 && compose->passed == 0)
    compose->desk->say (compose->desk, STYLE_WARNING, _ ("Not found"));
  else
    compose->desk->say (compose->desk, STYLE_PLAIN, words);
}

/* FALSE: all the text was gone through once. */
static gboolean
find_next (ComposeScreen *compose)
{
  gboolean wrapped = FALSE;

  if (!editor_search (compose->body, compose->needle, FALSE, &wrapped))
    return FALSE;
  if (wrapped && compose->replace_wrapped)
    return FALSE;
  compose->replace_wrapped = compose->replace_wrapped || wrapped;
  return !compose->replace_wrapped || text_compare (editor_cursor (compose->body), compose->replace_from) < 0;
}

static void on_replace_choice (char key, gpointer data);

static void
replace_next (ComposeScreen *compose)
{
  const DeskOption options[]
      = { { 'y', _ ("Yes") }, { 'n', _ ("No") }, { 'q', _ ("No more") }, { 'a', _ ("All") } };

  if (find_next (compose))
    compose->desk->choose (compose->desk, _ ("Replace this?"), options,
                           compose->passed > 0 ? 3 : 4, /* "All" is all the text, in one undo */
                           on_replace_choice, compose);
  else
    say_replaced (compose);
}

static void
on_replace_choice (char key, gpointer data)
{
  ComposeScreen *compose = data;

  switch (key) {
  case 'y':
    compose->replaced++;
    editor_replace_found (compose->body, compose->replacement);
    replace_next (compose);
    break;
  case 'n':
    compose->passed++;
    replace_next (compose);
    break;
  case 'a':
    compose->replaced += editor_replace_all (compose->body, compose->needle, compose->replacement);
    say_replaced (compose);
    break;
  default:
    say_replaced (compose);
  }
}

static void
on_replacement (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text)
    return;
  g_free (compose->replacement);
  compose->replacement = g_strdup (text);
  compose->replace_from = editor_cursor (compose->body);
  compose->replace_wrapped = FALSE;
  compose->replaced = compose->passed = 0;
  replace_next (compose);
}

static void
on_replaced (const char *text, gpointer data)
{
  ComposeScreen *compose = data;

  if (!text)
    return;
  keep_needle (compose, text);
  if (compose->needle)
    compose->desk->ask (compose->desk, _ ("Replace it with"), NULL, on_replacement, compose);
}

void
compose_ask_replace (ComposeScreen *compose)
{
  ask_needle (compose, _ ("Replace what"), on_replaced);
}

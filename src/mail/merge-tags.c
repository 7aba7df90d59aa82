/* Addresses and Markdown have grammars of their own, in which braces and bars mean something
 * else or nothing. So a tag becomes a word of letters and digits there that nobody else writes. */
#include "mail/merge-private.h"

#include "mail/build.h"

#include <cmark.h>
#include <string.h>

void
hidden_tags_init (HiddenTags *hidden)
{
  hidden->token = build_token ();
  hidden->tags = g_ptr_array_new_with_free_func (g_free);
}

void
hidden_tags_clear (HiddenTags *hidden)
{
  g_free (hidden->token);
  g_ptr_array_unref (hidden->tags);
}

/* Begins with a letter, and none is the beginning of another. */
static void
append_word (const HiddenTags *hidden, guint index, GString *out)
{
  g_string_append_printf (out, "t%s%ut", hidden->token, index);
}

/* Is it on a line of its own? */
static gboolean
stands_alone (const char *text, const char *tag, gsize length)
{
  const char *after = tag + length + strspn (tag + length, " \t\r");
  while (tag > text && (tag[-1] == ' ' || tag[-1] == '\t'))
    tag--;
  return (tag == text || tag[-1] == '\n') && (*after == '\n' || *after == '\0');
}

/* COMMENTS: a control tag on its own line becomes a comment, which is a block in Markdown. */
static char *
hide (HiddenTags *hidden, const char *text, gboolean comments)
{
  GString *out = g_string_new (NULL);
  for (const char *at = text; *at != '\0';) {
    gsize length = *at == '{' ? template_tag_length (at, strlen (at)) : 0;
    if (length == 0) {
      g_string_append_c (out, *at++);
      continue;
    }
    gboolean block = comments && template_tag_is_control (at, length) && stands_alone (text, at, length);
    g_string_append (out, block ? "<!--" : "");
    append_word (hidden, hidden->tags->len, out);
    g_string_append (out, block ? "-->" : "");
    g_ptr_array_add (hidden->tags, g_strndup (at, length));
    at += length;
  }
  return g_string_free (out, FALSE);
}

char *
hidden_tags_hide (HiddenTags *hidden, const char *text)
{
  return hide (hidden, text, FALSE);
}

/* A default is text of the letter's, so it is escaped as the text around it was. */
static char *
escape_default (const char *tag)
{
  const char *bar = strchr (tag, '|');
  if (bar == NULL)
    return g_strdup (tag);
  g_autofree char *words = g_strndup (bar + 1, strlen (bar + 1) - 2);
  g_autoptr (GString) out = g_string_new_len (tag, bar + 1 - tag);
  template_append_value (out, words, TEMPLATE_HTML);
  g_string_append (out, "}}");
  return g_strdup (out->str);
}

static void
show_one (const HiddenTags *hidden, guint index, gboolean html, GString *text)
{
  const char *tag = g_ptr_array_index (hidden->tags, index);
  g_autofree char *escaped = html ? escape_default (tag) : g_strdup (tag);
  g_autoptr (GString) word = g_string_new (NULL);
  append_word (hidden, index, word);
  g_autofree char *comment = g_strdup_printf ("<!--%s-->", word->str);
  g_string_replace (text, comment, escaped, 0);
  g_string_replace (text, word->str, escaped, 0);
}

char *
hidden_tags_show (const HiddenTags *hidden, const char *text)
{
  GString *out = g_string_new (text);
  for (guint i = 0; i < hidden->tags->len; i++)
    show_one (hidden, i, FALSE, out);
  return g_string_free (out, FALSE);
}

/* The letter's author may write HTML where Markdown lets him. */
char *
merge_markdown (const char *text)
{
  HiddenTags hidden;
  hidden_tags_init (&hidden);
  g_autofree char *plain = hide (&hidden, text, TRUE);
  char *html = cmark_markdown_to_html (plain, strlen (plain), CMARK_OPT_UNSAFE);
  GString *out = g_string_new ("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n");
  g_string_append (out, html);
  g_string_append (out, "</body></html>\n");
  cmark_get_default_mem_allocator ()->free (html);
  for (guint i = 0; i < hidden.tags->len; i++)
    show_one (&hidden, i, TRUE, out);
  hidden_tags_clear (&hidden);
  return g_string_free (out, FALSE);
}

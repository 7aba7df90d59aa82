/* One pass over tags and text. Blocks end lines, quotes get their ">", blanks collapse outside of
 * <pre>; attributes are of no interest but a link's. */
#include "mail/html-text.h"

#include <string.h>

/* Quotes in quotes deeper than this are shown at this depth. */
#define QUOTE_LIMIT 9

/* No entity's name is longer. */
#define ENTITY_LIMIT 12

typedef enum {
  TAG_LINE,
  TAG_PARAGRAPH,
  TAG_ITEM,
  TAG_QUOTE,
  TAG_PRE,
  TAG_HIDDEN,
  TAG_LINK,
  TAG_CELL
} TagKind;

static const struct {
  const char *name;
  TagKind kind;
} tags[] = {
  { "a", TAG_LINK },       { "address", TAG_LINE },  { "article", TAG_LINE },    { "blockquote", TAG_QUOTE },
  { "br", TAG_LINE },      { "center", TAG_LINE },   { "dd", TAG_LINE },         { "div", TAG_LINE },
  { "dl", TAG_PARAGRAPH }, { "dt", TAG_LINE },       { "footer", TAG_LINE },     { "form", TAG_LINE },
  { "h1", TAG_PARAGRAPH }, { "h2", TAG_PARAGRAPH },  { "h3", TAG_PARAGRAPH },    { "h4", TAG_PARAGRAPH },
  { "h5", TAG_PARAGRAPH }, { "h6", TAG_PARAGRAPH },  { "head", TAG_HIDDEN },     { "header", TAG_LINE },
  { "hr", TAG_LINE },      { "li", TAG_ITEM },       { "ol", TAG_PARAGRAPH },    { "p", TAG_PARAGRAPH },
  { "pre", TAG_PRE },      { "script", TAG_HIDDEN }, { "section", TAG_LINE },    { "style", TAG_HIDDEN },
  { "table", TAG_LINE },   { "td", TAG_CELL },       { "template", TAG_HIDDEN }, { "th", TAG_CELL },
  { "title", TAG_HIDDEN }, { "tr", TAG_LINE },       { "ul", TAG_PARAGRAPH },
};

static const struct {
  const char *name;
  gunichar character;
} entities[] = {
  { "amp", '&' },     { "apos", '\'' },     { "bull", 0x2022 },  { "copy", 0xa9 },    { "euro", 0x20ac },
  { "gt", '>' },      { "hellip", 0x2026 }, { "laquo", 0xab },   { "ldquo", 0x201c }, { "lsquo", 0x2018 },
  { "lt", '<' },      { "mdash", 0x2014 },  { "middot", 0xb7 },  { "nbsp", 0xa0 },    { "ndash", 0x2013 },
  { "quot", '"' },    { "raquo", 0xbb },    { "rdquo", 0x201d }, { "reg", 0xae },     { "rsquo", 0x2019 },
  { "sect", 0xa7 },   { "shy", 0xad },      { "times", 0xd7 },   { "trade", 0x2122 }, { "yen", 0xa5 },
  { "Auml", 0xc4 },   { "Ouml", 0xd6 },     { "Uuml", 0xdc },    { "auml", 0xe4 },    { "ouml", 0xf6 },
  { "uuml", 0xfc },   { "szlig", 0xdf },    { "agrave", 0xe0 },  { "aacute", 0xe1 },  { "acirc", 0xe2 },
  { "aring", 0xe5 },  { "Aring", 0xc5 },    { "aelig", 0xe6 },   { "AElig", 0xc6 },   { "ccedil", 0xe7 },
  { "egrave", 0xe8 }, { "eacute", 0xe9 },   { "ecirc", 0xea },   { "euml", 0xeb },    { "iacute", 0xed },
  { "ntilde", 0xf1 }, { "oacute", 0xf3 },   { "ocirc", 0xf4 },   { "oslash", 0xf8 },  { "Oslash", 0xd8 },
  { "uacute", 0xfa }, { "ucirc", 0xfb },    { "ugrave", 0xf9 },  { "deg", 0xb0 },     { "pound", 0xa3 },
};

typedef struct {
  GString *out;
  guint quotes;
  guint pre;
  gboolean line_begun;
  gboolean blank;    /* a blank is owed before the next word */
  guint empty_lines; /* at the end of OUT */
  char *link;        /* of the <a> that is open; NULL: none worth showing */
  gsize link_begins; /* in OUT */
  gboolean lax;      /* quotes in tags don't match: they are letters like others */
  gboolean no_tags;  /* there is no ">" any more */
} Page;

/* --- lines ------------------------------------------------------------------------------------ */

static void
begin_line (Page *page)
{
  if (page->line_begun)
    return;
  for (guint i = 0; i < MIN (page->quotes, QUOTE_LIMIT); i++)
    g_string_append_c (page->out, '>');
  if (page->quotes > 0)
    g_string_append_c (page->out, ' ');
  page->line_begun = TRUE;
  page->blank = FALSE;
}

static void
end_line (Page *page)
{
  if (page->line_begun) {
    g_string_append_c (page->out, '\n');
    page->empty_lines = 0;
  }
  page->line_begun = page->blank = FALSE;
}

static void
empty_line (Page *page)
{
  end_line (page);
  if (page->out->len > 0 && page->empty_lines == 0) {
    for (guint i = 0; i < MIN (page->quotes, QUOTE_LIMIT); i++)
      g_string_append_c (page->out, '>');
    g_string_append_c (page->out, '\n');
    page->empty_lines = 1;
  }
}

static void
put (Page *page, gunichar character)
{
  if (character == '\n') { /* in <pre> */
    begin_line (page);
    end_line (page);
    return;
  }
  if (character == ' ' && page->pre == 0) {
    page->blank = TRUE;
    return;
  }
  const gboolean blank = page->blank && page->line_begun;
  begin_line (page);
  if (blank)
    g_string_append_c (page->out, ' ');
  page->blank = FALSE;
  g_string_append_unichar (page->out, character);
}

static void
put_words (Page *page, const char *words)
{
  for (; *words != '\0'; words = g_utf8_next_char (words))
    put (page, g_utf8_get_char (words));
}

/* --- entities ----------------------------------------------------------------------------------- */

static gunichar
numbered (const char *digits)
{
  const gboolean hex = *digits == 'x' || *digits == 'X';
  const guint64 number = g_ascii_strtoull (digits + hex, NULL, hex ? 16 : 10);
  const gboolean shown
      = number == '\t' || number == '\n' || (number >= ' ' && (number < 0x7f || number > 0x9f));

  return shown && number <= 0x10ffff && g_unichar_validate ((gunichar)number) ? (gunichar)number : 0xfffd;
}

/* 0: AT is no entity. *RET_LENGTH: of it, from "&" on. */
static gunichar
entity_at (const char *at, gsize *ret_length)
{
  const gsize length = strspn (at + 1, "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

  if (length == 0 || length > ENTITY_LIMIT)
    return 0;
  *ret_length = 1 + length + (at[1 + length] == ';');
  if (at[1] == '#' && (g_ascii_isdigit (at[2]) || ((at[2] | 0x20) == 'x' && g_ascii_isxdigit (at[3]))))
    return numbered (at + 2);
  for (gsize i = 0; i < G_N_ELEMENTS (entities); i++)
    if (strlen (entities[i].name) == length && memcmp (entities[i].name, at + 1, length) == 0)
      return entities[i].character;
  return 0;
}

static char *
without_entities (const char *text, gsize length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *at = copy; *at != '\0';) {
    gsize used = 1;
    const gunichar character = *at == '&' ? entity_at (at, &used) : 0;
    if (character != 0)
      g_string_append_unichar (out, character);
    else
      g_string_append_len (out, at, (gssize)(used = 1));
    at += used;
  }
  return g_strdup (out->str);
}

/* --- tags ----------------------------------------------------------------------------------------- */

/* The target of the link whose tag this is; NULL: it leads nowhere that could be written down. */
static char *
link_target (const char *tag, gsize length)
{
  for (const char *at = tag; at + 5 < tag + length; at++) {
    if (g_ascii_strncasecmp (at, "href=", 5) != 0 || !g_ascii_isspace (at[-1]))
      continue;
    const char *value = at + 5, *end = tag + length;
    const char quote = *value == '"' || *value == '\'' ? *value++ : '\0';
    const char *stop = value;
    while (stop < end && (quote != '\0' ? *stop != quote : !g_ascii_isspace (*stop) && *stop != '>'))
      stop++;
    g_autofree char *target = without_entities (value, (gsize)(stop - value));
    const gboolean web
        = g_ascii_strncasecmp (target, "http://", 7) == 0 || g_ascii_strncasecmp (target, "https://", 8) == 0;
    return web && strpbrk (target, " \t\r\n<>") == NULL ? g_steal_pointer (&target) : NULL;
  }
  return NULL;
}

/* A link that says where it leads needs no second word. */
static void
close_link (Page *page)
{
  if (page->link == NULL)
    return;
  const char *said = page->out->str + MIN (page->link_begins, page->out->len);
  const gboolean spoken = strstr (said, page->link) != NULL || *said == '\0';
  if (!spoken) {
    page->blank = TRUE;
    put (page, '<');
    put_words (page, page->link);
    put (page, '>');
  }
  g_clear_pointer (&page->link, g_free);
}

static void
open_link (Page *page, const char *tag, gsize length)
{
  close_link (page);
  page->link = link_target (tag, length);
  page->link_begins = page->out->len;
}

static void
step (guint *depth, gboolean closing)
{
  if (!closing)
    ++*depth;
  else if (*depth > 0)
    --*depth;
}

static void
act_on_tag (Page *page, TagKind kind, gboolean closing, const char *tag, gsize length)
{
  switch (kind) {
  case TAG_LINE:
    if (!page->line_begun && !closing && g_ascii_strncasecmp (tag + 1, "br", 2) == 0)
      empty_line (page);
    end_line (page);
    break;
  case TAG_PARAGRAPH:
    empty_line (page);
    break;
  case TAG_ITEM:
    end_line (page);
    if (!closing) {
      put_words (page, "*");
      page->blank = TRUE;
    }
    break;
  case TAG_QUOTE:
    end_line (page);
    step (&page->quotes, closing);
    break;
  case TAG_PRE:
    end_line (page);
    step (&page->pre, closing);
    break;
  case TAG_CELL:
    page->blank = TRUE;
    break;
  case TAG_LINK:
    if (closing)
      close_link (page);
    else
      open_link (page, tag, length);
    break;
  case TAG_HIDDEN:
    break;
  }
}

/* Behind the tag's ">", one in a quoted attribute not counting. NULL: there is none. */
static const char *
quoted_tag_end (const char *at)
{
  char quote = '\0';

  for (; *at != '\0'; at++)
    if (quote != '\0')
      quote = *at == quote ? '\0' : quote;
    else if (*at == '>')
      return at + 1;
    else if ((*at == '"' || *at == '\'') && at[-1] == '=')
      quote = *at;
  return NULL;
}

/* Octets up to behind the ">" that ends the tag or comment here; a "<" that begins none is text: 0.
 * What was searched in vain to the page's end isn't searched again. */
static gsize
tag_length (Page *page, const char *at)
{
  if (g_str_has_prefix (at, "<!--")) {
    const char *end = strstr (at + 4, "-->");
    return end != NULL ? (gsize)(end + 3 - at) : strlen (at);
  }
  if (page->no_tags || (!g_ascii_isalpha (at[1]) && (at[1] == '\0' || strchr ("/!?", at[1]) == NULL)))
    return 0;
  const char *end = page->lax ? NULL : quoted_tag_end (at + 1);
  if (end == NULL) {
    page->lax = TRUE;
    end = strchr (at, '>');
    page->no_tags = end == NULL;
    end = end != NULL ? end + 1 : at;
  }
  return (gsize)(end - at);
}

/* Where the content of the hidden element NAME ends: at its closing tag, or with the page. */
static const char *
skip_hidden (const char *at, const char *name)
{
  const gsize length = strlen (name);

  for (const char *close = strstr (at, "</"); close != NULL; close = strstr (close + 2, "</"))
    if (g_ascii_strncasecmp (close + 2, name, length) == 0)
      return close;
  return at + strlen (at);
}

/* Takes the tag of LENGTH octets; returns where the page goes on. */
static const char *
take_tag (Page *page, const char *at, gsize length)
{
  const gboolean closing = at[1] == '/';
  const char *name = at + 1 + closing;
  const gsize name_length = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    if (strlen (tags[i].name) == name_length && g_ascii_strncasecmp (tags[i].name, name, name_length) == 0) {
      act_on_tag (page, tags[i].kind, closing, at, length);
      if (tags[i].kind == TAG_HIDDEN && !closing)
        return skip_hidden (at + length, tags[i].name);
    }
  return at + length;
}

static const char *
take_character (Page *page, const char *at)
{
  gsize used = 0;
  gunichar character = *at == '&' ? entity_at (at, &used) : 0;

  if (character == 0) {
    character = g_utf8_get_char (at);
    used = (gsize)(g_utf8_next_char (at) - at);
  }
  if (character == 0xa0 || character == '\r' || character == '\t' || (character == '\n' && page->pre == 0))
    character = ' ';
  if (character != 0xad && character != 0x200b)
    put (page, character);
  return at + used;
}

char *
html_to_text (const char *html)
{
  Page page = { .out = g_string_new (NULL) };

  while (*html != '\0') {
    const gsize length = *html == '<' ? tag_length (&page, html) : 0;
    html = length > 0 ? take_tag (&page, html, length) : take_character (&page, html);
  }
  close_link (&page);
  end_line (&page);
  while (g_str_has_suffix (page.out->str, "\n\n"))
    g_string_truncate (page.out, page.out->len - 1);
  return g_string_free (page.out, FALSE);
}

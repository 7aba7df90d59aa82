/* The words around what others wrote. */
#include "mail/letter-source.h"

#include "base/i18n.h"
#include "mail/gmime-start.h"
#include "mail/letter-private.h"

#include <gmime/gmime.h>
#include <string.h>

/* --- subjects ---------------------------------------------------------------------------------- */

/* What programs of other languages put there: German, Dutch, the Nordic ones, Polish, Portuguese … */
static const char *const answer_words[] = { "re", "aw", "antw", "sv", "vs", "odp", "res", "ynt", NULL };
static const char *const forward_words[] = { "fwd", "fw", "wg", "vl", "vb", "tr", "rv", "enc", "pd", NULL };

/* Behind "Re[2]: " and its like; NULL: there is none. */
static const char *
skip_prefix (const char *subject, const char *const *words)
{
  for (; *words != NULL; words++) {
    const gsize length = strlen (*words);
    if (g_ascii_strncasecmp (subject, *words, length) != 0)
      continue;
    const char *at = subject + length;
    if (*at == '[' || *at == '(' || *at == '^') {
      at += 1 + strspn (at + 1, "0123456789");
      at += *at == ']' || *at == ')';
    }
    at += strspn (at, " ");
    const gsize colon = *at == ':' ? 1 : g_str_has_prefix (at, "\357\274\232") ? 3 : 0; /* full width, too */
    if (colon > 0)
      return at + colon + strspn (at + colon, " \t");
  }
  return NULL;
}

static char *
put_prefix (const char *prefix, const char *subject, const char *const *words)
{
  for (const char *rest; (rest = skip_prefix (subject, words)) != NULL;)
    subject = rest;
  return g_strconcat (prefix, subject, NULL);
}

char *
letter_answer_subject (const char *subject)
{
  return put_prefix ("Re: ", subject, answer_words);
}

char *
letter_forward_subject (const char *subject)
{
  return put_prefix ("Fwd: ", subject, forward_words);
}

/* --- quoting ------------------------------------------------------------------------------------- */

char *
letter_quote (const char *text)
{
  GString *quoted = g_string_new (NULL);
  const char *behind = NULL, *signature = letter_find_signature (text, &behind);
  /* A signature in the midst is somebody else's that was quoted badly. */
  const char *end = signature != NULL && *behind == '\0' ? signature : text + strlen (text);

  while (end > text && (end[-1] == '\n' || end[-1] == ' '))
    end--;
  for (const char *line = text; line < end;) {
    const gsize length = MIN (strcspn (line, "\n"), (gsize)(end - line));
    g_string_append (quoted, length == 0 || *line == '>' ? ">" : "> ");
    g_string_append_len (quoted, line, (gssize)length);
    g_string_append_c (quoted, '\n');
    line += length + 1;
  }
  return g_string_free (quoted, FALSE);
}

static char *
author_of (const LetterHeader *header)
{
  g_autoptr (GPtrArray) from = letter_header_mailboxes (header, "From");

  if (from->len == 0)
    return g_strdup (_ ("somebody"));
  const Mailbox *mailbox = from->pdata[0];
  return g_strdup (mailbox->name != NULL ? mailbox->name : mailbox->address);
}

static char *
date_of (const LetterHeader *header)
{
  g_autofree char *text = letter_header_raw (header, "Date");

  gmime_start ();
  g_autoptr (GDateTime) date = text != NULL ? g_mime_utils_header_decode_date (text) : NULL;
  g_autoptr (GDateTime) local = date != NULL ? g_date_time_to_local (date) : NULL;
  /* TRANSLATORS: for g_date_time_format(): the day and time of a letter */
  return local != NULL ? g_date_time_format (local, _ ("%Y-%m-%d at %H:%M")) : NULL;
}

char *
letter_attribution (const LetterHeader *header)
{
  g_autofree char *author = author_of (header), *date = date_of (header);

  /* TRANSLATORS: a day and time, and somebody's name */
  return date != NULL ? g_strdup_printf (_ ("On %s, %s wrote:"), date, author)
                      : g_strdup_printf (_ ("%s wrote:"), author);
}

char *
letter_forward_head (const LetterHeader *header)
{
  static const struct {
    const char *name, *label;
    gboolean addresses;
  } lines[] = { { "From", N_ ("From"), TRUE },
                { "Date", N_ ("Date"), FALSE },
                { "Subject", N_ ("Subject"), FALSE },
                { "To", N_ ("To"), TRUE },
                { "Cc", N_ ("Cc"), TRUE } };
  g_autoptr (GString) head = g_string_new (NULL);

  g_string_append_printf (head, "%s\n", _ (LETTER_FORWARD_MARK));
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GPtrArray) mailboxes = letter_header_mailboxes (header, lines[i].name);
    g_autofree char *value
        = lines[i].addresses ? address_write_list (mailboxes) : letter_header_text (header, lines[i].name);
    if (value != NULL && *value != '\0')
      g_string_append_printf (head, "%s: %s\n", _ (lines[i].label), value);
  }
  return g_strdup (head->str);
}

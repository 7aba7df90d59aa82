/* What is read out of the words of a letter: where its signature is, and whether it speaks of
 * something that isn't there. */
#include "mail/letter-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/charset.h"
#include "mail/small-file.h"

#include <errno.h>
#include <string.h>

#define SIGNATURE_LINE "-- "
#define SIGNATURE_LIMIT 65536

/* --- the signature --------------------------------------------------------------------- */

static const char *
next_line (const char *line)
{
  const char *end = strchr (line, '\n');

  return end != NULL ? end + 1 : line + strlen (line);
}

static gboolean
is_signature_line (const char *line)
{
  return g_str_has_prefix (line, SIGNATURE_LINE) && (line[3] == '\n' || line[3] == '\0');
}

const char *
letter_find_signature (const char *body, const char **ret_end)
{
  const char *line = body;

  while (*line != '\0' && !is_signature_line (line))
    line = next_line (line);
  if (*line == '\0')
    return NULL;
  *ret_end = next_line (line);
  while (**ret_end != '\0' && **ret_end != '>')
    *ret_end = next_line (*ret_end);
  return line;
}

/* Without the line that many files begin with already. */
static const char *
signature_words (const char *signature)
{
  return is_signature_line (signature) ? next_line (signature) : signature;
}

void
letter_sign (Letter *letter, const char *signature)
{
  g_autofree char *text = g_strdup (signature);
  const char *old = letter->body;

  g_strchomp (text);
  const char *words = signature_words (text), *behind;
  if (*words == '\0' || letter_find_signature (letter->body, &behind))
    return;
  const gboolean ended = *old == '\0' || g_str_has_suffix (old, "\n");
  char *body = g_strconcat (old, ended ? "" : "\n", "\n" SIGNATURE_LINE "\n", words, "\n", NULL);
  g_free (letter->body);
  letter->body = body;
}

void
letter_change_signature (Letter *letter, const char *old, const char *signature)
{
  const char *behind, *place = letter_find_signature (letter->body, &behind);

  if (!place && signature)
    letter_sign (letter, signature);
  if (!place || !old)
    return;
  const char *words = signature_words (old), *rest = next_line (place);
  const gsize length = strlen (words);
  if (strncmp (rest, words, length) != 0 || (rest[length] != '\n' && rest[length] != '\0'))
    return;
  rest = next_line (rest + length);
  g_autofree char *before = g_strndup (letter->body, (gsize)(place - letter->body));
  char *body = signature
                   ? g_strconcat (before, SIGNATURE_LINE "\n", signature_words (signature), "\n", rest, NULL)
                   : g_strconcat (before, rest, NULL);
  g_free (letter->body);
  letter->body = body;
}

char *
letter_signature (const char *file, GError **error)
{
  g_autofree char *usual = g_build_filename (g_get_home_dir (), ".signature", NULL);
  const char *path = file != NULL ? file : usual, *reason = NULL;
  int number = 0;
  g_autoptr (GString) octets = small_file_read (path, SIGNATURE_LIMIT, &number, &reason);

  if (octets == NULL && file == NULL && number == ENOENT)
    return NULL;
  if (octets == NULL) {
    g_autofree char *shown = visible_text (path, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("can't read the signature %s: %s"), shown,
                 reason);
    return NULL;
  }
  g_string_replace (octets, "\r\n", "\n", 0);
  g_autofree char *text = charset_to_utf8 (octets->str, octets->len, NULL);
  return *g_strchomp (text) != '\0' ? g_steal_pointer (&text) : NULL;
}

/* --- what is spoken of ------------------------------------------------------------------- */

/* Width and case make no difference. */
static char *
fold (const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)length);
  g_autofree char *normal = g_utf8_normalize (valid, -1, G_NORMALIZE_ALL_COMPOSE);

  return g_utf8_casefold (normal, -1);
}

/* Letters of scripts that put blanks between words; in others a word may stand anywhere. */
static gboolean
is_word_letter (gunichar character)
{
  switch (g_unichar_get_script (character)) {
  case G_UNICODE_SCRIPT_HAN:
  case G_UNICODE_SCRIPT_HIRAGANA:
  case G_UNICODE_SCRIPT_KATAKANA:
  case G_UNICODE_SCRIPT_THAI:
  case G_UNICODE_SCRIPT_LAO:
  case G_UNICODE_SCRIPT_KHMER:
  case G_UNICODE_SCRIPT_MYANMAR:
    return FALSE;
  default:
    return g_unichar_isalnum (character) || g_unichar_ismark (character);
  }
}

/* No letter on both sides of this place. */
static gboolean
is_edge (const char *text, const char *place)
{
  return place == text || *place == '\0' || !is_word_letter (g_utf8_get_char (place))
         || !is_word_letter (g_utf8_get_char (g_utf8_prev_char (place)));
}

static gboolean
holds_word (const char *text, const char *word)
{
  for (const char *at = strstr (text, word); at != NULL; at = strstr (g_utf8_next_char (at), word))
    if (is_edge (text, at) && is_edge (text, at + strlen (word)))
      return TRUE;
  return FALSE;
}

static gboolean
is_line (const char *line, const char *text)
{
  const gsize length = strlen (text);

  return strncmp (line, text, length) == 0 && (line[length] == '\n' || line[length] == '\0');
}

/* What the writer wrote: neither quoted nor forwarded nor the signature; and the subject of a
 * reply is another's. */
static char *
own_words (const Letter *letter)
{
  g_autoptr (GString) own = g_string_new (letter->in_reply_to != NULL ? "" : letter->subject);
  const char *end = NULL, *signature = letter_find_signature (letter->body, &end);

  g_string_append_c (own, '\n');
  for (const char *line = letter->body; *line != '\0' && !is_line (line, _ (LETTER_FORWARD_MARK));) {
    if (line == signature) {
      line = end;
      continue;
    }
    const char *next = next_line (line);
    if (*line != '>')
      g_string_append_len (own, line, next - line);
    line = next;
  }
  return fold (own->str, own->len);
}

gboolean
letter_lacks_attachment (const Letter *letter, const char *words)
{
  if (letter->attachments->len > 0 || letter->forwarded != NULL)
    return FALSE;
  g_autofree char *own = own_words (letter);
  /* TRANSLATORS: words by which a letter in your language, or in English, speaks of a file that
   * goes along; separated by commas. */
  const char *list = words != NULL ? words : _ ("attach,attached,attachment,enclosed,enclosure");
  g_auto (GStrv) each = g_strsplit (list, ",", -1);
  for (gsize i = 0; each[i] != NULL; i++) {
    const char *stripped = g_strstrip (each[i]);
    g_autofree char *word = fold (stripped, strlen (stripped));
    if (*word != '\0' && holds_word (own, word))
      return TRUE;
  }
  return FALSE;
}

/* Text of scripts is 8-bit and says nothing of it; without these fields a strict server refuses
 * it, and a reader guesses. */
#include "mail/intake-private.h"

#include "mail/charset-guess.h"
#include "mail/mime-value.h"

#include <string.h>

/* Is it one text, or what is taken for one? Parts of a multipart have labels of their own. */
static gboolean
is_single (const IntakeWork *work)
{
  for (guint i = 0; i < work->fields->len; i++) {
    if (!header_field_is (work->header, intake_field (work, i), "Content-Type"))
      continue;
    g_autofree char *value = header_field_value (work->header, intake_field (work, i));
    g_autofree char *type = mime_value_main (value);
    return !g_str_has_prefix (type, "multipart/") && !g_str_has_prefix (type, "message/");
  }
  return TRUE;
}

/* The body, that is all behind its first octet. */
static gboolean
guess_charset (const IntakeWork *work, CharsetGuess *guess, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (work->raw, error);
  guint8 buffer[64 * 1024];
  gsize before = work->body;
  gssize given = 0;
  while (reader != NULL && (given = body_reader_read (reader, buffer, sizeof buffer, error)) > 0) {
    gsize skipped = MIN (before, (gsize)given);
    charset_guess_add (guess, buffer + skipped, (gsize)given - skipped);
    before -= skipped;
  }
  return reader != NULL && given == 0;
}

gboolean
intake_find_missing_mime (const IntakeWork *work, MissingMime *ret_missing, GError **error)
{
  gboolean typed = intake_has (work, "Content-Type");
  gboolean labelled = intake_has (work, "Content-Transfer-Encoding");
  CharsetGuess guess = { 0 };
  *ret_missing = (MissingMime){ 0 };
  if ((typed && labelled) || !is_single (work))
    return TRUE;
  if (!guess_charset (work, &guess, error))
    return FALSE;
  if (!guess.eight_bit)
    return TRUE;
  ret_missing->version = !intake_has (work, "MIME-Version");
  ret_missing->type = typed ? NULL : charset_guess_type (&guess);
  ret_missing->encoding = !labelled;
  return TRUE;
}

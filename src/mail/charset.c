/* One bad octet, which is common, must not cost the text around it: g_convert() would give up. */
#include "mail/charset.h"

#include "mail/gmime-start.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <string.h>

#define NAME_LIMIT 40
#define REPLACEMENT "\357\277\275"

/* It goes to iconv_open(), which knows suffixes that change what it does. */
static gboolean
is_name (const char *charset)
{
  const gsize length
      = strspn (charset, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+");

  return length > 0 && length <= NAME_LIMIT && charset[length] == '\0';
}

static gboolean
is_ascii_name (const char *charset)
{
  return g_ascii_strcasecmp (charset, "us-ascii") == 0 || g_ascii_strcasecmp (charset, "ascii") == 0
         || g_ascii_strcasecmp (charset, "utf-8") == 0 || g_ascii_strcasecmp (charset, "utf8") == 0;
}

static void
convert (iconv_t converter, const char *octets, gsize length, GString *out)
{
  char buffer[4096];
  char *in = (char *)octets;
  gboolean flushing = FALSE;

  for (;;) {
    char *to = buffer;
    gsize room = sizeof buffer;
    const gboolean last = length == 0;
    const gsize result = iconv (converter, last ? NULL : &in, last ? NULL : &length, &to, &room);
    const int number = errno;
    g_string_append_len (out, buffer, to - buffer);
    if (result == (gsize)-1 && number == E2BIG && to > buffer)
      continue;
    if (result == (gsize)-1 && length > 0) { /* a wrong octet, or half a character at the end */
      g_string_append (out, REPLACEMENT);
      in++;
      length--;
    }
    if (flushing)
      return;
    flushing = length == 0;
  }
}

static char *
from_latin (const char *octets, gsize length)
{
  GString *out = g_string_sized_new (length + length / 8);

  for (gsize i = 0; i < length; i++)
    g_string_append_unichar (out, octets[i] != '\0' ? (guchar)octets[i] : 0xfffd);
  return g_string_free (out, FALSE);
}

char *
charset_to_utf8 (const char *octets, gsize length, const char *charset)
{
  const gboolean named = charset != NULL && is_name (charset) && !is_ascii_name (charset);
  iconv_t converter = (iconv_t)-1;

  if (length == 0) /* where OCTETS may be NULL */
    return g_strdup ("");
  if (named) {
    gmime_start ();
    converter = iconv_open ("UTF-8", g_mime_charset_iconv_name (charset));
  }
  if (converter == (iconv_t)-1) {
    if (memchr (octets, '\0', length) == NULL && g_utf8_validate_len (octets, length, NULL))
      return g_strndup (octets, length);
    return charset != NULL && g_ascii_strncasecmp (charset, "utf", 3) == 0
               ? g_utf8_make_valid (octets, (gssize)length)
               : from_latin (octets, length);
  }
  g_autoptr (GString) out = g_string_sized_new (length);
  convert (converter, octets, length, out);
  iconv_close (converter);
  for (gsize i = 0; i < out->len; i++)
    if (out->str[i] == '\0')
      out->str[i] = ' ';
  return g_utf8_make_valid (out->str, (gssize)out->len);
}

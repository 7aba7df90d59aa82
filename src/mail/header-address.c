/* Not address-parse.c: what somebody else wrote into a header needn't be an address
 * that we would send to, and nothing of it may get lost. */
#include "mail/header-address.h"

#include "base/domain.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/gmime-start.h"
#include "mail/header-write.h"

#include <gmime/gmime.h>
#include <string.h>

/* Behind what begins at AT: a comment, a quoted string, or a single octet. */
static const char *
skip_token (const char *at)
{
  char open = *at;
  guint depth = 0;
  if (open != '(' && open != '"')
    return at + 1;
  for (; *at != '\0'; at++) {
    if (*at == '\\' && at[1] != '\0') {
      at++;
    } else if (open == '(') {
      depth += *at == '(';
      depth -= *at == ')';
      if (depth == 0)
        return at + 1;
    } else if (*at == '"' && ++depth == 2) {
      return at + 1;
    }
  }
  return at;
}

/* Behind a run that ends at one of STOPS outside quotes and comments. */
static const char *
skip_until (const char *at, const char *stops)
{
  while (*at != '\0' && strchr (stops, *at) == NULL)
    at = skip_token (at);
  return at;
}

static char *
unquoted (const char *text, gsize length)
{
  GString *out = g_string_new (NULL);
  for (gsize i = 0; i < length; i++) {
    if (text[i] == '\\' && i + 1 < length)
      i++;
    else if (text[i] == '"')
      continue;
    g_string_append_c (out, text[i]);
  }
  return g_string_free (out, FALSE);
}

/* A comment with its parentheses. */
static void
append_comment (GString *out, const char *text, gsize length)
{
  g_autofree char *piece = g_strndup (text, length);
  if (g_str_is_ascii (piece)) {
    g_string_append (out, piece);
    return;
  }
  gboolean closed = length > 1 && g_str_has_suffix (piece, ")");
  g_autofree char *inside = unquoted (piece + 1, length - (closed ? 2 : 1));
  g_autofree char *encoded = header_encode_phrase (inside);
  g_string_append_printf (out, "(%s)", encoded);
}

/* A display name or the name of a group, maybe with comments and encoded words in it. */
static void
append_phrase (GString *out, const char *text, gsize length)
{
  g_autofree char *piece = g_strndup (text, length);
  if (g_str_is_ascii (piece)) {
    g_string_append (out, piece);
    return;
  }
  g_autofree char *plain = unquoted (g_strstrip (piece), strlen (piece));
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_phrase (NULL, plain);
  g_autofree char *encoded = header_encode_phrase (decoded);
  g_string_append_printf (out, "%s%s ", out->len > 0 ? " " : "", encoded);
}

static gboolean
append_addr_spec (GString *out, const char *text, gsize length, GError **error)
{
  g_autofree char *piece = g_strndup (text, length);
  char *at = strrchr (piece, '@');
  if (g_str_is_ascii (piece)) {
    g_string_append (out, piece);
    return TRUE;
  }
  g_autofree char *local = g_strndup (piece, at != NULL ? (gsize)(at + 1 - piece) : length);
  g_autofree char *domain = at != NULL ? g_strdup (at + 1) : g_strdup ("");
  g_autofree char *ascii = at != NULL ? domain_to_ascii (g_strstrip (domain), NULL) : NULL;
  if (ascii != NULL && g_str_is_ascii (local)) {
    g_string_append_printf (out, "%s%s", local, ascii);
    return TRUE;
  }
  g_autofree char *shown = visible_text (g_strstrip (piece), -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
               _ ("the server doesn't take international addresses (SMTPUTF8), and the header holds %s"),
               shown);
  return FALSE;
}

/* An address without brackets: its comments apart from itself. */
static gboolean
append_bare (GString *out, const char *text, gsize length, GError **error)
{
  for (const char *at = text, *end = text + length; at < end;) {
    gboolean comment = *at == '(';
    const char *stop = comment ? skip_token (at) : skip_until (at, "(");
    stop = MIN (stop, end);
    if (comment)
      append_comment (out, at, (gsize)(stop - at));
    else if (!append_addr_spec (out, at, (gsize)(stop - at), error))
      return FALSE;
    at = stop;
  }
  return TRUE;
}

/* "<address>". */
static const char *
append_angle (GString *out, const char *at, GError **error)
{
  const char *end = skip_until (at + 1, ">");
  g_string_append_c (out, '<');
  if (!append_bare (out, at + 1, (gsize)(end - at - 1), error))
    return NULL;
  if (*end == '\0')
    return end;
  g_string_append_c (out, '>');
  return end + 1;
}

char *
header_encode_addresses (const char *value, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (const char *at = value; *at != '\0';) {
    const char *end = skip_until (at, "<,:;");
    gsize length = (gsize)(end - at);
    if (*end == '<' || *end == ':')
      append_phrase (out, at, length);
    else if (!append_bare (out, at, length, error))
      return NULL;
    at = *end == '<' ? append_angle (out, end, error) : end;
    if (at == NULL)
      return NULL;
    if (*end != '<' && *at != '\0')
      g_string_append_c (out, *at++);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

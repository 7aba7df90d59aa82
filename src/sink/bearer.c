/* Bearer tokens: parsed strictly, so that a client that writes them otherwise shows. */
#include "sink/bearer.h"

#include <string.h>

#include "base/secret.h"

#define XOAUTH2 "XOAUTH2"
#define OAUTHBEARER "OAUTHBEARER"

gboolean
bearer_is_mechanism (const char *mechanism)
{
  return strcmp (mechanism, XOAUTH2) == 0 || strcmp (mechanism, OAUTHBEARER) == 0;
}

/* "user=NAME": XOAUTH2's way. */
static char *
user_of_xoauth2 (const char *first)
{
  return g_str_has_prefix (first, "user=") ? g_strdup (first + strlen ("user=")) : NULL;
}

/* "n,a=NAME,": the GS2 header of RFC 5801, with "," and "=" as "=2C" and "=3D". */
static char *
user_of_oauthbearer (const char *first)
{
  gsize length = strlen (first);
  if (!g_str_has_prefix (first, "n,a=") || length < 6 || first[length - 1] != ',')
    return NULL;
  g_autoptr (GString) user = g_string_new_len (first + 4, (gssize)length - 5);
  if (strchr (user->str, ',') != NULL)
    return NULL;
  g_string_replace (user, "=2C", ",", 0);
  g_string_replace (user, "=3D", "=", 0);
  return g_string_free (g_steal_pointer (&user), FALSE);
}

static gboolean
token_is_known (const SinkOptions *options, const char *user, const char *token)
{
  for (guint i = 0; i < options->tokens->len; i++) {
    const SinkLogin *login = &g_array_index (options->tokens, SinkLogin, i);
    if (strcmp (login->name, user) == 0 && strcmp (login->secret, token) == 0)
      return TRUE;
  }
  return FALSE;
}

/* The value behind "auth=Bearer " among the fields; NULL: none, or a field is no key=value. */
static const char *
token_of (char **fields)
{
  const char *token = NULL;
  for (gsize i = 1; fields[i] != NULL && *fields[i] != '\0'; i++) {
    if (g_ascii_strncasecmp (fields[i], "auth=Bearer ", 12) == 0)
      token = fields[i] + 12;
    else if (strchr (fields[i], '=') == NULL)
      return NULL;
  }
  return token;
}

static void
wipe_fields (char **fields)
{
  for (gsize i = 0; fields[i] != NULL; i++)
    secret_wipe_string (fields[i]);
  g_free (fields);
}

BearerResult
bearer_check (const SinkOptions *options, const char *mechanism, const guint8 *octets, gsize length,
              char **ret_user, char **ret_challenge)
{
  gboolean standard = strcmp (mechanism, OAUTHBEARER) == 0;
  if (length < 2 || memcmp (octets + length - 2, "\1\1", 2) != 0 || memchr (octets, '\0', length) != NULL)
    return BEARER_MALFORMED;
  char *text = g_strndup ((const char *)octets, length);
  char **fields = g_strsplit (text, "\1", -1);
  secret_wipe_string (text);
  g_autofree char *user = standard ? user_of_oauthbearer (fields[0]) : user_of_xoauth2 (fields[0]);
  const char *token = token_of (fields);
  BearerResult result = BEARER_MALFORMED;
  if (user != NULL && token != NULL)
    result = token_is_known (options, user, token) ? BEARER_ACCEPTED : BEARER_REFUSED;
  wipe_fields (fields);

  if (result == BEARER_ACCEPTED)
    *ret_user = g_steal_pointer (&user);
  if (result == BEARER_REFUSED)
    *ret_challenge
        = g_strdup (standard ? "{\"status\":\"invalid_token\",\"scope\":\"mail.send\"}"
                             : "{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"mail.send\"}");
  return result;
}

gboolean
bearer_is_dummy (const char *mechanism, const guint8 *octets, gsize length)
{
  if (strcmp (mechanism, OAUTHBEARER) == 0)
    return length == 1 && octets[0] == '\1';
  return length == 0;
}

/* The token mechanisms. A refused token is explained in a challenge (334) that has to
 * be answered before the 535 comes; without the explanation nobody finds out that a
 * scope is missing. */
#include "engine/sasl-token.h"

#include <json-glib/json-glib.h>
#include <string.h>

struct SaslToken {
  gboolean bearer; /* OAUTHBEARER, else XOAUTH2 */
  char *user;
  char *host;
  guint16 port;
  Secret *secret;
  gboolean sent;
  char *detail;
};

SaslToken *
sasl_token_new (const SaslSettings *settings)
{
  SaslToken *token = g_new0 (SaslToken, 1);

  token->bearer = strcmp (settings->mechanism, "OAUTHBEARER") == 0;
  token->user = g_strdup (settings->user ? settings->user : "");
  token->host = g_strdup (settings->host ? settings->host : "");
  token->port = settings->port;
  token->secret = secret_ref (settings->secret);
  return token;
}

void
sasl_token_free (SaslToken *token)
{
  if (!token)
    return;
  secret_unref (token->secret);
  g_free (token->user);
  g_free (token->host);
  g_free (token->detail);
  g_free (token);
}

static void
append_text (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *)text, strlen (text));
}

/* A saslname of RFC 5801: "," and "=" would end it. */
static void
append_saslname (GByteArray *out, const char *name)
{
  for (; *name; name++) {
    if (*name == ',')
      append_text (out, "=2C");
    else if (*name == '=')
      append_text (out, "=3D");
    else
      g_byte_array_append (out, (const guint8 *)name, 1);
  }
}

static GByteArray *
first_message (const SaslToken *token)
{
  GByteArray *out = g_byte_array_sized_new (secret_length (token->secret) + 256);

  if (token->bearer) {
    g_autofree char *place = g_strdup_printf (",\001host=%s\001port=%u\001", token->host, token->port);
    append_text (out, "n,a=");
    append_saslname (out, token->user);
    append_text (out, place);
  } else {
    append_text (out, "user=");
    append_text (out, token->user);
    append_text (out, "\001");
  }
  append_text (out, "auth=Bearer ");
  g_byte_array_append (out, (const guint8 *)secret_text (token->secret), secret_length (token->secret));
  append_text (out, "\001\001");
  return out;
}

/* {"status":"401","schemes":"bearer","scope":"…"}: the members as words. What isn't
 * JSON is kept as it came; whoever shows it makes it visible. */
static char *
explain (const guint8 *challenge, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  GString *words = g_string_new (NULL);
  JsonObjectIter members;
  const char *name;
  JsonNode *value;

  if (!json_parser_load_from_data (parser, (const char *)challenge, (gssize)length, NULL)
      || !json_parser_get_root (parser) || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return g_string_free (g_string_append_len (words, (const char *)challenge, (gssize)length), FALSE);
  json_object_iter_init (&members, json_node_get_object (json_parser_get_root (parser)));
  while (json_object_iter_next (&members, &name, &value)) {
    if (!JSON_NODE_HOLDS_VALUE (value))
      continue;
    g_autofree char *text = json_node_get_value_type (value) == G_TYPE_STRING
                                ? g_strdup (json_node_get_string (value))
                                : json_to_string (value, FALSE);
    g_string_append_printf (words, "%s%s %s", words->len ? ", " : "", name, text);
  }
  return g_string_free (words, FALSE);
}

AuthResponseStatus
sasl_token_step (SaslToken *token, const guint8 *challenge, gsize length, GByteArray **ret_response)
{
  if (!token->sent) {
    token->sent = TRUE;
    *ret_response = first_message (token);
    return AUTH_RESPONSE_DONE;
  }
  g_free (token->detail);
  token->detail = length > 0 ? explain (challenge, length) : NULL;
  /* RFC 7628, section 3.2.3: one control-A; XOAUTH2 wants an empty answer. */
  *ret_response = g_byte_array_new ();
  if (token->bearer)
    append_text (*ret_response, "\001");
  return AUTH_RESPONSE_DONE;
}

const char *
sasl_token_detail (const SaslToken *token)
{
  return token->detail;
}

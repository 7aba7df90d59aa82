/* The SASL client against libgsasl's server side, and the token mechanisms against
 * their RFCs' octets. */
#include <gsasl.h>
#include <string.h>

#include "base/error.h"
#include "engine/sasl.h"
#include "tests/lib/tap.h"

#define USER "lion@example.org"
#define PASSWORD "pa\xc3\x9fwort, =01"

/* --- libgsasl's mechanisms -------------------------------------------------- */

typedef struct {
  const char *mechanism;
  const char *password; /* the client's */
  gboolean binding;
  gboolean good;
} Exchange;

static const char binding_octets[] = "0123456789abcdef0123456789abcdef";

static int
server_property (Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
  g_autofree char *binding = g_base64_encode ((const guchar *)binding_octets, 32);

  switch (property) {
  case GSASL_PASSWORD:
    return gsasl_property_set (session, property, PASSWORD);
  case GSASL_CB_TLS_EXPORTER:
    return gsasl_property_set (session, property, binding);
  case GSASL_VALIDATE_EXTERNAL:
    return GSASL_OK;
  default:
    return GSASL_NO_CALLBACK;
  }
}

/* SCRAM's server is done with its last message; the client has to check it still. */
static gboolean
client_accepts (Sasl *client, const char *last, gsize length)
{
  g_autoptr (GByteArray) response = NULL;

  return sasl_step (client, (const guint8 *)last, length, FALSE, &response) == AUTH_RESPONSE_DONE;
}

/* Plays both sides until one has had enough. TRUE: both are content. */
static gboolean
play (Sasl *client, Gsasl_session *server, gboolean server_first)
{
  g_autofree char *challenge = NULL;
  gsize length = 0;
  gboolean initial = TRUE;

  for (int round = 0; round < 8; round++) {
    GByteArray *response = NULL;
    AuthResponseStatus status = sasl_step (client, (const guint8 *)challenge, length, initial, &response);
    gboolean said_none = status == AUTH_RESPONSE_NONE;
    g_assert_true (!said_none || (initial && server_first));
    if (status == AUTH_RESPONSE_FAILED)
      return FALSE;
    g_clear_pointer (&challenge, g_free);
    int result = gsasl_step (server, response ? (const char *)response->data : NULL,
                             response ? response->len : 0, &challenge, &length);
    initial = FALSE;
    g_clear_pointer (&response, g_byte_array_unref);
    if (result == GSASL_OK)
      return length > 0 ? client_accepts (client, challenge, length) : status == AUTH_RESPONSE_DONE;
    if (result != GSASL_NEEDS_MORE)
      return FALSE;
  }
  return FALSE;
}

static void
test_exchange (gconstpointer data)
{
  const Exchange *exchange = data;
  g_autoptr (Secret) secret = secret_new (exchange->password, strlen (exchange->password));
  g_autoptr (GBytes) binding = exchange->binding ? g_bytes_new_static (binding_octets, 32) : NULL;
  g_autoptr (GError) error = NULL;
  SaslSettings settings = { .mechanism = exchange->mechanism,
                            .user = USER,
                            .host = "localhost",
                            .port = 587,
                            .secret = secret,
                            .binding = binding };
  Gsasl *context;
  Gsasl_session *server;
  gboolean server_first = !auth_mechanism_find (exchange->mechanism)->client_first;

  g_assert_cmpint (gsasl_init (&context), ==, GSASL_OK);
  gsasl_callback_set (context, server_property);
  g_assert_cmpint (gsasl_server_start (context, exchange->mechanism, &server), ==, GSASL_OK);
  g_autoptr (Sasl) client = sasl_new (&settings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (play (client, server, server_first), ==, exchange->good);
  gsasl_finish (server);
  gsasl_done (context);
}

static const Exchange exchanges[] = {
  { "PLAIN", PASSWORD, FALSE, TRUE },
  { "PLAIN", "wrong", FALSE, FALSE },
  { "PLAIN", PASSWORD, TRUE, TRUE }, /* binding data exist and must not confuse it */
  { "LOGIN", PASSWORD, FALSE, TRUE },
  { "LOGIN", "wrong", FALSE, FALSE },
  { "CRAM-MD5", PASSWORD, FALSE, TRUE },
  { "CRAM-MD5", "wrong", FALSE, FALSE },
  { "SCRAM-SHA-1", PASSWORD, FALSE, TRUE },
  { "SCRAM-SHA-1", PASSWORD, TRUE, TRUE },
  { "SCRAM-SHA-256", PASSWORD, FALSE, TRUE },
  { "SCRAM-SHA-256", PASSWORD, TRUE, TRUE },
  { "SCRAM-SHA-256", "wrong", FALSE, FALSE },
  { "SCRAM-SHA-1-PLUS", PASSWORD, TRUE, TRUE },
  { "SCRAM-SHA-256-PLUS", PASSWORD, TRUE, TRUE },
  { "SCRAM-SHA-256-PLUS", "wrong", TRUE, FALSE },
};

static void
test_external (void)
{
  SaslSettings settings = { .mechanism = "EXTERNAL", .user = USER };
  g_autoptr (Sasl) client = sasl_new (&settings, NULL);
  g_autoptr (GByteArray) response = NULL;

  g_assert_nonnull (client);
  g_assert_cmpint (sasl_step (client, NULL, 0, TRUE, &response), ==, AUTH_RESPONSE_DONE);
  g_assert_cmpuint (response->len, ==, 0); /* the certificate says who */
}

/* A server that doesn't know the password can't sign: the client must notice. */
static void
test_forged_signature (void)
{
  g_autoptr (Secret) secret = secret_new (PASSWORD, strlen (PASSWORD));
  SaslSettings settings = { .mechanism = "SCRAM-SHA-256", .user = USER, .secret = secret };
  g_autoptr (Sasl) client = sasl_new (&settings, NULL);
  g_autoptr (GByteArray) first = NULL, final = NULL;
  GByteArray *none = NULL;
  static const char signature[] = "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  g_assert_cmpint (sasl_step (client, NULL, 0, TRUE, &first), ==, AUTH_RESPONSE_MORE);
  g_byte_array_append (first, (const guint8 *)"", 1);
  const char *nonce = strstr ((const char *)first->data, ",r=") + 3;
  g_autofree char *challenge = g_strdup_printf ("r=%sserver,s=c2FsdA==,i=4096", nonce);
  g_assert_cmpint (sasl_step (client, (const guint8 *)challenge, strlen (challenge), FALSE, &final), ==,
                   AUTH_RESPONSE_MORE);
  g_assert_cmpint (sasl_step (client, (const guint8 *)signature, strlen (signature), FALSE, &none), ==,
                   AUTH_RESPONSE_FAILED);
  g_assert_nonnull (sasl_detail (client));
}

/* --- tokens ------------------------------------------------------------------- */

typedef struct {
  const char *mechanism, *user, *first;
  const char *reason, *answer, *words;
} TokenRow;

static const TokenRow token_rows[] = {
  { "XOAUTH2", "a@b.example", "user=a@b.example\001auth=Bearer tok=en\001\001",
    "{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"https://mail\"}", "",
    "status 401, schemes bearer, scope https://mail" },
  { "OAUTHBEARER", "a,b=c@d.example",
    "n,a=a=2Cb=3Dc@d.example,\001host=smtp.example\001port=587\001auth=Bearer tok=en\001\001",
    "{\"status\":\"invalid_token\"}", "\001", "status invalid_token" },
  { "XOAUTH2", "a@b.example", "user=a@b.example\001auth=Bearer tok=en\001\001", "no json {", "",
    "no json {" },
  { "XOAUTH2", "a@b.example", "user=a@b.example\001auth=Bearer tok=en\001\001", "[1,2]", "", "[1,2]" },
};

static void
assert_octets (const GByteArray *got, const char *expected)
{
  g_assert_nonnull (got);
  g_assert_cmpmem (got->data, got->len, expected, strlen (expected));
}

static void
test_token (gconstpointer data)
{
  const TokenRow *row = data;
  g_autoptr (Secret) secret = secret_new ("tok=en", 6);
  SaslSettings settings = {
    .mechanism = row->mechanism, .user = row->user, .host = "smtp.example", .port = 587, .secret = secret
  };
  g_autoptr (Sasl) client = sasl_new (&settings, NULL);
  g_autoptr (GByteArray) first = NULL, answer = NULL;

  g_assert_cmpint (sasl_step (client, NULL, 0, TRUE, &first), ==, AUTH_RESPONSE_DONE);
  assert_octets (first, row->first);
  g_assert_null (sasl_detail (client));
  sasl_step (client, (const guint8 *)row->reason, strlen (row->reason), FALSE, &answer);
  assert_octets (answer, row->answer);
  g_assert_cmpstr (sasl_detail (client), ==, row->words);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (exchanges); i++) {
    const Exchange *row = &exchanges[i];
    g_autofree char *path
        = g_strdup_printf ("/sasl/%s/%s%s/%zu", row->mechanism, row->good ? "right" : "wrong",
                           row->binding ? "/binding" : "", i);
    g_test_add_data_func (path, row, test_exchange);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (token_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/sasl/token/%s/%zu", token_rows[i].mechanism, i);
    g_test_add_data_func (path, &token_rows[i], test_token);
  }
  g_test_add_func ("/sasl/external", test_external);
  g_test_add_func ("/sasl/scram/forged-signature", test_forged_signature);
  return g_test_run ();
}

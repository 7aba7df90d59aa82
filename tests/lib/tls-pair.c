/* A TLS client and a server in memory. */
#include "tests/lib/tls-pair.h"

#include <openssl/err.h>

static gboolean
pump (Tls *from, Tls *to, gsize chunk, TlsStep *to_step, GByteArray *to_data)
{
  g_autoptr (GByteArray) output = tls_take_output (from);
  if (!output)
    return FALSE;
  for (gsize done = 0; done < output->len; done += chunk) {
    tls_feed (to, output->data + done, MIN (chunk, output->len - done));
    if (*to_step == TLS_STEP_MORE)
      *to_step = tls_handshake (to);
    if (*to_step == TLS_STEP_OK) {
      TlsStep step = tls_read (to, to_data);
      if (step != TLS_STEP_MORE)
        *to_step = step;
    }
  }
  return TRUE;
}

gboolean
tls_pair_to_server (TlsPair *pair, gsize chunk)
{
  return pump (pair->client, pair->server, chunk, &pair->server_step, pair->server_data);
}

gboolean
tls_pair_to_client (TlsPair *pair, gsize chunk)
{
  return pump (pair->server, pair->client, chunk, &pair->client_step, pair->client_data);
}

void
tls_pair_run (TlsPair *pair, gsize chunk)
{
  gboolean moved;
  do {
    moved = tls_pair_to_server (pair, chunk);
    moved = tls_pair_to_client (pair, chunk) || moved;
  } while (moved);
}

void
tls_pair_make (TlsPair *pair, const TlsClientSettings *client, const TlsServerSettings *server)
{
  g_autoptr (GError) error = NULL;
  *pair = (TlsPair){ .client = tls_new_client (client, &error), .server_step = TLS_STEP_MORE };
  g_assert_no_error (error);
  pair->server = tls_new_server (server, &error);
  g_assert_no_error (error);
  pair->client_data = g_byte_array_new ();
  pair->server_data = g_byte_array_new ();
  pair->client_step = tls_handshake (pair->client);
  g_assert_cmpint (pair->client_step, ==, TLS_STEP_MORE);
}

void
tls_pair_start (TlsPair *pair, const TlsClientSettings *client, const TlsServerSettings *server, gsize chunk)
{
  tls_pair_make (pair, client, server);
  tls_pair_run (pair, chunk);
}

void
tls_pair_clear (TlsPair *pair)
{
  tls_free (pair->client);
  tls_free (pair->server);
  g_byte_array_unref (pair->client_data);
  g_byte_array_unref (pair->server_data);
  g_assert_cmpint (ERR_peek_error (), ==, 0);
}

/* TLS in memory: both sides of this program against each other, and against an OpenSSL
 * that is set up to be worse than ours would ever be. Verification has a test of its own. */
#include "net/tls.h"

#include "base/error.h"
#include "tests/lib/certificates.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/lib/tls-pair.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define HOST "smtp.example.com"

static void
make_certificates (void)
{
  test_folder_make ();
  g_autoptr (TestCertificate) authority
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "Test CA", .is_authority = TRUE });
  g_autoptr (TestCertificate) good
      = test_certificate_new (&(TestCertificateSpec){ .names = "DNS:" HOST, .issuer = authority });
  g_autoptr (TestCertificate) client
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "user", .issuer = authority });
  g_autoptr (TestCertificate) stranger
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "stranger" });
  test_certificate_write (authority, test_folder (), "ca");
  test_certificate_write (good, test_folder (), "good");
  test_certificate_write_locked_key (good, test_folder (), "locked", "secret");
  test_certificate_write (client, test_folder (), "client");
  test_certificate_write (stranger, test_folder (), "stranger");
}

/* --- our certificate ------------------------------------------------------------------ */

typedef struct {
  const char *title;
  const char *certificate; /* NULL: none */
  gboolean asked, required;
  TlsStep end;
  const char *says;
} ClientRow;

static const ClientRow client_rows[] = {
  { "not asked", "client", FALSE, FALSE, TLS_STEP_OK, NULL },
  { "asked, given", "client", TRUE, FALSE, TLS_STEP_OK, NULL },
  { "asked, none", NULL, TRUE, FALSE, TLS_STEP_OK, NULL },
  { "required, given", "client", TRUE, TRUE, TLS_STEP_OK, NULL },
  { "required, none", NULL, TRUE, TRUE, TLS_STEP_CERTIFICATE, "the server wants a client certificate" },
  { "asked, a stranger's", "stranger", TRUE, FALSE, TLS_STEP_CERTIFICATE,
    "the server refused our certificate: unknown CA" },
};

static void
check_client_row (const ClientRow *row, gboolean tls12)
{
  TlsServerSettings server = { .certificate = test_file ("good.pem"),
                               .key = test_file ("good.key"),
                               .tls12_only = tls12,
                               .client_ca_file = row->asked ? test_file ("ca.pem") : NULL,
                               .client_required = row->required };
  TlsClientSettings client = { .name = HOST, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  g_autofree char *pem = g_strdup_printf ("%s.pem", row->certificate);
  g_autofree char *key = g_strdup_printf ("%s.key", row->certificate);
  if (row->certificate) {
    client.client_certificate = test_file (pem);
    client.client_key = test_file (key);
  }
  TlsPair pair;
  tls_pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, row->end);
  if (row->says)
    g_assert_nonnull (strstr (tls_detail (pair.client), row->says));
  gboolean shown = row->asked && row->certificate;
  if (row->end == TLS_STEP_OK) {
    g_assert_cmpint (tls_facts (pair.client)->certificate_asked, ==, shown);
    g_assert_cmpint (tls_facts (pair.server)->verified, ==, shown);
    g_assert_cmpstr (tls_facts (pair.server)->peer_subject, ==, shown ? "CN=user" : NULL);
  }
  tls_pair_clear (&pair);
}

static void
test_client_row (gconstpointer data)
{
  check_client_row (data, FALSE);
}

static void
test_client_row_tls12 (gconstpointer data)
{
  check_client_row (data, TRUE);
}

/* In TLS 1.3 the client is through before the server has looked at its certificate: the
 * refusal comes at the first read, and not as a failed handshake. */
static void
test_refused_at_first_read (void)
{
  TlsServerSettings server = { .certificate = test_file ("good.pem"),
                               .key = test_file ("good.key"),
                               .client_ca_file = test_file ("ca.pem") };
  TlsClientSettings client = { .name = HOST,
                               .ca_file = test_file ("ca.pem"),
                               .verify = TRUE,
                               .client_certificate = test_file ("stranger.pem"),
                               .client_key = test_file ("stranger.key") };
  TlsPair pair;
  tls_pair_make (&pair, &client, &server);
  tls_pair_to_server (&pair, G_MAXUINT16);
  tls_pair_to_client (&pair, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_OK);
  tls_pair_to_server (&pair, G_MAXUINT16);
  g_assert_cmpint (pair.server_step, ==, TLS_STEP_VERIFICATION);
  tls_pair_to_client (&pair, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_CERTIFICATE);
  g_assert_cmpint (tls_read (pair.client, pair.client_data), ==, TLS_STEP_CERTIFICATE);
  g_assert_cmpint (pair.client_data->len, ==, 0);
  tls_pair_clear (&pair);
}

/* --- what isn't data, and what is ------------------------------------------------------- */

static void
start_good (TlsPair *pair, gboolean tls12)
{
  TlsServerSettings server
      = { .certificate = test_file ("good.pem"), .key = test_file ("good.key"), .tls12_only = tls12 };
  TlsClientSettings client = { .name = HOST, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  tls_pair_start (pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair->client_step, ==, TLS_STEP_OK);
}

/* The server's tickets have come by now: pair_run() fed them. */
static void
test_ticket_is_no_data (void)
{
  TlsPair pair;
  start_good (&pair, FALSE);
  g_assert_cmpint (pair.client_data->len, ==, 0);
  g_assert_cmpint (tls_read (pair.client, pair.client_data), ==, TLS_STEP_MORE);
  tls_pair_clear (&pair);
}

static void
test_data_and_close (void)
{
  TlsPair pair;
  start_good (&pair, FALSE);
  g_autofree guint8 *octets = g_malloc (100000);
  for (guint i = 0; i < 100000; i++)
    octets[i] = (guint8)(i * 7 + i / 256);
  g_assert_cmpint (tls_write (pair.client, octets, 100000), ==, TLS_STEP_OK);
  g_assert_cmpint (tls_write (pair.server, octets, 17), ==, TLS_STEP_OK);
  g_assert_cmpint (tls_write (pair.server, octets, 0), ==, TLS_STEP_OK);
  tls_shutdown (pair.client);
  tls_shutdown (pair.client);
  tls_pair_run (&pair, 1000);
  g_assert_cmpmem (pair.server_data->data, pair.server_data->len, octets, 100000);
  g_assert_cmpmem (pair.client_data->data, pair.client_data->len, octets, 17);
  g_assert_cmpint (pair.server_step, ==, TLS_STEP_CLOSED);
  g_assert_null (tls_take_output (pair.client));
  tls_pair_clear (&pair);
}

/* Finished and the first command leave together. */
static void
test_one_flight (void)
{
  TlsServerSettings server = { .certificate = test_file ("good.pem"), .key = test_file ("good.key") };
  TlsClientSettings client = { .name = HOST, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  TlsPair pair;
  tls_pair_make (&pair, &client, &server);
  tls_pair_to_server (&pair, G_MAXUINT16);
  tls_pair_to_client (&pair, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_OK);
  tls_write (pair.client, (const guint8 *)"EHLO\r\n", 6);
  tls_pair_to_server (&pair, G_MAXUINT16);
  g_assert_cmpint (pair.server_step, ==, TLS_STEP_OK);
  g_assert_cmpmem (pair.server_data->data, pair.server_data->len, "EHLO\r\n", 6);
  tls_pair_clear (&pair);
}

static void
test_corrupted_record (void)
{
  TlsPair pair;
  start_good (&pair, FALSE);
  tls_write (pair.server, (const guint8 *)"250 fine\r\n", 10);
  g_autoptr (GByteArray) record = tls_take_output (pair.server);
  record->data[record->len - 1] ^= 1;
  tls_feed (pair.client, record->data, record->len);
  g_assert_cmpint (tls_read (pair.client, pair.client_data), ==, TLS_STEP_HANDSHAKE);
  g_assert_cmpint (pair.client_data->len, ==, 0);
  g_assert_nonnull (strstr (tls_detail (pair.client), "bad record mac"));
  g_assert_cmpint (tls_write (pair.client, (const guint8 *)"x", 1), ==, TLS_STEP_HANDSHAKE);
  tls_pair_clear (&pair);
}

static void
test_no_tls_there (void)
{
  TlsClientSettings client = { .name = HOST, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  g_autoptr (Tls) tls = tls_new_client (&client, NULL);
  tls_handshake (tls);
  tls_feed (tls, (const guint8 *)"220 smtp.example.com ESMTP\r\n", 28);
  g_assert_cmpint (tls_handshake (tls), ==, TLS_STEP_HANDSHAKE);
  g_assert_cmpstr (tls_detail (tls), ==, "the other side doesn't speak TLS here");
  g_assert_cmpint (tls_handshake (tls), ==, TLS_STEP_HANDSHAKE);
}

/* --- a peer that is worse than ours ----------------------------------------------------- */

typedef struct {
  const char *title;
  int highest;         /* version */
  const char *ciphers; /* of 1.2 and before */
  guint64 options;
  TlsStep end;
  gboolean binding;
  const char *says;
} PeerRow;

static const PeerRow peer_rows[] = {
  { "1.3", TLS1_3_VERSION, NULL, 0, TLS_STEP_OK, TRUE, NULL },
  { "1.2", TLS1_2_VERSION, NULL, 0, TLS_STEP_OK, TRUE, NULL },
  { "1.2 without extended master secret", TLS1_2_VERSION, NULL, SSL_OP_NO_EXTENDED_MASTER_SECRET, TLS_STEP_OK,
    FALSE, NULL },
  { "1.1", TLS1_1_VERSION, "DEFAULT@SECLEVEL=0", 0, TLS_STEP_HANDSHAKE, FALSE,
    "no version of TLS in common" },
  { "CBC only", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", 0, TLS_STEP_HANDSHAKE, FALSE,
    "nothing in common" },
  { "RSA key exchange only", TLS1_2_VERSION, "AES128-GCM-SHA256", 0, TLS_STEP_HANDSHAKE, FALSE,
    "nothing in common" },
};

static SSL *
peer_new (const PeerRow *row)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());
  SSL_CTX_use_certificate_chain_file (context, test_file ("good.pem"));
  SSL_CTX_use_PrivateKey_file (context, test_file ("good.key"), SSL_FILETYPE_PEM);
  SSL_CTX_set_min_proto_version (context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version (context, row->highest);
  SSL_CTX_set_options (context, row->options);
  if (row->ciphers)
    g_assert_cmpint (SSL_CTX_set_cipher_list (context, row->ciphers), ==, 1);
  SSL *ssl = SSL_new (context);
  SSL_CTX_free (context);
  SSL_set_bio (ssl, BIO_new (BIO_s_mem ()), BIO_new (BIO_s_mem ()));
  SSL_set_accept_state (ssl);
  return ssl;
}

/* All that the peer has to say goes to TLS. */
static void
peer_turn (SSL *ssl, Tls *tls)
{
  g_autoptr (GByteArray) output = tls_take_output (tls);
  if (output)
    BIO_write (SSL_get_rbio (ssl), output->data, (int)output->len);
  SSL_do_handshake (ssl);
  ERR_clear_error ();
  guint8 octets[16384];
  int length = BIO_read (SSL_get_wbio (ssl), octets, sizeof octets);
  if (length > 0)
    tls_feed (tls, octets, (gsize)length);
}

static void
test_peer (gconstpointer data)
{
  const PeerRow *row = data;
  TlsClientSettings client = { .name = HOST, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  g_autoptr (Tls) tls = tls_new_client (&client, NULL);
  SSL *ssl = peer_new (row);
  TlsStep step = tls_handshake (tls);
  for (int i = 0; i < 3 && step == TLS_STEP_MORE; i++) {
    peer_turn (ssl, tls);
    step = tls_handshake (tls);
  }
  peer_turn (ssl, tls); /* our Finished */
  g_assert_cmpint (step, ==, row->end);
  if (row->says)
    g_assert_nonnull (strstr (tls_detail (tls), row->says));
  g_autoptr (GBytes) binding = tls_binding (tls);
  g_assert_cmpint (binding != NULL, ==, row->binding);
  if (binding) {
    guint8 theirs[32];
    g_assert_cmpint (
        SSL_export_keying_material (ssl, theirs, 32, "EXPORTER-Channel-Binding", 24, theirs, 0, 1), ==, 1);
    g_assert_cmpmem (g_bytes_get_data (binding, NULL), g_bytes_get_size (binding), theirs, 32);
  }
  SSL_free (ssl);
}

/* No HelloRetryRequest and no ticket to be told apart by: what the ClientHello holds. */
static void
test_sni (gconstpointer data)
{
  const char *name = data;
  gboolean is_literal = g_ascii_isdigit (*name) || *name == '[';
  TlsClientSettings client = { .name = name, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  g_autoptr (Tls) tls = tls_new_client (&client, NULL);
  tls_handshake (tls);
  g_autoptr (GByteArray) hello = tls_take_output (tls);
  g_assert_cmpint (hello->len, <, 1200);
  gboolean found = memmem (hello->data, hello->len, name, strlen (name)) != NULL;
  g_assert_cmpint (found, ==, !is_literal);
}

/* --- settings that can't be used --------------------------------------------------------- */

typedef struct {
  const char *title;
  const char *ca_file, *ca_dir, *fingerprint, *certificate, *key;
  ToukanError code;
  const char *says;
} BadRow;

static const BadRow bad_rows[] = {
  { "no CA file", "absent.pem", NULL, NULL, NULL, NULL, TOUKAN_ERROR_CONFIGURATION, "No such file" },
  { "CA file without certificates", "good.key", NULL, NULL, NULL, NULL, TOUKAN_ERROR_CONFIGURATION,
    "good.key" },
  { "no CA directory", NULL, "absent", NULL, NULL, NULL, TOUKAN_ERROR_CONFIGURATION, "does not exist" },
  { "short pin", "ca.pem", NULL, "00:11", NULL, NULL, TOUKAN_ERROR_CONFIGURATION, "SHA-256" },
  { "pin of other digits", "ca.pem", NULL, "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    NULL, NULL, TOUKAN_ERROR_CONFIGURATION, "SHA-256" },
  { "long pin", "ca.pem", NULL, "0000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", NULL,
    NULL, TOUKAN_ERROR_CONFIGURATION, "SHA-256" },
  { "no client certificate", "ca.pem", NULL, NULL, "absent.pem", NULL, TOUKAN_ERROR_CONFIGURATION,
    "No such file" },
  { "no client key", "ca.pem", NULL, NULL, "client.pem", "absent.key", TOUKAN_ERROR_CONFIGURATION,
    "No such file" },
  { "no key in the certificate's file", "ca.pem", NULL, NULL, "client.pem", NULL, TOUKAN_ERROR_CONFIGURATION,
    "client.pem" },
  { "another's key", "ca.pem", NULL, NULL, "client.pem", "good.key", TOUKAN_ERROR_CONFIGURATION,
    "key values mismatch" },
  { "locked key", "ca.pem", NULL, NULL, "good.pem", "locked.key", TOUKAN_ERROR_PERMISSION, "passphrase" },
};

static void
test_bad_settings (gconstpointer data)
{
  const BadRow *row = data;
  TlsClientSettings settings = { .name = HOST, .verify = TRUE, .fingerprint = row->fingerprint };
  settings.ca_file = row->ca_file ? test_file (row->ca_file) : NULL;
  settings.ca_dir = row->ca_dir ? test_file (row->ca_dir) : NULL;
  settings.client_certificate = row->certificate ? test_file (row->certificate) : NULL;
  settings.client_key = row->key ? test_file (row->key) : NULL;
  g_autoptr (GError) error = NULL;
  g_assert_null (tls_new_client (&settings, &error));
  g_assert_error (error, TOUKAN_ERROR, (int)row->code);
  g_assert_nonnull (strstr (error->message, row->says));
  g_assert_cmpint (ERR_peek_error (), ==, 0);
}

/* --- the table of tests ------------------------------------------------------------------ */

static void
add (const char *group, const char *title, gconstpointer row, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/tls/%s/%s", group, title);
  g_test_add_data_func (path, row, test);
}

static void
add_tables (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (client_rows); i++) {
    add ("client-1.3", client_rows[i].title, &client_rows[i], test_client_row);
    add ("client-1.2", client_rows[i].title, &client_rows[i], test_client_row_tls12);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (peer_rows); i++)
    add ("peer", peer_rows[i].title, &peer_rows[i], test_peer);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    add ("bad-settings", bad_rows[i].title, &bad_rows[i], test_bad_settings);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  make_certificates ();
  add_tables ();
  g_test_add_func ("/tls/client/refused-at-first-read", test_refused_at_first_read);
  g_test_add_func ("/tls/ticket-is-no-data", test_ticket_is_no_data);
  g_test_add_func ("/tls/data-and-close", test_data_and_close);
  g_test_add_func ("/tls/one-flight", test_one_flight);
  g_test_add_func ("/tls/corrupted-record", test_corrupted_record);
  g_test_add_func ("/tls/no-tls-there", test_no_tls_there);
  g_test_add_data_func ("/tls/sni/name", HOST, test_sni);
  g_test_add_data_func ("/tls/sni/literal", "192.0.2.1", test_sni);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

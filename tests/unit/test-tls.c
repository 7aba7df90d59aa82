/* TLS in memory: both sides of this program against each other, and against an OpenSSL
 * that is set up to be worse than ours would ever be. */
#include "net/tls.h"

#include "base/error.h"
#include "tests/lib/certificates.h"
#include "tests/lib/tap.h"

#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define HOST "smtp.example.com"

static char *folder, *good_pin, *expired_day;

static const char *
file (const char *name)
{
  static char paths[16][256];
  static int next;
  char *path = paths[next++ % 16];
  g_snprintf (path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* --- the certificates -------------------------------------------------------------- */

static void
write_certificate (const TestCertificate *authority, const char *name, TestCertificateSpec spec)
{
  spec.issuer = authority;
  g_autoptr (TestCertificate) certificate = test_certificate_new (&spec);
  test_certificate_write (certificate, folder, name);
  if (g_str_equal (name, "good"))
    good_pin = test_certificate_fingerprint (certificate);
  if (g_str_equal (name, "expired"))
    expired_day = test_certificate_last_day (certificate);
  if (g_str_equal (name, "good"))
    test_certificate_write_locked_key (certificate, folder, "locked", "secret");
}

static void
make_certificates (void)
{
  static const guint8 nul_name[] = HOST "\0.evil.example";
  folder = g_dir_make_tmp ("test-tls-XXXXXX", NULL);
  g_autoptr (TestCertificate) authority
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "Test CA", .is_authority = TRUE });
  g_autoptr (TestCertificate) other
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "Other CA", .is_authority = TRUE });
  test_certificate_write (authority, folder, "ca");
  test_certificate_write (other, folder, "other-ca");
  g_assert_cmpint (g_mkdir (file ("hashed"), 0700), ==, 0);
  g_assert_cmpint (g_mkdir (file ("empty"), 0700), ==, 0);
  test_certificate_write_hashed (authority, file ("hashed"));
  write_certificate (
      authority, "good",
      (TestCertificateSpec){ .common_name = "any", .names = "DNS:mail.example.com,DNS:" HOST });
  write_certificate (authority, "expired",
                     (TestCertificateSpec){ .names = "DNS:" HOST, .from_day = -30, .to_day = -2 });
  write_certificate (authority, "early",
                     (TestCertificateSpec){ .names = "DNS:" HOST, .from_day = 5, .to_day = 9 });
  write_certificate (authority, "wrong",
                     (TestCertificateSpec){ .names = "DNS:mail.example.org,IP:192.0.2.7" });
  write_certificate (
      authority, "many",
      (TestCertificateSpec){ .names = "DNS:a.test,DNS:b.test,DNS:c.test,DNS:d.test,DNS:e.test" });
  write_certificate (authority, "cn-only", (TestCertificateSpec){ .common_name = HOST });
  write_certificate (
      authority, "nul",
      (TestCertificateSpec){ .raw_dns_name = nul_name, .raw_dns_length = sizeof nul_name - 1 });
  write_certificate (authority, "wildcard", (TestCertificateSpec){ .names = "DNS:*.example.com" });
  write_certificate (authority, "partial", (TestCertificateSpec){ .names = "DNS:s*.example.com" });
  write_certificate (authority, "deep", (TestCertificateSpec){ .names = "DNS:*.com" });
  write_certificate (authority, "literal", (TestCertificateSpec){ .names = "IP:192.0.2.1,IP:2001:db8::1" });
  write_certificate (authority, "literal-dns", (TestCertificateSpec){ .names = "DNS:192.0.2.1" });
  write_certificate (NULL, "self-signed", (TestCertificateSpec){ .common_name = HOST, .names = "DNS:" HOST });
  write_certificate (other, "other", (TestCertificateSpec){ .names = "DNS:" HOST });
  write_certificate (authority, "client", (TestCertificateSpec){ .common_name = "user" });
  write_certificate (other, "stranger", (TestCertificateSpec){ .common_name = "stranger" });
}

/* --- pumping ------------------------------------------------------------------------ */

/* Moves what FROM has to say to TO, CHUNK octets at a time, letting TO act on each. */
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

typedef struct {
  Tls *client, *server;
  TlsStep client_step, server_step;
  GByteArray *client_data, *server_data;
} Pair;

static void
pair_run (Pair *pair, gsize chunk)
{
  gboolean moved;
  do {
    moved = pump (pair->client, pair->server, chunk, &pair->server_step, pair->server_data);
    moved = pump (pair->server, pair->client, chunk, &pair->client_step, pair->client_data) || moved;
  } while (moved);
}

static void
pair_start (Pair *pair, const TlsClientSettings *client, const TlsServerSettings *server, gsize chunk)
{
  g_autoptr (GError) error = NULL;
  *pair = (Pair){ .client = tls_new_client (client, &error), .server_step = TLS_STEP_MORE };
  g_assert_no_error (error);
  pair->server = tls_new_server (server, &error);
  g_assert_no_error (error);
  pair->client_data = g_byte_array_new ();
  pair->server_data = g_byte_array_new ();
  pair->client_step = tls_handshake (pair->client);
  g_assert_cmpint (pair->client_step, ==, TLS_STEP_MORE);
  pair_run (pair, chunk);
}

static void
pair_clear (Pair *pair)
{
  tls_free (pair->client);
  tls_free (pair->server);
  g_byte_array_unref (pair->client_data);
  g_byte_array_unref (pair->server_data);
  g_assert_cmpint (ERR_peek_error (), ==, 0);
}

/* --- verification, a row a certificate ---------------------------------------------- */

typedef enum { TRUST_FILE, TRUST_DIRECTORY, TRUST_NOBODY, TRUST_PIN, TRUST_OTHER_PIN } Trust;

typedef struct {
  const char *title;
  const char *certificate;
  const char *name;
  Trust trust;
  gboolean careless; /* verify = FALSE */
  gboolean verified;
  TlsStep end;
  const char *says; /* tls_detail() contains; "%expired" is a date */
} Row;

static const Row rows[] = {
  { "good", "good", HOST, TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "good, directory", "good", HOST, TRUST_DIRECTORY, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "good, name in capitals", "good", "SMTP.Example.COM", TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "good, root's dot", "good", HOST ".", TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "good, nobody trusted", "good", HOST, TRUST_NOBODY, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "\"CN=Test CA\" is not known here" },
  { "expired", "expired", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "the certificate has expired (on %expired)" },
  { "early", "early", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION, "not valid before" },
  { "wrong name", "wrong", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "the certificate is for mail.example.org, 192.0.2.7, not " HOST },
  { "many names", "many", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "for a.test, b.test, c.test, d.test, …, not" },
  { "common name only", "cn-only", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "a common name doesn't count" },
  { "NUL in the name", "nul", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "for " HOST "<U+0000>.evil.example, not" },
  { "wildcard", "wildcard", HOST, TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "wildcard, two levels", "wildcard", "a.smtp.example.com", TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "*.example.com" },
  { "partial wildcard", "partial", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION, "s*.example.com" },
  { "wildcard too high", "deep", "example.com", TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION, "*.com" },
  { "IPv4 literal", "literal", "192.0.2.1", TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "IPv6 literal", "literal", "2001:db8::1", TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "bracketed literal", "literal", "[2001:db8::1]", TRUST_FILE, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "other literal", "literal", "192.0.2.2", TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "for 192.0.2.1, 2001:db8::1, not 192.0.2.2" },
  { "literal as a DNS name", "literal-dns", "192.0.2.1", TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "192.0.2.1 (as a name), not 192.0.2.1" },
  { "name for a literal's certificate", "literal", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "not " HOST },
  { "self-signed", "self-signed", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION, "is self-signed" },
  { "other authority", "other", HOST, TRUST_FILE, FALSE, FALSE, TLS_STEP_VERIFICATION,
    "\"CN=Other CA\" is not known here" },
  { "pin", "good", "nothing.test", TRUST_PIN, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "pin without a name", "good", NULL, TRUST_PIN, FALSE, TRUE, TLS_STEP_OK, NULL },
  { "other pin", "good", HOST, TRUST_OTHER_PIN, FALSE, FALSE, TLS_STEP_VERIFICATION, "not the pinned one" },
  { "other pin, careless", "good", HOST, TRUST_OTHER_PIN, TRUE, FALSE, TLS_STEP_VERIFICATION,
    "not the pinned one" },
  { "careless, good", "good", HOST, TRUST_FILE, TRUE, TRUE, TLS_STEP_OK, NULL },
  { "careless, wrong name", "wrong", HOST, TRUST_FILE, TRUE, FALSE, TLS_STEP_OK, NULL },
  { "careless, self-signed", "self-signed", HOST, TRUST_FILE, TRUE, FALSE, TLS_STEP_OK, NULL },
};

static TlsClientSettings
client_of_row (const Row *row)
{
  TlsClientSettings settings = { .name = row->name, .verify = !row->careless };
  if (row->trust == TRUST_FILE)
    settings.ca_file = file ("ca.pem");
  else if (row->trust == TRUST_DIRECTORY)
    settings.ca_dir = file ("hashed");
  else
    settings.ca_dir = file ("empty");
  if (row->trust == TRUST_PIN)
    settings.fingerprint = good_pin;
  else if (row->trust == TRUST_OTHER_PIN)
    settings.fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  return settings;
}

static void
check_facts (const Row *row, const Pair *pair, gboolean tls12)
{
  const TlsFacts *facts = tls_facts (pair->client);
  g_assert_cmpint (facts->verified, ==, row->verified);
  g_assert_nonnull (facts->fingerprint);
  if (row->end != TLS_STEP_OK)
    return;
  g_assert_cmpstr (facts->version, ==, tls12 ? "TLSv1.2" : "TLSv1.3");
  g_assert_cmpstr (facts->group, ==, "x25519");
  g_assert_nonnull (facts->cipher);
  g_assert_nonnull (facts->peer_subject);
  g_assert_cmpint (facts->peer_not_after, >, g_get_real_time () / G_USEC_PER_SEC);
  g_assert_false (facts->certificate_asked);
  if (row->trust == TRUST_PIN)
    g_assert_cmpstr (facts->fingerprint, ==, good_pin);
  if (row->trust == TRUST_FILE && row->verified)
    g_assert_nonnull (facts->peer_name);
}

static void
check_row (const Row *row, gboolean tls12, gsize chunk)
{
  g_autofree char *key = g_strconcat (row->certificate, ".key", NULL);
  g_autofree char *pem = g_strconcat (row->certificate, ".pem", NULL);
  TlsServerSettings server = { .certificate = file (pem), .key = file (key), .tls12_only = tls12 };
  TlsClientSettings client = client_of_row (row);
  Pair pair;
  pair_start (&pair, &client, &server, chunk);
  g_test_message ("%s", tls_detail (pair.client) ? tls_detail (pair.client) : "fine");
  g_assert_cmpint (pair.client_step, ==, row->end);
  /* The server hears of it, by an alert. */
  g_assert_cmpint (pair.server_step, ==, row->end == TLS_STEP_OK ? TLS_STEP_OK : TLS_STEP_CERTIFICATE);
  if (row->says) {
    g_auto (GStrv) parts = g_strsplit (row->says, "%expired", 2);
    g_autofree char *wanted = g_strjoinv (expired_day, parts);
    g_assert_nonnull (strstr (tls_detail (pair.client), wanted));
  }
  check_facts (row, &pair, tls12);
  pair_clear (&pair);
}

static void
test_row (gconstpointer data)
{
  check_row (data, FALSE, G_MAXUINT16);
}

static void
test_row_by_octets (gconstpointer data)
{
  check_row (data, FALSE, 1);
}

static void
test_row_tls12 (gconstpointer data)
{
  check_row (data, TRUE, G_MAXUINT16);
}

static void
test_row_tls12_by_octets (gconstpointer data)
{
  check_row (data, TRUE, 1);
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
  TlsServerSettings server = { .certificate = file ("good.pem"),
                               .key = file ("good.key"),
                               .tls12_only = tls12,
                               .client_ca_file = row->asked ? file ("ca.pem") : NULL,
                               .client_required = row->required };
  TlsClientSettings client = { .name = HOST, .ca_file = file ("ca.pem"), .verify = TRUE };
  g_autofree char *pem = g_strdup_printf ("%s.pem", row->certificate);
  g_autofree char *key = g_strdup_printf ("%s.key", row->certificate);
  if (row->certificate) {
    client.client_certificate = file (pem);
    client.client_key = file (key);
  }
  Pair pair;
  pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, row->end);
  if (row->says)
    g_assert_nonnull (strstr (tls_detail (pair.client), row->says));
  gboolean shown = row->asked && row->certificate;
  if (row->end == TLS_STEP_OK) {
    g_assert_cmpint (tls_facts (pair.client)->certificate_asked, ==, shown);
    g_assert_cmpint (tls_facts (pair.server)->verified, ==, shown);
    g_assert_cmpstr (tls_facts (pair.server)->peer_subject, ==, shown ? "CN=user" : NULL);
  }
  pair_clear (&pair);
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
  TlsServerSettings server
      = { .certificate = file ("good.pem"), .key = file ("good.key"), .client_ca_file = file ("ca.pem") };
  TlsClientSettings client = { .name = HOST,
                               .ca_file = file ("ca.pem"),
                               .verify = TRUE,
                               .client_certificate = file ("stranger.pem"),
                               .client_key = file ("stranger.key") };
  g_autoptr (Tls) ours = tls_new_client (&client, NULL);
  g_autoptr (Tls) theirs = tls_new_server (&server, NULL);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  TlsStep their_step = TLS_STEP_MORE;
  g_assert_cmpint (tls_handshake (ours), ==, TLS_STEP_MORE);
  pump (ours, theirs, G_MAXUINT16, &their_step, data);
  g_autoptr (GByteArray) flight = tls_take_output (theirs);
  tls_feed (ours, flight->data, flight->len);
  g_assert_cmpint (tls_handshake (ours), ==, TLS_STEP_OK);
  g_assert_cmpint (tls_read (ours, data), ==, TLS_STEP_MORE);
  pump (ours, theirs, G_MAXUINT16, &their_step, data);
  g_assert_cmpint (their_step, ==, TLS_STEP_VERIFICATION);
  g_autoptr (GByteArray) alert = tls_take_output (theirs);
  tls_feed (ours, alert->data, alert->len);
  g_assert_cmpint (tls_read (ours, data), ==, TLS_STEP_CERTIFICATE);
  g_assert_cmpint (tls_read (ours, data), ==, TLS_STEP_CERTIFICATE);
  g_assert_cmpint (data->len, ==, 0);
}

/* --- what isn't data, and what is ------------------------------------------------------- */

static void
start_good (Pair *pair, gboolean tls12)
{
  TlsServerSettings server
      = { .certificate = file ("good.pem"), .key = file ("good.key"), .tls12_only = tls12 };
  TlsClientSettings client = { .name = HOST, .ca_file = file ("ca.pem"), .verify = TRUE };
  pair_start (pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair->client_step, ==, TLS_STEP_OK);
}

/* The server's tickets have come by now: pair_run() fed them. */
static void
test_ticket_is_no_data (void)
{
  Pair pair;
  start_good (&pair, FALSE);
  g_assert_cmpint (pair.client_data->len, ==, 0);
  g_assert_cmpint (tls_read (pair.client, pair.client_data), ==, TLS_STEP_MORE);
  pair_clear (&pair);
}

static void
test_data_and_close (void)
{
  Pair pair;
  start_good (&pair, FALSE);
  g_autofree guint8 *octets = g_malloc (100000);
  for (guint i = 0; i < 100000; i++)
    octets[i] = (guint8)(i * 7 + i / 256);
  g_assert_cmpint (tls_write (pair.client, octets, 100000), ==, TLS_STEP_OK);
  g_assert_cmpint (tls_write (pair.server, octets, 17), ==, TLS_STEP_OK);
  g_assert_cmpint (tls_write (pair.server, octets, 0), ==, TLS_STEP_OK);
  tls_shutdown (pair.client);
  tls_shutdown (pair.client);
  pair_run (&pair, 1000);
  g_assert_cmpmem (pair.server_data->data, pair.server_data->len, octets, 100000);
  g_assert_cmpmem (pair.client_data->data, pair.client_data->len, octets, 17);
  g_assert_cmpint (pair.server_step, ==, TLS_STEP_CLOSED);
  g_assert_null (tls_take_output (pair.client));
  pair_clear (&pair);
}

/* Finished and the first command leave together. */
static void
test_one_flight (void)
{
  TlsServerSettings server = { .certificate = file ("good.pem"), .key = file ("good.key") };
  TlsClientSettings client = { .name = HOST, .ca_file = file ("ca.pem"), .verify = TRUE };
  Pair pair = { .client = tls_new_client (&client, NULL),
                .server = tls_new_server (&server, NULL),
                .client_data = g_byte_array_new (),
                .server_data = g_byte_array_new () };
  pair.client_step = tls_handshake (pair.client);
  pair.server_step = TLS_STEP_MORE;
  pump (pair.client, pair.server, G_MAXUINT16, &pair.server_step, pair.server_data);
  pump (pair.server, pair.client, G_MAXUINT16, &pair.client_step, pair.client_data);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_OK);
  tls_write (pair.client, (const guint8 *)"EHLO\r\n", 6);
  pump (pair.client, pair.server, G_MAXUINT16, &pair.server_step, pair.server_data);
  g_assert_cmpint (pair.server_step, ==, TLS_STEP_OK);
  g_assert_cmpmem (pair.server_data->data, pair.server_data->len, "EHLO\r\n", 6);
  pair_clear (&pair);
}

static void
test_corrupted_record (void)
{
  Pair pair;
  start_good (&pair, FALSE);
  tls_write (pair.server, (const guint8 *)"250 fine\r\n", 10);
  g_autoptr (GByteArray) record = tls_take_output (pair.server);
  record->data[record->len - 1] ^= 1;
  tls_feed (pair.client, record->data, record->len);
  g_assert_cmpint (tls_read (pair.client, pair.client_data), ==, TLS_STEP_HANDSHAKE);
  g_assert_cmpint (pair.client_data->len, ==, 0);
  g_assert_nonnull (strstr (tls_detail (pair.client), "bad record mac"));
  g_assert_cmpint (tls_write (pair.client, (const guint8 *)"x", 1), ==, TLS_STEP_HANDSHAKE);
  pair_clear (&pair);
}

static void
test_no_tls_there (void)
{
  TlsClientSettings client = { .name = HOST, .ca_file = file ("ca.pem"), .verify = TRUE };
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
  SSL_CTX_use_certificate_chain_file (context, file ("good.pem"));
  SSL_CTX_use_PrivateKey_file (context, file ("good.key"), SSL_FILETYPE_PEM);
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
  TlsClientSettings client = { .name = HOST, .ca_file = file ("ca.pem"), .verify = TRUE };
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
  TlsClientSettings client = { .name = name, .ca_file = file ("ca.pem"), .verify = TRUE };
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
  settings.ca_file = row->ca_file ? file (row->ca_file) : NULL;
  settings.ca_dir = row->ca_dir ? file (row->ca_dir) : NULL;
  settings.client_certificate = row->certificate ? file (row->certificate) : NULL;
  settings.client_key = row->key ? file (row->key) : NULL;
  g_autoptr (GError) error = NULL;
  g_assert_null (tls_new_client (&settings, &error));
  g_assert_error (error, TOUKAN_ERROR, (int)row->code);
  g_assert_nonnull (strstr (error->message, row->says));
  g_assert_cmpint (ERR_peek_error (), ==, 0);
}

/* With no option at all the chain is verified, against a directory and never a bundle. */
static void
test_system_trust (void)
{
  TlsServerSettings server = { .certificate = file ("good.pem"), .key = file ("good.key") };
  TlsClientSettings client = { .name = HOST, .verify = TRUE };
  Pair pair;
  g_setenv ("SSL_CERT_DIR", file ("empty"), TRUE);
  pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_VERIFICATION);
  pair_clear (&pair);
  g_setenv ("SSL_CERT_DIR", file ("hashed"), TRUE);
  pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_OK);
  pair_clear (&pair);
  g_unsetenv ("SSL_CERT_DIR");
  pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_VERIFICATION);
  pair_clear (&pair);
}

/* --- the table of tests ------------------------------------------------------------------ */

static void
add (const char *group, const char *title, gconstpointer row, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/tls/%s/%s", group, title);
  g_test_add_data_func (path, row, test);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries)) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    if (g_file_test (inner, G_FILE_TEST_IS_DIR))
      remove_folder (inner);
    else
      g_unlink (inner);
  }
  g_rmdir (path);
}

static void
add_tables (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    add ("verify-1.3", rows[i].title, &rows[i], test_row);
    add ("verify-1.3-by-octets", rows[i].title, &rows[i], test_row_by_octets);
    add ("verify-1.2", rows[i].title, &rows[i], test_row_tls12);
    add ("verify-1.2-by-octets", rows[i].title, &rows[i], test_row_tls12_by_octets);
  }
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
  g_test_add_func ("/tls/system-trust", test_system_trust);
  int result = g_test_run ();
  remove_folder (folder);
  g_free (folder);
  g_free (good_pin);
  g_free (expired_day);
  return result;
}

/* Whether the peer is who it should be: a row a certificate, in both versions, whole and by octets. */
#include "net/tls.h"

#include "tests/lib/certificates.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/lib/tls-pair.h"

#include <glib/gstdio.h>

#define HOST "smtp.example.com"

static char *good_pin, *expired_day;

/* --- the certificates -------------------------------------------------------------- */

static void
write_certificate (const TestCertificate *authority, const char *name, TestCertificateSpec spec)
{
  spec.issuer = authority;
  g_autoptr (TestCertificate) certificate = test_certificate_new (&spec);
  test_certificate_write (certificate, test_folder (), name);
  if (g_str_equal (name, "good"))
    good_pin = test_certificate_fingerprint (certificate);
  if (g_str_equal (name, "expired"))
    expired_day = test_certificate_last_day (certificate);
}

static void
make_certificates (void)
{
  static const guint8 nul_name[] = HOST "\0.evil.example";
  test_folder_make ();
  g_autoptr (TestCertificate) authority
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "Test CA", .is_authority = TRUE });
  g_autoptr (TestCertificate) other
      = test_certificate_new (&(TestCertificateSpec){ .common_name = "Other CA", .is_authority = TRUE });
  test_certificate_write (authority, test_folder (), "ca");
  g_assert_cmpint (g_mkdir (test_file ("hashed"), 0700), ==, 0);
  g_assert_cmpint (g_mkdir (test_file ("empty"), 0700), ==, 0);
  test_certificate_write_hashed (authority, test_file ("hashed"));
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
    settings.ca_file = test_file ("ca.pem");
  else if (row->trust == TRUST_DIRECTORY)
    settings.ca_dir = test_file ("hashed");
  else
    settings.ca_dir = test_file ("empty");
  if (row->trust == TRUST_PIN)
    settings.fingerprint = good_pin;
  else if (row->trust == TRUST_OTHER_PIN)
    settings.fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  return settings;
}

static void
check_facts (const Row *row, const TlsPair *pair, gboolean tls12)
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
  TlsServerSettings server = { .certificate = test_file (pem), .key = test_file (key), .tls12_only = tls12 };
  TlsClientSettings client = client_of_row (row);
  TlsPair pair;
  tls_pair_start (&pair, &client, &server, chunk);
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
  tls_pair_clear (&pair);
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

/* With no option at all the chain is verified, against a directory and never a bundle. */
static void
test_system_trust (void)
{
  TlsServerSettings server = { .certificate = test_file ("good.pem"), .key = test_file ("good.key") };
  TlsClientSettings client = { .name = HOST, .verify = TRUE };
  TlsPair pair;
  g_setenv ("SSL_CERT_DIR", test_file ("empty"), TRUE);
  tls_pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_VERIFICATION);
  tls_pair_clear (&pair);
  g_setenv ("SSL_CERT_DIR", test_file ("hashed"), TRUE);
  tls_pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_OK);
  tls_pair_clear (&pair);
  g_unsetenv ("SSL_CERT_DIR");
  tls_pair_start (&pair, &client, &server, G_MAXUINT16);
  g_assert_cmpint (pair.client_step, ==, TLS_STEP_VERIFICATION);
  tls_pair_clear (&pair);
}

static void
add (const char *group, const Row *row, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/tls-verify/%s/%s", group, row->title);
  g_test_add_data_func (path, row, test);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  make_certificates ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    add ("1.3", &rows[i], test_row);
    add ("1.3-by-octets", &rows[i], test_row_by_octets);
    add ("1.2", &rows[i], test_row_tls12);
    add ("1.2-by-octets", &rows[i], test_row_tls12_by_octets);
  }
  g_test_add_func ("/tls-verify/system-trust", test_system_trust);
  int result = g_test_run ();
  test_folder_remove ();
  g_free (good_pin);
  g_free (expired_day);
  return result;
}

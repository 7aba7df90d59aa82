/* Throw-away certificates: P-256 keys, since making RSA ones would take most of a test's time. */
#include "tests/lib/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <time.h>

struct TestCertificate {
  X509 *x509;
  EVP_PKEY *key;
};

static void
add_extension (X509 *x509, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509V3_set_ctx (&context, issuer, x509, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_add_ext (x509, extension, -1);
  X509_EXTENSION_free (extension);
}

static void
add_raw_name (X509 *x509, const guint8 *octets, gsize length)
{
  GENERAL_NAMES *names = GENERAL_NAMES_new ();
  GENERAL_NAME *name = GENERAL_NAME_new ();
  ASN1_IA5STRING *text = ASN1_IA5STRING_new ();
  ASN1_STRING_set (text, octets, (int)length);
  GENERAL_NAME_set0_value (name, GEN_DNS, text);
  sk_GENERAL_NAME_push (names, name);
  X509_add1_ext_i2d (x509, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
  GENERAL_NAMES_free (names);
}

static void
set_identity (X509 *x509, const TestCertificateSpec *spec)
{
  guint8 serial[8];
  g_assert_cmpint (RAND_bytes (serial, sizeof serial), ==, 1);
  BIGNUM *number = BN_bin2bn (serial, sizeof serial, NULL);
  BN_to_ASN1_INTEGER (number, X509_get_serialNumber (x509));
  BN_free (number);
  if (spec->common_name)
    X509_NAME_add_entry_by_txt (X509_get_subject_name (x509), "CN", MBSTRING_UTF8,
                                (const guint8 *)spec->common_name, -1, -1, 0);
  gboolean is_default = spec->from_day == 0 && spec->to_day == 0;
  time_t now = time (NULL);
  X509_time_adj_ex (X509_getm_notBefore (x509), is_default ? -1 : spec->from_day, 0, &now);
  X509_time_adj_ex (X509_getm_notAfter (x509), is_default ? 30 : spec->to_day, 0, &now);
}

TestCertificate *
test_certificate_new (const TestCertificateSpec *spec)
{
  TestCertificate *certificate = g_new0 (TestCertificate, 1);
  certificate->key = EVP_EC_gen ("P-256");
  certificate->x509 = X509_new ();
  X509 *x509 = certificate->x509;
  X509 *issuer = spec->issuer ? spec->issuer->x509 : x509;
  X509_set_version (x509, X509_VERSION_3);
  X509_set_pubkey (x509, certificate->key);
  set_identity (x509, spec);
  X509_set_issuer_name (x509, X509_get_subject_name (issuer));
  add_extension (x509, issuer, NID_basic_constraints,
                 spec->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension (x509, issuer, NID_subject_key_identifier, "hash");
  if (spec->names)
    add_extension (x509, issuer, NID_subject_alt_name, spec->names);
  if (spec->raw_dns_name)
    add_raw_name (x509, spec->raw_dns_name, spec->raw_dns_length);
  EVP_PKEY *signer = spec->issuer ? spec->issuer->key : certificate->key;
  g_assert_cmpint (X509_sign (x509, signer, EVP_sha256 ()), >, 0);
  return certificate;
}

void
test_certificate_free (TestCertificate *certificate)
{
  if (!certificate)
    return;
  X509_free (certificate->x509);
  EVP_PKEY_free (certificate->key);
  g_free (certificate);
}

static FILE *
open_file (const char *folder, const char *name, const char *suffix)
{
  g_autofree char *path = g_strdup_printf ("%s/%s%s", folder, name, suffix);
  FILE *file = fopen (path, "w");
  g_assert_nonnull (file);
  return file;
}

void
test_certificate_write (const TestCertificate *certificate, const char *folder, const char *name)
{
  FILE *file = open_file (folder, name, ".pem");
  g_assert_cmpint (PEM_write_X509 (file, certificate->x509), ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
  file = open_file (folder, name, ".key");
  g_assert_cmpint (PEM_write_PrivateKey (file, certificate->key, NULL, NULL, 0, NULL, NULL), ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
}

void
test_certificate_write_locked_key (const TestCertificate *certificate, const char *folder, const char *name,
                                   const char *passphrase)
{
  FILE *file = open_file (folder, name, ".key");
  g_assert_cmpint (
      PEM_write_PrivateKey (file, certificate->key, EVP_aes_128_cbc (), NULL, 0, NULL, (void *)passphrase),
      ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
}

void
test_certificate_write_hashed (const TestCertificate *certificate, const char *folder)
{
  g_autofree char *name = g_strdup_printf ("%08lx", X509_subject_name_hash (certificate->x509));
  FILE *file = open_file (folder, name, ".0");
  g_assert_cmpint (PEM_write_X509 (file, certificate->x509), ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
}

char *
test_certificate_fingerprint (const TestCertificate *certificate)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  g_assert_cmpint (X509_digest (certificate->x509, EVP_sha256 (), digest, &length), ==, 1);
  GString *text = g_string_new (NULL);
  for (unsigned i = 0; i < length; i++)
    g_string_append_printf (text, "%s%02X", i > 0 ? ":" : "", digest[i]);
  return g_string_free (text, FALSE);
}

char *
test_certificate_last_day (const TestCertificate *certificate)
{
  struct tm parts;
  g_assert_cmpint (ASN1_TIME_to_tm (X509_get0_notAfter (certificate->x509), &parts), ==, 1);
  return g_strdup_printf ("%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

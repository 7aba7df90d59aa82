/* Throw-away certificates for tests, good and bad ones, made with OpenSSL. */
#pragma once

#include <glib.h>

typedef struct TestCertificate TestCertificate;

typedef struct {
  const char            *common_name;  /* NULL: an empty subject */
  const char            *names;        /* as in openssl.cnf: "DNS:a.example,IP:192.0.2.1"; NULL: none */
  const guint8          *raw_dns_name; /* one more DNS name, as it is: NUL may be among it */
  gsize                  raw_dns_length;
  gboolean               is_authority;
  int                    from_day, to_day; /* validity, in days from now; both 0: -1 to 30 */
  const TestCertificate *issuer;       /* NULL: self-signed */
} TestCertificateSpec;

/* Never fails. */
TestCertificate *test_certificate_new  (const TestCertificateSpec *spec);
void             test_certificate_free (TestCertificate *certificate);

/* PEM files FOLDER/NAME.pem and FOLDER/NAME.key. */
void  test_certificate_write (const TestCertificate *certificate, const char *folder, const char *name);
/* The key once more, locked by a passphrase: FOLDER/NAME.key. */
void  test_certificate_write_locked_key (const TestCertificate *certificate, const char *folder,
                                         const char *name, const char *passphrase);
/* As an entry of a directory that OpenSSL looks up by hash. */
void  test_certificate_write_hashed (const TestCertificate *certificate, const char *folder);
/* SHA-256, hex with colons. Free with g_free(). */
char *test_certificate_fingerprint (const TestCertificate *certificate);
/* ISO 8601 date of the end of its validity. Free with g_free(). */
char *test_certificate_last_day (const TestCertificate *certificate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCertificate, test_certificate_free)

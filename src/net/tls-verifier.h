/* Private to the net room: whether the peer is who it should be, and if not, why not,
 * in words that say what to mend. */
#pragma once

#include "core/path.h"
#include "net/tls.h"
#include "net/openssl.h"

typedef struct {
  char     *name;       /* to verify; NULL: any (a server's clients) */
  gboolean  is_literal; /* NAME is ADDRESS */
  IpAddress address;
  gboolean  pinned;
  guint8    pin[32];
  X509     *leaf;       /* what the peer showed, accepted or not; NULL: nothing */
  char     *complaint;  /* why it was not accepted; NULL: it was, or was not asked */
} TlsVerifier;

/* FALSE with TOUKAN_ERROR_CONFIGURATION when the pin is none. */
gboolean tls_verifier_init (TlsVerifier *verifier, const char *name, const char *fingerprint, GError **error);
void     tls_verifier_clear (TlsVerifier *verifier);

/* From here on SSL asks VERIFIER (which outlives it). Refuses what doesn't verify only if
 * ENFORCE; otherwise SSL_get_verify_result() remembers. */
void tls_verifier_attach (TlsVerifier *verifier, SSL_CTX *context, SSL *ssl, gboolean enforce);

/* --- what a certificate says ------------------------------------------- */

/* RFC 4514 form, made safe to show. Free with g_free(). */
char  *certificate_name_text (const X509_NAME *name);
/* SHA-256 as `openssl x509 -fingerprint` writes it. Free with g_free(). */
char  *certificate_fingerprint (const X509 *certificate);
gint64 certificate_time (const ASN1_TIME *time); /* seconds since 1970 */

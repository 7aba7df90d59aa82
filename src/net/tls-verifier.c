/* Verifying the peer. OpenSSL builds and checks the chain; this file says what it has to
 * check (a name among the certificate's alternative names, an address, or a pin) and
 * turns its error numbers into sentences.
 *
 * A pin replaces the chain's check as a whole: the account's owner has said "this very
 * certificate", so its date, its names and its issuer decide nothing any more. */
#include "net/tls-verifier.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>
#include <time.h>

#define NAMES_SHOWN 4

/* A certificate may hold 100 KB of name; nobody reads that. */
#define NAME_LENGTH_SHOWN 255

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GENERAL_NAMES, GENERAL_NAMES_free)

/* --- what a certificate says --------------------------------------------- */

char *
certificate_name_text (const X509_NAME *name)
{
  g_autoptr (BIO) text = BIO_new (BIO_s_mem ());
  X509_NAME_print_ex (text, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  const char *octets = NULL;
  long length = BIO_get_mem_data (text, &octets);
  return visible_text (octets ? octets : "", CLAMP (length, 0, NAME_LENGTH_SHOWN));
}

char *
certificate_fingerprint (const X509 *certificate)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest (certificate, EVP_sha256 (), digest, &length) != 1)
    return NULL;
  GString *text = g_string_sized_new ((gsize)3 * length);
  for (unsigned i = 0; i < length; i++)
    g_string_append_printf (text, "%s%02X", i > 0 ? ":" : "", digest[i]);
  return g_string_free (text, FALSE);
}

gint64
certificate_time (const ASN1_TIME *when)
{
  struct tm parts;
  return ASN1_TIME_to_tm (when, &parts) == 1 ? (gint64)timegm (&parts) : 0;
}

static char *
day_of (const ASN1_TIME *when)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_utc (certificate_time (when));
  return moment ? g_date_time_format (moment, "%F") : g_strdup ("?");
}

static char *
address_text (const ASN1_OCTET_STRING *octets)
{
  int length = ASN1_STRING_length (octets);
  if (length != 4 && length != 16)
    return NULL;
  IpAddress address = { .family = length == 16 ? FAMILY_IPV6 : FAMILY_IPV4 };
  memcpy (address.octets, ASN1_STRING_get0_data (octets), (gsize)length);
  return ip_address_to_string (&address);
}

static char *
dns_name_text (const ASN1_IA5STRING *octets)
{
  int length = MIN (ASN1_STRING_length (octets), NAME_LENGTH_SHOWN);
  char *text = visible_text ((const char *)ASN1_STRING_get0_data (octets), length);
  IpAddress address;
  if (!ip_address_parse (text, &address))
    return text;
  char *marked = g_strdup_printf ("%s (as a name)", text); /* which doesn't count for an address */
  g_free (text);
  return marked;
}

/* NULL: a name that a host can't have. */
static char *
alternative_name_text (const GENERAL_NAME *name)
{
  if (name->type == GEN_DNS)
    return dns_name_text (name->d.dNSName);
  return name->type == GEN_IPADD ? address_text (name->d.iPAddress) : NULL;
}

/* "mail.example.org, mx.example.org"; NULL: it names no host. */
static char *
alternative_names (const X509 *certificate)
{
  g_autoptr (GENERAL_NAMES) names = X509_get_ext_d2i (certificate, NID_subject_alt_name, NULL, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  int n_shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num (names) && n_shown <= NAMES_SHOWN; i++) {
    g_autofree char *name = alternative_name_text (sk_GENERAL_NAME_value (names, i));
    if (!name)
      continue;
    g_string_append_printf (text, "%s%s", n_shown > 0 ? ", " : "", n_shown < NAMES_SHOWN ? name : "…");
    n_shown++;
  }
  return n_shown > 0 ? g_strdup (text->str) : NULL;
}

/* --- complaints ------------------------------------------------------------ */

typedef char *(*Complain) (const TlsVerifier *verifier, X509 *certificate, const char *which);

static char *
complain_expired (const TlsVerifier *verifier, X509 *certificate, const char *which)
{
  g_autofree char *day = day_of (X509_get0_notAfter (certificate));
  return g_strdup_printf ("%s has expired (on %s)", which, day);
}

static char *
complain_early (const TlsVerifier *verifier, X509 *certificate, const char *which)
{
  g_autofree char *day = day_of (X509_get0_notBefore (certificate));
  return g_strdup_printf ("%s is not valid before %s; is this machine's clock right?", which, day);
}

static char *
complain_self_signed (const TlsVerifier *verifier, X509 *certificate, const char *which)
{
  return g_strdup_printf ("%s is self-signed and not among the trusted ones", which);
}

static char *
complain_authority (const TlsVerifier *verifier, X509 *certificate, const char *which)
{
  g_autofree char *issuer = certificate_name_text (X509_get_issuer_name (certificate));
  return g_strdup_printf ("no trusted authority vouches for the certificate: \"%s\" is not known here",
                          issuer);
}

static char *
complain_name (const TlsVerifier *verifier, X509 *certificate, const char *which)
{
  g_autofree char *names = alternative_names (certificate);
  if (names)
    return g_strdup_printf ("the certificate is for %s, not %s", names, verifier->name);
  return g_strdup_printf ("the certificate names no host (a common name doesn't count), so it isn't for %s",
                          verifier->name);
}

static const struct {
  int error;
  Complain complain;
} complaints[] = {
  { X509_V_ERR_CERT_HAS_EXPIRED, complain_expired },
  { X509_V_ERR_CERT_NOT_YET_VALID, complain_early },
  { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, complain_self_signed },
  { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, complain_authority },
  { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, complain_authority },
  { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, complain_authority },
  { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, complain_authority },
  { X509_V_ERR_HOSTNAME_MISMATCH, complain_name },
  { X509_V_ERR_IP_ADDRESS_MISMATCH, complain_name },
};

static char *
complaint_about (const TlsVerifier *verifier, X509_STORE_CTX *chain)
{
  int error = X509_STORE_CTX_get_error (chain);
  X509 *certificate = X509_STORE_CTX_get_current_cert (chain);
  g_autofree char *which = NULL;
  if (certificate && X509_STORE_CTX_get_error_depth (chain) > 0) {
    g_autofree char *subject = certificate_name_text (X509_get_subject_name (certificate));
    which = g_strdup_printf ("the authority's certificate \"%s\"", subject);
  }
  for (gsize i = 0; certificate && i < G_N_ELEMENTS (complaints); i++)
    if (complaints[i].error == error)
      return complaints[i].complain (verifier, certificate, which ? which : "the certificate");
  return g_strdup_printf ("%s doesn't verify: %s", which ? which : "the certificate",
                          X509_verify_cert_error_string (error));
}

/* --- being asked ------------------------------------------------------------ */

static void
note_leaf (TlsVerifier *verifier, X509 *leaf)
{
  if (verifier->leaf || !leaf)
    return;
  X509_up_ref (leaf);
  verifier->leaf = leaf;
}

static int
on_chain_checked (int fine, X509_STORE_CTX *chain)
{
  SSL *ssl = X509_STORE_CTX_get_ex_data (chain, SSL_get_ex_data_X509_STORE_CTX_idx ());
  TlsVerifier *verifier = SSL_get_app_data (ssl);
  note_leaf (verifier, X509_STORE_CTX_get0_cert (chain));
  if (!fine && !verifier->complaint)
    verifier->complaint = complaint_about (verifier, chain);
  return fine;
}

static int
on_pin_checked (X509_STORE_CTX *chain, void *data)
{
  TlsVerifier *verifier = data;
  X509 *leaf = X509_STORE_CTX_get0_cert (chain);
  note_leaf (verifier, leaf);
  guint8 digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  gboolean same = leaf && X509_digest (leaf, EVP_sha256 (), digest, &length) == 1
                  && length == sizeof verifier->pin && memcmp (digest, verifier->pin, length) == 0;
  X509_STORE_CTX_set_error (chain, same ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  if (!same && !verifier->complaint) {
    g_autofree char *shown = leaf ? certificate_fingerprint (leaf) : NULL;
    verifier->complaint = g_strdup_printf ("the certificate is not the pinned one; its fingerprint is %s",
                                           shown ? shown : "unknown");
  }
  return same;
}

static gboolean
parse_pin (const char *text, guint8 pin[32])
{
  gsize n_digits = 0;
  for (; *text; text++) {
    int digit = g_ascii_xdigit_value (*text);
    if (*text == ':' && n_digits % 2 == 0)
      continue;
    if (digit < 0 || n_digits == 64)
      return FALSE;
    pin[n_digits / 2] = (guint8)(pin[n_digits / 2] << 4 | digit);
    n_digits++;
  }
  return n_digits == 64;
}

gboolean
tls_verifier_init (TlsVerifier *verifier, const char *name, const char *fingerprint, GError **error)
{
  *verifier = (TlsVerifier){ .name = g_strdup (name), .pinned = fingerprint != NULL };
  if (name)
    verifier->is_literal = ip_address_parse (name, &verifier->address);
  gsize length = name ? strlen (name) : 0;
  /* The root's dot belongs to DNS; certificates don't carry it. */
  if (!verifier->is_literal && length > 1 && name[length - 1] == '.')
    verifier->name[length - 1] = '\0';
  if (!fingerprint || parse_pin (fingerprint, verifier->pin))
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
               _ ("The TLS fingerprint must be a SHA-256, 64 hexadecimal digits: \"%s\" is none"),
               fingerprint);
  return FALSE;
}

void
tls_verifier_clear (TlsVerifier *verifier)
{
  g_clear_pointer (&verifier->name, g_free);
  g_clear_pointer (&verifier->leaf, X509_free);
  g_clear_pointer (&verifier->complaint, g_free);
}

static void
expect_name (const TlsVerifier *verifier, SSL *ssl)
{
  X509_VERIFY_PARAM *wanted = SSL_get0_param (ssl);
  if (verifier->is_literal) {
    gsize length = verifier->address.family == FAMILY_IPV6 ? 16 : 4;
    X509_VERIFY_PARAM_set1_ip (wanted, verifier->address.octets, length);
    return;
  }
  /* OpenSSL takes an empty name for "any". */
  g_assert (*verifier->name);
  /* Without the first flag a certificate that has only a common name would pass. */
  SSL_set_hostflags (ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  int taken = SSL_set1_host (ssl, verifier->name);
  g_assert (taken == 1);
}

void
tls_verifier_attach (TlsVerifier *verifier, SSL_CTX *context, SSL *ssl, gboolean enforce)
{
  SSL_set_app_data (ssl, verifier);
  SSL_set_verify (ssl, enforce ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, on_chain_checked);
  if (verifier->pinned)
    SSL_CTX_set_cert_verify_callback (context, on_pin_checked, verifier);
  if (verifier->name)
    expect_name (verifier, ssl);
}

/* TLS over memory. OpenSSL reads from one memory BIO what the caller fed and writes into
 * another what the caller takes, so that nothing here ever waits, a flight leaves in one
 * write, and the whole handshake runs in a test without a socket.
 *
 * After a failure the connection stays failed: every further step says the same. */
#include "net/tls.h"

#include "base/error.h"
#include "net/tls-context.h"
#include "net/tls-verifier.h"

#include <string.h>

/* The most that one record holds in the clear (RFC 8446, section 5.1). */
#define RECORD_SIZE 16384

/* RFC 9266, section 2. */
#define BINDING_LABEL "EXPORTER-Channel-Binding"
#define BINDING_LENGTH 32

struct Tls {
  SSL *ssl;
  BIO *input, *output; /* owned by ssl */
  TlsVerifier verifier;
  gboolean is_client;
  gboolean has_certificate;   /* we have one to show */
  gboolean certificate_asked; /* the server wanted one */
  gboolean established;
  TlsStep failed; /* TLS_STEP_OK: not so far */
  char *detail;
  TlsFacts facts;
  char *subject, *issuer; /* of facts */
};

/* --- making ----------------------------------------------------------------- */

static int
on_certificate_asked (SSL *ssl, void *data)
{
  ((Tls *)data)->certificate_asked = TRUE;
  return 1;
}

static void
connect_memory (Tls *tls, SSL_CTX *context)
{
  tls->ssl = SSL_new (context);
  tls->input = BIO_new (BIO_s_mem ());
  tls->output = BIO_new (BIO_s_mem ());
  if (!tls->ssl || !tls->input || !tls->output)
    g_error ("out of memory for TLS");
  SSL_set_bio (tls->ssl, tls->input, tls->output);
}

Tls *
tls_new_client (const TlsClientSettings *settings, GError **error)
{
  g_assert (settings->name || settings->fingerprint || !settings->verify);
  g_autoptr (Tls) tls = g_new0 (Tls, 1);
  if (!tls_verifier_init (&tls->verifier, settings->name, settings->fingerprint, error))
    return NULL;
  g_autoptr (SSL_CTX) context = tls_context_new_client (settings, error);
  if (!context)
    return NULL;
  connect_memory (tls, context);
  tls->is_client = TRUE;
  tls->has_certificate = settings->client_certificate != NULL;
  SSL_set_cert_cb (tls->ssl, on_certificate_asked, tls);
  tls_verifier_attach (&tls->verifier, context, tls->ssl, settings->verify || settings->fingerprint);
  if (tls->verifier.name && !tls->verifier.is_literal)
    SSL_set_tlsext_host_name (tls->ssl, tls->verifier.name);
  SSL_set_connect_state (tls->ssl);
  return g_steal_pointer (&tls);
}

Tls *
tls_new_server (const TlsServerSettings *settings, GError **error)
{
  g_autoptr (SSL_CTX) context = tls_context_new_server (settings, error);
  if (!context)
    return NULL;
  Tls *tls = g_new0 (Tls, 1);
  connect_memory (tls, context);
  tls->has_certificate = TRUE;
  tls_verifier_attach (&tls->verifier, context, tls->ssl, settings->client_ca_file != NULL);
  if (settings->client_ca_file && settings->client_required)
    SSL_set_verify (tls->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                    SSL_get_verify_callback (tls->ssl));
  SSL_set_accept_state (tls->ssl);
  return tls;
}

void
tls_free (Tls *tls)
{
  if (!tls)
    return;
  SSL_free (tls->ssl);
  tls_verifier_clear (&tls->verifier);
  g_free (tls->facts.fingerprint);
  g_free (tls->subject);
  g_free (tls->issuer);
  g_free (tls->detail);
  g_free (tls);
}

gboolean
tls_is_client (const Tls *tls)
{
  return tls->is_client;
}

/* --- failing ------------------------------------------------------------------ */

typedef enum {
  BLAMES_NOTHING,
  BLAMES_CERTIFICATE, /* says that our certificate won't do */
  BLAMES_IF_ASKED,    /* says so when a certificate had been asked for, else something else */
} Blame;

/* The alerts (RFC 8446, section 6.2) by which a peer refuses our certificate. */
static Blame
alert_blames (int alert)
{
  switch (alert) {
  case SSL_AD_BAD_CERTIFICATE:
  case SSL_AD_UNSUPPORTED_CERTIFICATE:
  case SSL_AD_CERTIFICATE_REVOKED:
  case SSL_AD_CERTIFICATE_EXPIRED:
  case SSL_AD_CERTIFICATE_UNKNOWN:
  case SSL_AD_UNKNOWN_CA:
  case SSL_AD_CERTIFICATE_REQUIRED:
    return BLAMES_CERTIFICATE;
  case SSL_AD_HANDSHAKE_FAILURE: /* all that TLS 1.2 has for "none was sent" */
  case SSL_AD_ACCESS_DENIED:
  case SSL_AD_DECRYPT_ERROR: /* the signature made with its key */
    return BLAMES_IF_ASKED;
  default:
    return BLAMES_NOTHING;
  }
}

static const struct {
  int reason;
  const char *text;
} handshake_texts[] = {
  { SSL_R_WRONG_VERSION_NUMBER, "the other side doesn't speak TLS here" },
  { SSL_R_UNSUPPORTED_PROTOCOL, "no version of TLS in common; 1.2 is the least" },
  { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "no version of TLS in common; 1.2 is the least" },
  { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
    "the other side found nothing in common: perhaps it has no cipher with forward secrecy" },
  { SSL_R_NO_SHARED_CIPHER, "no cipher with forward secrecy in common" },
};

static char *
failure_text (const Tls *tls, unsigned long code)
{
  int reason = ERR_GET_REASON (code);
  for (gsize i = 0; !tls->established && i < G_N_ELEMENTS (handshake_texts); i++)
    if (handshake_texts[i].reason == reason)
      return g_strdup (handshake_texts[i].text);
  const char *text = ERR_reason_error_string (code);
  return g_strdup_printf ("TLS failed: %s", text ? text : "unknown error");
}

static char *
refusal_text (const Tls *tls, int alert)
{
  const char *whose = tls->is_client ? "server" : "client";
  if (tls->has_certificate)
    return g_strdup_printf ("the %s refused our certificate: %s", whose, SSL_alert_desc_string_long (alert));
  return g_strdup_printf ("the %s wants a client certificate, and none is configured", whose);
}

/* Takes what OpenSSL's queue says about a failure, and empties it. */
static TlsStep
tls_fail (Tls *tls)
{
  unsigned long code = ERR_peek_error ();
  int reason = ERR_GET_LIB (code) == ERR_LIB_SSL ? ERR_GET_REASON (code) : 0;
  int alert = reason - SSL_AD_REASON_OFFSET;
  Blame blame = reason > SSL_AD_REASON_OFFSET ? alert_blames (alert) : BLAMES_NOTHING;
  tls->failed = TLS_STEP_HANDSHAKE;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && tls->verifier.complaint) {
    tls->failed = TLS_STEP_VERIFICATION;
    tls->detail = g_strdup (tls->verifier.complaint);
  } else if (blame == BLAMES_CERTIFICATE || (blame == BLAMES_IF_ASKED && tls->certificate_asked)) {
    tls->failed = TLS_STEP_CERTIFICATE;
    tls->detail = refusal_text (tls, alert);
  } else {
    tls->detail = failure_text (tls, code);
  }
  ERR_clear_error ();
  return tls->failed;
}

/* What RESULT of an SSL function means. */
static TlsStep
step_after (Tls *tls, int result)
{
  switch (SSL_get_error (tls->ssl, result)) {
  case SSL_ERROR_NONE:
    return TLS_STEP_OK;
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return TLS_STEP_MORE;
  case SSL_ERROR_ZERO_RETURN:
    return TLS_STEP_CLOSED;
  default:
    return tls_fail (tls);
  }
}

const char *
tls_detail (const Tls *tls)
{
  return tls->detail;
}

/* --- facts ---------------------------------------------------------------------- */

static void
note_peer (Tls *tls)
{
  X509 *leaf = tls->verifier.leaf;
  if (!leaf || tls->facts.fingerprint)
    return;
  tls->subject = certificate_name_text (X509_get_subject_name (leaf));
  tls->issuer = certificate_name_text (X509_get_issuer_name (leaf));
  tls->facts.fingerprint = certificate_fingerprint (leaf);
  tls->facts.peer_subject = tls->subject;
  tls->facts.peer_issuer = tls->issuer;
  tls->facts.peer_not_after = certificate_time (X509_get0_notAfter (leaf));
  tls->facts.complaint = tls->verifier.complaint;
}

const TlsFacts *
tls_facts (const Tls *tls)
{
  return &tls->facts;
}

GBytes *
tls_binding (const Tls *tls)
{
  if (!tls->established)
    return NULL;
  if (SSL_version (tls->ssl) < TLS1_3_VERSION && !SSL_get_extms_support (tls->ssl))
    return NULL;
  guint8 *octets = g_malloc (BINDING_LENGTH);
  ERR_clear_error ();
  /* The context is there and empty, which isn't the same as none in TLS 1.2 (RFC 5705, section 4). */
  if (SSL_export_keying_material (tls->ssl, octets, BINDING_LENGTH, BINDING_LABEL, strlen (BINDING_LABEL),
                                  (const guint8 *)"", 0, 1)
      == 1)
    return g_bytes_new_take (octets, BINDING_LENGTH);
  ERR_clear_error ();
  g_free (octets);
  return NULL;
}

static void
note_connection (Tls *tls)
{
  g_autoptr (GBytes) binding = tls_binding (tls);
  TlsFacts *facts = &tls->facts;
  facts->version = SSL_get_version (tls->ssl);
  facts->cipher = SSL_get_cipher_name (tls->ssl);
  int group = (int)SSL_get_negotiated_group (tls->ssl);
  facts->group = group != NID_undef ? SSL_group_to_name (tls->ssl, group) : NULL;
  facts->verified = tls->verifier.leaf && SSL_get_verify_result (tls->ssl) == X509_V_OK;
  facts->certificate_asked = tls->certificate_asked && tls->has_certificate;
  facts->binding_available = binding != NULL;
  if (!facts->verified || tls->verifier.pinned)
    return;
  facts->peer_name = tls->verifier.is_literal ? tls->verifier.name : SSL_get0_peername (tls->ssl);
}

/* --- octets ---------------------------------------------------------------------- */

void
tls_feed (Tls *tls, const guint8 *octets, gsize length)
{
  size_t taken = 0;
  if (length > 0 && (BIO_write_ex (tls->input, octets, length, &taken) != 1 || taken != length))
    g_error ("out of memory for TLS");
}

TlsStep
tls_handshake (Tls *tls)
{
  if (tls->failed != TLS_STEP_OK || tls->established)
    return tls->failed;
  ERR_clear_error ();
  TlsStep step = step_after (tls, SSL_do_handshake (tls->ssl));
  if (step == TLS_STEP_MORE)
    return step;
  note_peer (tls);
  if (step == TLS_STEP_OK) {
    tls->established = TRUE;
    note_connection (tls);
  }
  return step;
}

TlsStep
tls_read (Tls *tls, GByteArray *out)
{
  if (tls->failed != TLS_STEP_OK)
    return tls->failed;
  if (!tls->established)
    return TLS_STEP_MORE;
  for (;;) {
    guint start = out->len;
    size_t length = 0;
    g_byte_array_set_size (out, start + RECORD_SIZE);
    ERR_clear_error ();
    int result = SSL_read_ex (tls->ssl, out->data + start, RECORD_SIZE, &length);
    g_byte_array_set_size (out, start + (guint)length);
    if (result != 1)
      return step_after (tls, result);
  }
}

TlsStep
tls_write (Tls *tls, const guint8 *octets, gsize length)
{
  g_assert (tls->established || tls->failed != TLS_STEP_OK);
  if (tls->failed != TLS_STEP_OK || length == 0)
    return tls->failed;
  size_t written = 0;
  ERR_clear_error ();
  int result = SSL_write_ex (tls->ssl, octets, length, &written);
  return result == 1 ? TLS_STEP_OK : step_after (tls, result);
}

void
tls_shutdown (Tls *tls)
{
  if (!tls->established || tls->failed != TLS_STEP_OK || (SSL_get_shutdown (tls->ssl) & SSL_SENT_SHUTDOWN))
    return;
  SSL_shutdown (tls->ssl);
  ERR_clear_error ();
}

GByteArray *
tls_take_output (Tls *tls)
{
  gsize length = BIO_ctrl_pending (tls->output);
  if (length == 0)
    return NULL;
  GByteArray *octets = g_byte_array_sized_new ((guint)length);
  g_byte_array_set_size (octets, (guint)length);
  size_t taken = 0;
  BIO_read_ex (tls->output, octets->data, length, &taken);
  g_assert (taken == length);
  return octets;
}

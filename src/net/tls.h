/* TLS as a value that eats octets (OpenSSL over memory): no socket here, so client,
 * server and tests share it, and one flight leaves in one write. TLS 1.2 at least,
 * 1.3 preferred, forward secrecy only; no renegotiation, no compression. */
#pragma once

#include "base/secret.h"
#include <glib.h>

typedef struct {
  const char *name;            /* to verify and for SNI (no SNI for literals) */
  const char *ca_file;         /* NULL: the system's certificate directory, by hash */
  const char *ca_dir;
  const char *fingerprint;     /* SHA-256 in hex, colons or not: pins the leaf, replaces the chain's check; NULL: none */
  const char *client_certificate, *client_key; /* PEM files; NULL: none */
  gboolean    verify;          /* FALSE only where the account knows (tls = when-offered) */
} TlsClientSettings;

typedef struct {
  const char *certificate, *key; /* PEM files */
  const char *client_ca_file;    /* ask for client certificates and accept these; NULL: don't ask */
  gboolean    client_required;   /* with client_ca_file: refuse a client that has none */
  gboolean    tls12_only;
} TlsServerSettings;

typedef struct Tls Tls;

/* NULL with TOUKAN_ERROR_PERMISSION or _CONFIGURATION when a file can't be used. */
Tls *tls_new_client (const TlsClientSettings *settings, GError **error);
Tls *tls_new_server (const TlsServerSettings *settings, GError **error);
void tls_free (Tls *tls);

gboolean tls_is_client (const Tls *tls);

typedef enum {
  TLS_STEP_OK,
  TLS_STEP_MORE,         /* feed octets (and send what tls_take_output() has) */
  TLS_STEP_CLOSED,       /* close_notify */
  TLS_STEP_HANDSHAKE,    /* the handshake failed; tls_detail() */
  TLS_STEP_VERIFICATION, /* chain, name, date or pin */
  TLS_STEP_CERTIFICATE,  /* our certificate was refused (may show at the first read only) */
} TlsStep;

/* Octets from the socket; all are taken. */
void    tls_feed (Tls *tls, const guint8 *octets, gsize length);
/* Goes on with the handshake. */
TlsStep tls_handshake (Tls *tls);
/* Decrypted octets are appended to OUT. MORE: nothing (more) there now; a session ticket is no data. */
TlsStep tls_read (Tls *tls, GByteArray *out);
/* Encrypts; the result joins the output. */
TlsStep tls_write (Tls *tls, const guint8 *octets, gsize length);
void    tls_shutdown (Tls *tls);
/* Encrypted octets to send, moved out; NULL: none. */
GByteArray *tls_take_output (Tls *tls);

/* What went wrong, for people; owned by TLS. */
const char *tls_detail (const Tls *tls);

/* After the handshake; of the peer also when verifying it failed. Strings owned by TLS. */
typedef struct {
  const char *version;        /* "TLSv1.3" */
  const char *cipher;
  const char *group;
  gboolean    verified;       /* chain and name, or pin */
  char       *fingerprint;    /* of the peer's leaf; NULL: none */
  const char *peer_name;      /* the name that matched */
  const char *peer_subject, *peer_issuer;
  const char *complaint;      /* why the peer isn't verified, checked or not; NULL: it is, or nothing shown */
  gint64      peer_not_after; /* seconds since 1970 */
  gboolean    certificate_asked; /* by the server, and we sent ours */
  gboolean    binding_available; /* tls_binding() has data */
} TlsFacts;
const TlsFacts *tls_facts (const Tls *tls);

/* Channel binding data: tls-exporter (RFC 9266) on 1.3, and on 1.2 with extended
 * master secret. NULL: none to be had. Free with g_bytes_unref(). */
GBytes *tls_binding (const Tls *tls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tls, tls_free)

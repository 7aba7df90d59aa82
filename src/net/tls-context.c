/* What both sides of a TLS connection insist on, and the files that it needs.
 *
 * Trust comes from OpenSSL's certificate directory, looked up by hash when a chain asks
 * for it: reading the whole bundle would cost more than all the rest of a delivery. */
#include "net/tls-context.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>

/* TLS 1.2's share; every cipher of 1.3 has forward secrecy and authenticates. */
#define CIPHERS_OF_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Says why FILE of option WHAT can't be used, from OpenSSL's queue, and empties it. */
static gboolean
file_error (GError **error, const char *what, const char *file)
{
  unsigned long code = ERR_peek_error ();
  int number = ERR_SYSTEM_ERROR (code) ? ERR_GET_REASON (code) : 0;
  const char *reason = number != 0 ? g_strerror (number) : ERR_reason_error_string (code);
  ERR_clear_error ();
  g_set_error (error, TOUKAN_ERROR,
               number == EACCES || number == EPERM ? TOUKAN_ERROR_PERMISSION : TOUKAN_ERROR_CONFIGURATION,
               _ ("The %s %s can't be used: %s"), what, file, reason ? reason : _ ("it is of another kind"));
  return FALSE;
}

/* OpenSSL would ask on the terminal, behind the back of whoever owns it. */
static int
passphrase_refused (char *buffer, int size, int writing, void *asked)
{
  *(gboolean *)asked = TRUE;
  return -1;
}

static gboolean
use_private_key (SSL_CTX *context, const char *file, GError **error)
{
  gboolean asked = FALSE;
  SSL_CTX_set_default_passwd_cb (context, passphrase_refused);
  SSL_CTX_set_default_passwd_cb_userdata (context, &asked);
  int used = SSL_CTX_use_PrivateKey_file (context, file, SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata (context, NULL);
  SSL_CTX_set_default_passwd_cb (context, NULL);
  if (used == 1)
    return TRUE;
  if (!asked)
    return file_error (error, _ ("TLS key"), file);
  ERR_clear_error ();
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION,
               _ ("The TLS key %s is locked by a passphrase; a key without one is needed"), file);
  return FALSE;
}

/* Our own certificate with its chain; the key may be in the same file. */
static gboolean
use_certificate (SSL_CTX *context, const char *certificate, const char *key, GError **error)
{
  if (SSL_CTX_use_certificate_chain_file (context, certificate) != 1)
    return file_error (error, _ ("TLS certificate"), certificate);
  if (!key)
    key = certificate;
  if (!use_private_key (context, key, error))
    return FALSE;
  if (SSL_CTX_check_private_key (context) != 1)
    return file_error (error, _ ("TLS key"), key);
  return TRUE;
}

static gboolean
trust_directory (SSL_CTX *context, const char *directory)
{
  X509_LOOKUP *lookup = X509_STORE_add_lookup (SSL_CTX_get_cert_store (context), X509_LOOKUP_hash_dir ());
  return lookup && X509_LOOKUP_add_dir (lookup, directory, X509_FILETYPE_PEM) == 1;
}

static const char *
system_directory (void)
{
  const char *directory = g_getenv (X509_get_default_cert_dir_env ());
  return directory ? directory : X509_get_default_cert_dir ();
}

static gboolean
trust (SSL_CTX *context, const TlsClientSettings *settings, GError **error)
{
  if (settings->ca_file && SSL_CTX_load_verify_file (context, settings->ca_file) != 1)
    return file_error (error, _ ("file of TLS authorities"), settings->ca_file);
  if (settings->ca_dir && !g_file_test (settings->ca_dir, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("The directory of TLS authorities %s does not exist"), settings->ca_dir);
    return FALSE;
  }
  const char *directory = settings->ca_dir;
  if (!directory && !settings->ca_file)
    directory = system_directory ();
  if (directory && !trust_directory (context, directory))
    return file_error (error, _ ("directory of TLS authorities"), directory);
  return TRUE;
}

static SSL_CTX *
context_new (const SSL_METHOD *method)
{
  SSL_CTX *context = SSL_CTX_new (method);
  if (!context)
    g_error ("OpenSSL can't start: %s", ERR_reason_error_string (ERR_peek_error ()));
  SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
  SSL_CTX_set_options (context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode (context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  int known = SSL_CTX_set_cipher_list (context, CIPHERS_OF_TLS12);
  g_assert (known == 1);
  return context;
}

SSL_CTX *
tls_context_new_client (const TlsClientSettings *settings, GError **error)
{
  g_autoptr (SSL_CTX) context = context_new (TLS_client_method ());
  /* A session is never resumed: one connection serves many messages, and a ticket kept
   * would let a server tell that two of them are ours. */
  SSL_CTX_set_options (context, SSL_OP_NO_TICKET);
  if (!trust (context, settings, error))
    return NULL;
  if (settings->client_certificate
      && !use_certificate (context, settings->client_certificate, settings->client_key, error))
    return NULL;
  return g_steal_pointer (&context);
}

static gboolean
ask_for_certificates (SSL_CTX *context, const char *file, GError **error)
{
  STACK_OF (X509_NAME) *names = SSL_load_client_CA_file (file);
  if (!names || SSL_CTX_load_verify_file (context, file) != 1) {
    sk_X509_NAME_pop_free (names, X509_NAME_free);
    return file_error (error, _ ("file of TLS authorities"), file);
  }
  SSL_CTX_set_client_CA_list (context, names);
  return TRUE;
}

SSL_CTX *
tls_context_new_server (const TlsServerSettings *settings, GError **error)
{
  g_autoptr (SSL_CTX) context = context_new (TLS_server_method ());
  SSL_CTX_set_options (context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (settings->tls12_only)
    SSL_CTX_set_max_proto_version (context, TLS1_2_VERSION);
  if (!use_certificate (context, settings->certificate, settings->key, error))
    return NULL;
  if (settings->client_ca_file && !ask_for_certificates (context, settings->client_ca_file, error))
    return NULL;
  return g_steal_pointer (&context);
}

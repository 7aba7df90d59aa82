/* Private to the net room: OpenSSL's contexts, made only where TLS is spoken. */
#pragma once

#include "net/tls.h"
#include "net/openssl.h"

/* NULL as tls_new_client() and tls_new_server() say. Free with SSL_CTX_free(). */
SSL_CTX *tls_context_new_client (const TlsClientSettings *settings, GError **error);
SSL_CTX *tls_context_new_server (const TlsServerSettings *settings, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SSL_CTX, SSL_CTX_free)

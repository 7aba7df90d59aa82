/* A TLS client and a server in memory, for tests. */
#pragma once

#include "net/tls.h"

typedef struct {
  Tls        *client, *server;
  TlsStep     client_step, server_step; /* OK: the handshake is done */
  GByteArray *client_data, *server_data; /* decrypted */
} TlsPair;

/* Makes both (their settings must be good) and runs them to the end of the handshake, moving
 * CHUNK octets at a time. */
void tls_pair_start (TlsPair *pair, const TlsClientSettings *client, const TlsServerSettings *server, gsize chunk);
/* The same without running. */
void tls_pair_make (TlsPair *pair, const TlsClientSettings *client, const TlsServerSettings *server);
/* Until neither has anything to say. */
void tls_pair_run (TlsPair *pair, gsize chunk);
/* What the one has to say now goes to the other. FALSE: nothing. */
gboolean tls_pair_to_server (TlsPair *pair, gsize chunk);
gboolean tls_pair_to_client (TlsPair *pair, gsize chunk);
/* Also sees that nothing was left in OpenSSL's queue of errors. */
void tls_pair_clear (TlsPair *pair);

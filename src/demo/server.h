/* The demo's mail server: a toukan-sink as a child process, and what it reports. */
#pragma once

#include <glib.h>

typedef struct Server Server;

typedef struct {
  const char  *folder;   /* its certificates and its Maildir come below it */
  const char  *host;     /* its name, and the certificate's */
  const char *const *addresses; /* to listen at, NULL-terminated */
  const guint16     *ports;     /* ended by 0 */
  const char  *user, *password;
} ServerSettings;

/* Starts it and waits until it listens. NULL with TOUKAN_ERROR_UNAVAILABLE or _SYSTEM,
 * saying what it said. */
Server *server_new (const ServerSettings *settings, GError **error);

/* Ends the process and waits for it. Accepts NULL. */
void server_free (Server *server);

/* The authority's certificate, for tls-ca-file. Owned by SERVER. */
const char *server_ca_file (const Server *server);

/* The file of the first message that arrived, waiting for it a moment; NULL: none did.
 * Owned by SERVER. */
const char *server_message_file (Server *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

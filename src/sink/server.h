/* Where toukan-sink listens, and all its connections. */
#pragma once

#include "sink/connection.h"

typedef struct Server Server;

/* Listens everywhere that OPTIONS say, and logs "ready". NULL with TOUKAN_ERROR_SYSTEM.
 * All arguments outlive the server. */
Server *server_new (const SinkOptions *options, const Certificates *certificates, Log *log, GError **error);

/* Closes everything, with 421 to those who are connected. */
void server_free (Server *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

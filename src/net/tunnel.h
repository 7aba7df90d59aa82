/* A command whose pipe takes the place of the connect (`ssh -W %h:%p relay`). */
#pragma once

#include "core/path.h"
#include <gio/gio.h>

typedef struct Tunnel Tunnel;

/* Runs COMMAND by the shell with %h, %p and %% replaced (host and port are quoted).
 * Its standard input and output are a socket pair; *ret_fd is our end, the caller's.
 * stderr's last line is kept. NULL with TOUKAN_ERROR_SYSTEM. */
Tunnel *tunnel_open (const char *command, const char *host, guint16 port, int *ret_fd, GError **error);

/* Ends the command (SIGTERM to its group) unless it is over. */
void tunnel_free (Tunnel *tunnel);

/* What it said last on stderr, for people, may be "". Owned by TUNNEL. */
const char *tunnel_complaint (Tunnel *tunnel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tunnel, tunnel_free)

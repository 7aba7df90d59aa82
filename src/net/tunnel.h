/* A command whose pipe takes the place of the connect (`ssh -W %h:%p relay`), or a socket in
 * the file system. */
#pragma once

#include "core/path.h"
#include <gio/gio.h>

typedef struct Tunnel Tunnel;

/* What a command begins with that is none, but the place of a socket. */
#define TUNNEL_SOCKET "unix:"

/* Runs COMMAND by the shell with %h, %p and %% replaced, in a session of its own without a
 * terminal. A HOST with a character that a shell could act on is refused. Its standard
 * input and output are a socket pair; *ret_fd is our end, the caller's. stderr's last line
 * is kept. "unix:PATH" connects to a socket. NULL with TOUKAN_ERROR_SYSTEM. */
Tunnel *tunnel_open (const char *command, const char *host, guint16 port, int *ret_fd, GError **error);

/* Ends the command (SIGTERM to its group, SIGKILL 3 s later) unless it is over; the main loop
 * reaps it. Accepts NULL. */
void tunnel_free (Tunnel *tunnel);

/* What it said last on stderr, for people (not yet made visible), may be "". Owned by TUNNEL, until
 * the main loop runs again. */
const char *tunnel_complaint (Tunnel *tunnel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tunnel, tunnel_free)

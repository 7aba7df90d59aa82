/* Stream sockets in the file system, whose peers the kernel vouches for. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Listens at PATH, for everybody on this machine: who calls is asked of the kernel. One that
 * a service manager opened already at PATH ($LISTEN_FDS) is taken over. What a process that
 * is gone left there is replaced. -1 with ERROR: TOUKAN_ERROR_UNAVAILABLE when somebody
 * listens there, TOUKAN_ERROR_SYSTEM otherwise. */
int local_socket_listen (const char *path, GError **error);

/* Doesn't wait: EAGAIN where too many do. -1 with errno. */
int local_socket_connect (const char *path);

/* Whose process called at FD; FALSE where the kernel can't say. */
gboolean local_socket_caller (int fd, uid_t *ret_uid);

/* AF_UNIX stream sockets. */
#include "net/local-socket.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_INHERITED 3 /* sd_listen_fds(3) */

static gboolean
fill_address (struct sockaddr_un *address, const char *path)
{
  gsize length = strlen (path);

  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  if (length >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return FALSE;
  }
  memcpy (address->sun_path, path, length);
  return TRUE;
}

/* Is FD a socket that listens at PATH? */
static gboolean
listens_at (int fd, const char *path)
{
  struct sockaddr_un address = { 0 };
  socklen_t length = sizeof address - 1; /* so that the path ends with NUL */
  int listens = 0;
  socklen_t size = sizeof listens;

  return getsockname (fd, (struct sockaddr *)&address, &length) == 0 && address.sun_family == AF_UNIX
         && strcmp (address.sun_path, path) == 0
         && getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}

/* A service manager's socket for PATH; -1: none. */
static int
inherited (const char *path)
{
  const char *pid = g_getenv ("LISTEN_PID"), *count = g_getenv ("LISTEN_FDS");
  guint64 process = 0, n = 0;

  if (!pid || !count || !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &process, NULL)
      || process != (guint64)getpid () || !g_ascii_string_to_unsigned (count, 10, 1, 16, &n, NULL))
    return -1;
  for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + (int)n; fd++)
    if (listens_at (fd, path) && fcntl (fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl (fd, F_SETFL, O_NONBLOCK) == 0)
      return fd;
  return -1;
}

int
local_socket_connect (const char *path)
{
  struct sockaddr_un address;

  if (!fill_address (&address, path))
    return -1;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  int connected;
  do
    connected = connect (fd, (struct sockaddr *)&address, sizeof address);
  while (connected < 0 && errno == EINTR);
  if (connected == 0)
    return fd;
  int failure = errno;
  close (fd);
  errno = failure;
  return -1;
}

/* Makes room where a process left its socket behind; FALSE: somebody answers there. */
static gboolean
clear_place (const char *path)
{
  struct stat status;

  if (lstat (path, &status) != 0 || !S_ISSOCK (status.st_mode))
    return TRUE; /* bind() will say what is wrong */
  int fd = local_socket_connect (path);
  if (fd >= 0) {
    close (fd);
    return FALSE;
  }
  if (errno == ECONNREFUSED)
    unlink (path);
  return TRUE;
}

static gboolean
bind_and_listen (int fd, const char *path)
{
  struct sockaddr_un address;

  return fill_address (&address, path) && bind (fd, (struct sockaddr *)&address, sizeof address) == 0
         && chmod (path, 0666) == 0 && listen (fd, SOMAXCONN) == 0;
}

int
local_socket_listen (const char *path, GError **error)
{
  int fd = inherited (path);
  if (fd >= 0)
    return fd;
  if (!clear_place (path)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE, _ ("another process serves %s already"),
                 path);
    return -1;
  }
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind_and_listen (fd, path))
    return fd;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("can't listen at %s: %s"), path,
               g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

gboolean
local_socket_caller (int fd, uid_t *ret_uid)
{
  struct ucred caller;
  socklen_t length = sizeof caller;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &caller, &length) != 0)
    return FALSE;
  *ret_uid = caller.uid;
  return TRUE;
}

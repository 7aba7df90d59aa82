/* The protocol is a datagram to the socket that NOTIFY_SOCKET names; that needs no library. */
#include "cli/service-notice.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
service_notice (const char *state)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char *name = g_getenv ("NOTIFY_SOCKET");
  gsize length = name ? strlen (name) : 0;
  int fd;

  if (length == 0 || length >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
    return;
  memcpy (address.sun_path, name, length);
  if (name[0] == '@')
    address.sun_path[0] = '\0'; /* Linux's abstract names */
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  length += offsetof (struct sockaddr_un, sun_path);
  if (sendto (fd, state, strlen (state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address,
              (socklen_t)length)
      < 0) {
    /* Nobody listens: nobody wants to know. */
  }
  close (fd);
}

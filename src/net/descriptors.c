/* Standard descriptors, whole. */
#include "net/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void
descriptors_fill_standard (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR); /* not close-on-exec: our children need them, too */
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close (fd);
}

gssize
descriptor_read (int fd, guint8 *octets, gsize length)
{
  gssize given;

  do {
    given = recv (fd, octets, length, MSG_DONTWAIT);
    if (given < 0 && errno == ENOTSOCK)
      given = read (fd, octets, length);
  } while (given < 0 && errno == EINTR);
  return given;
}

/* A pipe or terminal that isn't non-blocking: what poll() promises is room for PIPE_BUF. */
static gssize
write_patiently (int fd, const guint8 *octets, gsize length)
{
  struct pollfd room = { .fd = fd, .events = POLLOUT };

  if (poll (&room, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return write (fd, octets, MIN (length, PIPE_BUF));
}

gssize
descriptor_write (int fd, const guint8 *octets, gsize length)
{
  gssize taken;

  do {
    taken = send (fd, octets, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0 && errno == ENOTSOCK)
      taken = write_patiently (fd, octets, length);
  } while (taken < 0 && errno == EINTR);
  return taken;
}

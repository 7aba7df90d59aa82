/* Ports that behave badly without a firewall's help. */
#include "demo/stand-in.h"

#include "base/error.h"
#include "base/i18n.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A queue of length 0 holds one or two connections, depending on the kernel. */
#define FILLERS_MOST 16
#define FILLER_WAIT 100 /* ms: over loopback a connect is done at once or never */

struct StandIn {
  GArray *fds; /* of int: what is bound, and the connections that fill the queues */
};

typedef union {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
} SocketAddress;

static socklen_t
address_fill (SocketAddress *address, const char *text, guint16 port)
{
  memset (address, 0, sizeof *address);
  if (inet_pton (AF_INET, text, &address->ipv4.sin_addr) == 1) {
    address->ipv4.sin_family = AF_INET;
    address->ipv4.sin_port = htons (port);
    return sizeof address->ipv4;
  }
  if (inet_pton (AF_INET6, text, &address->ipv6.sin6_addr) != 1)
    g_assert_not_reached ();
  address->ipv6.sin6_family = AF_INET6;
  address->ipv6.sin6_port = htons (port);
  return sizeof address->ipv6;
}

static int
bound_socket (const char *text, guint16 port)
{
  SocketAddress address;
  socklen_t length = address_fill (&address, text, port);
  int fd = socket (address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
  if (fd < 0)
    return -1;
  if (address.any.sa_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  if (bind (fd, &address.any, length) == 0)
    return fd;
  int error = errno;
  close (fd);
  errno = error;
  return -1;
}

typedef enum { FILLER_IN, FILLER_SHUT_OUT, FILLER_FAILED } Filler;

/* One more connection. Shut out is what is wanted: the queue is full. */
static Filler
add_filler (StandIn *stand_in, const char *text, guint16 port)
{
  SocketAddress address;
  socklen_t length = address_fill (&address, text, port);
  int fd = socket (address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FILLER_FAILED;
  g_array_append_val (stand_in->fds, fd);
  if (connect (fd, &address.any, length) == 0)
    return FILLER_IN;
  if (errno != EINPROGRESS)
    return FILLER_FAILED;
  struct pollfd waiting = { .fd = fd, .events = POLLOUT };
  return poll (&waiting, 1, FILLER_WAIT) > 0 ? FILLER_IN : FILLER_SHUT_OUT;
}

/* The first to be shut out proves that the queue is full only when one got in before: an
 * address that is a few milliseconds old may lose a SYN. */
static gboolean
fill_queue (StandIn *stand_in, const char *text, guint16 port)
{
  gboolean one_is_in = FALSE;
  for (int i = 0; i < FILLERS_MOST; i++)
    switch (add_filler (stand_in, text, port)) {
    case FILLER_IN:
      one_is_in = TRUE;
      break;
    case FILLER_SHUT_OUT:
      if (one_is_in)
        return TRUE;
      break;
    case FILLER_FAILED:
      return FALSE;
    }
  errno = ENOBUFS;
  return FALSE;
}

static gboolean
take_address (StandIn *stand_in, StandInKind kind, const char *text, guint16 port)
{
  int fd = bound_socket (text, port);
  if (fd < 0)
    return FALSE;
  g_array_append_val (stand_in->fds, fd);
  if (kind == STAND_IN_CLOSED)
    return TRUE;
  return listen (fd, 0) == 0 && fill_queue (stand_in, text, port);
}

StandIn *
stand_in_new (StandInKind kind, const char *const *addresses, guint16 port, GError **error)
{
  StandIn *stand_in = g_new0 (StandIn, 1);
  stand_in->fds = g_array_new (FALSE, FALSE, sizeof (int));
  for (gsize i = 0; addresses[i] != NULL; i++)
    if (!take_address (stand_in, kind, addresses[i], port)) {
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("port %u of %s can't be taken: %s"), port,
                   addresses[i], g_strerror (errno));
      stand_in_free (stand_in);
      return NULL;
    }
  return stand_in;
}

void
stand_in_free (StandIn *stand_in)
{
  if (stand_in == NULL)
    return;
  for (guint i = 0; i < stand_in->fds->len; i++)
    close (g_array_index (stand_in->fds, int, i));
  g_array_unref (stand_in->fds);
  g_free (stand_in);
}

gboolean
stand_in_port_is_free (const char *const *addresses, guint16 port)
{
  for (gsize i = 0; addresses[i] != NULL; i++) {
    int fd = bound_socket (addresses[i], port);
    if (fd < 0)
      return FALSE;
    close (fd);
  }
  return TRUE;
}

gboolean
stand_in_has_address (const char *address)
{
  int fd = bound_socket (address, 0);
  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

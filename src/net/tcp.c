/* Sockets: connects that don't block, and listening for the sink. */
#include "net/tcp.h"

#include "base/error.h"
#include "base/i18n.h"
#include "net/socket-address.h"

#include <errno.h>
#include <glib-unix.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_BACKLOG 128

struct TcpConnect {
  Family family;
  int fd; /* -1: none, or handed over */
  GSource *source;
  int error; /* known before the callback could be made */
  gboolean at_once;
  TcpConnected done;
  gpointer data;
};

static int
socket_error (int fd)
{
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* --- connecting ------------------------------------------------------------------ */

static void
let_go_of_source (TcpConnect *connect)
{
  if (!connect->source)
    return;
  g_source_destroy (connect->source);
  g_clear_pointer (&connect->source, g_source_unref);
}

/* The callback may free CONNECT, so it comes last. */
static void
conclude (TcpConnect *connect, int error, gboolean at_once)
{
  AttemptEnd end = error == 0 ? ATTEMPT_ACCEPTED : attempt_end_of_errno (connect->family, error, at_once);
  int fd = -1;
  let_go_of_source (connect);
  if (error == 0)
    fd = connect->fd;
  else if (connect->fd >= 0)
    close (connect->fd);
  connect->fd = -1;
  connect->done (end, error, fd, connect->data);
}

static gboolean
on_known (gpointer data)
{
  TcpConnect *connect = data;
  conclude (connect, connect->error, connect->at_once);
  return G_SOURCE_REMOVE;
}

static gboolean
on_answered (int fd, GIOCondition condition, gpointer data)
{
  conclude (data, socket_error (fd), FALSE);
  return G_SOURCE_REMOVE;
}

static void
attach (TcpConnect *connect, GSource *source, GSourceFunc callback)
{
  connect->source = source;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, connect, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* 0: connected, or not answered yet (*ret_pending). */
static int
begin (TcpConnect *attempt, const IpAddress *address, guint16 port, gboolean *ret_pending)
{
  SocketAddress to;
  socklen_t length = socket_address_fill (&to, address, port);
  attempt->at_once = TRUE;
  attempt->fd = socket (to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (attempt->fd < 0)
    return errno;
  const int yes = 1;
  setsockopt (attempt->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect (attempt->fd, &to.any, length) == 0)
    return 0;
  if (errno != EINPROGRESS && errno != EINTR)
    return errno;
  /* An ICMP error that came while connect() held the socket is only to be found here. */
  attempt->at_once = FALSE;
  int error = socket_error (attempt->fd);
  *ret_pending = error == 0;
  return error;
}

TcpConnect *
tcp_connect (const IpAddress *address, guint16 port, TcpConnected done, gpointer data)
{
  TcpConnect *connect = g_new0 (TcpConnect, 1);
  *connect = (TcpConnect){ .family = address->family, .fd = -1, .done = done, .data = data };
  gboolean pending = FALSE;
  connect->error = begin (connect, address, port, &pending);
  if (pending)
    attach (connect, g_unix_fd_source_new (connect->fd, G_IO_OUT), G_SOURCE_FUNC (on_answered));
  else
    attach (connect, g_idle_source_new (), on_known);
  return connect;
}

void
tcp_connect_free (TcpConnect *connect)
{
  if (!connect)
    return;
  let_go_of_source (connect);
  if (connect->fd >= 0)
    close (connect->fd);
  g_free (connect);
}

/* --- listening ------------------------------------------------------------------- */

static gboolean
listen_on (int fd, const SocketAddress *to, socklen_t length)
{
  const int yes = 1;
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (to->any.sa_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  return bind (fd, &to->any, length) == 0 && listen (fd, LISTEN_BACKLOG) == 0;
}

static guint16
port_of (int fd)
{
  SocketAddress own = { 0 };
  socklen_t length = sizeof own;
  getsockname (fd, &own.any, &length);
  return ntohs (own.any.sa_family == AF_INET6 ? own.ipv6.sin6_port : own.ipv4.sin_port);
}

int
tcp_listen (const IpAddress *address, guint16 port, guint16 *ret_port, GError **error)
{
  SocketAddress to;
  socklen_t length = socket_address_fill (&to, address, port);
  int fd = socket (to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0 || !listen_on (fd, &to, length)) {
    int number = errno;
    g_autofree char *text = ip_address_to_string (address);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("Can't listen on port %u of %s: %s"), port,
                 text, g_strerror (number));
    if (fd >= 0)
      close (fd);
    return -1;
  }
  if (ret_port)
    *ret_port = port_of (fd);
  return fd;
}

/* --- the network ----------------------------------------------------------------- */

/* A route without an address to send from leads nowhere, so the addresses decide, by their values
 * and not by their interfaces: a laboratory may put a server's address on lo. A link that is up
 * has an address of its own making, and a bridge without anything on it may have any. */
gboolean
tcp_have_network (void)
{
  struct ifaddrs *all = NULL;
  if (getifaddrs (&all) != 0)
    return TRUE; /* can't tell: try */
  gboolean found = FALSE;
  for (const struct ifaddrs *each = all; each && !found; each = each->ifa_next) {
    IpAddress address;
    found = (each->ifa_flags & IFF_UP) && (each->ifa_flags & IFF_RUNNING)
            && socket_address_read (each->ifa_addr, &address) && !ip_address_is_loopback (&address)
            && !ip_address_is_link_local (&address);
  }
  freeifaddrs (all);
  return found;
}

gboolean
tcp_is_own_address (const IpAddress *address)
{
  struct ifaddrs *all = NULL;
  if (ip_address_is_loopback (address) || getifaddrs (&all) != 0)
    return TRUE;
  gboolean found = FALSE;
  for (const struct ifaddrs *each = all; each && !found; each = each->ifa_next) {
    IpAddress own;
    found = (each->ifa_flags & IFF_UP) && socket_address_read (each->ifa_addr, &own)
            && ip_address_equal (&own, address);
  }
  freeifaddrs (all);
  return found;
}

gboolean
tcp_local_address (int fd, IpAddress *ret_address)
{
  SocketAddress address = { .any = { .sa_family = AF_UNSPEC } };
  socklen_t length = sizeof address;
  *ret_address = (IpAddress){ 0 };
  return getsockname (fd, &address.any, &length) == 0 && socket_address_read (&address.any, ret_address);
}

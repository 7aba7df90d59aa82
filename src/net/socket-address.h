/* Private to the net room: addresses in the system's form. */
#pragma once

#include "core/path.h"
#include <netinet/in.h>
#include <sys/socket.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
} SocketAddress;

/* What connect() and bind() want; the result is its length. */
socklen_t socket_address_fill (SocketAddress *to, const IpAddress *address, guint16 port);

/* FALSE: FROM is NULL, or of a family that isn't IP. The scope of a link-local address means
 * nothing elsewhere and is left out. */
gboolean socket_address_read (const struct sockaddr *from, IpAddress *ret_address);

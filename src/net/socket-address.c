/* IpAddress to struct sockaddr and back. */
#include "net/socket-address.h"

#include <string.h>

socklen_t
socket_address_fill (SocketAddress *to, const IpAddress *address, guint16 port)
{
  memset (to, 0, sizeof *to);
  if (address->family == FAMILY_IPV4) {
    to->ipv4.sin_family = AF_INET;
    to->ipv4.sin_port = htons (port);
    memcpy (&to->ipv4.sin_addr, address->octets, sizeof to->ipv4.sin_addr);
    return sizeof to->ipv4;
  }
  g_assert (address->family == FAMILY_IPV6);
  to->ipv6.sin6_family = AF_INET6;
  to->ipv6.sin6_port = htons (port);
  to->ipv6.sin6_scope_id = address->scope_id;
  memcpy (&to->ipv6.sin6_addr, address->octets, sizeof to->ipv6.sin6_addr);
  return sizeof to->ipv6;
}

gboolean
socket_address_read (const struct sockaddr *from, IpAddress *ret_address)
{
  IpAddress address = { 0 };
  if (from && from->sa_family == AF_INET) {
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)from;
    address.family = FAMILY_IPV4;
    memcpy (address.octets, &ipv4->sin_addr, sizeof ipv4->sin_addr);
  } else if (from && from->sa_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)(const void *)from;
    address.family = FAMILY_IPV6;
    memcpy (address.octets, &ipv6->sin6_addr, sizeof ipv6->sin6_addr);
  } else
    return FALSE;
  *ret_address = address;
  return TRUE;
}

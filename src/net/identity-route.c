/* Which network a destination is reached by. The answer has to be the same after a DHCP
 * renewal, a renumbering or a reboot, and another behind another router; so it is made of
 * what the next hop is (its link-layer address) and of nothing that this machine was given:
 * no address, no interface's name or index. Where there is no link layer to ask, the
 * interface's prefixes have to do. */
#include "config.h"

#ifdef HAVE_LINUX_RTNETLINK_H

#include "net/identity-route.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#define LINK_ADDRESS_SIZE 32 /* the kernel's MAX_ADDR_LEN; InfiniBand has 20 */

/* ---- octets ---------------------------------------------------------------------- */

/* A stretch of octets that is read from its front, never behind its end. */
typedef struct {
  const guint8 *octets;
  gsize length;
} Span;

/* Copies SIZE octets and goes on ALIGNED ones; FALSE when they aren't there. */
static gboolean
span_take (Span *span, void *to, gsize size, gsize aligned)
{
  if (span->length < size)
    return FALSE;
  memcpy (to, span->octets, size);
  gsize step = MIN (aligned, span->length);
  span->octets += step;
  span->length -= step;
  return TRUE;
}

/* The next attribute, its type without flags; FALSE at the end and where it is broken. */
static gboolean
span_attribute (Span *span, guint16 *ret_type, Span *ret_value)
{
  struct rtattr head;
  if (span->length < sizeof head)
    return FALSE;
  memcpy (&head, span->octets, sizeof head);
  if (head.rta_len < sizeof head || head.rta_len > span->length)
    return FALSE;
  *ret_type = head.rta_type & NLA_TYPE_MASK;
  *ret_value = (Span){ span->octets + RTA_LENGTH (0), head.rta_len - RTA_LENGTH (0) };
  gsize step = MIN (RTA_ALIGN (head.rta_len), span->length);
  span->octets += step;
  span->length -= step;
  return TRUE;
}

static gboolean
span_number (Span value, guint32 *ret_number)
{
  return value.length == sizeof *ret_number
         && span_take (&value, ret_number, sizeof *ret_number, sizeof *ret_number);
}

static gboolean
span_address (Span value, int family, IpAddress *ret_address)
{
  IpAddress address = { .family = family == AF_INET6 ? FAMILY_IPV6 : FAMILY_IPV4 };
  if ((family != AF_INET && family != AF_INET6) || value.length != (family == AF_INET6 ? 16 : 4))
    return FALSE;
  memcpy (address.octets, value.octets, value.length);
  *ret_address = address;
  return TRUE;
}

/* A name of the kernel's, with or without the NUL at its end. */
static void
span_name (Span value, char name[ROUTE_NAME_SIZE])
{
  gsize length = MIN (value.length, ROUTE_NAME_SIZE - 1);
  memcpy (name, value.octets, length);
  name[length] = '\0';
}

/* ---- requests ---------------------------------------------------------------------- */

static int
system_family (const IpAddress *address)
{
  return address->family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
}

static gsize
octets_of (const IpAddress *address)
{
  return address->family == FAMILY_IPV6 ? 16 : 4;
}

typedef struct {
  guint8 *octets;
  gsize length;
} Request;

static void
request_start (Request *request, guint16 type, guint32 sequence, const void *body, gsize size)
{
  const struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = sequence };
  memset (request->octets, 0, ROUTE_REQUEST_SIZE);
  memcpy (request->octets, &head, sizeof head);
  memcpy (request->octets + NLMSG_HDRLEN, body, size);
  request->length = NLMSG_HDRLEN + NLMSG_ALIGN (size);
}

static void
request_add (Request *request, guint16 type, const void *value, gsize size)
{
  const struct rtattr head = { .rta_type = type, .rta_len = (guint16)RTA_LENGTH (size) };
  g_assert (request->length + RTA_SPACE (size) <= ROUTE_REQUEST_SIZE);
  memcpy (request->octets + request->length, &head, sizeof head);
  memcpy (request->octets + request->length + RTA_LENGTH (0), value, size);
  request->length += RTA_SPACE (size);
}

static void
request_route (Request *request, const RouteLookup *lookup, guint32 sequence)
{
  const IpAddress *to = &lookup->destination;
  const struct rtmsg body
      = { .rtm_family = (guint8)system_family (to), .rtm_dst_len = (guint8)(8 * octets_of (to)) };
  request_start (request, RTM_GETROUTE, sequence, &body, sizeof body);
  request_add (request, RTA_DST, to->octets, octets_of (to));
  if (to->scope_id != 0)
    request_add (request, RTA_OIF, &to->scope_id, sizeof to->scope_id);
}

static void
request_link (Request *request, const RouteLookup *lookup, guint32 sequence)
{
  const struct ifinfomsg body = { .ifi_index = (int)lookup->interface };
  const guint32 filter = RTEXT_FILTER_SKIP_STATS;
  request_start (request, RTM_GETLINK, sequence, &body, sizeof body);
  request_add (request, IFLA_EXT_MASK, &filter, sizeof filter);
}

static void
request_neighbour (Request *request, const RouteLookup *lookup, guint32 sequence)
{
  const IpAddress *hop = &lookup->next_hop;
  const struct ndmsg body
      = { .ndm_family = (guint8)system_family (hop), .ndm_ifindex = (int)lookup->interface };
  request_start (request, RTM_GETNEIGH, sequence, &body, sizeof body);
  request_add (request, NDA_DST, hop->octets, octets_of (hop));
}

gsize
route_lookup_request (const RouteLookup *lookup, guint32 sequence, guint8 octets[ROUTE_REQUEST_SIZE])
{
  Request request = { .octets = octets };
  if (lookup->interface == 0)
    request_route (&request, lookup, sequence);
  else if (lookup->interface_name[0] == '\0')
    request_link (&request, lookup, sequence);
  else
    request_neighbour (&request, lookup, sequence);
  const guint32 length = (guint32)request.length;
  memcpy (octets + G_STRUCT_OFFSET (struct nlmsghdr, nlmsg_len), &length, sizeof length);
  return request.length;
}

/* ---- ends -------------------------------------------------------------------------- */

static void
unknown (RouteLookup *lookup, RouteReason reason)
{
  lookup->step = ROUTE_LOOKUP_UNKNOWN;
  lookup->reason = reason;
}

static void
known (RouteLookup *lookup, const char *how, const char *what)
{
  lookup->step = ROUTE_LOOKUP_KNOWN;
  lookup->network
      = g_strdup_printf ("%s %s %s %s", family_name (lookup->destination.family), lookup->kind, how, what);
}

/* Nothing leaves this machine. */
static void
known_local (RouteLookup *lookup)
{
  lookup->step = ROUTE_LOOKUP_KNOWN;
  lookup->local = TRUE;
  lookup->network = g_strdup ("loopback");
}

/* ---- answers ------------------------------------------------------------------------- */

static void
read_route (RouteLookup *lookup, Span message)
{
  struct rtmsg route;
  Span value;
  guint16 type;
  guint32 interface = 0;
  IpAddress gateway = { 0 };
  gboolean has_gateway = FALSE, broken = FALSE;
  if (!span_take (&message, &route, sizeof route, NLMSG_ALIGN (sizeof route))
      || route.rtm_family != system_family (&lookup->destination)) {
    unknown (lookup, ROUTE_REASON_UNREADABLE);
    return;
  }
  while (span_attribute (&message, &type, &value)) {
    guint16 family = route.rtm_family;
    if (type == RTA_OIF)
      broken |= !span_number (value, &interface);
    /* RFC 5549: an IPv4 route by way of an IPv6 router. */
    if (type == RTA_VIA)
      broken |= !span_take (&value, &family, sizeof family, sizeof family);
    if (type == RTA_GATEWAY || type == RTA_VIA) {
      broken |= !span_address (value, family, &gateway);
      has_gateway = TRUE;
    }
  }
  if (route.rtm_type == RTN_LOCAL)
    known_local (lookup);
  else if (route.rtm_type != RTN_UNICAST)
    unknown (lookup, ROUTE_REASON_NO_ROUTE);
  else if (broken || interface == 0 || message.length > 0)
    unknown (lookup, ROUTE_REASON_UNREADABLE);
  else {
    lookup->interface = interface;
    lookup->has_gateway = has_gateway;
    lookup->next_hop = has_gateway ? gateway : lookup->destination;
    /* fe80::1 is a neighbour on every link. */
    if (lookup->next_hop.family == FAMILY_IPV6 && ip_address_is_link_local (&lookup->next_hop))
      lookup->next_hop.scope_id = interface;
  }
}

static void
read_kind (Span info, char kind[ROUTE_NAME_SIZE])
{
  Span value;
  guint16 type;
  while (span_attribute (&info, &type, &value))
    if (type == IFLA_INFO_KIND)
      span_name (value, kind);
}

static void
read_link (RouteLookup *lookup, Span message)
{
  struct ifinfomsg link;
  Span value;
  guint16 type;
  gsize address_length = 0;
  char name[ROUTE_NAME_SIZE] = "", kind[ROUTE_NAME_SIZE] = "";
  if (!span_take (&message, &link, sizeof link, NLMSG_ALIGN (sizeof link))
      || link.ifi_index != (int)lookup->interface) {
    unknown (lookup, ROUTE_REASON_UNREADABLE);
    return;
  }
  while (span_attribute (&message, &type, &value)) {
    if (type == IFLA_IFNAME)
      span_name (value, name);
    else if (type == IFLA_ADDRESS)
      address_length = value.length;
    else if (type == IFLA_LINKINFO)
      read_kind (value, kind);
  }
  if (name[0] == '\0' || message.length > 0) {
    unknown (lookup, ROUTE_REASON_UNREADABLE);
    return;
  }
  if (kind[0] == '\0' && link.ifi_type == ARPHRD_ETHER)
    g_strlcpy (kind, "ether", sizeof kind);
  else if (kind[0] == '\0')
    g_snprintf (kind, sizeof kind, "type-%u", link.ifi_type);
  memcpy (lookup->interface_name, name, sizeof name);
  memcpy (lookup->kind, kind, sizeof kind);
  if (link.ifi_flags & IFF_LOOPBACK)
    known_local (lookup);
  else if ((link.ifi_flags & (IFF_NOARP | IFF_POINTOPOINT)) || address_length == 0)
    lookup->step = ROUTE_LOOKUP_PREFIXES;
}

/* FALSE: that is no address that anybody has. */
static gboolean
link_address_text (Span value, GString *text)
{
  gboolean any = FALSE;
  if (value.length > LINK_ADDRESS_SIZE)
    return FALSE;
  for (gsize i = 0; i < value.length; i++) {
    g_string_append_printf (text, "%s%02x", i > 0 ? ":" : "", value.octets[i]);
    any |= value.octets[i] != 0;
  }
  return any;
}

/* Nobody knows the next hop's link-layer address (yet). */
static void
neighbour_is_missing (RouteLookup *lookup)
{
  if (!lookup->nudged)
    lookup->step = ROUTE_LOOKUP_NUDGE;
}

#define NEIGHBOUR_IS_VALID (NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

static void
read_neighbour (RouteLookup *lookup, Span message)
{
  struct ndmsg neighbour;
  Span value;
  guint16 type;
  IpAddress of = { 0 };
  gboolean has_address = FALSE;
  g_autoptr (GString) text = g_string_new (NULL);
  if (!span_take (&message, &neighbour, sizeof neighbour, NLMSG_ALIGN (sizeof neighbour))
      || neighbour.ndm_ifindex != (int)lookup->interface) {
    unknown (lookup, ROUTE_REASON_UNREADABLE);
    return;
  }
  while (span_attribute (&message, &type, &value)) {
    if (type == NDA_DST && span_address (value, neighbour.ndm_family, &of))
      of.scope_id = lookup->next_hop.scope_id;
    else if (type == NDA_LLADDR)
      has_address = link_address_text (value, text);
  }
  if (message.length > 0 || !ip_address_equal (&of, &lookup->next_hop))
    unknown (lookup, ROUTE_REASON_UNREADABLE);
  else if (neighbour.ndm_state & NUD_NOARP)
    lookup->step = ROUTE_LOOKUP_PREFIXES;
  else if (!(neighbour.ndm_state & NEIGHBOUR_IS_VALID) || !has_address)
    neighbour_is_missing (lookup);
  else
    known (lookup, "by", text->str);
}

/* The kernel says that there is none, or that it can't. */
static void
read_error (RouteLookup *lookup, Span message)
{
  gint32 error = 0;
  gboolean is_error = span_take (&message, &error, sizeof error, sizeof error) && error != 0;
  if (is_error && lookup->interface == 0)
    unknown (lookup, ROUTE_REASON_NO_ROUTE);
  else if (error == -ENOENT && lookup->interface_name[0] != '\0')
    neighbour_is_missing (lookup);
  else
    unknown (lookup, ROUTE_REASON_UNREADABLE);
}

static void
read_message (RouteLookup *lookup, guint16 type, Span body)
{
  if (type == NLMSG_ERROR)
    read_error (lookup, body);
  else if (type == RTM_NEWROUTE && lookup->interface == 0)
    read_route (lookup, body);
  else if (type == RTM_NEWLINK && lookup->interface != 0 && lookup->interface_name[0] == '\0')
    read_link (lookup, body);
  else if (type == RTM_NEWNEIGH && lookup->interface_name[0] != '\0')
    read_neighbour (lookup, body);
  else
    unknown (lookup, ROUTE_REASON_UNREADABLE);
}

void
route_lookup_answer (RouteLookup *lookup, guint32 sequence, const guint8 *octets, gsize length)
{
  Span datagram = { octets, length };
  struct nlmsghdr head;
  g_assert (lookup->step == ROUTE_LOOKUP_ASK);
  while (datagram.length >= sizeof head) {
    memcpy (&head, datagram.octets, sizeof head);
    if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > datagram.length)
      break;
    if (head.nlmsg_seq == sequence) {
      const Span body = { datagram.octets + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN };
      read_message (lookup, head.nlmsg_type, body);
      return;
    }
    gsize step = MIN (NLMSG_ALIGN (head.nlmsg_len), datagram.length);
    datagram.octets += step;
    datagram.length -= step;
  }
  unknown (lookup, ROUTE_REASON_UNREADABLE);
}

/* ---- the rest -------------------------------------------------------------------------- */

void
route_lookup_start (RouteLookup *lookup, const IpAddress *destination)
{
  g_assert (destination->family != FAMILY_TUNNEL);
  *lookup = (RouteLookup){ .step = ROUTE_LOOKUP_ASK, .destination = *destination };
  if (ip_address_is_loopback (destination))
    known_local (lookup);
}

void
route_lookup_clear (RouteLookup *lookup)
{
  g_clear_pointer (&lookup->prefixes, g_free);
  g_clear_pointer (&lookup->network, g_free);
}

void
route_lookup_nudged (RouteLookup *lookup)
{
  g_assert (lookup->step == ROUTE_LOOKUP_NUDGE);
  lookup->nudged = TRUE;
  lookup->step = ROUTE_LOOKUP_ASK;
}

void
route_lookup_prefixes (RouteLookup *lookup, const char *text)
{
  g_assert (lookup->step == ROUTE_LOOKUP_PREFIXES);
  if (!text) {
    unknown (lookup, ROUTE_REASON_NO_PREFIX);
    return;
  }
  lookup->prefixes = g_strdup (text);
  known (lookup, "on", text);
}

void
route_lookup_give_up (RouteLookup *lookup)
{
  if (lookup->step != ROUTE_LOOKUP_KNOWN && lookup->step != ROUTE_LOOKUP_UNKNOWN)
    unknown (lookup, ROUTE_REASON_SILENT);
}

#endif

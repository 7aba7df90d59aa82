/* Paths and addresses. inet_pton() and inet_ntop() are pure and write the form
 * of RFC 5952; what they lack (brackets, SMTP literals, scopes) is added here.
 * The table at the end says what an errno of connect() lets us know, and no more. */
#include "core/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

const char *
family_name (Family family)
{
  static const char *const names[FAMILY_COUNT] = { "IPv6", "IPv4", "tunnel" };
  g_assert ((guint)family < FAMILY_COUNT);
  return names[family];
}

static gsize
address_length (Family family)
{
  return family == FAMILY_IPV6 ? 16 : 4;
}

gboolean
ip_address_equal (const IpAddress *a, const IpAddress *b)
{
  return a->family == b->family && a->scope_id == b->scope_id
         && memcmp (a->octets, b->octets, address_length (a->family)) == 0;
}

gboolean
ip_address_is_loopback (const IpAddress *address)
{
  static const guint8 one[16] = { [15] = 1 };
  if (address->family == FAMILY_IPV4)
    return address->octets[0] == 127;
  return address->family == FAMILY_IPV6 && memcmp (address->octets, one, sizeof one) == 0;
}

gboolean
ip_address_is_link_local (const IpAddress *address)
{
  if (address->family == FAMILY_IPV4)
    return address->octets[0] == 169 && address->octets[1] == 254;
  return address->family == FAMILY_IPV6 && address->octets[0] == 0xfe && (address->octets[1] & 0xc0) == 0x80;
}

/* The index behind the '%' of a scoped address (RFC 4007, section 11). Names of
 * interfaces would have to be asked of the system, which this room can't. */
static gboolean
parse_scope (const char *text, guint32 *ret_scope)
{
  guint64 scope = 0;
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT32, &scope, NULL))
    return FALSE;
  *ret_scope = (guint32)scope;
  return TRUE;
}

static gboolean
parse_ipv6 (const char *text, IpAddress *ret_address)
{
  IpAddress address = { .family = FAMILY_IPV6 };
  char digits[INET6_ADDRSTRLEN];
  const char *percent = strchr (text, '%');
  gsize length = percent ? (gsize)(percent - text) : strlen (text);
  if (length >= sizeof digits)
    return FALSE;
  memcpy (digits, text, length);
  digits[length] = '\0';
  if (percent && !parse_scope (percent + 1, &address.scope_id))
    return FALSE;
  if (inet_pton (AF_INET6, digits, address.octets) != 1)
    return FALSE;
  *ret_address = address;
  return TRUE;
}

static gboolean
parse_ipv4 (const char *text, IpAddress *ret_address)
{
  IpAddress address = { .family = FAMILY_IPV4 };
  if (inet_pton (AF_INET, text, address.octets) != 1)
    return FALSE;
  *ret_address = address;
  return TRUE;
}

static gboolean
parse_bracketed (const char *text, IpAddress *ret_address)
{
  char inner[64]; /* the longest address, its tag and its scope need 61 */
  gsize length = strlen (text);
  if (length < 2 || text[length - 1] != ']' || length - 2 >= sizeof inner)
    return FALSE;
  memcpy (inner, text + 1, length - 2);
  inner[length - 2] = '\0';
  /* RFC 5321, 4.1.3: the tag is a standardised one, compared without case. */
  if (g_ascii_strncasecmp (inner, "IPv6:", 5) == 0)
    return parse_ipv6 (inner + 5, ret_address);
  return parse_ipv6 (inner, ret_address) || parse_ipv4 (inner, ret_address);
}

gboolean
ip_address_parse (const char *text, IpAddress *ret_address)
{
  if (text[0] == '[')
    return parse_bracketed (text, ret_address);
  return parse_ipv4 (text, ret_address) || parse_ipv6 (text, ret_address);
}

char *
ip_address_to_string (const IpAddress *address)
{
  g_assert (address->family != FAMILY_TUNNEL);
  char text[INET6_ADDRSTRLEN];
  int family = address->family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
  if (!inet_ntop (family, address->octets, text, sizeof text))
    g_assert_not_reached (); /* it fails only for an unknown family or a short buffer */
  if (address->scope_id != 0)
    return g_strdup_printf ("%s%%%" G_GUINT32_FORMAT, text, address->scope_id);
  return g_strdup (text);
}

const char *
attempt_end_name (AttemptEnd end)
{
  static const char *const names[]
      = { "accepted", "refused", "prohibited", "unreachable", "silent", "no way from here" };
  g_assert ((guint)end < G_N_ELEMENTS (names));
  return names[end];
}

/* What Linux makes of the ICMP errors (icmp_err_convert in net/ipv4/icmp.c,
 * tab_unreach in net/ipv6/icmp.c). EHOSTUNREACH and ENETUNREACH over IPv4 stand for
 * hard and soft ones alike, and TCP has no error queue to ask: they can't tell.
 * The same errno from connect() itself comes from our own routing table. */
static const struct {
  int error;
  AttemptEnd end;
  AttemptEnd end_at_once;
} errno_meanings[] = {
  { 0, ATTEMPT_ACCEPTED, ATTEMPT_ACCEPTED },
  { ECONNREFUSED, ATTEMPT_REFUSED, ATTEMPT_REFUSED },
  { ECONNRESET, ATTEMPT_REFUSED, ATTEMPT_REFUSED },
  { ENOPROTOOPT, ATTEMPT_PROHIBITED, ATTEMPT_PROHIBITED },
  { EPROTO, ATTEMPT_PROHIBITED, ATTEMPT_PROHIBITED },
  { EMSGSIZE, ATTEMPT_PROHIBITED, ATTEMPT_PROHIBITED },
  { EHOSTDOWN, ATTEMPT_PROHIBITED, ATTEMPT_OWN_HOST },
  { ENONET, ATTEMPT_PROHIBITED, ATTEMPT_OWN_HOST },
  { EHOSTUNREACH, ATTEMPT_UNREACHABLE, ATTEMPT_OWN_HOST },
  { ENETUNREACH, ATTEMPT_UNREACHABLE, ATTEMPT_OWN_HOST },
  { EOPNOTSUPP, ATTEMPT_UNREACHABLE, ATTEMPT_OWN_HOST },
  { ETIMEDOUT, ATTEMPT_SILENT, ATTEMPT_SILENT },
  { EPERM, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { EADDRNOTAVAIL, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { ENETDOWN, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { EADDRINUSE, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { EMFILE, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { ENFILE, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { ENOBUFS, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
  { ENOMEM, ATTEMPT_OWN_HOST, ATTEMPT_OWN_HOST },
};

AttemptEnd
attempt_end_of_errno (Family family, int error, gboolean at_once)
{
  /* ICMPv6 "administratively prohibited". No ICMPv4 error becomes EACCES. */
  if (error == EACCES)
    return family == FAMILY_IPV6 && !at_once ? ATTEMPT_PROHIBITED : ATTEMPT_OWN_HOST;
  for (gsize i = 0; i < G_N_ELEMENTS (errno_meanings); i++)
    if (errno_meanings[i].error == error)
      return at_once ? errno_meanings[i].end_at_once : errno_meanings[i].end;
  return at_once ? ATTEMPT_OWN_HOST : ATTEMPT_UNREACHABLE;
}

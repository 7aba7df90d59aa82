/* An interface's on-link prefixes, from what getifaddrs(3) lists: an address changes with
 * each renewal (and by itself, RFC 8981), its prefix only with the network. */
#include "net/identity-prefixes.h"

#include "net/socket-address.h"

#include <net/if.h>
#include <string.h>

static char *
prefix_text (const IpAddress *address, const IpAddress *mask)
{
  IpAddress prefix = *address;
  guint length = 0;
  for (gsize i = 0; i < sizeof prefix.octets; i++) {
    prefix.octets[i] &= mask->octets[i];
    for (guint8 bits = mask->octets[i]; bits & 0x80; bits = (guint8)(bits << 1))
      length++;
  }
  g_autofree char *text = ip_address_to_string (&prefix);
  return g_strdup_printf ("%s/%u", text, length);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static char *
join_distinct (GPtrArray *texts)
{
  if (texts->len == 0)
    return NULL;
  g_ptr_array_sort (texts, compare_texts);
  GString *joined = g_string_new (texts->pdata[0]);
  for (guint i = 1; i < texts->len; i++)
    if (strcmp (texts->pdata[i], texts->pdata[i - 1]) != 0)
      g_string_append_printf (joined, " %s", (const char *)texts->pdata[i]);
  return g_string_free (joined, FALSE);
}

char *
interface_prefixes (const struct ifaddrs *all, const char *interface, Family family)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  for (const struct ifaddrs *each = all; each; each = each->ifa_next) {
    IpAddress address, mask, peer;
    if (strcmp (each->ifa_name, interface) != 0 || !socket_address_read (each->ifa_addr, &address)
        || !socket_address_read (each->ifa_netmask, &mask) || address.family != family
        || mask.family != family)
      continue;
    /* Of a pair of ends (ppp) the prefix is the other one's: ours is given anew each time. */
    if ((each->ifa_flags & IFF_POINTOPOINT) && socket_address_read (each->ifa_dstaddr, &peer)
        && peer.family == family)
      address = peer;
    if (!ip_address_is_link_local (&address))
      g_ptr_array_add (texts, prefix_text (&address, &mask));
  }
  return join_distinct (texts);
}

const char *
interface_of_address (const struct ifaddrs *all, const IpAddress *wanted)
{
  for (const struct ifaddrs *each = all; each; each = each->ifa_next) {
    IpAddress address;
    if (socket_address_read (each->ifa_addr, &address) && address.family == wanted->family
        && memcmp (address.octets, wanted->octets, sizeof address.octets) == 0)
      return each->ifa_name;
  }
  return NULL;
}

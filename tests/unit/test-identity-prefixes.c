/* On-link prefixes from lists as getifaddrs() makes them, and what other systems than Linux
 * have to be content with, which is compiled for this test (TOUKAN_TEST_NO_RTNETLINK). */
#include "net/identity.h"
#include "net/identity-prefixes.h"

#include "tests/lib/table.h"

#include <net/if.h>
#include <netinet/in.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
} Address;

/* "name address mask [peer]", joined by commas: */
typedef struct {
  const char *about;
  const char *list;
  Family family;
  const char *expected; /* of tun0 */
} Row;

static const Row rows[] = {
  { "one", "tun0 10.8.0.6 255.255.255.0", FAMILY_IPV4, "10.8.0.0/24" },
  { "another address of the same prefix", "tun0 10.8.0.200 255.255.255.0", FAMILY_IPV4, "10.8.0.0/24" },
  { "odd length", "tun0 10.8.7.6 255.255.252.0", FAMILY_IPV4, "10.8.4.0/22" },
  { "other interfaces don't count",
    "docker0 172.17.0.1 255.255.0.0,tun0 10.8.0.6 255.255.255.0,eth0 10.8.1.1 255.0.0.0", FAMILY_IPV4,
    "10.8.0.0/24" },
  { "nor do names that begin alike", "tun01 10.9.0.6 255.255.255.0,tun0 10.8.0.6 255.255.255.0", FAMILY_IPV4,
    "10.8.0.0/24" },
  { "the other end's, not ours", "tun0 10.64.3.2 255.255.255.255 192.0.2.1", FAMILY_IPV4, "192.0.2.1/32" },
  { "no other end", "tun0 10.2.0.2 255.255.255.255", FAMILY_IPV4, "10.2.0.2/32" },
  { "sorted", "tun0 10.9.0.1 255.255.0.0,tun0 10.8.0.1 255.255.0.0", FAMILY_IPV4, "10.8.0.0/16 10.9.0.0/16" },
  { "each once: privacy addresses",
    "tun0 2001:db8:8::1 ffff:ffff:ffff:ffff::,tun0 2001:db8:8:0:a:b:c:d ffff:ffff:ffff:ffff::", FAMILY_IPV6,
    "2001:db8:8::/64" },
  { "only the family that is asked for",
    "tun0 10.8.0.6 255.255.255.0,tun0 2001:db8:8::1 ffff:ffff:ffff:ffff::", FAMILY_IPV6, "2001:db8:8::/64" },
  { "link-local says nothing", "tun0 fe80::1 ffff:ffff:ffff:ffff::", FAMILY_IPV6, NULL },
  { "IPv4 link-local says nothing", "tun0 169.254.7.7 255.255.0.0", FAMILY_IPV4, NULL },
  { "link-local beside another",
    "tun0 fe80::1 ffff:ffff:ffff:ffff::,tun0 2001:db8:8::1 ffff:ffff:ffff:ffff::", FAMILY_IPV6,
    "2001:db8:8::/64" },
  { "no address at all", "tun0 - -", FAMILY_IPV4, NULL },
  { "no mask", "tun0 10.8.0.6 -", FAMILY_IPV4, NULL },
  { "a mask of the other family", "tun0 10.8.0.6 ffff:ffff::", FAMILY_IPV4, NULL },
  { "nothing", "eth0 10.8.0.6 255.255.255.0", FAMILY_IPV4, NULL },
};

static struct sockaddr *
make_address (const char *text)
{
  IpAddress address;
  if (!text || !ip_address_parse (text, &address))
    return NULL;
  Address *made = g_new0 (Address, 1);
  made->any.sa_family = address.family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
  if (address.family == FAMILY_IPV6)
    memcpy (&made->ipv6.sin6_addr, address.octets, 16);
  else
    memcpy (&made->ipv4.sin_addr, address.octets, 4);
  return &made->any;
}

static struct ifaddrs *
make_list (const char *text)
{
  g_auto (GStrv) entries = g_strsplit (text, ",", -1);
  struct ifaddrs *list = NULL;
  for (guint i = g_strv_length (entries); i > 0; i--) {
    g_auto (GStrv) words = g_strsplit (entries[i - 1], " ", -1);
    struct ifaddrs *each = g_new0 (struct ifaddrs, 1);
    each->ifa_next = list;
    each->ifa_name = g_strdup (words[0]);
    each->ifa_addr = make_address (words[1]);
    each->ifa_netmask = make_address (words[2]);
    if (words[3]) {
      each->ifa_flags = IFF_POINTOPOINT;
      each->ifa_dstaddr = make_address (words[3]);
    }
    list = each;
  }
  return list;
}

static void
free_list (struct ifaddrs *list)
{
  while (list) {
    struct ifaddrs *next = list->ifa_next;
    g_free (list->ifa_name);
    g_free (list->ifa_addr);
    g_free (list->ifa_netmask);
    g_free (list->ifa_dstaddr);
    g_free (list);
    list = next;
  }
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  struct ifaddrs *list = make_list (row->list);
  g_autofree char *prefixes = interface_prefixes (list, "tun0", row->family);
  g_assert_cmpstr (prefixes, ==, row->expected);
  free_list (list);
}

static void
test_owner (void)
{
  struct ifaddrs *list = make_list ("eth0 - -,eth0 192.0.2.2 255.255.255.0,tun0 10.8.0.6 255.255.255.0");
  IpAddress address;
  ip_address_parse ("10.8.0.6", &address);
  g_assert_cmpstr (interface_of_address (list, &address), ==, "tun0");
  ip_address_parse ("10.8.0.7", &address);
  g_assert_cmpstr (interface_of_address (list, &address), ==, NULL);
  free_list (list);
}

/* ---- without rtnetlink ----------------------------------------------------------------- */

typedef struct {
  guint n_done;
  char *network, *description;
} Answer;

static void
on_done (const char *network, const char *description, gpointer data)
{
  Answer *answer = data;
  answer->n_done++;
  answer->network = g_strdup (network);
  answer->description = g_strdup (description);
}

static Answer
answer_to (const char *text)
{
  g_autoptr (Identity) identity = identity_new ((const guint8 *)"salt", 4);
  IpAddress address;
  Answer answer = { 0 };
  g_assert_true (ip_address_parse (text, &address));
  identity_ask (identity, &address, on_done, &answer);
  g_assert_cmpuint (answer.n_done, ==, 1); /* it never waits */
  g_assert_nonnull (answer.description);
  return answer;
}

static void
answer_clear (Answer *answer)
{
  g_free (answer->network);
  g_free (answer->description);
}

static void
test_loopback (void)
{
  Answer ipv4 = answer_to ("127.0.0.1"), ipv6 = answer_to ("::1");
  g_assert_cmpstr (ipv4.network, ==, ipv6.network);
  g_assert_cmpuint (strlen (ipv4.network), ==, 32);
  answer_clear (&ipv4);
  answer_clear (&ipv6);
}

/* Whether this machine has a network or not, there is an answer. */
static void
test_elsewhere (void)
{
  Answer once = answer_to ("198.51.100.25"), again = answer_to ("198.51.100.26");
  g_assert_cmpstr (once.network, ==, again.network);
  g_test_message ("%s: %s", once.network, once.description);
  answer_clear (&once);
  answer_clear (&again);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/identity-prefixes", rows, test_row);
  g_test_add_func ("/identity-prefixes/owner", test_owner);
  g_test_add_func ("/identity-prefixes/portable/loopback", test_loopback);
  g_test_add_func ("/identity-prefixes/portable/elsewhere", test_elsewhere);
  return g_test_run ();
}

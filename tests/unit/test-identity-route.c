/* What network it is, from recorded answers of the kernel, from some that were made up, and
 * from octets that no kernel would send. */
#include "config.h"

#include "net/identity-route.h"
#include "tests/lib/table.h"

#ifdef HAVE_LINUX_RTNETLINK_H

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#define SEQUENCE 1 /* record.py's */
#define HERE "10.8.0.0/24"

/* ---- recorded situations --------------------------------------------------------------- */

typedef enum { ANSWER_ROUTE, ANSWER_LINK, ANSWER_NEIGHBOUR, ANSWER_AFTER, N_ANSWERS } Answer;

static const char *const answer_names[N_ANSWERS] = { "route", "link", "neighbour", "after" };

typedef struct {
  GByteArray *answers[N_ANSWERS]; /* NULL: none */
} Situation;

static GHashTable *situations;

static void
situation_free (gpointer data)
{
  Situation *situation = data;
  for (guint i = 0; i < N_ANSWERS; i++)
    if (situation->answers[i])
      g_byte_array_unref (situation->answers[i]);
  g_free (situation);
}

static GByteArray *
octets_of_hex (const char *hex)
{
  GByteArray *octets = g_byte_array_new ();
  for (; hex[0] && hex[1]; hex += 2) {
    const guint8 octet = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    g_byte_array_append (octets, &octet, 1);
  }
  return octets;
}

static void
read_line (Situation *situation, const char *line)
{
  for (guint i = 0; i < N_ANSWERS; i++) {
    gsize length = strlen (answer_names[i]);
    if (g_str_has_prefix (line, answer_names[i]) && g_str_has_prefix (line + length, ": ")) {
      situation->answers[i] = octets_of_hex (line + length + 2);
      return;
    }
  }
  g_error ("a strange line: %s", line);
}

static void
read_situations (void)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "tests/unit/identity/situations", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  Situation *situation = NULL;
  g_file_get_contents (file, &text, NULL, &error);
  g_assert_no_error (error);
  situations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, situation_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (**line == '#' || **line == '\0')
      situation = NULL;
    else if (!situation) {
      situation = g_new0 (Situation, 1);
      g_hash_table_insert (situations, g_strdup (*line), situation);
    } else
      read_line (situation, *line);
  }
}

/* ---- looking up -------------------------------------------------------------------------- */

static IpAddress
address_of (const char *text)
{
  IpAddress address;
  g_assert_true (ip_address_parse (text, &address));
  return address;
}

static void
take (RouteLookup *lookup, const GByteArray *answer)
{
  /* As long as it is and no longer, so that a sanitizer sees who reads on. */
  g_autofree guint8 *octets = answer ? g_memdup2 (answer->data, answer->len) : NULL;
  route_lookup_answer (lookup, SEQUENCE, octets, answer ? answer->len : 0);
}

/* Which answer is asked for now. */
static Answer
asked_for (const RouteLookup *lookup)
{
  if (lookup->interface == 0)
    return ANSWER_ROUTE;
  if (lookup->interface_name[0] == '\0')
    return ANSWER_LINK;
  return lookup->nudged ? ANSWER_AFTER : ANSWER_NEIGHBOUR;
}

static void
look_up (RouteLookup *lookup, const Situation *situation, const char *prefixes)
{
  for (guint turns = 0; turns < 20; turns++) {
    Answer asked = asked_for (lookup);
    switch (lookup->step) {
    case ROUTE_LOOKUP_ASK:
      take (lookup, situation->answers[asked]);
      if (lookup->step == ROUTE_LOOKUP_ASK && asked == ANSWER_AFTER)
        route_lookup_give_up (lookup);
      break;
    case ROUTE_LOOKUP_NUDGE:
      route_lookup_nudged (lookup);
      break;
    case ROUTE_LOOKUP_PREFIXES:
      route_lookup_prefixes (lookup, prefixes);
      break;
    case ROUTE_LOOKUP_KNOWN:
    case ROUTE_LOOKUP_UNKNOWN:
      return;
    }
  }
  g_error ("it never ends");
}

static char *
result_of (const RouteLookup *lookup)
{
  static const char *const reasons[] = { "", "no route", "silent", "no prefix", "unreadable" };
  if (lookup->step == ROUTE_LOOKUP_KNOWN)
    return g_strdup (lookup->network);
  return g_strdup_printf ("unknown: %s", reasons[lookup->reason]);
}

/* ---- the table ------------------------------------------------------------------------------ */

#define V4 "203.0.113.25"
#define V6 "2001:db8:25::25"
#define ROUTER "02:00:00:00:00:01"
#define OTHER "02:00:00:00:00:02"

enum { AT_ONCE, NUDGED, NO_PREFIX };

typedef struct {
  const char *about; /* the situation's name */
  const char *destination;
  const char *expected;
  guint how;
} Row;

static const Row rows[] = {
  { "IPv4 by a router", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "IPv4 renumbered, same router", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "IPv4 with the same addresses, another router", V4, "IPv4 veth by " OTHER, AT_ONCE },
  { "IPv6 by a router", V6, "IPv6 veth by " ROUTER, AT_ONCE },
  { "IPv6 by a link-local router", V6, "IPv6 veth by " ROUTER, AT_ONCE },
  { "IPv4 on the same link", "192.0.2.25", "IPv4 veth by " OTHER, AT_ONCE },
  { "IPv6 on the same link", "2001:db8::25", "IPv6 veth by " OTHER, AT_ONCE },
  { "the neighbour table is empty, the router answers", V4, "IPv4 veth by " ROUTER, NUDGED },
  { "the neighbour table is empty, the router is silent", V4, "unknown: silent", NUDGED },
  { "neighbour permanent", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "neighbour stale", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "neighbour in delay", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "neighbour probed", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "neighbour failed, then answers", V4, "IPv4 veth by " ROUTER, NUDGED },
  { "neighbour incomplete", V4, "unknown: silent", NUDGED },
  { "neighbour without a link layer", V4, "IPv4 veth on " HERE, AT_ONCE },
  { "two defaults, by metric", V4, "IPv4 veth by " OTHER, AT_ONCE },
  { "two defaults, the better interface is down", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "a policy rule by destination", V4, "IPv4 veth by " OTHER, AT_ONCE },
  { "a policy rule by user", V4, "IPv4 veth by " OTHER, AT_ONCE },
  { "two routers at once", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "a next-hop object", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "no route at all", V4, "unknown: no route", AT_ONCE },
  { "IPv6: no route at all", V6, "unknown: no route", AT_ONCE },
  { "unreachable route", V4, "unknown: no route", AT_ONCE },
  { "black hole", V4, "unknown: no route", AT_ONCE },
  { "prohibited", V4, "unknown: no route", AT_ONCE },
  { "IPv6: unreachable default", V6, "unknown: no route", AT_ONCE },
  { "IPv6: black hole", V6, "unknown: no route", AT_ONCE },
  { "IPv6: prohibited", V6, "unknown: no route", AT_ONCE },
  { "own address", "192.0.2.2", "loopback", AT_ONCE },
  { "IPv6: own address", "2001:db8::2", "loopback", AT_ONCE },
  { "a route to lo", V4, "loopback", AT_ONCE },
  { "broadcast", "192.0.2.255", "unknown: no route", AT_ONCE },
  { "multicast", "239.1.1.1", "unknown: no route", AT_ONCE },
  { "a router outside of our prefix (onlink)", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "IPv4 by way of an IPv6 router", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "docker bridges beside", V4, "IPv4 veth by " ROUTER, AT_ONCE },
  { "a bridge is the uplink", V4, "IPv4 bridge by " ROUTER, AT_ONCE },
  { "vxlan", V4, "IPv4 vxlan by " OTHER, AT_ONCE },
  { "ARP is switched off", V4, "IPv4 veth on " HERE, AT_ONCE },
  { "tun", V4, "IPv4 tun on " HERE, AT_ONCE },
  { "tun without a router", V4, "IPv4 tun on " HERE, AT_ONCE },
  { "IPv6: tun", V6, "IPv6 tun on " HERE, AT_ONCE },
  { "IPv6: tun with a link-local address only", V6, "unknown: no prefix", NO_PREFIX },
  { "half the world through tun, as VPNs do", V4, "IPv4 tun on " HERE, AT_ONCE },
  { "tap has a link layer", V4, "IPv4 tun by " OTHER, AT_ONCE },
};

static const Situation *
situation_named (const char *name)
{
  const Situation *situation = g_hash_table_lookup (situations, name);
  g_assert_nonnull (situation);
  return situation;
}

static const char *
prefixes_of (const Row *row)
{
  return row->how == NO_PREFIX ? NULL : HERE;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  const IpAddress destination = address_of (row->destination);
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  look_up (&lookup, situation_named (row->about), prefixes_of (row));
  g_autofree char *result = result_of (&lookup);
  g_assert_cmpstr (result, ==, row->expected);
  g_assert_cmpint (lookup.nudged, ==, row->how == NUDGED);
}

/* Loopback needs no kernel. */
static void
test_loopback (gconstpointer data)
{
  const IpAddress destination = address_of (data);
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  g_assert_cmpint (lookup.step, ==, ROUTE_LOOKUP_KNOWN);
  g_assert_cmpstr (lookup.network, ==, "loopback");
}

/* ---- interfaces that not every kernel has -------------------------------------------------- */

static void
add_attribute (GByteArray *message, guint16 type, const void *value, gsize length)
{
  const struct rtattr head = { .rta_type = type, .rta_len = (guint16)RTA_LENGTH (length) };
  const guint8 padding[RTA_ALIGNTO] = { 0 };
  g_byte_array_append (message, (const guint8 *)&head, sizeof head);
  g_byte_array_append (message, value, (guint)length);
  g_byte_array_append (message, padding, (guint)(RTA_SPACE (length) - RTA_LENGTH (length)));
}

static GByteArray *
message_new (guint16 type, const void *body, gsize size)
{
  GByteArray *message = g_byte_array_new ();
  const struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_seq = SEQUENCE };
  g_byte_array_append (message, (const guint8 *)&head, sizeof head);
  g_byte_array_append (message, body, (guint)size);
  return message;
}

static void
message_seal (GByteArray *message)
{
  const guint32 length = message->len;
  memcpy (message->data, &length, sizeof length);
}

typedef struct {
  const char *about;
  const char *kind; /* NULL: none is said */
  guint16 hardware;
  guint flags;
  gsize address_length;
  const char *expected;
} LinkRow;

static const LinkRow link_rows[] = {
  { "Ethernet and WLAN say no kind", NULL, ARPHRD_ETHER, 0, 6, "IPv4 ether by " ROUTER },
  { "wireguard", "wireguard", ARPHRD_NONE, IFF_POINTOPOINT | IFF_NOARP, 0, "IPv4 wireguard on " HERE },
  { "ppp", "ppp", ARPHRD_PPP, IFF_POINTOPOINT | IFF_NOARP, 0, "IPv4 ppp on " HERE },
  { "a modem's raw IP", NULL, 519, IFF_POINTOPOINT | IFF_NOARP, 0, "IPv4 type-519 on " HERE },
  { "a modem that plays Ethernet", NULL, ARPHRD_ETHER, IFF_NOARP, 6, "IPv4 ether on " HERE },
  { "ipip, whose address is an IPv4 address", "ipip", ARPHRD_TUNNEL, IFF_NOARP, 4, "IPv4 ipip on " HERE },
  { "InfiniBand", NULL, ARPHRD_INFINIBAND, 0, 20, "IPv4 type-32 by " ROUTER },
  { "vlan", "vlan", ARPHRD_ETHER, 0, 6, "IPv4 vlan by " ROUTER },
  { "a kind longer than any", "a-kind-that-is-longer-than-the-kernel-lets-anybody-name-one", ARPHRD_ETHER, 0,
    6, "IPv4 a-kind-that-is-longer-than-the- by " ROUTER },
};

static GByteArray *
make_link (const LinkRow *row, guint32 interface)
{
  static const guint8 address[20] = { 2 };
  const struct ifinfomsg body
      = { .ifi_type = row->hardware, .ifi_index = (int)interface, .ifi_flags = IFF_UP | row->flags };
  GByteArray *message = message_new (RTM_NEWLINK, &body, sizeof body);
  add_attribute (message, IFLA_IFNAME, "net0", sizeof "net0");
  if (row->address_length > 0)
    add_attribute (message, IFLA_ADDRESS, address, row->address_length);
  if (row->kind) {
    g_autoptr (GByteArray) info = g_byte_array_new ();
    add_attribute (info, IFLA_INFO_KIND, row->kind, strlen (row->kind));
    add_attribute (message, IFLA_LINKINFO | NLA_F_NESTED, info->data, info->len);
  }
  message_seal (message);
  return message;
}

static void
test_link (gconstpointer data)
{
  const LinkRow *row = data;
  const Situation *recorded = situation_named ("IPv4 by a router");
  const IpAddress destination = address_of (V4);
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  take (&lookup, recorded->answers[ANSWER_ROUTE]);
  g_autoptr (GByteArray) link = make_link (row, lookup.interface);
  const Situation situation
      = { .answers = { [ANSWER_LINK] = link, [ANSWER_NEIGHBOUR] = recorded->answers[ANSWER_NEIGHBOUR] } };
  look_up (&lookup, &situation, HERE);
  g_autofree char *result = result_of (&lookup);
  g_assert_cmpstr (result, ==, row->expected);
}

/* ---- neighbours that a kernel need not show ------------------------------------------------- */

typedef struct {
  const char *about;
  const char *of;
  guint16 state;
  gsize address_length; /* of 02:02:… */
  const char *expected;
} NeighbourRow;

static const NeighbourRow neighbour_rows[] = {
  { "as usual", "192.0.2.1", NUD_REACHABLE, 6, "IPv4 veth by 02:02:02:02:02:02" },
  { "failed, with the address that it had", "192.0.2.1", NUD_FAILED, 6, "unknown: silent" },
  { "incomplete, with the address that it had", "192.0.2.1", NUD_INCOMPLETE, 6, "unknown: silent" },
  { "in no state", "192.0.2.1", NUD_NONE, 6, "unknown: silent" },
  { "reachable, without an address", "192.0.2.1", NUD_REACHABLE, 0, "unknown: silent" },
  { "an address longer than any", "192.0.2.1", NUD_REACHABLE, 33, "unknown: silent" },
  { "somebody else", "192.0.2.7", NUD_REACHABLE, 6, "unknown: unreadable" },
  { "of the other family", "2001:db8::1", NUD_REACHABLE, 6, "unknown: unreadable" },
};

static GByteArray *
make_neighbour (const NeighbourRow *row, guint32 interface)
{
  const IpAddress of = address_of (row->of);
  gboolean ipv6 = of.family == FAMILY_IPV6;
  const struct ndmsg body
      = { .ndm_family = ipv6 ? AF_INET6 : AF_INET, .ndm_ifindex = (int)interface, .ndm_state = row->state };
  guint8 address[64];
  GByteArray *message = message_new (RTM_NEWNEIGH, &body, sizeof body);
  memset (address, 2, sizeof address);
  add_attribute (message, NDA_DST, of.octets, ipv6 ? 16 : 4);
  if (row->address_length > 0)
    add_attribute (message, NDA_LLADDR, address, row->address_length);
  message_seal (message);
  return message;
}

static void
test_neighbour (gconstpointer data)
{
  const NeighbourRow *row = data;
  Situation situation = *situation_named ("IPv4 by a router");
  const IpAddress destination = address_of (V4);
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  take (&lookup, situation.answers[ANSWER_ROUTE]);
  g_autoptr (GByteArray) neighbour = make_neighbour (row, lookup.interface);
  situation.answers[ANSWER_NEIGHBOUR] = situation.answers[ANSWER_AFTER] = neighbour;
  look_up (&lookup, &situation, HERE);
  g_autofree char *result = result_of (&lookup);
  g_assert_cmpstr (result, ==, row->expected);
}

/* ---- answers that say no ---------------------------------------------------------------------- */

typedef struct {
  const char *about;
  Answer at;
  int error;
  const char *expected;
} ErrorRow;

static const ErrorRow error_rows[] = {
  { "a route is forbidden to be asked for", ANSWER_ROUTE, -EPERM, "unknown: no route" },
  { "the interface went away", ANSWER_LINK, -ENODEV, "unknown: unreadable" },
  { "the interface isn't there", ANSWER_LINK, -ENOENT, "unknown: unreadable" },
  { "a kernel that tells no single neighbour", ANSWER_NEIGHBOUR, -EOPNOTSUPP, "unknown: unreadable" },
  { "an error that is none", ANSWER_NEIGHBOUR, 0, "unknown: unreadable" },
  { "the neighbour isn't there", ANSWER_NEIGHBOUR, -ENOENT, "IPv4 veth by " ROUTER },
};

static void
test_error (gconstpointer data)
{
  const ErrorRow *row = data;
  const IpAddress destination = address_of (V4);
  const struct nlmsgerr body = { .error = row->error };
  Situation situation = *situation_named ("IPv4 by a router");
  g_autoptr (GByteArray) error = message_new (NLMSG_ERROR, &body, sizeof body);
  message_seal (error);
  situation.answers[row->at] = error;
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  look_up (&lookup, &situation, HERE);
  g_autofree char *result = result_of (&lookup);
  g_assert_cmpstr (result, ==, row->expected);
}

/* A late answer to an earlier question stands before the one that is wanted. */
static void
test_sequence (void)
{
  const Situation *situation = situation_named ("IPv4 by a router");
  const IpAddress destination = address_of (V4);
  const struct nlmsgerr body = { .error = -ENETUNREACH };
  g_autoptr (GByteArray) stale = message_new (NLMSG_ERROR, &body, sizeof body);
  const guint32 before = SEQUENCE - 1;
  message_seal (stale);
  memcpy (stale->data + G_STRUCT_OFFSET (struct nlmsghdr, nlmsg_seq), &before, sizeof before);
  g_byte_array_append (stale, situation->answers[ANSWER_ROUTE]->data, situation->answers[ANSWER_ROUTE]->len);
  g_auto (RouteLookup) lookup = { 0 };
  route_lookup_start (&lookup, &destination);
  take (&lookup, stale);
  g_assert_cmpint (lookup.step, ==, ROUTE_LOOKUP_ASK);
  g_assert_cmpuint (lookup.interface, >, 0);
}

/* ---- octets that no kernel sends ----------------------------------------------------------------- */

/* Each answer cut at each octet: never another network. Where the header agrees with the cut,
 * which no kernel does, all that counts is that nobody reads behind the end. */
static void
test_cut (gconstpointer data)
{
  const Row *row = data;
  const IpAddress destination = address_of (row->destination);
  const Situation *whole = situation_named (row->about);
  for (guint at = 0; at < ANSWER_AFTER; at++)
    for (guint length = 0; whole->answers[at] && length < whole->answers[at]->len; length++) {
      Situation situation = *whole;
      g_autoptr (GByteArray) cut = g_byte_array_new ();
      gboolean sealed = length >= sizeof (struct nlmsghdr) && length % 2 == 0;
      g_byte_array_append (cut, whole->answers[at]->data, length);
      if (sealed)
        message_seal (cut);
      situation.answers[at] = cut;
      g_auto (RouteLookup) lookup = { 0 };
      route_lookup_start (&lookup, &destination);
      look_up (&lookup, &situation, prefixes_of (row));
      if (!sealed && lookup.step == ROUTE_LOOKUP_KNOWN)
        g_assert_cmpstr (lookup.network, ==, row->expected);
    }
}

static void
test_noise (gconstpointer data)
{
  const Row *row = data;
  const IpAddress destination = address_of (row->destination);
  const Situation *whole = situation_named (row->about);
  for (guint turn = 0; turn < 2000; turn++) {
    Situation situation = *whole;
    guint at = (guint)g_test_rand_int_range (0, ANSWER_AFTER);
    g_autoptr (GByteArray) spoilt = g_byte_array_new ();
    if (whole->answers[at])
      g_byte_array_append (spoilt, whole->answers[at]->data, whole->answers[at]->len);
    for (guint i = 0; i < 1 + turn % 8 && spoilt->len > 0; i++)
      spoilt->data[g_test_rand_int_range (0, (int)spoilt->len)] = (guint8)g_test_rand_int ();
    situation.answers[at] = spoilt;
    g_auto (RouteLookup) lookup = { 0 };
    route_lookup_start (&lookup, &destination);
    look_up (&lookup, &situation, prefixes_of (row));
  }
}

/* ---- requests ------------------------------------------------------------------------------------- */

static void
test_requests (void)
{
  const Situation *situation = situation_named ("IPv6 by a link-local router");
  IpAddress destination = address_of ("fe80::25%7");
  guint8 request[ROUTE_REQUEST_SIZE];
  struct nlmsghdr head;
  static const guint16 types[] = { RTM_GETROUTE, RTM_GETLINK, RTM_GETNEIGH };
  static const gsize lengths[] = { 16 + 12 + 20, 16 + 16 + 8, 16 + 12 + 20 };
  g_auto (RouteLookup) scoped = { 0 }, lookup = { 0 };
  route_lookup_start (&scoped, &destination);
  g_assert_cmpuint (route_lookup_request (&scoped, 9, request), ==, 16 + 12 + 20 + 8);
  destination = address_of (V6);
  route_lookup_start (&lookup, &destination);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    gsize length = route_lookup_request (&lookup, 9 + i, request);
    memcpy (&head, request, sizeof head);
    g_assert_cmpuint (length, ==, lengths[i]);
    g_assert_cmpuint (head.nlmsg_len, ==, length);
    g_assert_cmpuint (head.nlmsg_type, ==, types[i]);
    g_assert_cmpuint (head.nlmsg_seq, ==, 9 + i);
    g_assert_cmpuint (head.nlmsg_flags, ==, NLM_F_REQUEST);
    take (&lookup, situation->answers[i]);
  }
  g_assert_cmpint (lookup.step, ==, ROUTE_LOOKUP_KNOWN);
  g_assert_cmpuint (lookup.next_hop.scope_id, ==, lookup.interface);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  read_situations ();
  TABLE_ADD ("/identity-route/recorded", rows, test_row);
  TABLE_ADD ("/identity-route/link", link_rows, test_link);
  TABLE_ADD ("/identity-route/neighbour", neighbour_rows, test_neighbour);
  TABLE_ADD ("/identity-route/error", error_rows, test_error);
  TABLE_ADD ("/identity-route/cut", rows, test_cut);
  TABLE_ADD ("/identity-route/noise", rows, test_noise);
  g_test_add_data_func ("/identity-route/loopback/IPv4", "127.3.2.1", test_loopback);
  g_test_add_data_func ("/identity-route/loopback/IPv6", "::1", test_loopback);
  g_test_add_func ("/identity-route/sequence", test_sequence);
  g_test_add_func ("/identity-route/requests", test_requests);
  int status = g_test_run ();
  g_hash_table_unref (situations);
  return status;
}

#else

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  return g_test_run ();
}

#endif

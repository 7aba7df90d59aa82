/* Addresses in and out, and what an errno of connect() means. */
#include "core/path.h"

#include <errno.h>

#include "../lib/tap.h"

typedef struct {
  const char *text;
  const char *canonical; /* NULL: refused */
  Family family;
} AddressRow;

static const AddressRow address_rows[] = {
  { "192.0.2.1", "192.0.2.1", FAMILY_IPV4 },
  { "[192.0.2.1]", "192.0.2.1", FAMILY_IPV4 },
  { "255.255.255.255", "255.255.255.255", FAMILY_IPV4 },
  { "2001:db8::1", "2001:db8::1", FAMILY_IPV6 },
  { "[2001:db8::1]", "2001:db8::1", FAMILY_IPV6 },
  { "[IPv6:2001:db8::1]", "2001:db8::1", FAMILY_IPV6 },
  { "[ipv6:2001:db8::1]", "2001:db8::1", FAMILY_IPV6 },
  { "::", "::", FAMILY_IPV6 },
  { "::1", "::1", FAMILY_IPV6 },
  { "fe80::1%3", "fe80::1%3", FAMILY_IPV6 },
  { "[fe80::1%4294967295]", "fe80::1%4294967295", FAMILY_IPV6 },
  { "::ffff:192.0.2.1", "::ffff:192.0.2.1", FAMILY_IPV6 },
  /* RFC 5952, section 4.1: no leading zeros. */
  { "2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1", FAMILY_IPV6 },
  /* 4.2.1: shortened as much as possible; 4.2.2: never a single field. */
  { "2001:db8:0:0:0:0:2:1", "2001:db8::2:1", FAMILY_IPV6 },
  { "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", FAMILY_IPV6 },
  /* 4.2.3: the longest run, the first of equals. */
  { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", FAMILY_IPV6 },
  { "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", FAMILY_IPV6 },
  /* 4.3: lower case. */
  { "2001:DB8::ABCD", "2001:db8::abcd", FAMILY_IPV6 },

  { "", NULL, 0 },
  { "[]", NULL, 0 },
  { "[", NULL, 0 },
  { "[192.0.2.1", NULL, 0 },
  { "192.0.2.1]", NULL, 0 },
  { "[[192.0.2.1]]", NULL, 0 },
  { "[192.0.2.1] ", NULL, 0 },
  { " 192.0.2.1", NULL, 0 },
  { "192.0.2", NULL, 0 },
  { "192.0.2.256", NULL, 0 },
  { "192.0.2.1.1", NULL, 0 },
  { "0x7f000001", NULL, 0 },
  { "IPv6:2001:db8::1", NULL, 0 },
  { "[IPv6:192.0.2.1]", NULL, 0 },
  { "[IPv6:]", NULL, 0 },
  { "[IPv4:192.0.2.1]", NULL, 0 },
  { "2001:db8::1::2", NULL, 0 },
  { "2001:db8", NULL, 0 },
  { "12345::", NULL, 0 },
  { "fe80::1%", NULL, 0 },
  { "fe80::1%0", NULL, 0 },
  { "fe80::1%eth0", NULL, 0 },
  { "fe80::1%4294967296", NULL, 0 },
  { "192.0.2.1%1", NULL, 0 },
  { "mail.example.org", NULL, 0 },
  { "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL, 0 },
  { "[IPv6:1111:1111:1111:1111:1111:1111:1111:1111%4294967295:1111:1111]", NULL, 0 },
};

static void
test_address (gconstpointer data)
{
  const AddressRow *row = data;
  const IpAddress untouched = { .family = FAMILY_IPV4, .octets = { 9, 9, 9, 9 } };
  IpAddress address = untouched;
  gboolean parsed = ip_address_parse (row->text, &address);
  g_assert_cmpint (parsed, ==, row->canonical != NULL);
  if (!parsed) {
    g_assert_true (ip_address_equal (&address, &untouched));
    return;
  }
  g_assert_cmpint (address.family, ==, row->family);
  g_autofree char *text = ip_address_to_string (&address);
  g_assert_cmpstr (text, ==, row->canonical);
  IpAddress again;
  g_assert_true (ip_address_parse (text, &again));
  g_assert_true (ip_address_equal (&address, &again));
}

static void
test_equal (void)
{
  IpAddress a, b;
  g_assert_true (ip_address_parse ("192.0.2.1", &a));
  b = a;
  b.octets[15] = 7; /* behind the four that count */
  g_assert_true (ip_address_equal (&a, &b));
  b.octets[3] = 7;
  g_assert_false (ip_address_equal (&a, &b));
  g_assert_true (ip_address_parse ("c000:201::", &b)); /* the same first octets */
  g_assert_false (ip_address_equal (&a, &b));
  g_assert_true (ip_address_parse ("fe80::1%1", &a));
  g_assert_true (ip_address_parse ("fe80::1%2", &b));
  g_assert_false (ip_address_equal (&a, &b));
}

typedef struct {
  const char *name;
  Family family;
  int error;
  gboolean at_once;
  AttemptEnd end;
} ErrnoRow;

static const ErrnoRow errno_rows[] = {
  { "success", FAMILY_IPV6, 0, FALSE, ATTEMPT_ACCEPTED },
  { "success at once", FAMILY_IPV4, 0, TRUE, ATTEMPT_ACCEPTED },
  { "RST", FAMILY_IPV4, ECONNREFUSED, FALSE, ATTEMPT_REFUSED },
  { "RST over loopback", FAMILY_IPV6, ECONNREFUSED, TRUE, ATTEMPT_REFUSED },
  { "reset", FAMILY_IPV4, ECONNRESET, FALSE, ATTEMPT_REFUSED },
  { "ICMPv6 admin-prohibited", FAMILY_IPV6, EACCES, FALSE, ATTEMPT_PROHIBITED },
  { "IPv6 prohibit route", FAMILY_IPV6, EACCES, TRUE, ATTEMPT_OWN_HOST },
  { "IPv4 prohibit route", FAMILY_IPV4, EACCES, TRUE, ATTEMPT_OWN_HOST },
  { "IPv4 EACCES", FAMILY_IPV4, EACCES, FALSE, ATTEMPT_OWN_HOST },
  { "ICMP prot-unreachable", FAMILY_IPV4, ENOPROTOOPT, FALSE, ATTEMPT_PROHIBITED },
  { "ICMP host-unknown", FAMILY_IPV4, EHOSTDOWN, FALSE, ATTEMPT_PROHIBITED },
  { "ICMP isolated", FAMILY_IPV4, ENONET, FALSE, ATTEMPT_PROHIBITED },
  { "ICMP frag-needed", FAMILY_IPV4, EMSGSIZE, FALSE, ATTEMPT_PROHIBITED },
  { "ICMPv6 unknown code", FAMILY_IPV6, EPROTO, FALSE, ATTEMPT_PROHIBITED },
  { "IPv4 EHOSTUNREACH can't tell", FAMILY_IPV4, EHOSTUNREACH, FALSE, ATTEMPT_UNREACHABLE },
  { "IPv6 addr-unreachable", FAMILY_IPV6, EHOSTUNREACH, FALSE, ATTEMPT_UNREACHABLE },
  { "unreachable route", FAMILY_IPV4, EHOSTUNREACH, TRUE, ATTEMPT_OWN_HOST },
  { "ICMP net-unreachable", FAMILY_IPV4, ENETUNREACH, FALSE, ATTEMPT_UNREACHABLE },
  { "ICMPv6 no-route", FAMILY_IPV6, ENETUNREACH, FALSE, ATTEMPT_UNREACHABLE },
  { "no route here", FAMILY_IPV6, ENETUNREACH, TRUE, ATTEMPT_OWN_HOST },
  { "source route failed", FAMILY_IPV4, EOPNOTSUPP, FALSE, ATTEMPT_UNREACHABLE },
  { "the kernel's own timeout", FAMILY_IPV4, ETIMEDOUT, FALSE, ATTEMPT_SILENT },
  { "output firewall", FAMILY_IPV4, EPERM, TRUE, ATTEMPT_OWN_HOST },
  { "no address here", FAMILY_IPV6, EADDRNOTAVAIL, TRUE, ATTEMPT_OWN_HOST },
  { "interface down", FAMILY_IPV4, ENETDOWN, FALSE, ATTEMPT_OWN_HOST },
  { "no descriptor", FAMILY_IPV4, EMFILE, TRUE, ATTEMPT_OWN_HOST },
  { "no memory", FAMILY_IPV4, ENOBUFS, FALSE, ATTEMPT_OWN_HOST },
  { "family not compiled in", FAMILY_IPV6, EAFNOSUPPORT, TRUE, ATTEMPT_OWN_HOST },
  { "tunnel's command is missing", FAMILY_TUNNEL, ENOENT, TRUE, ATTEMPT_OWN_HOST },
  { "unheard-of", FAMILY_IPV4, EXDEV, FALSE, ATTEMPT_UNREACHABLE },
};

static void
test_errno (gconstpointer data)
{
  const ErrnoRow *row = data;
  g_assert_cmpstr (attempt_end_name (attempt_end_of_errno (row->family, row->error, row->at_once)), ==,
                   attempt_end_name (row->end));
}

static void
test_names (void)
{
  g_assert_cmpstr (family_name (FAMILY_IPV6), ==, "IPv6");
  g_assert_cmpstr (family_name (FAMILY_IPV4), ==, "IPv4");
  g_assert_cmpstr (family_name (FAMILY_TUNNEL), ==, "tunnel");
  g_assert_cmpstr (attempt_end_name (ATTEMPT_ACCEPTED), ==, "accepted");
  g_assert_cmpstr (attempt_end_name (ATTEMPT_SILENT), ==, "silent");
  g_assert_cmpstr (attempt_end_name (ATTEMPT_OWN_HOST), ==, "no way from here");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (address_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/path/address/%zu:%s", i, address_rows[i].text);
    g_test_add_data_func (name, &address_rows[i], test_address);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (errno_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/path/errno/%s", errno_rows[i].name);
    g_test_add_data_func (name, &errno_rows[i], test_errno);
  }
  g_test_add_func ("/path/equal", test_equal);
  g_test_add_func ("/path/names", test_names);
  return g_test_run ();
}

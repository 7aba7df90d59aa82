/* The resolver against a hosts file and a DNS server of the test's own, on loopback. */
#include "net/resolver.h"

#include "net/clock.h"
#include "net/hosts.h"
#include "net/resolver-private.h"
#include "tests/lib/dns-server.h"
#include "tests/lib/tap.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const DnsZone zones[] = {
  { "both.test", DNS_NOERROR, "192.0.2.1 192.0.2.2", "2001:db8::1", NULL },
  { "four.test", DNS_NOERROR, "192.0.2.4", NULL, NULL },
  { "six.test", DNS_NOERROR, NULL, "2001:db8::6 2001:db8::7 2001:db8::8", NULL },
  { "neither.test", DNS_NOERROR, NULL, NULL, NULL },
  { "alias.test", DNS_NOERROR, "192.0.2.9", NULL, "true-name.test" },
  { "dangling.test", DNS_NOERROR, NULL, NULL, "nowhere.test" },
  { "broken.test", DNS_SERVFAIL, NULL, NULL, NULL },
  { "refused.test", DNS_REFUSED, NULL, NULL, NULL },
  { "silent.test", DNS_SILENT, NULL, NULL, NULL },
  { "listed.test", DNS_NOERROR, "203.0.113.1", "2001:db8:f::1", NULL },
  { NULL, 0, NULL, NULL, NULL },
};

/* --- asking ------------------------------------------------------------------------------------ */

static char *hosts_file;

typedef struct {
  guint n_done;
  Family family;
  ResolverStatus status;
  GString *addresses; /* separated by spaces */
  char *detail;
  Resolver **free_inside;
} Reply;

static void
on_resolved (Family family, ResolverStatus status, const IpAddress *addresses, gsize n_addresses,
             const char *detail, gpointer data)
{
  Reply *reply = data;
  reply->n_done++;
  reply->family = family;
  reply->status = status;
  g_free (reply->detail);
  reply->detail = g_strdup (detail);
  if (!reply->addresses)
    reply->addresses = g_string_new (NULL);
  g_string_truncate (reply->addresses, 0);
  for (gsize i = 0; i < n_addresses; i++) {
    g_autofree char *text = ip_address_to_string (&addresses[i]);
    g_assert_cmpint (addresses[i].family, ==, family);
    g_string_append_printf (reply->addresses, "%s%s", i > 0 ? " " : "", text);
  }
  if (reply->free_inside)
    g_clear_pointer (reply->free_inside, resolver_free);
}

static void
reply_clear (Reply *reply)
{
  if (reply->addresses)
    g_string_free (reply->addresses, TRUE);
  g_free (reply->detail);
  *reply = (Reply){ 0 };
}

static void
wait_for (Reply *reply)
{
  Ticks deadline = clock_now () + 20 * TICKS_PER_SECOND;
  while (reply->n_done == 0) {
    g_assert_cmpint (clock_now (), <, deadline);
    g_main_context_iteration (NULL, TRUE);
  }
}

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static Resolver *
resolver_of (const DnsServer *server, Ticks timeout)
{
  Resolver *resolver = resolver_new (timeout);
  resolver_set_servers (resolver, server->address);
  resolver_set_hosts_file (resolver, hosts_file);
  return resolver;
}

/* --- a row a question ------------------------------------------------------------------------------ */

typedef struct {
  const char *host;
  Family family;
  ResolverStatus status;
  const char *addresses;
  gboolean asks_dns;
  const char *says;
} Row;

static const Row rows[] = {
  { "192.0.2.77", FAMILY_IPV4, RESOLVER_FOUND, "192.0.2.77", FALSE, NULL },
  { "192.0.2.77", FAMILY_IPV6, RESOLVER_NO_ADDRESS, "", FALSE, "192.0.2.77 has no IPv6 address" },
  { "2001:db8::77", FAMILY_IPV6, RESOLVER_FOUND, "2001:db8::77", FALSE, NULL },
  { "[2001:db8::77]", FAMILY_IPV6, RESOLVER_FOUND, "2001:db8::77", FALSE, NULL },
  { "2001:db8::77", FAMILY_IPV4, RESOLVER_NO_ADDRESS, "", FALSE, NULL },
  { "localhost", FAMILY_IPV4, RESOLVER_FOUND, "127.0.0.1", FALSE, NULL },
  { "LocalHost", FAMILY_IPV6, RESOLVER_FOUND, "::1", FALSE, NULL },
  { "localhost.", FAMILY_IPV6, RESOLVER_FOUND, "::1", FALSE, NULL },
  { "mail.localhost", FAMILY_IPV4, RESOLVER_FOUND, "127.0.0.1", FALSE, NULL },
  { "notlocalhost", FAMILY_IPV4, RESOLVER_NO_NAME, "", TRUE, "there is no host notlocalhost" },
  { "listed.test", FAMILY_IPV4, RESOLVER_FOUND, "198.51.100.1 198.51.100.2", FALSE, NULL },
  { "listed.test", FAMILY_IPV6, RESOLVER_NO_ADDRESS, "", FALSE, "listed.test has no IPv6 address" },
  { "LISTED.Test.", FAMILY_IPV4, RESOLVER_FOUND, "198.51.100.1 198.51.100.2", FALSE, NULL },
  { "nickname", FAMILY_IPV6, RESOLVER_FOUND, "2001:db8:a::1", FALSE, NULL },
  { "both.test", FAMILY_IPV4, RESOLVER_FOUND, "192.0.2.1 192.0.2.2", TRUE, NULL },
  { "both.test", FAMILY_IPV6, RESOLVER_FOUND, "2001:db8::1", TRUE, NULL },
  { "both.test.", FAMILY_IPV4, RESOLVER_FOUND, "192.0.2.1 192.0.2.2", TRUE, NULL },
  { "six.test", FAMILY_IPV6, RESOLVER_FOUND, "2001:db8::6 2001:db8::7 2001:db8::8", TRUE, NULL },
  { "six.test", FAMILY_IPV4, RESOLVER_NO_ADDRESS, "", TRUE, "six.test has no IPv4 address" },
  { "four.test", FAMILY_IPV6, RESOLVER_NO_ADDRESS, "", TRUE, "four.test has no IPv6 address" },
  { "neither.test", FAMILY_IPV4, RESOLVER_NO_ADDRESS, "", TRUE, NULL },
  { "alias.test", FAMILY_IPV4, RESOLVER_FOUND, "192.0.2.9", TRUE, NULL },
  { "alias.test", FAMILY_IPV6, RESOLVER_NO_ADDRESS, "", TRUE, NULL },
  { "dangling.test", FAMILY_IPV4, RESOLVER_NO_ADDRESS, "", TRUE, NULL },
  { "nowhere.test", FAMILY_IPV4, RESOLVER_NO_NAME, "", TRUE, "there is no host nowhere.test" },
  { "nowhere.test", FAMILY_IPV6, RESOLVER_NO_NAME, "", TRUE, NULL },
  { "broken.test", FAMILY_IPV4, RESOLVER_FAILED, "", TRUE, "broken.test" },
  { "refused.test", FAMILY_IPV6, RESOLVER_FAILED, "", TRUE, "refused.test" },
  { "two..dots", FAMILY_IPV4, RESOLVER_NO_NAME, "", FALSE, "no host name" },
  { "a-label-that-is-longer-than-the-sixty-three-octets-that-dns-has-room-for.test", FAMILY_IPV4,
    RESOLVER_NO_NAME, "", FALSE, "no host name" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  for (int round = 0; round < 2; round++) {
    Reply reply = { 0 };
    resolver_ask (resolver, row->host, row->family, on_resolved, &reply);
    if (round == 1 && row->status != RESOLVER_FAILED && !row->asks_dns)
      g_assert_cmpint (reply.n_done, <=, 1);
    wait_for (&reply);
    drain ();
    g_assert_cmpint (reply.n_done, ==, 1);
    g_assert_cmpint (reply.family, ==, row->family);
    g_assert_cmpstr (resolver_status_name (reply.status), ==, resolver_status_name (row->status));
    g_assert_cmpstr (reply.addresses->str, ==, row->addresses);
    g_assert_cmpint (reply.detail == NULL, ==, row->status == RESOLVER_FOUND);
    if (row->says)
      g_assert_nonnull (strstr (reply.detail, row->says));
    reply_clear (&reply);
  }
  /* Once: the second time it is remembered, unless nothing was learnt. */
  if (row->status != RESOLVER_FAILED)
    g_assert_cmpint (server.n_questions, ==, row->asks_dns ? 1 : 0);
  dns_server_stop (&server);
}

/* --- time --------------------------------------------------------------------------------------------- */

static void
test_both_at_once (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  Reply four = { 0 }, six = { 0 };
  resolver_ask (resolver, "both.test", FAMILY_IPV6, on_resolved, &six);
  resolver_ask (resolver, "both.test", FAMILY_IPV4, on_resolved, &four);
  g_assert_cmpint (four.n_done + six.n_done, ==, 0);
  wait_for (&four);
  wait_for (&six);
  g_assert_cmpstr (four.addresses->str, ==, "192.0.2.1 192.0.2.2");
  g_assert_cmpstr (six.addresses->str, ==, "2001:db8::1");
  reply_clear (&four);
  reply_clear (&six);
  dns_server_stop (&server);
}

static void
test_silence_is_bounded (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 300 * TICKS_PER_MS);
  Reply reply = { 0 };
  Ticks begin = clock_now ();
  resolver_ask (resolver, "silent.test", FAMILY_IPV4, on_resolved, &reply);
  wait_for (&reply);
  g_assert_cmpint (reply.status, ==, RESOLVER_FAILED);
  g_assert_cmpstr (reply.detail, ==, "no DNS server answered within 300ms");
  g_assert_cmpint (clock_now () - begin, >=, 290 * TICKS_PER_MS);
  g_assert_cmpint (clock_now () - begin, <, TICKS_PER_SECOND);
  reply_clear (&reply);
  dns_server_stop (&server);
}

static void
test_lost_packet (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  server.n_to_drop = 1;
  g_autoptr (Resolver) resolver = resolver_of (&server, 10 * TICKS_PER_SECOND);
  Reply reply = { 0 };
  Ticks begin = clock_now ();
  resolver_ask (resolver, "four.test", FAMILY_IPV4, on_resolved, &reply);
  wait_for (&reply);
  g_assert_cmpint (reply.status, ==, RESOLVER_FOUND);
  g_assert_cmpint (clock_now () - begin, >=, 1400 * TICKS_PER_MS);
  g_assert_cmpint (clock_now () - begin, <, 2500 * TICKS_PER_MS);
  reply_clear (&reply);
  dns_server_stop (&server);
}

static void
test_no_server (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 10 * TICKS_PER_SECOND);
  dns_server_stop (&server);
  Reply reply = { 0 };
  Ticks begin = clock_now ();
  resolver_ask (resolver, "four.test", FAMILY_IPV4, on_resolved, &reply);
  g_assert_cmpint (reply.n_done, ==, 0);
  wait_for (&reply);
  g_assert_cmpint (reply.status, ==, RESOLVER_FAILED);
  g_assert_nonnull (strstr (reply.detail, "no DNS server could tell"));
  g_assert_cmpint (clock_now () - begin, <, TICKS_PER_SECOND);
  reply_clear (&reply);
}

/* --- several who ask, and those who go away ------------------------------------------------------------ */

static void
test_same_question_once (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  Reply first = { 0 }, second = { 0 };
  resolver_ask (resolver, "six.test", FAMILY_IPV6, on_resolved, &first);
  resolver_ask (resolver, "six.test", FAMILY_IPV6, on_resolved, &second);
  wait_for (&first);
  wait_for (&second);
  g_assert_cmpint (server.n_questions, ==, 1);
  g_assert_cmpstr (first.addresses->str, ==, second.addresses->str);
  reply_clear (&first);
  reply_clear (&second);
  dns_server_stop (&server);
}

static void
test_cancel (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  g_autoptr (Resolver) resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  Reply gone = { 0 }, other = { 0 };
  resolver_ask (resolver, "both.test", FAMILY_IPV6, on_resolved, &gone);
  resolver_ask (resolver, "both.test", FAMILY_IPV6, on_resolved, &other);
  resolver_ask (resolver, "both.test", FAMILY_IPV4, on_resolved, &gone);
  resolver_cancel (resolver, &gone);
  wait_for (&other);
  drain ();
  g_assert_cmpint (gone.n_done, ==, 0);
  reply_clear (&other);
  dns_server_stop (&server);
}

static void
test_free_inside (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  Resolver *resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  Reply first = { .free_inside = &resolver }, second = { 0 };
  resolver_ask (resolver, "both.test", FAMILY_IPV6, on_resolved, &first);
  resolver_ask (resolver, "silent.test", FAMILY_IPV4, on_resolved, &second);
  wait_for (&first);
  drain ();
  g_assert_null (resolver);
  g_assert_cmpint (second.n_done, ==, 0);
  reply_clear (&first);
  dns_server_stop (&server);
}

static void
test_free_outstanding (void)
{
  DnsServer server;
  dns_server_start (&server, zones);
  Resolver *resolver = resolver_of (&server, 5 * TICKS_PER_SECOND);
  Reply reply = { 0 };
  resolver_ask (resolver, "silent.test", FAMILY_IPV4, on_resolved, &reply);
  drain ();
  resolver_free (resolver);
  drain ();
  g_assert_cmpint (reply.n_done, ==, 0);
  resolver_free (NULL);
  dns_server_stop (&server);
}

/* --- the hosts file ---------------------------------------------------------------------------------------
 */

static void
test_hosts_without_file (void)
{
  g_autoptr (GArray) none = hosts_look_up ("/nonexistent/hosts", "listed.test");
  g_assert_cmpint (none->len, ==, 0);
}

typedef struct {
  const char *title, *text;
  guint n_addresses;
} HostsRow;

static const HostsRow hosts_rows[] = {
  { "empty", "", 0 },
  { "no newline", "192.0.2.1 name", 1 },
  { "tabs and carriage returns", "\t192.0.2.1\t\tother\tname\r\n", 1 },
  { "comment behind", "192.0.2.1 name# not other\n", 1 },
  { "commented out", "#192.0.2.1 name\n", 0 },
  { "only in the comment", "192.0.2.1 other # name\n", 0 },
  { "part of a name", "192.0.2.1 name.test surname\n", 0 },
  { "address alone", "192.0.2.1\nname\n", 0 },
  { "no address", "192.0.2.999 name\nname name\n", 0 },
  { "brackets", "[2001:db8::1] name\n", 0 },
  { "several lines", "192.0.2.1 name\n192.0.2.2 name\n2001:db8::1 name\n", 3 },
  { "the same twice", "192.0.2.1 name\n192.0.2.1 name name\n", 1 },
  { "link-local", "fe80::1%2 name\n", 1 },
};

static void
test_hosts_row (gconstpointer data)
{
  const HostsRow *row = data;
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("hosts-XXXXXX", &file, NULL);
  g_assert_cmpint (write (fd, row->text, strlen (row->text)), ==, strlen (row->text));
  close (fd);
  g_autoptr (GArray) found = hosts_look_up (file, "name");
  g_assert_cmpint (found->len, ==, row->n_addresses);
  g_unlink (file);
}

static void
write_hosts_file (void)
{
  static const char text[] = "# comment\n"
                             "198.51.100.1  listed.test\n"
                             "198.51.100.2  other.test listed.test # and a comment\n"
                             "2001:db8:a::1 full.name.test nickname\n";
  int fd = g_file_open_tmp ("test-resolver-XXXXXX", &hosts_file, NULL);
  g_assert_cmpint (write (fd, text, sizeof text - 1), ==, sizeof text - 1);
  close (fd);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  write_hosts_file ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path
        = g_strdup_printf ("/resolver/row/%s/%s", rows[i].host, family_name (rows[i].family));
    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (hosts_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/resolver/hosts/%s", hosts_rows[i].title);
    g_test_add_data_func (path, &hosts_rows[i], test_hosts_row);
  }
  g_test_add_func ("/resolver/hosts/no-file", test_hosts_without_file);
  g_test_add_func ("/resolver/both-at-once", test_both_at_once);
  g_test_add_func ("/resolver/silence-is-bounded", test_silence_is_bounded);
  g_test_add_func ("/resolver/lost-packet", test_lost_packet);
  g_test_add_func ("/resolver/no-server", test_no_server);
  g_test_add_func ("/resolver/same-question-once", test_same_question_once);
  g_test_add_func ("/resolver/cancel", test_cancel);
  g_test_add_func ("/resolver/free-inside", test_free_inside);
  g_test_add_func ("/resolver/free-outstanding", test_free_outstanding);
  int result = g_test_run ();
  g_unlink (hosts_file);
  g_free (hosts_file);
  return result;
}

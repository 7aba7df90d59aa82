/* Connects to loopback and to addresses that this machine can't reach. */
#include "net/tcp.h"

#include "net/clock.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  guint n_done;
  AttemptEnd end;
  int error, fd;
  TcpConnect **free_inside;
} Result;

static void
on_connected (AttemptEnd end, int error, int fd, gpointer data)
{
  Result *result = data;
  result->n_done++;
  result->end = end;
  result->error = error;
  result->fd = fd;
  if (result->free_inside)
    g_clear_pointer (result->free_inside, tcp_connect_free);
}

static IpAddress
address_of (const char *text)
{
  IpAddress address;
  g_assert_true (ip_address_parse (text, &address));
  return address;
}

static void
wait_for (Result *result)
{
  Ticks deadline = clock_now () + 5 * TICKS_PER_SECOND;
  while (result->n_done == 0) {
    g_assert_cmpint (clock_now (), <, deadline);
    g_main_context_iteration (NULL, FALSE);
  }
}

static int
option_of (int fd, int level, int option)
{
  int value = -1;
  socklen_t length = sizeof value;
  g_assert_cmpint (getsockopt (fd, level, option, &value, &length), ==, 0);
  return value;
}

static void
test_accepted (gconstpointer data)
{
  IpAddress address = address_of (data);
  guint16 port = 0;
  g_autoptr (GError) error = NULL;
  int listener = tcp_listen (&address, 0, &port, &error);
  g_assert_no_error (error);
  g_assert_cmpint (port, !=, 0);
  Result result = { .fd = -1 };
  TcpConnect *attempt = tcp_connect (&address, port, on_connected, &result);
  g_assert_cmpint (result.n_done, ==, 0);
  wait_for (&result);
  g_assert_cmpint (result.end, ==, ATTEMPT_ACCEPTED);
  g_assert_cmpint (result.error, ==, 0);
  g_assert_cmpint (option_of (result.fd, IPPROTO_TCP, TCP_NODELAY), !=, 0);
  g_assert_cmpint (fcntl (result.fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (fcntl (result.fd, F_GETFL) & O_NONBLOCK, !=, 0);
  g_assert_cmpint (fcntl (listener, F_GETFD) & FD_CLOEXEC, !=, 0);
  tcp_connect_free (attempt);
  g_assert_cmpint (fcntl (result.fd, F_GETFD), !=, -1); /* it is ours */
  close (result.fd);
  close (listener);
}

static void
test_refused (gconstpointer data)
{
  IpAddress address = address_of (data);
  guint16 port = 0;
  close (tcp_listen (&address, 0, &port, NULL));
  Result result = { 0 };
  TcpConnect *attempt = tcp_connect (&address, port, on_connected, &result);
  result.free_inside = &attempt;
  g_assert_cmpint (result.n_done, ==, 0);
  Ticks begin = clock_now ();
  wait_for (&result);
  g_assert_cmpint (clock_now () - begin, <, TICKS_PER_SECOND / 2); /* not a retransmission later */
  g_assert_cmpint (result.end, ==, ATTEMPT_REFUSED);
  g_assert_cmpint (result.error, ==, ECONNREFUSED);
  g_assert_cmpint (result.fd, ==, -1);
  g_assert_null (attempt);
}

static void
test_given_up (void)
{
  IpAddress address = address_of ("127.0.0.1");
  guint16 port = 0;
  int listener = tcp_listen (&address, 0, &port, NULL);
  Result result = { 0 };
  tcp_connect_free (tcp_connect (&address, port, on_connected, &result));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (result.n_done, ==, 0);
  tcp_connect_free (NULL);
  close (listener);
}

static void
test_v6_only (void)
{
  IpAddress any6 = address_of ("::"), any4 = address_of ("0.0.0.0");
  guint16 port = 0;
  int six = tcp_listen (&any6, 0, &port, NULL);
  g_autoptr (GError) error = NULL;
  int four = tcp_listen (&any4, port, NULL, &error); /* the same port is still free */
  g_assert_no_error (error);
  close (six);
  close (four);
}

static void
test_port_taken (void)
{
  IpAddress address = address_of ("127.0.0.1");
  guint16 port = 0;
  int first = tcp_listen (&address, 0, &port, NULL);
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (tcp_listen (&address, port, NULL, &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "127.0.0.1"));
  close (first);
}

/* --- in a network of our own ------------------------------------------------------------ */

#define NO_NAMESPACE 77

static gboolean
enter_own_network (void)
{
  g_autofree char *map = g_strdup_printf ("0 %u 1", (unsigned)geteuid ());
  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return FALSE;
  /* root in there, or the capabilities would be gone with the next exec() */
  int fd = open ("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  gboolean mapped = write (fd, map, strlen (map)) == (gssize)strlen (map);
  close (fd);
  return mapped;
}

/* Runs TEST in a child that has a network namespace with nothing in it but a loopback that is
 * down; SETUP is a shell command for it. The child's exit status says how it went. */
static void
in_own_network (const char *setup, int (*test) (void))
{
  pid_t child = fork ();
  if (child == 0) {
    if (!enter_own_network ())
      _exit (NO_NAMESPACE);
    _exit (system (setup) == 0 ? test () : NO_NAMESPACE); /* NOLINT(cert-env33-c): a test's own text */
  }
  int status = 0;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == NO_NAMESPACE)
    g_test_skip ("no user namespaces here");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static int
have_none (void)
{
  return tcp_have_network () ? 1 : 0;
}

static int
have_some (void)
{
  return tcp_have_network () ? 0 : 1;
}

/* No route: our own host's doing, and no evidence of anybody else. */
static int
own_host (void)
{
  static const char *const places[] = { "198.51.100.25", "2001:db8::25" };
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    IpAddress address = address_of (places[i]);
    Result result = { 0 };
    TcpConnect *attempt = tcp_connect (&address, 587, on_connected, &result);
    gboolean early = result.n_done > 0;
    wait_for (&result);
    tcp_connect_free (attempt);
    if (early || result.end != ATTEMPT_OWN_HOST || result.error == 0 || result.fd != -1)
      return 1;
  }
  return 0;
}

/* Of a SYN, which is when Linux would tell otherwise. */
#define FIRST_RETRANSMISSION (950 * TICKS_PER_MS)

/* Three times, since a machine that is busy can take as long by itself. */
static int
is_prohibited_quickly (const char *place, int error, AttemptEnd end)
{
  IpAddress address = address_of (place);
  for (int i = 0; i < 3; i++) {
    Result result = { 0 };
    Ticks begin = clock_now ();
    TcpConnect *attempt = tcp_connect (&address, 587, on_connected, &result);
    wait_for (&result);
    tcp_connect_free (attempt);
    Ticks span = clock_now () - begin;
    if (span < FIRST_RETRANSMISSION && result.error == error && result.end == end)
      return 0;
    g_printerr ("# %s: %s (%s) after %d ms\n", place, attempt_end_name (result.end),
                g_strerror (result.error), (int)(span / TICKS_PER_MS));
  }
  return 1;
}

static int
prohibited_ipv4 (void)
{
  return is_prohibited_quickly ("198.51.100.25", EHOSTUNREACH, ATTEMPT_UNREACHABLE);
}

static int
prohibited_ipv6 (void)
{
  return is_prohibited_quickly ("2001:db8::25", EACCES, ATTEMPT_PROHIBITED);
}

#define ADD_CHAIN                                                                                            \
  "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit && echo 0 > /proc/sys/net/ipv6/icmp/ratelimit && "             \
  "ip link set lo up && nft add table inet t && "                                                            \
  "nft 'add chain inet t i { type filter hook input priority 0; }' && "

/* An ICMP error that comes back while connect() still holds the socket: the kernel files it, and
 * may report it only with the first retransmission, a second later. */
static void
test_prohibited_ipv4 (void)
{
  in_own_network (ADD_CHAIN "ip address add 198.51.100.25/32 dev lo && "
                            "nft add rule inet t i tcp dport 587 reject with icmp type admin-prohibited",
                  prohibited_ipv4);
}

static void
test_prohibited_ipv6 (void)
{
  in_own_network (ADD_CHAIN "ip address add 2001:db8::25/128 dev lo nodad && "
                            "nft add rule inet t i tcp dport 587 reject with icmpv6 type admin-prohibited",
                  prohibited_ipv6);
}

static void
test_network_down (void)
{
  in_own_network ("true", have_none);
}

static void
test_network_loopback (void)
{
  in_own_network ("ip link set lo up", have_none);
}

static void
test_network_address_on_loopback (void)
{
  in_own_network ("ip link set lo up && ip address add 198.51.100.25/32 dev lo", have_some);
}

static void
test_network_ipv6 (void)
{
  in_own_network ("ip link set lo up && ip address add 2001:db8::25/128 dev lo nodad", have_some);
}

static void
test_own_host (void)
{
  in_own_network ("ip link set lo up", own_host);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_data_func ("/tcp/accepted/IPv4", "127.0.0.1", test_accepted);
  g_test_add_data_func ("/tcp/accepted/IPv6", "::1", test_accepted);
  g_test_add_data_func ("/tcp/refused/IPv4", "127.0.0.1", test_refused);
  g_test_add_data_func ("/tcp/refused/IPv6", "::1", test_refused);
  g_test_add_func ("/tcp/given-up", test_given_up);
  g_test_add_func ("/tcp/listen/v6-only", test_v6_only);
  g_test_add_func ("/tcp/listen/port-taken", test_port_taken);
  g_test_add_func ("/tcp/network/down", test_network_down);
  g_test_add_func ("/tcp/network/loopback", test_network_loopback);
  g_test_add_func ("/tcp/network/address-on-loopback", test_network_address_on_loopback);
  g_test_add_func ("/tcp/network/ipv6", test_network_ipv6);
  g_test_add_func ("/tcp/own-host", test_own_host);
  g_test_add_func ("/tcp/prohibited-at-once/IPv4", test_prohibited_ipv4);
  g_test_add_func ("/tcp/prohibited-at-once/IPv6", test_prohibited_ipv6);
  return g_test_run ();
}

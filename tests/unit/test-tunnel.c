/* Tunnels through commands that are as short as sh lets them be. */
#include "net/tunnel.h"

#include "base/error.h"
#include "net/clock.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean
turn (gpointer unused)
{
  return G_SOURCE_REMOVE;
}

/* Lets the loop run for a little while. */
static void
pass_time (void)
{
  g_timeout_add (10, turn, NULL);
  g_main_context_iteration (NULL, TRUE);
}

/* All that comes from FD until its end. */
static char *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  char octets[1000];
  gssize length;
  while ((length = recv (fd, octets, sizeof octets, 0)) > 0)
    g_string_append_len (text, octets, length);
  return g_string_free (text, FALSE);
}

static Tunnel *
open_tunnel (const char *command, const char *host, int *ret_fd)
{
  g_autoptr (GError) error = NULL;
  Tunnel *tunnel = tunnel_open (command, host, 587, ret_fd, &error);
  g_assert_no_error (error);
  g_assert_nonnull (tunnel);
  return tunnel;
}

/* --- what the command sees -------------------------------------------------------------------- */

typedef struct {
  const char *title, *command, *host, *prints;
} Row;

static const Row rows[] = {
  { "host-and-port", "echo %h:%p", "smtp.example.com", "smtp.example.com:587\n" },
  { "quoted-by-the-user", "echo '%h' \"%p\"", "smtp.example.com", "smtp.example.com 587\n" },
  { "IPv6", "echo %h %p", "2001:db8::1", "2001:db8::1 587\n" },
  { "percent", "echo 100%% %%h %%%p", "a", "100% %h %587\n" },
  { "other-percents", "echo %x %", "a", "%x %\n" },
  { "twice", "echo %h %h", "a", "a a\n" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  int fd = -1;
  Tunnel *tunnel = open_tunnel (row->command, row->host, &fd);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_autofree char *printed = read_all (fd);
  g_assert_cmpstr (printed, ==, row->prints);
  g_assert_cmpstr (tunnel_complaint (tunnel), ==, "");
  close (fd);
  tunnel_free (tunnel);
}

static void
test_hostile_host (gconstpointer data)
{
  int fd = -1;
  g_autoptr (GError) error = NULL;
  g_assert_null (tunnel_open ("echo '%h'", data, 25, &fd, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM);
  g_assert_cmpint (fd, ==, -1);
}

static void
test_both_ways (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("cat", "a", &fd);
  char octets[10];
  g_assert_cmpint (send (fd, "220 hello\n", 10, 0), ==, 10);
  g_assert_cmpint (recv (fd, octets, 10, MSG_WAITALL), ==, 10);
  g_assert_cmpmem (octets, 10, "220 hello\n", 10);
  shutdown (fd, SHUT_WR);
  g_autofree char *rest = read_all (fd);
  g_assert_cmpstr (rest, ==, "");
  close (fd);
  tunnel_free (tunnel);
}

/* --- complaints ---------------------------------------------------------------------------------- */

typedef struct {
  const char *title, *command, *complaint;
} ComplaintRow;

static const ComplaintRow complaint_rows[] = {
  { "none", "true", "" },
  { "one-line", "echo 'ssh: no route' >&2", "ssh: no route" },
  { "last-of-several", "printf 'one\\ntwo\\r\\n\\n' >&2", "two" },
  { "without-its-end", "printf 'one\\ntwo' >&2", "two" },
  { "binary", "printf 'a\\000b\\n' >&2", "ab" },
};

static void
test_complaint (gconstpointer data)
{
  const ComplaintRow *row = data;
  int fd = -1;
  Tunnel *tunnel = open_tunnel (row->command, "a", &fd);
  g_free (read_all (fd));
  g_assert_cmpstr (tunnel_complaint (tunnel), ==, row->complaint);
  for (int i = 0; i < 5; i++)
    pass_time ();
  g_assert_cmpstr (tunnel_complaint (tunnel), ==, row->complaint);
  close (fd);
  tunnel_free (tunnel);
}

static void
test_command_not_found (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("no-such-command-here %h", "a", &fd);
  g_free (read_all (fd));
  g_assert_nonnull (strstr (tunnel_complaint (tunnel), "no-such-command-here"));
  close (fd);
  tunnel_free (tunnel);
}

/* One that complains without end is neither stopped nor kept. */
static void
test_endless_complaint (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("yes | tr -d '\\n' | head -c 1000000 >&2; echo done", "a", &fd);
  char octets[10];
  while (recv (fd, octets, sizeof octets, MSG_DONTWAIT) < 0)
    pass_time ();
  g_assert_cmpint (strlen (tunnel_complaint (tunnel)), ==, 512);
  close (fd);
  tunnel_free (tunnel);
}

/* --- its end ---------------------------------------------------------------------------------------- */

static pid_t
pid_from (int fd)
{
  char digits[20] = "";
  for (gsize i = 0; i < sizeof digits - 1; i++)
    if (recv (fd, digits + i, 1, 0) != 1 || digits[i] == '\n')
      break;
  return (pid_t)g_ascii_strtoll (digits, NULL, 10);
}

static void
wait_until_gone (pid_t pid)
{
  Ticks deadline = clock_now () + 10 * TICKS_PER_SECOND;
  while (kill (pid, 0) == 0 || errno != ESRCH) {
    g_assert_cmpint (clock_now (), <, deadline);
    pass_time ();
  }
}

/* The shell, and what it started. */
static void
test_whole_group_ends (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("sleep 1000 & echo $$; echo $!; wait", "a", &fd);
  pid_t shell = pid_from (fd), child = pid_from (fd);
  g_assert_cmpint (shell, >, 1);
  g_assert_cmpint (child, >, 1);
  g_assert_cmpint (getpgid (child), ==, shell);
  g_assert_cmpint (getsid (shell), ==, shell);
  close (fd);
  tunnel_free (tunnel);
  wait_until_gone (shell); /* a zombie would still be there */
  wait_until_gone (child);
}

static void
test_stubborn (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("trap '' TERM; echo $$; while :; do sleep 1; done", "a", &fd);
  pid_t shell = pid_from (fd);
  tunnel_free (tunnel);
  close (fd);
  Ticks begin = clock_now ();
  wait_until_gone (shell);
  g_assert_cmpint (clock_now () - begin, >, 2 * TICKS_PER_SECOND);
}

static void
test_over_by_itself (void)
{
  int fd = -1;
  Tunnel *tunnel = open_tunnel ("echo $$", "a", &fd);
  pid_t shell = pid_from (fd);
  wait_until_gone (shell); /* reaped while the tunnel is still held */
  tunnel_free (tunnel);
  tunnel_free (NULL);
  close (fd);
}

int
main (int argc, char **argv)
{
  static const char *const hostile[]
      = { "", "-oProxyCommand=x", "a b", "$(x)", "a'b", "a;b", "a\nb", "[x]", "*" };
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/tunnel/command/%s", rows[i].title);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autofree char *path = g_strdup_printf ("/tunnel/hostile/%zu", i);
    g_test_add_data_func (path, hostile[i], test_hostile_host);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (complaint_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/tunnel/complaint/%s", complaint_rows[i].title);
    g_test_add_data_func (path, &complaint_rows[i], test_complaint);
  }
  g_test_add_func ("/tunnel/both-ways", test_both_ways);
  g_test_add_func ("/tunnel/command-not-found", test_command_not_found);
  g_test_add_func ("/tunnel/endless-complaint", test_endless_complaint);
  g_test_add_func ("/tunnel/whole-group-ends", test_whole_group_ends);
  g_test_add_func ("/tunnel/stubborn", test_stubborn);
  g_test_add_func ("/tunnel/over-by-itself", test_over_by_itself);
  return g_test_run ();
}

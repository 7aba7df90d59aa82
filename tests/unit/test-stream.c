/* Streams in the clear, over socket pairs and over loopback. */
#include "net/stream.h"

#include "tests/lib/stream-end.h"
#include "tests/lib/tap.h"

#include <sys/socket.h>
#include <unistd.h>

static void
test_both_ways (void)
{
  int fds[2];
  StreamEnd a, b;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_end_start (&b, fds[1]);
  stream_end_say (&a, "hello");
  stream_end_say (&b, "220 hi\r\n");
  g_assert_cmpint (a.n_drained + b.n_drained, ==, 0);
  main_loop_settle ();
  assert_got (&a, "220 hi\r\n");
  assert_got (&b, "hello");
  g_assert_cmpint (a.n_drained, ==, 1);
  g_assert_cmpint (b.n_drained, ==, 1);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

static void
test_one_write_a_turn (void)
{
  int fds[2];
  StreamEnd a;
  char packet[100];
  make_socket_pair (SOCK_SEQPACKET, fds);
  stream_end_start (&a, fds[0]);
  stream_end_say (&a, "MAIL\r\n");
  stream_end_say (&a, "RCPT\r\n");
  stream_end_say (&a, "DATA\r\n");
  g_assert_cmpint (stream_pending (a.stream), ==, 18);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, -1);
  main_loop_settle ();
  g_assert_cmpint (stream_pending (a.stream), ==, 0);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, 18);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, -1);
  close (fds[1]);
  stream_end_clear (&a);
}

static void
test_flush_at_once (void)
{
  int fds[2];
  StreamEnd a;
  char octets[100];
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_end_say (&a, "NOOP\r\n");
  stream_flush (a.stream);
  g_assert_cmpint (recv (fds[1], octets, sizeof octets, MSG_DONTWAIT), ==, 6);
  g_assert_cmpint (stream_pending (a.stream), ==, 0);
  main_loop_settle ();
  g_assert_cmpint (a.n_drained, ==, 1);
  close (fds[1]);
  stream_end_clear (&a);
}

/* A reader that is slow, a kernel buffer that is small. */
static void
test_partial_writes (void)
{
  int fds[2];
  StreamEnd a;
  const int small = 4096;
  const gsize length = 3000000;
  make_socket_pair (SOCK_STREAM, fds);
  setsockopt (fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  stream_end_start (&a, fds[0]);
  g_autofree guint8 *octets = g_malloc (length);
  for (gsize i = 0; i < length; i++)
    octets[i] = (guint8)(i ^ i >> 8);
  stream_write (a.stream, octets, length);
  main_loop_settle ();
  g_assert_cmpint (a.n_drained, ==, 0);
  gsize pending = stream_pending (a.stream), read_so_far = 0;
  g_assert_cmpint (pending, >, 0);
  g_assert_cmpint (pending, <, length);
  g_autofree guint8 *got = g_malloc (length);
  while (read_so_far < length) {
    gssize n = recv (fds[1], got + read_so_far, MIN (3001, length - read_so_far), MSG_DONTWAIT);
    if (n > 0)
      read_so_far += (gsize)n;
    g_main_context_iteration (NULL, FALSE);
  }
  g_assert_cmpmem (got, length, octets, length);
  main_loop_settle ();
  g_assert_cmpint (a.n_drained, ==, 1);
  close (fds[1]);
  stream_end_clear (&a);
}

static void
test_end_of_file (void)
{
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  g_assert_cmpint (send (fds[1], "421 bye\r\n", 9, 0), ==, 9);
  close (fds[1]);
  main_loop_settle ();
  assert_got (&a, "421 bye\r\n");
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_null (a.detail);
  stream_end_say (&a, "anybody there?");
  main_loop_settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  stream_end_clear (&a);
}

/* Writing to one that has hung up: no signal, and its last words, which take more than one turn
 * to read, are heard first. */
static void
test_last_words (void)
{
  static const guint8 words[100000];
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  g_assert_cmpint (send (fds[1], words, sizeof words, 0), ==, sizeof words);
  close (fds[1]);
  stream_end_say (&a, "EHLO\r\n");
  stream_flush (a.stream);
  g_assert_cmpint (a.n_closed, ==, 0);
  main_loop_settle ();
  g_assert_cmpint (a.got->len, ==, sizeof words);
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_cmpstr (a.detail, ==, g_strerror (EPIPE));
  stream_end_clear (&a);
}

static void
reset_connection (int fd)
{
  const struct linger none = { .l_onoff = 1, .l_linger = 0 };
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close (fd);
}

static void
test_reset (void)
{
  int fds[2];
  StreamEnd a;
  make_tcp_pair (fds);
  stream_end_start (&a, fds[0]);
  reset_connection (fds[1]);
  main_loop_until (a.n_closed > 0);
  g_assert_cmpstr (a.detail, ==, g_strerror (ECONNRESET));
  stream_end_clear (&a);
}

/* Without a reader the end must come from the write. */
static void
test_reset_while_not_reading (void)
{
  int fds[2];
  StreamEnd a;
  make_tcp_pair (fds);
  stream_end_start (&a, fds[0]);
  stream_set_reading (a.stream, FALSE);
  reset_connection (fds[1]);
  main_loop_settle ();
  g_assert_cmpint (a.n_closed, ==, 0);
  stream_end_say (&a, "DATA\r\n");
  main_loop_until (a.n_closed > 0);
  g_assert_nonnull (a.detail);
  stream_end_clear (&a);
}

static void
test_back_pressure (void)
{
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_set_reading (a.stream, FALSE);
  g_assert_cmpint (send (fds[1], "250 ok\r\n", 8, 0), ==, 8);
  close (fds[1]);
  main_loop_settle ();
  g_assert_cmpint (a.n_received + a.n_closed, ==, 0);
  stream_set_reading (a.stream, TRUE);
  main_loop_settle ();
  assert_got (&a, "250 ok\r\n");
  g_assert_cmpint (a.n_closed, ==, 1);
  stream_end_clear (&a);
}

/* A server that reads nothing until all its replies were taken, with both directions full. */
static void
test_both_full (void)
{
  enum { OCTETS = 4 * 1024 * 1024 };
  static const char zeros[65536];
  static char heard[65536];
  int fds[2];
  StreamEnd a;
  gsize said = 0, read_back = 0;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  for (gsize i = 0; i < OCTETS; i += sizeof zeros)
    stream_write (a.stream, (const guint8 *)zeros, sizeof zeros);
  while (said < OCTETS || a.got->len < OCTETS) {
    gssize length = said < OCTETS ? send (fds[1], zeros, sizeof zeros, MSG_DONTWAIT) : 0;
    said += (gsize)MAX (length, 0);
    guint before = a.got->len;
    main_loop_settle ();
    g_assert_true (length > 0 || a.got->len > before);
  }
  g_assert_cmpint (stream_pending (a.stream), >, 0);
  while (read_back < OCTETS) {
    gssize length = recv (fds[1], heard, sizeof heard, MSG_DONTWAIT);
    read_back += (gsize)MAX (length, 0);
    main_loop_settle ();
  }
  g_assert_cmpint (stream_pending (a.stream), ==, 0);
  close (fds[1]);
  stream_end_clear (&a);
}

static void
test_graceful_close (void)
{
  int fds[2];
  StreamEnd a, b;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_end_start (&b, fds[1]);
  stream_end_say (&a, "QUIT\r\n");
  stream_close_gracefully (a.stream);
  main_loop_settle ();
  assert_got (&b, "QUIT\r\n");
  g_assert_cmpint (b.n_closed, ==, 1);
  stream_end_clear (&b);
  main_loop_settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  stream_end_clear (&a);
}

/* One that sends without end leaves turns for the others. */
static void
test_bounded_turn (void)
{
  int fds[2];
  StreamEnd a;
  const int large = 1 << 20;
  make_socket_pair (SOCK_STREAM, fds);
  setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  stream_end_start (&a, fds[0]);
  static const guint8 octets[300000];
  gssize sent = send (fds[1], octets, sizeof octets, MSG_DONTWAIT);
  g_assert_cmpint (sent, >, 100000);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (a.got->len, >, 0);
  g_assert_cmpint (a.got->len, <=, 65536);
  main_loop_until (a.got->len == (guint)sent);
  close (fds[1]);
  stream_end_clear (&a);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/stream/both-ways", test_both_ways);
  g_test_add_func ("/stream/one-write-a-turn", test_one_write_a_turn);
  g_test_add_func ("/stream/flush-at-once", test_flush_at_once);
  g_test_add_func ("/stream/partial-writes", test_partial_writes);
  g_test_add_func ("/stream/end-of-file", test_end_of_file);
  g_test_add_func ("/stream/last-words", test_last_words);
  g_test_add_func ("/stream/reset", test_reset);
  g_test_add_func ("/stream/reset-while-not-reading", test_reset_while_not_reading);
  g_test_add_func ("/stream/back-pressure", test_back_pressure);
  g_test_add_func ("/stream/both-full", test_both_full);
  g_test_add_func ("/stream/graceful-close", test_graceful_close);
  g_test_add_func ("/stream/bounded-turn", test_bounded_turn);
  return g_test_run ();
}

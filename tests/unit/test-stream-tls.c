/* Streams under TLS, and much through streams. */
#include "net/stream.h"

#include "tests/lib/certificates.h"
#include "tests/lib/folder.h"
#include "tests/lib/stream-end.h"
#include "tests/lib/tap.h"

#include <sys/socket.h>
#include <unistd.h>

#define HOST "smtp.example.com"

static void
make_certificates (void)
{
  test_folder_make ();
  TestCertificateSpec spec = { .common_name = "CA", .is_authority = TRUE };
  g_autoptr (TestCertificate) authority = test_certificate_new (&spec);
  spec = (TestCertificateSpec){ .names = "DNS:" HOST, .issuer = authority };
  g_autoptr (TestCertificate) good = test_certificate_new (&spec);
  spec = (TestCertificateSpec){ .common_name = "stranger" };
  g_autoptr (TestCertificate) stranger = test_certificate_new (&spec);
  test_certificate_write (authority, test_folder (), "ca");
  test_certificate_write (good, test_folder (), "good");
  test_certificate_write (stranger, test_folder (), "stranger");
}

static Tls *
client_tls (const char *name, const char *certificate)
{
  g_autofree char *pem = g_strdup_printf ("%s/%s.pem", test_folder (), certificate);
  g_autofree char *key = g_strdup_printf ("%s/%s.key", test_folder (), certificate);
  TlsClientSettings settings = { .name = name, .ca_file = test_file ("ca.pem"), .verify = TRUE };
  if (certificate) {
    settings.client_certificate = pem;
    settings.client_key = key;
  }
  return tls_new_client (&settings, NULL);
}

static Tls *
server_tls (gboolean ask)
{
  TlsServerSettings settings = { .certificate = test_file ("good.pem"), .key = test_file ("good.key") };
  if (ask)
    settings.client_ca_file = test_file ("ca.pem");
  return tls_new_server (&settings, NULL);
}

/* A is the client, B the server; both with TLS. */
static void
start_tls_pair (int type, StreamEnd *a, StreamEnd *b, Tls *client, Tls *server)
{
  int fds[2];
  gsize leftover = 99;
  make_socket_pair (type, fds);
  stream_end_start (a, fds[0]);
  stream_end_start (b, fds[1]);
  stream_start_tls (b->stream, server, NULL);
  stream_start_tls (a->stream, client, &leftover);
  g_assert_cmpint (leftover, ==, 0);
  g_assert_true (stream_tls (a->stream) == client);
}

static void
test_tls (void)
{
  StreamEnd a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  stream_end_say (&b, "220 hi\r\n"); /* waits for the handshake */
  main_loop_settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (b.n_secured, ==, 1);
  assert_got (&a, "220 hi\r\n");
  g_assert_cmpint (a.n_drained, ==, 0); /* nothing had been queued */
  g_assert_cmpint (b.n_drained, ==, 1);
  stream_end_say (&a, "EHLO\r\n");
  main_loop_settle ();
  assert_got (&b, "EHLO\r\n");
  g_assert_cmpint (a.n_drained, ==, 1);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

static void
test_tls_graceful_close (void)
{
  StreamEnd a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  main_loop_settle ();
  stream_end_say (&a, "QUIT\r\n");
  stream_close_gracefully (a.stream);
  main_loop_settle ();
  assert_got (&b, "QUIT\r\n");
  g_assert_cmpint (b.n_closed, ==, 1);
  g_assert_null (b.detail);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

/* Drives SERVER by hand on FD, a packet at a time; says how many packets came. */
static guint
serve_by_packets (Tls *server, int fd, GByteArray *got)
{
  guint8 packet[20000];
  guint n_packets = 0;
  gssize length;
  while ((length = recv (fd, packet, sizeof packet, MSG_DONTWAIT)) > 0) {
    n_packets++;
    tls_feed (server, packet, (gsize)length);
    if (tls_handshake (server) == TLS_STEP_OK)
      tls_read (server, got);
    g_autoptr (GByteArray) output = tls_take_output (server);
    if (output)
      g_assert_cmpint (send (fd, output->data, output->len, 0), ==, output->len);
  }
  return n_packets;
}

static void
check_flights (const char *command)
{
  int fds[2];
  StreamEnd a;
  g_autoptr (Tls) server = server_tls (FALSE);
  g_autoptr (GByteArray) got = g_byte_array_new ();
  make_socket_pair (SOCK_SEQPACKET, fds);
  stream_end_start (&a, fds[0]);
  a.say_when_secured = command;
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  main_loop_settle ();
  g_assert_cmpint (serve_by_packets (server, fds[1], got), ==, 1); /* ClientHello */
  main_loop_settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (serve_by_packets (server, fds[1], got), ==, 1); /* Finished, and the command */
  g_assert_cmpint (tls_handshake (server), ==, TLS_STEP_OK);
  g_assert_cmpmem (got->data, got->len, command, command ? strlen (command) : 0);
  close (fds[1]);
  stream_end_clear (&a);
}

static void
test_finished_and_command_in_one_write (void)
{
  check_flights ("EHLO client.example\r\n");
}

/* TLS from the first octet: the server speaks first, so Finished can't wait for a command. */
static void
test_finished_alone (void)
{
  check_flights (NULL);
}

static void
test_verification_fails (void)
{
  StreamEnd a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls ("other.example", NULL), server_tls (FALSE));
  main_loop_settle ();
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_VERIFICATION);
  g_assert_nonnull (strstr (a.detail, "not other.example"));
  g_assert_cmpint (a.n_closed + a.n_secured, ==, 0);
  g_assert_cmpint (b.n_tls_failed, ==, 1); /* by our alert */
  g_assert_cmpint (b.cause, ==, CAUSE_TLS_CLIENT_CERTIFICATE);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

static void
test_no_tls_there (void)
{
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  main_loop_settle ();
  g_assert_cmpint (send (fds[1], "500 what?\r\n", 11, 0), ==, 11);
  main_loop_settle ();
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_HANDSHAKE);
  close (fds[1]);
  stream_end_clear (&a);
}

static void
test_closed_in_handshake (void)
{
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  main_loop_settle ();
  close (fds[1]);
  main_loop_settle ();
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_TRANSPORT);
  g_assert_cmpint (a.cause, ==, CAUSE_CLOSED);
  g_assert_cmpint (a.n_closed, ==, 0);
  stream_end_clear (&a);
}

static void
test_certificate_refused (void)
{
  StreamEnd a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, "stranger"), server_tls (TRUE));
  main_loop_settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_CLIENT_CERTIFICATE);
  g_assert_cmpint (a.n_closed, ==, 0);
  g_assert_cmpint (b.cause, ==, CAUSE_TLS_VERIFICATION);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

/* The connection broke, by whoever's hand: nothing that a certificate is to blame for. */
static void
test_corrupted_later (void)
{
  int fds[2];
  StreamEnd a;
  g_autoptr (Tls) server = server_tls (FALSE);
  g_autoptr (GByteArray) got = g_byte_array_new ();
  make_socket_pair (SOCK_SEQPACKET, fds);
  stream_end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  for (int i = 0; i < 3; i++) {
    main_loop_settle ();
    serve_by_packets (server, fds[1], got);
  }
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (send (fds[1], "\x17\x03\x03\x00\x20 not a record that was encrypted", 38, 0), ==, 38);
  main_loop_settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_nonnull (strstr (a.detail, "bad record mac"));
  g_assert_cmpint (a.n_tls_failed, ==, 0);
  close (fds[1]);
  stream_end_clear (&a);
}

/* Octets behind the go-ahead for STARTTLS that the session hasn't seen yet. */
static void
test_leftover (void)
{
  int fds[2];
  StreamEnd a, b;
  gsize leftover = 0;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_end_start (&b, fds[1]);
  g_assert_cmpint (send (fds[1], "250 injected\r\n", 14, 0), ==, 14);
  stream_start_tls (a.stream, client_tls (HOST, NULL), &leftover);
  g_assert_cmpint (leftover, ==, 14);
  stream_start_tls (b.stream, server_tls (FALSE), NULL);
  main_loop_settle ();
  g_assert_cmpint (a.n_received, ==, 0);
  g_assert_cmpint (a.n_secured, ==, 1);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

/* The go-ahead leaves in the clear although TLS has been started behind it. */
static void
test_clear_before_tls (void)
{
  int fds[2];
  StreamEnd b;
  char octets[100];
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&b, fds[1]);
  stream_end_say (&b, "220 go ahead\r\n");
  stream_start_tls (b.stream, server_tls (FALSE), NULL);
  main_loop_settle ();
  g_assert_cmpint (recv (fds[0], octets, sizeof octets, MSG_DONTWAIT), ==, 14);
  close (fds[0]);
  stream_end_clear (&b);
}

/* --- much ------------------------------------------------------------------------------------ */

static guint8
octet_at (gsize i)
{
  return (guint8)(i * 31 + (i >> 9) * 7 + (i >> 17));
}

/* LENGTH octets to an echo and back, never more than a few chunks queued. */
static void
check_bulk (StreamEnd *a, gsize length)
{
  const gsize chunk_size = 100000;
  g_autofree guint8 *chunk = g_malloc (chunk_size);
  gsize written = 0, checked = 0;
  Ticks begin = clock_now ();
  while (checked < length) {
    while (written < length && stream_pending (a->stream) < 2 * chunk_size
           && written - checked < 10 * chunk_size) {
      gsize n = MIN (chunk_size, length - written);
      for (gsize i = 0; i < n; i++)
        chunk[i] = octet_at (written + i);
      stream_write (a->stream, chunk, n);
      written += n;
    }
    g_main_context_iteration (NULL, TRUE);
    g_assert_cmpint (a->n_closed + a->n_tls_failed, ==, 0);
    for (guint i = 0; i < a->got->len; i++)
      if (a->got->data[i] != octet_at (checked + i))
        g_error ("octet %zu differs", checked + i);
    checked += a->got->len;
    g_byte_array_set_size (a->got, 0);
  }
  double seconds = (double)(clock_now () - begin) / TICKS_PER_SECOND;
  g_test_message ("%.0f MB there and back in %.2f s", (double)length / 1e6, seconds);
}

static void
test_bulk_clear (void)
{
  int fds[2];
  StreamEnd a, b;
  make_tcp_pair (fds);
  stream_end_start (&a, fds[0]);
  stream_end_start (&b, fds[1]);
  b.echo = TRUE;
  check_bulk (&a, 50000000);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

static void
test_bulk_tls (void)
{
  StreamEnd a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  b.echo = TRUE;
  check_bulk (&a, 50000000);
  stream_end_clear (&a);
  stream_end_clear (&b);
}

/* --- being freed --------------------------------------------------------------------------------- */

static const char *const moment_names[]
    = { "never", "received", "secured", "tls-failed", "drained", "closed" };

static void
test_free_inside (gconstpointer data)
{
  EndMoment moment = (EndMoment)GPOINTER_TO_INT (data);
  StreamEnd a, b;
  const char *name = moment == END_IN_TLS_FAILED ? "other.example" : HOST;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (name, NULL), server_tls (FALSE));
  a.free_at = moment;
  stream_end_say (&a, "EHLO\r\n");
  stream_end_say (&b, "220 hi\r\n");
  stream_close_gracefully (b.stream);
  main_loop_settle ();
  g_assert_null (a.stream);
  if (moment == END_IN_TLS_FAILED)
    g_assert_true (a.detail && strstr (a.detail, "not other.example"));
  stream_end_clear (&a);
  stream_end_clear (&b);
  main_loop_settle ();
}

static void
test_free_unstarted (void)
{
  int fds[2];
  StreamEnd a;
  make_socket_pair (SOCK_STREAM, fds);
  stream_end_start (&a, fds[0]);
  stream_end_say (&a, "lost");
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  stream_end_clear (&a);
  main_loop_settle ();
  close (fds[1]);
  stream_free (NULL);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  make_certificates ();
  g_test_add_func ("/stream/tls/both-ways", test_tls);
  g_test_add_func ("/stream/tls/graceful-close", test_tls_graceful_close);
  g_test_add_func ("/stream/tls/finished-and-command-in-one-write", test_finished_and_command_in_one_write);
  g_test_add_func ("/stream/tls/finished-alone", test_finished_alone);
  g_test_add_func ("/stream/tls/verification-fails", test_verification_fails);
  g_test_add_func ("/stream/tls/no-tls-there", test_no_tls_there);
  g_test_add_func ("/stream/tls/closed-in-handshake", test_closed_in_handshake);
  g_test_add_func ("/stream/tls/certificate-refused", test_certificate_refused);
  g_test_add_func ("/stream/tls/corrupted-later", test_corrupted_later);
  g_test_add_func ("/stream/tls/leftover", test_leftover);
  g_test_add_func ("/stream/tls/clear-before-tls", test_clear_before_tls);
  g_test_add_func ("/stream/bulk/clear", test_bulk_clear);
  g_test_add_func ("/stream/bulk/tls", test_bulk_tls);
  for (EndMoment moment = END_IN_RECEIVED; moment <= END_IN_CLOSED; moment++) {
    g_autofree char *path = g_strdup_printf ("/stream/free-inside/%s", moment_names[moment]);
    g_test_add_data_func (path, GINT_TO_POINTER (moment), test_free_inside);
  }
  g_test_add_func ("/stream/free-unstarted", test_free_unstarted);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

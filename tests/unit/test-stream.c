/* Streams over socket pairs. Of SOCK_SEQPACKET each write is a packet of its own, so that
 * "leaves in one write" can be counted. */
#include "net/stream.h"

#include "net/clock.h"
#include "net/octet-queue.h"
#include "tests/lib/certificates.h"
#include "tests/lib/tap.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "smtp.example.com"
#define PATIENCE (20 * TICKS_PER_SECOND)

static char *folder;

typedef enum { NEVER, IN_RECEIVED, IN_SECURED, IN_TLS_FAILED, IN_DRAINED, IN_CLOSED } Moment;

static const char *const moment_names[]
    = { "never", "received", "secured", "tls-failed", "drained", "closed" };

/* One end, and what was said of it. */
typedef struct {
  Stream *stream;
  GByteArray *got;
  guint n_received, n_secured, n_tls_failed, n_drained, n_closed;
  OutcomeKind kind;
  Cause cause;
  char *detail;
  Moment free_at;
  gboolean echo;
  const char *say_when_secured;
} End;

static void
note (End *end, guint *count, Moment moment, const char *detail)
{
  *count += 1;
  g_free (end->detail);
  end->detail = g_strdup (detail);
  if (end->free_at == moment)
    g_clear_pointer (&end->stream, stream_free);
}

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  End *end = data;
  if (end->echo)
    stream_write (stream, octets, length);
  else
    g_byte_array_append (end->got, octets, (guint)length);
  note (end, &end->n_received, IN_RECEIVED, NULL);
}

static void
on_secured (Stream *stream, gpointer data)
{
  End *end = data;
  if (end->say_when_secured)
    stream_write (stream, (const guint8 *)end->say_when_secured, strlen (end->say_when_secured));
  note (end, &end->n_secured, IN_SECURED, NULL);
}

static void
on_tls_failed (Stream *stream, OutcomeKind kind, Cause cause, const char *detail, gpointer data)
{
  End *end = data;
  end->kind = kind;
  end->cause = cause;
  /* The detail has to outlive the stream here. */
  if (end->free_at == IN_TLS_FAILED)
    g_clear_pointer (&end->stream, stream_free);
  note (end, &end->n_tls_failed, NEVER, detail);
}

static void
on_drained (Stream *stream, gpointer data)
{
  End *end = data;
  note (end, &end->n_drained, IN_DRAINED, NULL);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  End *end = data;
  note (end, &end->n_closed, IN_CLOSED, detail);
}

static const StreamEvents events = { .received = on_received,
                                     .secured = on_secured,
                                     .tls_failed = on_tls_failed,
                                     .drained = on_drained,
                                     .closed = on_closed };

static void
end_start (End *end, int fd)
{
  *end = (End){ .stream = stream_new (fd, &events, end), .got = g_byte_array_new () };
}

static void
end_clear (End *end)
{
  stream_free (end->stream);
  g_byte_array_unref (end->got);
  g_free (end->detail);
}

static void
make_pair (int type, int fds[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, fds), ==, 0);
}

/* Turns of the loop until nothing happens by itself any more. */
static void
settle (void)
{
  for (int i = 0; i < 1000 && g_main_context_iteration (NULL, FALSE); i++)
    ;
  g_assert_false (g_main_context_pending (NULL)); /* else it spins */
}

#define run_until(condition)                                                                                 \
  G_STMT_START                                                                                               \
  {                                                                                                          \
    Ticks deadline = clock_now () + PATIENCE;                                                                \
    while (!(condition)) {                                                                                   \
      g_assert_cmpint (clock_now (), <, deadline);                                                           \
      g_main_context_iteration (NULL, FALSE);                                                                \
    }                                                                                                        \
  }                                                                                                          \
  G_STMT_END

static void
say (End *end, const char *text)
{
  stream_write (end->stream, (const guint8 *)text, strlen (text));
}

#define assert_got(end, text) g_assert_cmpmem ((end)->got->data, (end)->got->len, text, strlen (text))

/* --- in the clear ------------------------------------------------------------------- */

static void
test_both_ways (void)
{
  int fds[2];
  End a, b;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  end_start (&b, fds[1]);
  say (&a, "hello");
  say (&b, "220 hi\r\n");
  g_assert_cmpint (a.n_drained + b.n_drained, ==, 0);
  settle ();
  assert_got (&a, "220 hi\r\n");
  assert_got (&b, "hello");
  g_assert_cmpint (a.n_drained, ==, 1);
  g_assert_cmpint (b.n_drained, ==, 1);
  end_clear (&a);
  end_clear (&b);
}

static void
test_one_write_a_turn (void)
{
  int fds[2];
  End a;
  char packet[100];
  make_pair (SOCK_SEQPACKET, fds);
  end_start (&a, fds[0]);
  say (&a, "MAIL\r\n");
  say (&a, "RCPT\r\n");
  say (&a, "DATA\r\n");
  g_assert_cmpint (stream_pending (a.stream), ==, 18);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, -1);
  settle ();
  g_assert_cmpint (stream_pending (a.stream), ==, 0);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, 18);
  g_assert_cmpint (recv (fds[1], packet, sizeof packet, MSG_DONTWAIT), ==, -1);
  close (fds[1]);
  end_clear (&a);
}

static void
test_flush_at_once (void)
{
  int fds[2];
  End a;
  char octets[100];
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  say (&a, "NOOP\r\n");
  stream_flush (a.stream);
  g_assert_cmpint (recv (fds[1], octets, sizeof octets, MSG_DONTWAIT), ==, 6);
  g_assert_cmpint (stream_pending (a.stream), ==, 0);
  settle ();
  g_assert_cmpint (a.n_drained, ==, 1);
  close (fds[1]);
  end_clear (&a);
}

/* A reader that is slow, a kernel buffer that is small. */
static void
test_partial_writes (void)
{
  int fds[2];
  End a;
  const int small = 4096;
  const gsize length = 3000000;
  make_pair (SOCK_STREAM, fds);
  setsockopt (fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  end_start (&a, fds[0]);
  g_autofree guint8 *octets = g_malloc (length);
  for (gsize i = 0; i < length; i++)
    octets[i] = (guint8)(i ^ i >> 8);
  stream_write (a.stream, octets, length);
  settle ();
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
  settle ();
  g_assert_cmpint (a.n_drained, ==, 1);
  close (fds[1]);
  end_clear (&a);
}

static void
test_end_of_file (void)
{
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  g_assert_cmpint (send (fds[1], "421 bye\r\n", 9, 0), ==, 9);
  close (fds[1]);
  settle ();
  assert_got (&a, "421 bye\r\n");
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_null (a.detail);
  say (&a, "anybody there?");
  settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  end_clear (&a);
}

/* Writing to one that has hung up: no signal, and its last words, which take more than one turn
 * to read, are heard first. */
static void
test_last_words (void)
{
  static const guint8 words[100000];
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  g_assert_cmpint (send (fds[1], words, sizeof words, 0), ==, sizeof words);
  close (fds[1]);
  say (&a, "EHLO\r\n");
  stream_flush (a.stream);
  g_assert_cmpint (a.n_closed, ==, 0);
  settle ();
  g_assert_cmpint (a.got->len, ==, sizeof words);
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_cmpstr (a.detail, ==, g_strerror (EPIPE));
  end_clear (&a);
}

static void
make_tcp_pair (int fds[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (bind (listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  getsockname (listener, (struct sockaddr *)&address, &length);
  fds[0] = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (connect (fds[0], (struct sockaddr *)&address, length), ==, 0);
  fds[1] = accept (listener, NULL, NULL);
  g_assert_cmpint (fds[1], >=, 0);
  close (listener);
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
  End a;
  make_tcp_pair (fds);
  end_start (&a, fds[0]);
  reset_connection (fds[1]);
  run_until (a.n_closed > 0);
  g_assert_cmpstr (a.detail, ==, g_strerror (ECONNRESET));
  end_clear (&a);
}

/* Without a reader the end must come from the write. */
static void
test_reset_while_not_reading (void)
{
  int fds[2];
  End a;
  make_tcp_pair (fds);
  end_start (&a, fds[0]);
  stream_set_reading (a.stream, FALSE);
  reset_connection (fds[1]);
  settle ();
  g_assert_cmpint (a.n_closed, ==, 0);
  say (&a, "DATA\r\n");
  run_until (a.n_closed > 0);
  g_assert_nonnull (a.detail);
  end_clear (&a);
}

static void
test_back_pressure (void)
{
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  stream_set_reading (a.stream, FALSE);
  g_assert_cmpint (send (fds[1], "250 ok\r\n", 8, 0), ==, 8);
  close (fds[1]);
  settle ();
  g_assert_cmpint (a.n_received + a.n_closed, ==, 0);
  stream_set_reading (a.stream, TRUE);
  settle ();
  assert_got (&a, "250 ok\r\n");
  g_assert_cmpint (a.n_closed, ==, 1);
  end_clear (&a);
}

static void
test_graceful_close (void)
{
  int fds[2];
  End a, b;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  end_start (&b, fds[1]);
  say (&a, "QUIT\r\n");
  stream_close_gracefully (a.stream);
  settle ();
  assert_got (&b, "QUIT\r\n");
  g_assert_cmpint (b.n_closed, ==, 1);
  end_clear (&b);
  settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  end_clear (&a);
}

/* One that sends without end leaves turns for the others. */
static void
test_bounded_turn (void)
{
  int fds[2];
  End a;
  const int large = 1 << 20;
  make_pair (SOCK_STREAM, fds);
  setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  end_start (&a, fds[0]);
  static const guint8 octets[300000];
  gssize sent = send (fds[1], octets, sizeof octets, MSG_DONTWAIT);
  g_assert_cmpint (sent, >, 100000);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (a.got->len, >, 0);
  g_assert_cmpint (a.got->len, <=, 65536);
  run_until (a.got->len == (guint)sent);
  close (fds[1]);
  end_clear (&a);
}

/* --- TLS --------------------------------------------------------------------------------- */

static const char *
file (const char *name)
{
  static char paths[8][256];
  static int next;
  char *path = paths[next++ % 8];
  g_snprintf (path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void
make_certificates (void)
{
  folder = g_dir_make_tmp ("test-stream-XXXXXX", NULL);
  TestCertificateSpec spec = { .common_name = "CA", .is_authority = TRUE };
  g_autoptr (TestCertificate) authority = test_certificate_new (&spec);
  spec = (TestCertificateSpec){ .names = "DNS:" HOST, .issuer = authority };
  g_autoptr (TestCertificate) good = test_certificate_new (&spec);
  spec = (TestCertificateSpec){ .common_name = "stranger" };
  g_autoptr (TestCertificate) stranger = test_certificate_new (&spec);
  test_certificate_write (authority, folder, "ca");
  test_certificate_write (good, folder, "good");
  test_certificate_write (stranger, folder, "stranger");
}

static Tls *
client_tls (const char *name, const char *certificate)
{
  g_autofree char *pem = g_strdup_printf ("%s/%s.pem", folder, certificate);
  g_autofree char *key = g_strdup_printf ("%s/%s.key", folder, certificate);
  TlsClientSettings settings = { .name = name, .ca_file = file ("ca.pem"), .verify = TRUE };
  if (certificate) {
    settings.client_certificate = pem;
    settings.client_key = key;
  }
  return tls_new_client (&settings, NULL);
}

static Tls *
server_tls (gboolean ask)
{
  TlsServerSettings settings = { .certificate = file ("good.pem"), .key = file ("good.key") };
  if (ask)
    settings.client_ca_file = file ("ca.pem");
  return tls_new_server (&settings, NULL);
}

/* A is the client, B the server; both with TLS. */
static void
start_tls_pair (int type, End *a, End *b, Tls *client, Tls *server)
{
  int fds[2];
  gsize leftover = 99;
  make_pair (type, fds);
  end_start (a, fds[0]);
  end_start (b, fds[1]);
  stream_start_tls (b->stream, server, NULL);
  stream_start_tls (a->stream, client, &leftover);
  g_assert_cmpint (leftover, ==, 0);
  g_assert_true (stream_tls (a->stream) == client);
}

static void
test_tls (void)
{
  End a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  say (&b, "220 hi\r\n"); /* waits for the handshake */
  settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (b.n_secured, ==, 1);
  assert_got (&a, "220 hi\r\n");
  g_assert_cmpint (a.n_drained, ==, 0); /* nothing had been queued */
  g_assert_cmpint (b.n_drained, ==, 1);
  say (&a, "EHLO\r\n");
  settle ();
  assert_got (&b, "EHLO\r\n");
  g_assert_cmpint (a.n_drained, ==, 1);
  end_clear (&a);
  end_clear (&b);
}

static void
test_tls_graceful_close (void)
{
  End a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  settle ();
  say (&a, "QUIT\r\n");
  stream_close_gracefully (a.stream);
  settle ();
  assert_got (&b, "QUIT\r\n");
  g_assert_cmpint (b.n_closed, ==, 1);
  g_assert_null (b.detail);
  end_clear (&a);
  end_clear (&b);
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
  End a;
  g_autoptr (Tls) server = server_tls (FALSE);
  g_autoptr (GByteArray) got = g_byte_array_new ();
  make_pair (SOCK_SEQPACKET, fds);
  end_start (&a, fds[0]);
  a.say_when_secured = command;
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  settle ();
  g_assert_cmpint (serve_by_packets (server, fds[1], got), ==, 1); /* ClientHello */
  settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (serve_by_packets (server, fds[1], got), ==, 1); /* Finished, and the command */
  g_assert_cmpint (tls_handshake (server), ==, TLS_STEP_OK);
  g_assert_cmpmem (got->data, got->len, command, command ? strlen (command) : 0);
  close (fds[1]);
  end_clear (&a);
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
  End a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls ("other.example", NULL), server_tls (FALSE));
  settle ();
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_VERIFICATION);
  g_assert_nonnull (strstr (a.detail, "not other.example"));
  g_assert_cmpint (a.n_closed + a.n_secured, ==, 0);
  g_assert_cmpint (b.n_tls_failed, ==, 1); /* by our alert */
  g_assert_cmpint (b.cause, ==, CAUSE_TLS_CLIENT_CERTIFICATE);
  end_clear (&a);
  end_clear (&b);
}

static void
test_no_tls_there (void)
{
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  settle ();
  g_assert_cmpint (send (fds[1], "500 what?\r\n", 11, 0), ==, 11);
  settle ();
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_HANDSHAKE);
  close (fds[1]);
  end_clear (&a);
}

static void
test_closed_in_handshake (void)
{
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  settle ();
  close (fds[1]);
  settle ();
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_TRANSPORT);
  g_assert_cmpint (a.cause, ==, CAUSE_CLOSED);
  g_assert_cmpint (a.n_closed, ==, 0);
  end_clear (&a);
}

static void
test_certificate_refused (void)
{
  End a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, "stranger"), server_tls (TRUE));
  settle ();
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (a.n_tls_failed, ==, 1);
  g_assert_cmpint (a.kind, ==, OUTCOME_SECURITY);
  g_assert_cmpint (a.cause, ==, CAUSE_TLS_CLIENT_CERTIFICATE);
  g_assert_cmpint (a.n_closed, ==, 0);
  g_assert_cmpint (b.cause, ==, CAUSE_TLS_VERIFICATION);
  end_clear (&a);
  end_clear (&b);
}

/* The connection broke, by whoever's hand: nothing that a certificate is to blame for. */
static void
test_corrupted_later (void)
{
  int fds[2];
  End a;
  g_autoptr (Tls) server = server_tls (FALSE);
  g_autoptr (GByteArray) got = g_byte_array_new ();
  make_pair (SOCK_SEQPACKET, fds);
  end_start (&a, fds[0]);
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  for (int i = 0; i < 3; i++) {
    settle ();
    serve_by_packets (server, fds[1], got);
  }
  g_assert_cmpint (a.n_secured, ==, 1);
  g_assert_cmpint (send (fds[1], "\x17\x03\x03\x00\x20 not a record that was encrypted", 38, 0), ==, 38);
  settle ();
  g_assert_cmpint (a.n_closed, ==, 1);
  g_assert_nonnull (strstr (a.detail, "bad record mac"));
  g_assert_cmpint (a.n_tls_failed, ==, 0);
  close (fds[1]);
  end_clear (&a);
}

/* Octets behind the go-ahead for STARTTLS that the session hasn't seen yet. */
static void
test_leftover (void)
{
  int fds[2];
  End a, b;
  gsize leftover = 0;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  end_start (&b, fds[1]);
  g_assert_cmpint (send (fds[1], "250 injected\r\n", 14, 0), ==, 14);
  stream_start_tls (a.stream, client_tls (HOST, NULL), &leftover);
  g_assert_cmpint (leftover, ==, 14);
  stream_start_tls (b.stream, server_tls (FALSE), NULL);
  settle ();
  g_assert_cmpint (a.n_received, ==, 0);
  g_assert_cmpint (a.n_secured, ==, 1);
  end_clear (&a);
  end_clear (&b);
}

/* The go-ahead leaves in the clear although TLS has been started behind it. */
static void
test_clear_before_tls (void)
{
  int fds[2];
  End b;
  char octets[100];
  make_pair (SOCK_STREAM, fds);
  end_start (&b, fds[1]);
  say (&b, "220 go ahead\r\n");
  stream_start_tls (b.stream, server_tls (FALSE), NULL);
  settle ();
  g_assert_cmpint (recv (fds[0], octets, sizeof octets, MSG_DONTWAIT), ==, 14);
  close (fds[0]);
  end_clear (&b);
}

/* --- much ------------------------------------------------------------------------------------ */

static guint8
octet_at (gsize i)
{
  return (guint8)(i * 31 + (i >> 9) * 7 + (i >> 17));
}

/* LENGTH octets to an echo and back, never more than a few chunks queued. */
static void
check_bulk (End *a, gsize length)
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
  End a, b;
  make_tcp_pair (fds);
  end_start (&a, fds[0]);
  end_start (&b, fds[1]);
  b.echo = TRUE;
  check_bulk (&a, 50000000);
  end_clear (&a);
  end_clear (&b);
}

static void
test_bulk_tls (void)
{
  End a, b;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (HOST, NULL), server_tls (FALSE));
  b.echo = TRUE;
  check_bulk (&a, 50000000);
  end_clear (&a);
  end_clear (&b);
}

/* --- being freed --------------------------------------------------------------------------------- */

static void
test_free_inside (gconstpointer data)
{
  Moment moment = (Moment)GPOINTER_TO_INT (data);
  End a, b;
  const char *name = moment == IN_TLS_FAILED ? "other.example" : HOST;
  start_tls_pair (SOCK_STREAM, &a, &b, client_tls (name, NULL), server_tls (FALSE));
  a.free_at = moment;
  say (&a, "EHLO\r\n");
  say (&b, "220 hi\r\n");
  stream_close_gracefully (b.stream);
  settle ();
  g_assert_null (a.stream);
  if (moment == IN_TLS_FAILED)
    g_assert_true (a.detail && strstr (a.detail, "not other.example"));
  end_clear (&a);
  end_clear (&b);
  settle ();
}

static void
test_free_unstarted (void)
{
  int fds[2];
  End a;
  make_pair (SOCK_STREAM, fds);
  end_start (&a, fds[0]);
  say (&a, "lost");
  stream_start_tls (a.stream, client_tls (HOST, NULL), NULL);
  end_clear (&a);
  settle ();
  close (fds[1]);
  stream_free (NULL);
}

/* --- the queue ------------------------------------------------------------------------------------- */

static void
test_queue_wipes (void)
{
  OctetQueue queue = { 0 };
  octet_queue_append (&queue, (const guint8 *)"secret password", 15);
  guint8 *octets = queue.octets;
  octet_queue_drop (&queue, 7);
  g_assert_cmpmem (octet_queue_front (&queue), octet_queue_length (&queue), "password", 8);
  for (int i = 0; i < 7; i++)
    g_assert_cmpint (octets[i], ==, 0);
  octet_queue_drop (&queue, 8);
  for (int i = 0; i < 15; i++)
    g_assert_cmpint (octets[i], ==, 0);
  octet_queue_clear (&queue);
}

static void
test_queue_keeps_order (void)
{
  OctetQueue queue = { 0 };
  gsize in = 0, out = 0;
  guint8 octets[300];
  for (int i = 0; i < 20000; i++) {
    gsize n = (gsize)g_test_rand_int_range (0, 300);
    for (gsize k = 0; k < n; k++)
      octets[k] = octet_at (in + k);
    octet_queue_append (&queue, octets, n);
    in += n;
    n = (gsize)g_test_rand_int_range (0, 330);
    n = MIN (n, octet_queue_length (&queue));
    for (gsize k = 0; k < n; k++)
      g_assert_cmpint (octet_queue_front (&queue)[k], ==, octet_at (out + k));
    octet_queue_drop (&queue, n);
    out += n;
    g_assert_cmpint (octet_queue_length (&queue), ==, in - out);
  }
  octet_queue_clear (&queue);
}

static void
remove_files (void)
{
  static const char *const names[]
      = { "ca.pem", "ca.key", "good.pem", "good.key", "stranger.pem", "stranger.key" };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_unlink (file (names[i]));
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  make_certificates ();
  g_test_add_func ("/stream/both-ways", test_both_ways);
  g_test_add_func ("/stream/one-write-a-turn", test_one_write_a_turn);
  g_test_add_func ("/stream/flush-at-once", test_flush_at_once);
  g_test_add_func ("/stream/partial-writes", test_partial_writes);
  g_test_add_func ("/stream/end-of-file", test_end_of_file);
  g_test_add_func ("/stream/last-words", test_last_words);
  g_test_add_func ("/stream/reset", test_reset);
  g_test_add_func ("/stream/reset-while-not-reading", test_reset_while_not_reading);
  g_test_add_func ("/stream/back-pressure", test_back_pressure);
  g_test_add_func ("/stream/graceful-close", test_graceful_close);
  g_test_add_func ("/stream/bounded-turn", test_bounded_turn);
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
  for (Moment moment = IN_RECEIVED; moment <= IN_CLOSED; moment++) {
    g_autofree char *path = g_strdup_printf ("/stream/free-inside/%s", moment_names[moment]);
    g_test_add_data_func (path, GINT_TO_POINTER (moment), test_free_inside);
  }
  g_test_add_func ("/stream/free-unstarted", test_free_unstarted);
  g_test_add_func ("/stream/queue/wipes", test_queue_wipes);
  g_test_add_func ("/stream/queue/keeps-order", test_queue_keeps_order);
  int result = g_test_run ();
  remove_files ();
  return result;
}

/* A client against a reception: over sockets and over pipes, well-behaved and not. */
#include "engine/reception.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/clock.h"
#include "tests/lib/tap.h"

/* What the owner does with a message. */
typedef enum { KEEPS, KEEPS_LATER, NEVER_ANSWERS, HAS_NO_ROOM } OwnerMood;

typedef struct {
  Reception *reception;
  OwnerMood mood;
  guint refuse_sender; /* code; 0: welcome */
  GString *bodies;     /* of the messages, one behind the other */
  GString *envelopes;  /* "sender>recipient,recipient;" */
  guint n_messages, n_ended;
  guint later;
  int to, from; /* the client's ends; -1: closed */
  GString *heard;
  gboolean deaf; /* the client reads nothing */
} Meeting;

/* --- the owner --------------------------------------------------------------------- */

static void
on_sender (Reception *reception, const Envelope *envelope, const BodyForm *form, gpointer data)
{
  Meeting *meeting = data;

  reception_answer (reception, meeting->refuse_sender, meeting->refuse_sender ? "4.3.1 Not now" : NULL);
}

static void
note_message (Meeting *meeting, const Envelope *envelope, BodySource *message)
{
  g_autoptr (BodyReader) reader = body_source_open (message, NULL);
  guint8 buffer[4096];
  gssize given;

  while ((given = body_reader_read (reader, buffer, sizeof buffer, NULL)) > 0)
    g_string_append_len (meeting->bodies, (const char *)buffer, given);
  g_string_append_printf (meeting->envelopes, "%s>", envelope->sender);
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_string_append_printf (meeting->envelopes, "%s%s", i > 0 ? "," : "",
                            envelope_recipient (envelope, i)->address);
  g_string_append_c (meeting->envelopes, ';');
  meeting->n_messages++;
}

static gboolean
answer_late (gpointer data)
{
  Meeting *meeting = data;

  meeting->later = 0;
  reception_answer (meeting->reception, 250, "2.0.0 queued as 12");
  return G_SOURCE_REMOVE;
}

static void
on_message (Reception *reception, const Envelope *envelope, BodySource *message, gpointer data)
{
  Meeting *meeting = data;

  if (meeting->mood != HAS_NO_ROOM)
    note_message (meeting, envelope, message);
  if (meeting->mood == KEEPS)
    reception_answer (reception, 250, "2.0.0 queued as 12");
  else if (meeting->mood == HAS_NO_ROOM)
    reception_answer (reception, 452, "4.3.1 No room to keep the message");
  else if (meeting->mood == KEEPS_LATER)
    meeting->later = g_timeout_add (20, answer_late, meeting);
}

static void
on_ended (Reception *reception, gpointer data)
{
  Meeting *meeting = data;

  meeting->n_ended++;
  g_clear_handle_id (&meeting->later, g_source_remove);
  g_clear_pointer (&meeting->reception, reception_free);
}

static void
meet (Meeting *meeting, gboolean pipes, Ticks patience)
{
  static const ReceptionEvents events = { .sender = on_sender, .message = on_message, .ended = on_ended };
  ReceptionRules rules = {
    .server_name = "post.test", .size_limit = 4 * 1024 * 1024, .recipients_limit = 100, .patience = patience
  };
  int fds[2], in[2], out[2];

  meeting->bodies = g_string_new (NULL);
  meeting->envelopes = g_string_new (NULL);
  meeting->heard = g_string_new (NULL);
  if (pipes) {
    g_assert_no_errno (pipe2 (in, O_CLOEXEC));
    g_assert_no_errno (pipe2 (out, O_CLOEXEC));
    meeting->to = in[1];
    meeting->from = out[0];
    meeting->reception = reception_new (in[0], out[1], &rules, &events, meeting);
  } else {
    g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
    meeting->to = fds[0];
    meeting->from = dup (fds[0]);
    meeting->reception = reception_new (fds[1], fds[1], &rules, &events, meeting);
  }
  fcntl (meeting->to, F_SETFL, O_NONBLOCK);
  fcntl (meeting->from, F_SETFL, O_NONBLOCK);
}

static void
hang_up (Meeting *meeting)
{
  for (int *fd = &meeting->to;; fd = &meeting->from) {
    if (*fd >= 0)
      close (*fd);
    *fd = -1;
    if (fd == &meeting->from)
      return;
  }
}

static void
part (Meeting *meeting)
{
  reception_free (meeting->reception);
  if (meeting->later != 0)
    g_source_remove (meeting->later);
  hang_up (meeting);
  g_string_free (meeting->bodies, TRUE);
  g_string_free (meeting->envelopes, TRUE);
  g_string_free (meeting->heard, TRUE);
}

/* --- the client -------------------------------------------------------------------------- */

static void
listen_to (Meeting *meeting)
{
  char buffer[4096];
  gssize given;

  while (!meeting->deaf && meeting->from >= 0 && (given = read (meeting->from, buffer, sizeof buffer)) > 0)
    g_string_append_len (meeting->heard, buffer, given);
}

static void
turn (Meeting *meeting)
{
  g_main_context_iteration (NULL, FALSE);
  listen_to (meeting);
}

#define turn_until(meeting, condition)                                                                       \
  for (Ticks turn_deadline = clock_now () + 20 * TICKS_PER_SECOND; !(condition); turn (meeting))             \
  g_assert_cmpint (clock_now (), <, turn_deadline)

static void
idle_for (Meeting *meeting, Ticks time)
{
  for (Ticks end = clock_now () + time; clock_now () < end; g_usleep (500))
    turn (meeting);
}

/* In pieces of PIECE octets, each in a turn of its own. FALSE: the other side has gone. */
static gboolean
say (Meeting *meeting, const char *text, gsize length, gsize piece)
{
  Ticks deadline = clock_now () + 20 * TICKS_PER_SECOND;

  while (length > 0) {
    gssize taken = write (meeting->to, text, MIN (length, piece));
    if (taken < 0 && errno != EAGAIN)
      return FALSE;
    g_assert_cmpint (clock_now (), <, deadline);
    text += MAX (taken, 0);
    length -= (gsize)MAX (taken, 0);
    turn (meeting);
  }
  return TRUE;
}

/* The codes of all that was heard: "220 250 …"; of a reply in several lines the last. */
static char *
codes (const Meeting *meeting)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (meeting->heard->str, "\r\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (strlen (lines[i]) > 3 && lines[i][3] == ' ')
      g_string_append_printf (text, "%s%.3s", text->len > 0 ? " " : "", lines[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- conversations, each over sockets and pipes, at once and octet by octet --------------- */

#define EHLO "EHLO there\r\n"
#define MAIL "MAIL FROM:<a@x.test>\r\n"
#define RCPT "RCPT TO:<b@y.test>\r\n"
#define BODY "Subject: hi\r\n\r\n..dot\r\nend\r\n.\r\n"
#define KEPT "Subject: hi\r\n\r\n.dot\r\nend\r\n"

typedef struct {
  const char *name, *said;
  OwnerMood mood;
  guint refuse_sender;
  const char *codes, *envelopes, *bodies;
} Conversation;

static const Conversation conversations[] = {
  { "one message", EHLO MAIL RCPT "DATA\r\n" BODY "QUIT\r\n", KEEPS, 0, "220 250 250 250 354 250 221",
    "a@x.test>b@y.test;", KEPT },
  { "durable later", EHLO MAIL RCPT "DATA\r\n" BODY "QUIT\r\n", KEEPS_LATER, 0, "220 250 250 250 354 250 221",
    "a@x.test>b@y.test;", KEPT },
  { "two messages, pipelined over the answers",
    EHLO MAIL RCPT "DATA\r\n" BODY MAIL RCPT "RCPT TO:<c@y.test>\r\nDATA\r\n" BODY "QUIT\r\n", KEEPS_LATER, 0,
    "220 250 250 250 354 250 250 250 250 354 250 221", "a@x.test>b@y.test;a@x.test>b@y.test,c@y.test;",
    KEPT KEPT },
  { "RSET drops a transaction",
    EHLO MAIL RCPT "RSET\r\n" MAIL "RCPT TO:<c@y.test>\r\nDATA\r\n" BODY "QUIT\r\n", KEEPS, 0,
    "220 250 250 250 250 250 250 354 250 221", "a@x.test>c@y.test;", KEPT },
  { "BDAT",
    EHLO MAIL RCPT "BDAT 5\r\na: b\r"
                   "BDAT 1 LAST\r\n\nQUIT\r\n",
    KEEPS, 0, "220 250 250 250 250 250 221", "a@x.test>b@y.test;", "a: b\r\n" },
  { "null sender", EHLO "MAIL FROM:<>\r\n" RCPT "DATA\r\n" BODY "QUIT\r\n", KEEPS, 0,
    "220 250 250 250 354 250 221", ">b@y.test;", KEPT },
  { "addresses without a domain",
    EHLO "MAIL FROM:<www-data>\r\nRCPT TO:<root>\r\nRCPT TO:<postmaster>\r\nDATA\r\n" BODY "QUIT\r\n", KEEPS,
    0, "220 250 250 250 250 354 250 221", "www-data>root,postmaster;", KEPT },
  { "UTF-8 addresses",
    EHLO "MAIL FROM:<a@x.test> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<花子@y.test>\r\nDATA\r\n" BODY "QUIT\r\n",
    KEEPS, 0, "220 250 250 250 354 250 221", "a@x.test>花子@y.test;", KEPT },
  { "what isn't an address",
    EHLO "MAIL FROM:<a b@x.test>\r\nMAIL FROM:<a@x.test> X=\r\n" MAIL
         "RCPT TO:<c@d>e@f>\r\nRCPT TO:<|sh>\r\nRCPT TO:</etc/passwd>\r\nRCPT TO:<>\r\n" RCPT "DATA\r\n" BODY
         "QUIT\r\n",
    KEEPS, 0, "220 250 501 555 250 501 553 553 501 250 354 250 221", "a@x.test>b@y.test;", KEPT },
  { "no room", EHLO MAIL RCPT "DATA\r\n" BODY "QUIT\r\n", HAS_NO_ROOM, 0, "220 250 250 250 354 452 221", "",
    "" },
  { "the sender isn't welcome",
    EHLO MAIL RCPT "DATA\r\n"
                   "QUIT\r\n",
    KEEPS, 452, "220 250 452 503 503 221", "", "" },
  { "too big as declared", EHLO "MAIL FROM:<a@x.test> SIZE=5000000\r\nQUIT\r\n", KEEPS, 0, "220 250 552 221",
    "", "" },
  { "bare line feeds", EHLO MAIL RCPT "DATA\r\na\nb\r\n.\r\nQUIT\r\n", KEEPS, 0,
    "220 250 250 250 354 550 221", "", "" },
  { "smuggling", EHLO MAIL RCPT "DATA\r\na\r\n.\nMAIL FROM:<c@d>\r\n.\r\nQUIT\r\n", KEEPS, 0,
    "220 250 250 250 354 550 221", "", "" },
  { "neither TLS nor AUTH", EHLO "STARTTLS\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n", KEEPS, 0,
    "220 250 502 502 221", "", "" },
  { "errors end",
    "A\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nA\r\nNOOP"
    "\r\n",
    KEEPS, 0, "220 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 421", "",
    "" },
};

typedef struct {
  const Conversation *conversation;
  gboolean pipes;
  gsize piece;
} Row;

static void
test_conversation (gconstpointer data)
{
  const Row *row = data;
  const Conversation *expected = row->conversation;
  Meeting meeting = { .mood = expected->mood, .refuse_sender = expected->refuse_sender };

  meet (&meeting, row->pipes, RECEPTION_PATIENCE);
  say (&meeting, expected->said, strlen (expected->said), row->piece);
  turn_until (&meeting, meeting.n_ended == 1);
  listen_to (&meeting);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, expected->codes);
  g_assert_cmpstr (meeting.envelopes->str, ==, expected->envelopes);
  g_assert_cmpstr (meeting.bodies->str, ==, expected->bodies);
  part (&meeting);
}

/* `printf … | sendmail -bs`: the end of the input may be there before anything was answered. */
static void
test_end_of_input (gconstpointer data)
{
  gboolean pipes = GPOINTER_TO_INT (data);
  static const char said[] = EHLO MAIL RCPT "DATA\r\n" BODY MAIL RCPT;
  Meeting meeting = { .mood = KEEPS_LATER };

  meet (&meeting, pipes, RECEPTION_PATIENCE);
  g_assert_cmpint (write (meeting.to, said, strlen (said)), ==, (gssize)strlen (said));
  if (pipes)
    close (g_steal_fd (&meeting.to));
  else
    shutdown (meeting.to, SHUT_WR);
  turn_until (&meeting, meeting.n_ended == 1);
  listen_to (&meeting);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 250 250 250 354 250 250 250");
  g_assert_cmpuint (meeting.n_messages, ==, 1);
  part (&meeting);
}

/* The client goes at each octet of a conversation: no message without its end, none twice. */
static void
test_every_cut (void)
{
  static const char said[] = EHLO MAIL RCPT "DATA\r\n" BODY "QUIT\r\n";
  const gsize whole = strlen (said) - strlen ("QUIT\r\n");

  for (gsize cut = 0; cut <= strlen (said); cut++) {
    Meeting meeting = { .mood = KEEPS };
    meet (&meeting, FALSE, RECEPTION_PATIENCE);
    say (&meeting, said, cut, cut);
    hang_up (&meeting);
    turn_until (&meeting, meeting.n_ended == 1);
    g_assert_cmpuint (meeting.n_messages, ==, cut >= whole ? 1 : 0);
    part (&meeting);
  }
}

/* --- hostile clients ------------------------------------------------------------------------ */

static void
test_silence (void)
{
  Meeting meeting = { 0 };

  meet (&meeting, FALSE, 50 * TICKS_PER_MS);
  turn_until (&meeting, meeting.n_ended == 1);
  g_assert_nonnull (strstr (meeting.heard->str, "421 4.4.2"));
  part (&meeting);
}

/* An octet now and then isn't a command. */
static void
test_trickle (void)
{
  Meeting meeting = { 0 };
  Ticks begin;

  meet (&meeting, FALSE, 100 * TICKS_PER_MS);
  begin = clock_now ();
  while (meeting.n_ended == 0 && say (&meeting, "x", 1, 1))
    idle_for (&meeting, 10 * TICKS_PER_MS);
  turn_until (&meeting, meeting.n_ended == 1);
  g_assert_cmpint (clock_now () - begin, <, 5 * TICKS_PER_SECOND);
  part (&meeting);
}

/* A message that arrives slowly is progress; the owner's slowness isn't the client's fault. */
static void
test_patience (void)
{
  static const char body[] = "Subject: slow\r\n.\r\n";
  Meeting meeting = { .mood = NEVER_ANSWERS };

  meet (&meeting, FALSE, 100 * TICKS_PER_MS);
  say (&meeting, EHLO MAIL RCPT "DATA\r\n", strlen (EHLO MAIL RCPT "DATA\r\n"), 4096);
  for (gsize i = 0; i < strlen (body); i++) {
    say (&meeting, body + i, 1, 1);
    idle_for (&meeting, 20 * TICKS_PER_MS);
  }
  g_assert_cmpuint (meeting.n_messages, ==, 1);
  idle_for (&meeting, 300 * TICKS_PER_MS);
  g_assert_cmpuint (meeting.n_ended, ==, 0);
  reception_answer (meeting.reception, 250, "2.0.0 queued as 12");
  turn_until (&meeting, meeting.n_ended == 1); /* its turn again, and it says nothing */
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 250 250 250 354 250 421");
  part (&meeting);
}

/* Who asks and never listens is no longer read from, and left in the end. */
static void
test_never_reads (gconstpointer data)
{
  Meeting meeting = { .deaf = TRUE };
  g_autoptr (GString) flood = g_string_new (NULL);
  gsize said = 0;

  for (guint i = 0; i < 10000; i++)
    g_string_append (flood, "HELP\r\n");
  meet (&meeting, GPOINTER_TO_INT (data), 300 * TICKS_PER_MS);
  while (meeting.n_ended == 0) {
    gssize taken = write (meeting.to, flood->str, flood->len);
    said += (gsize)MAX (taken, 0);
    idle_for (&meeting, TICKS_PER_MS);
  }
  /* What the kernel holds, and little more. */
  g_assert_cmpuint (said, <, 4 * 1024 * 1024);
  part (&meeting);
}

static void
test_long_line (void)
{
  Meeting meeting = { 0 };
  g_autofree char *line = g_strnfill (3 * 1024 * 1024, 'x');

  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  g_assert_true (say (&meeting, line, strlen (line), 65536));
  g_assert_true (say (&meeting, "\r\nQUIT\r\n", 8, 8));
  turn_until (&meeting, meeting.n_ended == 1);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 500 221");
  part (&meeting);
}

/* Sent without a declaration: read to its end, and refused. */
static void
test_too_big (void)
{
  static const char begin[] = EHLO MAIL RCPT "DATA\r\n", end[] = "\r\n.\r\nQUIT\r\n";
  Meeting meeting = { .mood = KEEPS };
  g_autofree char *line = g_strnfill (5 * 1024 * 1024, 'x');

  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  say (&meeting, begin, strlen (begin), 4096);
  say (&meeting, line, strlen (line), 65536);
  say (&meeting, end, strlen (end), 4096);
  turn_until (&meeting, meeting.n_ended == 1);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 250 250 250 354 552 221");
  g_assert_cmpuint (meeting.n_messages, ==, 0);
  part (&meeting);
}

/* More than stays in memory, whole again behind the temporary file. */
static void
test_large (void)
{
  static const char begin[] = EHLO MAIL RCPT "DATA\r\n", end[] = ".\r\nQUIT\r\n";
  Meeting meeting = { .mood = KEEPS };
  g_autoptr (GString) body = g_string_new (NULL);

  while (body->len < 3 * 1024 * 1024)
    g_string_append_printf (body, "line %zu\r\n", body->len);
  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  say (&meeting, begin, strlen (begin), 4096);
  say (&meeting, body->str, body->len, 65536);
  say (&meeting, end, strlen (end), 4096);
  turn_until (&meeting, meeting.n_ended == 1);
  g_assert_true (g_string_equal (meeting.bodies, body));
  part (&meeting);
}

/* --- the owner's end -------------------------------------------------------------------------- */

/* A shutdown waits for the answer that is due, and no longer. */
static void
test_shut_down (void)
{
  static const char said[] = EHLO MAIL RCPT "DATA\r\n" BODY MAIL;
  Meeting meeting = { .mood = KEEPS_LATER };

  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  say (&meeting, said, strlen (said), 4096);
  turn_until (&meeting, meeting.n_messages == 1);
  reception_shut_down (meeting.reception, "4.3.2 Shutting down");
  turn_until (&meeting, meeting.n_ended == 1);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 250 250 250 354 250 421");
  part (&meeting);
}

static void
test_freed_at_once (void)
{
  Meeting meeting = { .mood = NEVER_ANSWERS };

  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  say (&meeting, EHLO MAIL RCPT "DATA\r\n" BODY, strlen (EHLO MAIL RCPT "DATA\r\n" BODY), 4096);
  g_clear_pointer (&meeting.reception, reception_free);
  listen_to (&meeting);
  g_assert_cmpuint (meeting.n_ended, ==, 0);
  part (&meeting);
}

static void
test_refusal (void)
{
  static const struct {
    int error;
    guint code;
  } rows[]
      = { { TOUKAN_ERROR_TEMPORARY, 452 }, { TOUKAN_ERROR_IO, 451 }, { TOUKAN_ERROR_CONFIGURATION, 451 } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = g_error_new_literal (TOUKAN_ERROR, rows[i].error, "why");
    const char *text = NULL;
    g_assert_cmpuint (reception_refusal (error, &text), ==, rows[i].code);
    g_assert_cmpint (text[0] - '0', ==, rows[i].code / 100);
  }
}

/* Where nothing can be spooled the message is refused, and the next one served. */
static void
test_no_spool (void)
{
  if (!g_test_subprocess ()) {
    g_setenv ("TMPDIR", "/nonexistent", TRUE);
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_unsetenv ("TMPDIR");
    g_test_trap_assert_passed ();
    return;
  }
  static const char begin[] = EHLO MAIL RCPT "DATA\r\n",
                    end[] = "\r\n.\r\n" MAIL RCPT "DATA\r\n" BODY "QUIT\r\n";
  Meeting meeting = { .mood = KEEPS };
  g_autofree char *line = g_strnfill (2 * 1024 * 1024, 'x');

  meet (&meeting, FALSE, RECEPTION_PATIENCE);
  say (&meeting, begin, strlen (begin), 4096);
  say (&meeting, line, strlen (line), 65536);
  say (&meeting, end, strlen (end), 4096);
  turn_until (&meeting, meeting.n_ended == 1);
  g_autofree char *heard = codes (&meeting);
  g_assert_cmpstr (heard, ==, "220 250 250 250 354 451 250 250 354 250 221");
  part (&meeting);
}

static void
add_conversations (void)
{
  static const gsize pieces[] = { 65536, 1 };
  static Row rows[4 * G_N_ELEMENTS (conversations)];

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    rows[i] = (Row){ &conversations[i / 4], i % 2 == 1, pieces[i / 2 % 2] };
    g_autofree char *path
        = g_strdup_printf ("/reception/%s/%s/%s", rows[i].conversation->name,
                           rows[i].pipes ? "pipes" : "socket", rows[i].piece == 1 ? "octets" : "whole");
    g_test_add_data_func (path, &rows[i], test_conversation);
  }
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  tap_init (&argc, &argv);
  add_conversations ();
  g_test_add_data_func ("/reception/end-of-input/socket", GINT_TO_POINTER (FALSE), test_end_of_input);
  g_test_add_data_func ("/reception/end-of-input/pipes", GINT_TO_POINTER (TRUE), test_end_of_input);
  g_test_add_func ("/reception/every-cut", test_every_cut);
  g_test_add_func ("/reception/silence", test_silence);
  g_test_add_func ("/reception/trickle", test_trickle);
  g_test_add_func ("/reception/patience", test_patience);
  g_test_add_data_func ("/reception/never-reads/socket", GINT_TO_POINTER (FALSE), test_never_reads);
  g_test_add_data_func ("/reception/never-reads/pipes", GINT_TO_POINTER (TRUE), test_never_reads);
  g_test_add_func ("/reception/long-line", test_long_line);
  g_test_add_func ("/reception/too-big", test_too_big);
  g_test_add_func ("/reception/large", test_large);
  g_test_add_func ("/reception/shut-down", test_shut_down);
  g_test_add_func ("/reception/freed-at-once", test_freed_at_once);
  g_test_add_func ("/reception/refusal", test_refusal);
  g_test_add_func ("/reception/no-spool", test_no_spool);
  return g_test_run ();
}

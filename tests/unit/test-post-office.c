/* The doors of the system outbox: callers of several users, good and bad. */
#include "engine/post-office.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "engine/item-json.h"
#include "net/clock.h"
#include "net/local-socket.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

#define STRANGER 65533
#define NEIGHBOUR 65532
#define MESSAGES_LIMIT 3

/* --- the house ---------------------------------------------------------------------- */

static struct {
  Config *config;
  OutboxSource *source;
  Engine *engine;
  PathMemory *memory;
  PostOffice *office;
  int submit_fd, query_fd;
  gboolean closed;
} house;

/* Nobody sends here: what is handed in waits. */
static const Account *
no_account (const char *name, const char *const *overrides, gpointer data)
{
  return NULL;
}

static const Account *
any_account (const char *sender, gpointer data, GError **error)
{
  return config_account (house.config, NULL, sender, error);
}

static void
open_house (void)
{
  static const char config[] = "[account system]\nhost=mail.example.org\nfrom=Machine <machine@example.org>\n"
                               "rewrite-from=if-local\n";
  g_autoptr (GError) error = NULL;
  const char *directory;

  test_folder_make ();
  g_chmod (test_folder (), 0755); /* for other users */
  directory = test_file ("state");
  house.config = config_load_text ("config", config, strlen (config), NULL, &error);
  g_assert_no_error (error);
  OutboxSourceRules source_rules = { .directory = directory, .find_account = no_account, .only_own = TRUE };
  house.source = outbox_source_new (&source_rules, &error);
  g_assert_no_error (error);
  house.memory = path_memory_new ();
  house.engine = engine_new (outbox_source_work (house.source), house.memory, NULL);
  outbox_source_attach (house.source, house.engine);
  house.submit_fd = local_socket_listen (test_file ("submit"), &error);
  g_assert_no_error (error);
  house.query_fd = local_socket_listen (test_file ("query"), &error);
  g_assert_no_error (error);
  PostOfficeRules rules = { .submit_fd = house.submit_fd,
                            .query_fd = house.query_fd,
                            .directory = directory,
                            .messages_limit = MESSAGES_LIMIT,
                            .source = house.source,
                            .account = any_account };
  house.office = post_office_new (&rules);
  house.closed = FALSE;
}

static void
note_closed (gpointer data)
{
  house.closed = TRUE;
}

static void
close_house (void)
{
  if (!house.closed)
    post_office_close (house.office, note_closed, NULL);
  engine_free (house.engine); /* and the source */
  post_office_free (house.office);
  close (house.submit_fd);
  close (house.query_fd);
  path_memory_free (house.memory);
  config_free (house.config);
  test_folder_remove ();
}

/* --- who calls ------------------------------------------------------------------------- */

typedef struct {
  int fd;
  GString *heard;
  gboolean ended;
} Visitor;

/* The kernel notes the effective user at connect(). */
static Visitor
visit (const char *door, uid_t uid)
{
  uid_t own = geteuid ();

  if (uid != own)
    g_assert_no_errno (seteuid (uid));
  Visitor visitor = { .fd = local_socket_connect (test_file (door)), .heard = g_string_new (NULL) };
  if (uid != own)
    g_assert_no_errno (seteuid (own));
  g_assert_cmpint (visitor.fd, >=, 0);
  return visitor;
}

static void
leave (Visitor *visitor)
{
  if (visitor->fd >= 0)
    close (g_steal_fd (&visitor->fd));
  g_string_free (visitor->heard, TRUE);
}

static void
turn (Visitor *visitor)
{
  char buffer[4096];
  gssize given = 1;

  g_main_context_iteration (NULL, FALSE);
  while (!visitor->ended && (given = read (visitor->fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (visitor->heard, buffer, given);
  visitor->ended = visitor->ended || given == 0;
}

#define turn_until(visitor, condition)                                                                       \
  for (Ticks turn_deadline = clock_now () + 20 * TICKS_PER_SECOND; !(condition);                             \
       turn (visitor), g_usleep (100))                                                                       \
  g_assert_cmpint (clock_now (), <, turn_deadline)

static void
say (Visitor *visitor, const char *text)
{
  g_assert_cmpint (write (visitor->fd, text, strlen (text)), ==, (gssize)strlen (text));
}

#define BEGIN "EHLO here\r\nMAIL FROM:<www-data>\r\nRCPT TO:<friend@example.net>\r\nDATA\r\n"
#define MESSAGE BEGIN "Subject: hello\r\nFrom: www-data\r\n\r\nHi.\r\n.\r\n"

/* The final reply to MESSAGE. Free with g_free(). */
static char *
hand_in (uid_t uid)
{
  Visitor visitor = visit ("submit", uid);
  char *reply;

  say (&visitor, MESSAGE "QUIT\r\n");
  turn_until (&visitor, visitor.ended);
  g_auto (GStrv) lines = g_strsplit (visitor.heard->str, "\r\n", -1);
  guint n = g_strv_length (lines);
  g_assert_cmpuint (n, >, 3);
  reply = g_strdup (lines[n - 3]); /* before that to QUIT and the empty rest */
  leave (&visitor);
  return reply;
}

static char *
ask (uid_t uid, const char *question)
{
  Visitor visitor = visit ("query", uid);
  char *answer;

  say (&visitor, question);
  turn_until (&visitor, visitor.ended);
  answer = g_strdup (visitor.heard->str);
  leave (&visitor);
  return answer;
}

/* The rows that UID is shown: of OutboxItem. */
static GPtrArray *
rows_of (uid_t uid)
{
  g_autofree char *answer = ask (uid, "list\n");
  g_auto (GStrv) lines = g_strsplit (answer, "\n", -1);
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  gsize i = 0;

  for (; lines[i] && !g_str_equal (lines[i], "{\"end\":true}"); i++) {
    OutboxItem *item = item_json_read (lines[i]);
    g_assert_nonnull (item);
    g_ptr_array_add (rows, item);
  }
  g_assert_nonnull (lines[i]);
  return rows;
}

/* A user that is not root, whoever runs the tests. */
static uid_t
stranger (void)
{
  return geteuid () == 0 ? STRANGER : geteuid ();
}

static gboolean
can_be_others (void)
{
  if (geteuid () != 0)
    g_test_skip ("only root can call as somebody else");
  return geteuid () == 0;
}

/* --- tests --------------------------------------------------------------------------------- */

static void
test_hand_in (void)
{
  open_house ();
  g_autofree char *reply = hand_in (stranger ());
  g_assert_cmpstr (reply, ==, "250 2.0.0 queued as 1");
  g_autoptr (GPtrArray) rows = rows_of (stranger ());
  g_assert_cmpuint (rows->len, ==, 1);
  const OutboxItem *item = g_ptr_array_index (rows, 0);
  g_assert_cmpint (item->id, ==, 1);
  g_assert_cmpuint (item->owner, ==, stranger ());
  g_assert_cmpstr (item->account, ==, "system");
  /* The sender is what the account may send as. */
  g_assert_cmpstr (item->envelope->sender, ==, "machine@example.org");
  g_assert_cmpstr (envelope_recipient (item->envelope, 0)->address, ==, "friend@example.net");
  g_assert_true (item->pending[0]);
  close_house ();
}

static void
test_whose (void)
{
  if (!can_be_others ())
    return;
  open_house ();
  g_free (hand_in (STRANGER));
  g_free (hand_in (NEIGHBOUR));
  g_autoptr (GPtrArray) own = rows_of (STRANGER);
  g_autoptr (GPtrArray) all = rows_of (0);
  g_assert_cmpuint (own->len, ==, 1);
  g_assert_cmpuint (((OutboxItem *)g_ptr_array_index (own, 0))->owner, ==, STRANGER);
  g_assert_cmpuint (all->len, ==, 2);
  close_house ();
}

static void
test_act (void)
{
  open_house ();
  g_free (hand_in (stranger ()));
  static const struct {
    const char *question, *answer;
  } rows[] = {
    { "hold 1\n", "{\"result\":\"done\"}\n" },
    { "release 1\n", "{\"result\":\"done\"}\n" },
    { "retry 1\r\n", "{\"error\":\"unknown question\"}\n" },
    { "retry 1\n", "{\"result\":\"done\"}\n" },
    { "cancel 1\nlist\n", "{\"result\":\"done\"}\n" },
    { "cancel 1\n", "{\"result\":\"not-so\",\"state\":\"cancelled\"}\n" },
    { "cancel 2\n", "{\"result\":\"unknown\"}\n" },
    { "cancel -1\n", "{\"error\":\"unknown question\"}\n" },
    { "cancel\n", "{\"error\":\"unknown question\"}\n" },
    { "resolve 1\n", "{\"error\":\"unknown question\"}\n" },
    { "list all\n", "{\"error\":\"unknown question\"}\n" },
    { "list\n", "{\"end\":true}\n" },
    { "\n", "{\"error\":\"unknown question\"}\n" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *answer = ask (stranger (), rows[i].question);
    g_assert_cmpstr (answer, ==, rows[i].answer);
  }
  close_house ();
}

static void
test_not_the_neighbours (void)
{
  static const char *const questions[] = { "cancel 1\n", "hold 1\n", "release 1\n", "retry 1\n" };

  if (!can_be_others ())
    return;
  open_house ();
  g_free (hand_in (STRANGER));
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++) {
    g_autofree char *answer = ask (NEIGHBOUR, questions[i]);
    g_assert_cmpstr (answer, ==, "{\"result\":\"unknown\"}\n");
  }
  g_autofree char *roots = ask (0, "cancel 1\n");
  g_assert_cmpstr (roots, ==, "{\"result\":\"done\"}\n");
  close_house ();
}

static void
test_messages_limit (void)
{
  open_house ();
  for (guint i = 0; i < MESSAGES_LIMIT; i++)
    g_free (hand_in (stranger ()));
  Visitor visitor = visit ("submit", stranger ());
  say (&visitor, "EHLO here\r\nMAIL FROM:<a@b.c>\r\nQUIT\r\n");
  turn_until (&visitor, visitor.ended);
  g_assert_nonnull (strstr (visitor.heard->str, "\n452 4.2.2 "));
  leave (&visitor);
  if (geteuid () == 0) { /* whose place isn't theirs */
    g_autofree char *neighbour = hand_in (NEIGHBOUR);
    g_assert_cmpstr (neighbour, ==, "250 2.0.0 queued as 4");
    g_autofree char *root = hand_in (0);
    g_assert_cmpstr (root, ==, "250 2.0.0 queued as 5");
  }
  close_house ();
}

static void
test_declared_size (void)
{
  open_house ();
  Visitor visitor = visit ("submit", stranger ());
  say (&visitor, "EHLO here\r\nMAIL FROM:<a@b.c> SIZE=2000000000\r\nQUIT\r\n");
  turn_until (&visitor, visitor.ended);
  g_assert_nonnull (strstr (visitor.heard->str, "\n552 "));
  leave (&visitor);
  close_house ();
}

/* One user who takes all the places that he gets doesn't take the others'. */
static void
test_crowd (gconstpointer data)
{
  const char *door = data;
  gboolean asks = g_str_equal (door, "query");
  const guint limit = asks ? 2 : 20;
  Visitor crowd[21];

  open_house ();
  for (guint i = 0; i <= limit; i++)
    crowd[i] = visit (door, stranger ());
  turn_until (&crowd[limit], crowd[limit].ended);
  g_assert_true (g_str_has_prefix (crowd[limit].heard->str, asks ? "{\"error\":" : "421 4.7.0 "));
  for (guint i = 0; i < limit; i++) {
    turn (&crowd[i]);
    g_assert_false (crowd[i].ended);
  }
  if (geteuid () == 0) {
    g_autofree char *reply = asks ? ask (NEIGHBOUR, "list\n") : hand_in (NEIGHBOUR);
    g_assert_cmpstr (reply, ==, asks ? "{\"end\":true}\n" : "250 2.0.0 queued as 1");
  }
  leave (&crowd[0]);
  for (guint i = 0; i < 100; i++)
    turn (&crowd[1]); /* until it has been noticed */
  g_autofree char *reply = asks ? ask (stranger (), "cancel 9\n") : hand_in (stranger ());
  g_assert_false (g_str_has_prefix (reply, asks ? "{\"error\":" : "421"));
  for (guint i = 1; i <= limit; i++)
    leave (&crowd[i]);
  close_house ();
}

/* Gone in the middle: what was whole is kept, once; and nobody trips over who left. */
static void
test_gone (void)
{
  open_house ();
  for (gsize cut = 0; cut <= strlen (MESSAGE); cut += 7) {
    g_autofree char *said = g_strndup (MESSAGE, cut);
    Visitor visitor = visit ("submit", geteuid ());
    say (&visitor, said);
    for (guint i = 0; i < cut % 5; i++)
      turn (&visitor);
    leave (&visitor);
  }
  Visitor last = visit ("submit", geteuid ());
  say (&last, BEGIN);
  turn_until (&last, strstr (last.heard->str, "354 "));
  say (&last, &MESSAGE[strlen (BEGIN)]);
  leave (&last);
  last = visit ("query", geteuid ());
  say (&last, "list\n");
  turn (&last);
  turn (&last);
  leave (&last);
  for (guint rows = 0; rows == 0;) { /* the last message only */
    g_autoptr (GPtrArray) items = rows_of (geteuid ());
    rows = items->len;
    g_assert_cmpuint (rows, <=, 1);
  }
  close_house ();
}

static void
test_close (void)
{
  open_house ();
  Visitor idle = visit ("submit", stranger ()), busy = visit ("submit", stranger ()),
          asking = visit ("query", stranger ());
  turn_until (&idle, idle.heard->len > 0);
  say (&busy, MESSAGE);
  while (!strstr (busy.heard->str, "354 "))
    turn (&busy);
  post_office_close (house.office, note_closed, NULL);
  turn_until (&busy, busy.ended);
  turn_until (&idle, idle.ended);
  turn_until (&asking, asking.ended);
  turn_until (&idle, house.closed);
  g_assert_nonnull (strstr (idle.heard->str, "421 4.3.2"));
  g_assert_nonnull (strstr (busy.heard->str, "250 2.0.0 queued as 1"));
  leave (&idle);
  leave (&busy);
  leave (&asking);
  close_house ();
}

static void
test_close_in_silence (void)
{
  open_house ();
  post_office_close (house.office, note_closed, NULL);
  for (Ticks end = clock_now () + TICKS_PER_SECOND; !house.closed && clock_now () < end;)
    g_main_context_iteration (NULL, FALSE);
  g_assert_true (house.closed);
  close_house ();
}

/* --- sockets ------------------------------------------------------------------------------------ */

static void
test_socket_left_behind (void)
{
  g_autoptr (GError) error = NULL;
  struct stat status;

  test_folder_make ();
  close (local_socket_listen (test_file ("socket"), &error));
  g_assert_no_error (error);
  g_assert_cmpint (local_socket_connect (test_file ("socket")), ==, -1);
  int fd = local_socket_listen (test_file ("socket"), &error);
  g_assert_no_error (error);
  g_assert_no_errno (stat (test_file ("socket"), &status));
  g_assert_cmpint (status.st_mode & 07777, ==, 0666);
  g_assert_cmpint (local_socket_listen (test_file ("socket"), &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "another process"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (test_file ("file"), "precious", -1, NULL));
  g_assert_cmpint (local_socket_listen (test_file ("file"), &error), ==, -1);
  g_assert_true (g_file_test (test_file ("file"), G_FILE_TEST_IS_REGULAR));
  close (fd);
  test_folder_remove ();
}

/* As systemd hands it over: descriptor 3, meant for this process alone. */
static void
test_activation (void)
{
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed ();
    return;
  }
  test_folder_make ();
  int fd = local_socket_listen (test_file ("socket"), &error);
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  g_assert_cmpint (dup2 (fd, 3), ==, 3);
  g_setenv ("LISTEN_PID", "1", TRUE);
  g_setenv ("LISTEN_FDS", "1", TRUE);
  g_assert_cmpint (local_socket_listen (test_file ("socket"), &error), ==, -1);
  g_clear_error (&error);
  g_setenv ("LISTEN_PID", pid, TRUE);
  g_assert_cmpint (local_socket_listen (test_file ("socket"), &error), ==, 3);
  g_assert_true (fcntl (3, F_GETFD) & FD_CLOEXEC);
  g_assert_cmpint (local_socket_listen (test_file ("other"), &error), !=, 3);
  test_folder_remove ();
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  tap_init (&argc, &argv);
  g_test_add_func ("/post-office/hand-in", test_hand_in);
  g_test_add_func ("/post-office/whose", test_whose);
  g_test_add_func ("/post-office/act", test_act);
  g_test_add_func ("/post-office/not-the-neighbours", test_not_the_neighbours);
  g_test_add_func ("/post-office/messages-limit", test_messages_limit);
  g_test_add_func ("/post-office/declared-size", test_declared_size);
  g_test_add_data_func ("/post-office/crowd/submit", "submit", test_crowd);
  g_test_add_data_func ("/post-office/crowd/query", "query", test_crowd);
  g_test_add_func ("/post-office/gone", test_gone);
  g_test_add_func ("/post-office/close", test_close);
  g_test_add_func ("/post-office/close-in-silence", test_close_in_silence);
  g_test_add_func ("/post-office/socket-left-behind", test_socket_left_behind);
  g_test_add_func ("/post-office/activation", test_activation);
  return g_test_run ();
}

/* Secrets from commands: what is taken of what they print, how they fail, that they run
 * once, and that they can be given up. */
#include "base/error.h"
#include "config/secret-command.h"
#include "tests/lib/table.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
  guint calls;
  Secret *secret;
  GError *error;
} Answer;

static void
keep (Secret *secret, const GError *error, gpointer data)
{
  Answer *answer = data;
  answer->calls++;
  answer->secret = secret != NULL ? secret_ref (secret) : NULL;
  answer->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->secret, secret_unref);
  g_clear_error (&answer->error);
  answer->calls = 0;
}

static void
wait_for (const Answer *answer)
{
  while (answer->calls == 0)
    g_main_context_iteration (NULL, TRUE);
}

static Account *
account_with (const char *option, const char *value)
{
  Account *account = account_new ();
  account->name = g_strdup ("work");
  if (strcmp (option, "password-command") == 0)
    account->password_command = g_strdup (value);
  else if (strcmp (option, "token-command") == 0)
    account->token_command = g_strdup (value);
  else
    account->password = g_strdup (value);
  return account;
}

static Answer
fetch (const char *command)
{
  g_autoptr (Account) account = account_with ("password-command", command);
  Answer answer = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &answer);
  wait_for (&answer);
  secret_forget_all ();
  return answer;
}

typedef struct {
  const char *about, *command;
  const char *secret;
  const char *message;
} Row;

#define WORK "account \"work\": password-command "

static const Row rows[] = {
  { "one line", "echo hunter2", "hunter2", NULL },
  { "no line end", "printf hunter2", "hunter2", NULL },
  { "CRLF", "printf 'hunter2\\r\\n'", "hunter2", NULL },
  { "first of several lines", "printf 'hunter2\\nuser: x\\n'", "hunter2", NULL },
  { "blanks belong to it", "echo '  a b '", "  a b ", NULL },
  { "in pieces", "printf hun; sleep 0.05; echo ter2", "hunter2", NULL },
  { "much behind it", "echo hunter2; head -c 300000 /dev/zero", "hunter2", NULL },
  { "much complaint", "head -c 300000 /dev/zero >&2; echo hunter2", "hunter2", NULL },
  { "a pipe", "echo hunter2 | tr a-z A-Z", "HUNTER2", NULL },
  { "no input", "cat; echo hunter2", "hunter2", NULL },
  { "the greatest", "head -c 65536 /dev/zero | tr '\\0' x", "x…", NULL },
  { "too long", "head -c 65537 /dev/zero | tr '\\0' x", NULL,
    WORK "printed too much: a password is a line of at most 65536 octets" },
  { "without end", "yes", NULL, WORK "printed too much: a password is a line of at most 65536 octets" },
  { "nothing", "true", NULL, WORK "printed nothing on its first line" },
  { "an empty line", "echo; echo hunter2", NULL, WORK "printed nothing on its first line" },
  { "NUL", "printf 'a\\0b\\n'", NULL, WORK "printed a NUL octet" },
  { "status", "echo hunter2; exit 3", NULL, WORK "ended with status 3" },
  { "status and reason", "echo 'gpg: no key' >&2; echo more >&2; exit 2", NULL,
    WORK "ended with status 2: gpg: no key" },
  { "reason made visible", "printf '\\033[2Jx\\n' >&2; exit 2", NULL,
    WORK "ended with status 2: <U+001B>[2Jx" },
  { "signal", "kill -9 $$", NULL, WORK "was ended by signal 9 (Killed)" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  Answer answer = fetch (row->command);
  g_assert_cmpstr (answer.error != NULL ? answer.error->message : NULL, ==, row->message);
  if (row->secret == NULL) {
    g_assert_null (answer.secret);
    g_assert_error (answer.error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION);
  } else if (strcmp (row->secret, "x…") == 0) {
    g_assert_cmpuint (secret_length (answer.secret), ==, 65536);
  } else {
    g_assert_cmpstr (secret_text (answer.secret), ==, row->secret);
  }
  answer_clear (&answer);
}

static void
test_unknown_command (void)
{
  Answer answer = fetch ("/nonexistent/pass show x");
  g_assert_true (g_str_has_prefix (answer.error->message, WORK "ended with status 127: "));
  g_assert_nonnull (strstr (answer.error->message, "/nonexistent/pass"));
  answer_clear (&answer);
}

/* What the command leaves behind may hold its pipes: that isn't waited for. */
static void
test_daemon (void)
{
  g_test_timer_start ();
  Answer answer = fetch ("sleep 5 & echo hunter2");
  g_assert_cmpfloat (g_test_timer_elapsed (), <, 4);
  g_assert_cmpstr (secret_text (answer.secret), ==, "hunter2");
  answer_clear (&answer);
}

/* What is known already is there when secret_fetch() returns. */
static void
test_at_once (void)
{
  g_autoptr (Account) account = account_with ("password", "hunter2");
  Answer answer = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &answer);
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_cmpstr (secret_text (answer.secret), ==, "hunter2");
  answer_clear (&answer);
  secret_fetch (account, SECRET_TOKEN, FALSE, NULL, keep, &answer);
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_cmpstr (answer.error->message, ==, "account \"work\" has no token-command");
  answer_clear (&answer);
}

/* --- how often it runs ------------------------------------------------------------------- */

typedef struct {
  char *folder, *log, *command;
} Counter;

static void
counter_set_up (Counter *counter, gconstpointer data)
{
  counter->folder = g_dir_make_tmp ("toukan-secret-XXXXXX", NULL);
  counter->log = g_build_filename (counter->folder, "log", NULL);
  counter->command = g_strdup_printf ("echo run >> '%s'; wc -l < '%s'", counter->log, counter->log);
}

static void
counter_tear_down (Counter *counter, gconstpointer data)
{
  secret_forget_all ();
  g_unlink (counter->log);
  g_rmdir (counter->folder);
  g_free (counter->folder);
  g_free (counter->log);
  g_free (counter->command);
}

static void
test_once (Counter *counter, gconstpointer data)
{
  g_autoptr (Account) account = account_with ("password-command", counter->command);
  Answer first = { 0 };
  Answer beside = { 0 };
  Answer later = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &first);
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &beside);
  g_assert_cmpuint (first.calls + beside.calls, ==, 0);
  wait_for (&first);
  wait_for (&beside);
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &later);
  g_assert_cmpuint (later.calls, ==, 1);
  g_assert_cmpstr (secret_text (first.secret), ==, "1");
  g_assert_true (first.secret == beside.secret && first.secret == later.secret);
  answer_clear (&first);
  answer_clear (&beside);
  answer_clear (&later);
}

static void
test_fresh (Counter *counter, gconstpointer data)
{
  g_autoptr (Account) account = account_with ("token-command", counter->command);
  for (guint i = 1; i <= 3; i++) {
    g_autofree char *expected = g_strdup_printf ("%u", i);
    Answer answer = { 0 };
    secret_fetch (account, SECRET_TOKEN, TRUE, NULL, keep, &answer);
    wait_for (&answer);
    g_assert_cmpstr (secret_text (answer.secret), ==, expected);
    answer_clear (&answer);
  }
}

static void
test_accounts_apart (Counter *counter, gconstpointer data)
{
  g_autoptr (Account) work = account_with ("password-command", counter->command);
  g_autoptr (Account) home = account_copy (work);
  g_free (home->name);
  home->name = g_strdup ("home");
  Answer first = { 0 };
  Answer second = { 0 };
  secret_fetch (work, SECRET_PASSWORD, FALSE, NULL, keep, &first);
  wait_for (&first);
  secret_fetch (home, SECRET_PASSWORD, FALSE, NULL, keep, &second);
  wait_for (&second);
  g_assert_cmpstr (secret_text (second.secret), ==, "2");
  answer_clear (&first);
  answer_clear (&second);
}

static void
test_failure_not_kept (Counter *counter, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("echo run >> '%s'; wc -l < '%s'; test $(wc -l < '%s') -gt 1",
                                              counter->log, counter->log, counter->log);
  g_autoptr (Account) account = account_with ("password-command", command);
  Answer answer = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &answer);
  wait_for (&answer);
  g_assert_nonnull (answer.error);
  answer_clear (&answer);
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &answer);
  wait_for (&answer);
  g_assert_cmpstr (secret_text (answer.secret), ==, "2");
  answer_clear (&answer);
}

/* --- giving up ------------------------------------------------------------------------------ */

static void
test_cancelled_before (void)
{
  g_autoptr (Account) account = account_with ("password-command", "exit 1");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { 0 };
  g_cancellable_cancel (cancellable);
  secret_fetch (account, SECRET_PASSWORD, FALSE, cancellable, keep, &answer);
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer_clear (&answer);
}

/* One gives up, the other still gets the answer; nobody is told twice. */
static void
test_cancel_one (Counter *counter, gconstpointer data)
{
  g_autofree char *command = g_strconcat ("sleep 0.2;", counter->command, NULL);
  g_autoptr (Account) account = account_with ("password-command", command);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer impatient = { 0 };
  Answer patient = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, cancellable, keep, &impatient);
  secret_fetch (account, SECRET_PASSWORD, FALSE, NULL, keep, &patient);
  g_cancellable_cancel (cancellable);
  wait_for (&impatient);
  g_assert_error (impatient.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (patient.calls, ==, 0);
  wait_for (&patient);
  g_assert_cmpstr (secret_text (patient.secret), ==, "1");
  g_assert_cmpuint (impatient.calls, ==, 1);
  answer_clear (&impatient);
  answer_clear (&patient);
}

/* The shell makes the file before it fills it. */
static gboolean
has_written (const char *file)
{
  g_autofree char *text = NULL;
  return g_file_get_contents (file, &text, NULL, NULL) && strchr (text, '\n') != NULL;
}

static gboolean
process_is_gone (const char *pid_file)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (pid_file, &text, NULL, NULL) || *text == '\0')
    return FALSE;
  g_autofree char *entry = g_strdup_printf ("/proc/%s", g_strstrip (text));
  return !g_file_test (entry, G_FILE_TEST_EXISTS);
}

/* The command is stopped when nobody waits for it any more; SIGTERM reaches it, since the
 * shell gives its place to the last command. */
static void
test_cancel_all (Counter *counter, gconstpointer data)
{
  const gboolean forget = GPOINTER_TO_INT (data);
  g_autofree char *command = g_strdup_printf ("echo $$ > '%s'; exec sleep 60", counter->log);
  g_autoptr (Account) account = account_with ("password-command", command);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { 0 };
  secret_fetch (account, SECRET_PASSWORD, FALSE, cancellable, keep, &answer);
  while (!has_written (counter->log))
    g_usleep (1000);
  if (forget)
    secret_forget_all ();
  else
    g_cancellable_cancel (cancellable);
  while (!process_is_gone (counter->log))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (answer.calls, ==, forget ? 0 : 1);
  answer_clear (&answer);
}

static void
test_terminal (void)
{
  g_setenv ("GPG_TTY", "/dev/pts/given", TRUE);
  Answer answer = fetch ("echo \"$GPG_TTY\"");
  g_assert_cmpstr (secret_text (answer.secret), ==, "/dev/pts/given");
  answer_clear (&answer);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/secret-command/output", rows, test_row);
  g_test_add_func ("/secret-command/unknown-command", test_unknown_command);
  g_test_add_func ("/secret-command/daemon", test_daemon);
  g_test_add_func ("/secret-command/at-once", test_at_once);
  g_test_add ("/secret-command/once", Counter, NULL, counter_set_up, test_once, counter_tear_down);
  g_test_add ("/secret-command/fresh", Counter, NULL, counter_set_up, test_fresh, counter_tear_down);
  g_test_add ("/secret-command/accounts-apart", Counter, NULL, counter_set_up, test_accounts_apart,
              counter_tear_down);
  g_test_add ("/secret-command/failure-not-kept", Counter, NULL, counter_set_up, test_failure_not_kept,
              counter_tear_down);
  g_test_add_func ("/secret-command/cancelled-before", test_cancelled_before);
  g_test_add ("/secret-command/cancel-one", Counter, NULL, counter_set_up, test_cancel_one,
              counter_tear_down);
  g_test_add ("/secret-command/cancel-all", Counter, GINT_TO_POINTER (FALSE), counter_set_up, test_cancel_all,
              counter_tear_down);
  g_test_add ("/secret-command/forget-all", Counter, GINT_TO_POINTER (TRUE), counter_set_up, test_cancel_all,
              counter_tear_down);
  g_test_add_func ("/secret-command/terminal", test_terminal);
  return g_test_run ();
}

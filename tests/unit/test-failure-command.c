/* on-failure: what the command is told, that nothing of it is taken for a command, and that
 * neither many of them nor a slow one does harm. */
#include "engine/failure-command.h"

#include <signal.h>

#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/settled-fixture.h"

static GPtrArray *warnings;

static void
keep_warning (const char *text, gpointer data)
{
  g_ptr_array_add (warnings, g_strdup (text));
}

static void
run_all (FailureCommands *commands, guint *ret_most)
{
  guint most = 0;

  while (failure_commands_waiting (commands) + failure_commands_running (commands) > 0) {
    most = MAX (most, failure_commands_running (commands));
    g_main_context_iteration (NULL, TRUE);
  }
  if (ret_most != NULL)
    *ret_most = most;
}

static Failure *
make_failure (Settled *settled)
{
  g_autoptr (GPtrArray) failures = failures_of (&settled->settled, 1);
  g_assert_cmpuint (failures->len, ==, 1);
  return g_ptr_array_steal_index (failures, 0);
}

static const SettledFate refused[] = {
  { .kind = OUTCOME_PERMANENT,
    .cause = CAUSE_REPLY,
    .code = 550,
    .words = "5.1.1 $(touch pwned) `touch pwned`; touch pwned \033[1m" },
  { .kind = OUTCOME_PERMANENT, .cause = CAUSE_REPLY, .code = 550, .words = "5.1.1 no" },
};

static FailureCommands *
begin (Ticks patience)
{
  g_ptr_array_set_size (warnings, 0);
  return failure_commands_new (patience, keep_warning, NULL);
}

static void
test_told (void)
{
  g_autoptr (FailureCommands) commands = begin (FAILURE_COMMAND_PATIENCE);
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, refused, 2);
  g_autofree char *line = g_strdup_printf (
      "{ printf '%%s|' \"$TOUKAN_ID\" \"$TOUKAN_ACCOUNT\" \"$TOUKAN_FROM\" \"$TOUKAN_RECIPIENTS\" "
      "\"$TOUKAN_STATUS\" \"$TOUKAN_REPLY\" \"$TOUKAN_SUBJECT\" $#; cat; } > %s",
      test_file ("told"));
  g_autofree char *text = NULL;

  settled->item.subject = (char *)"a\nb;touch pwned\xff";
  g_autoptr (Failure) failure = make_failure (settled);
  failure_commands_add (commands, line, failure);
  run_all (commands, NULL);
  g_assert_true (g_file_get_contents (test_file ("told"), &text, NULL, NULL));
  g_assert_cmpstr (
      text, ==,
      "12|work|hanako@example.org|r0@example.com\nr1@example.com|refused|"
      "550 5.1.1 $(touch pwned) `touch pwned`; touch pwned <U+001B>[1m|a<U+000A>b;touch pwned<0xFF>|0|"
      "The message \"a<U+000A>b;touch pwned\xef\xbf\xbd\" to r0@example.com and 1 other was not accepted: "
      "the server refused it, saying \"550 5.1.1 $(touch pwned) `touch pwned`; touch pwned "
      "<U+001B>[1m\".\n");
  g_assert_false (g_file_test ("pwned", G_FILE_TEST_EXISTS));
  g_assert_cmpuint (warnings->len, ==, 0);
}

static void
test_no_reply (void)
{
  const SettledFate doubt = { .kind = OUTCOME_IN_DOUBT, .cause = CAUSE_CLOSED, .code = 0, .words = NULL };
  g_autoptr (FailureCommands) commands = begin (FAILURE_COMMAND_PATIENCE);
  g_autoptr (Settled) settled = settled_new (RETRY_IN_DOUBT, &doubt, 1);
  g_autofree char *line
      = g_strdup_printf ("echo \"$TOUKAN_STATUS:${TOUKAN_REPLY-unset}\" > %s", test_file ("no-reply"));
  g_autofree char *text = NULL;
  g_autoptr (Failure) failure = make_failure (settled);

  failure_commands_add (commands, line, failure);
  run_all (commands, NULL);
  g_assert_true (g_file_get_contents (test_file ("no-reply"), &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "in-doubt:\n");
}

static void
test_fails (void)
{
  g_autoptr (FailureCommands) commands = begin (FAILURE_COMMAND_PATIENCE);
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, refused, 1);
  g_autoptr (Failure) failure = make_failure (settled);

  failure_commands_add (commands, "exec 0<&-; echo noise; exit 3", failure);
  run_all (commands, NULL);
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (warnings, 0), ==, "on-failure: the command ended with status 3");
}

static void
test_many (void)
{
  g_autoptr (FailureCommands) commands = begin (FAILURE_COMMAND_PATIENCE);
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, refused, 1);
  g_autoptr (Failure) failure = make_failure (settled);
  g_autofree char *line = g_strdup_printf ("echo x >> %s", test_file ("many"));
  g_autofree char *text = NULL;
  guint most = 0;

  for (guint i = 0; i < 40; i++)
    failure_commands_add (commands, line, failure);
  run_all (commands, &most);
  g_assert_cmpuint (most, <=, 4);
  g_assert_true (g_file_get_contents (test_file ("many"), &text, NULL, NULL));
  g_assert_cmpuint (strlen (text), ==, 80);
}

/* It and what it started are ended. */
static void
test_hangs (void)
{
  g_autoptr (FailureCommands) commands = begin (200 * TICKS_PER_MS);
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, refused, 1);
  g_autoptr (Failure) failure = make_failure (settled);
  gint64 began = g_get_monotonic_time ();

  failure_commands_add (commands, "sleep 30 & sleep 30; wait", failure);
  run_all (commands, NULL);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpuint (warnings->len, ==, 2);
  g_assert_nonnull (strstr (g_ptr_array_index (warnings, 0), "too long"));
}

static void
test_many_recipients (void)
{
  g_autoptr (FailureCommands) commands = begin (FAILURE_COMMAND_PATIENCE);
  const guint n = 20000;
  g_autofree SettledFate *fates = g_new (SettledFate, n);
  g_autofree char *line = g_strdup_printf ("echo \"$TOUKAN_RECIPIENTS\" > %s", test_file ("recipients"));
  g_autofree char *text = NULL;

  for (guint i = 0; i < n; i++)
    fates[i] = refused[1];
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, fates, n);
  g_autoptr (Failure) failure = make_failure (settled);
  failure_commands_add (commands, line, failure);
  run_all (commands, NULL);
  g_assert_cmpuint (warnings->len, ==, 0);
  g_assert_true (g_file_get_contents (test_file ("recipients"), &text, NULL, NULL));
  g_assert_cmpuint (strlen (text), >, 30000);
  g_assert_cmpuint (strlen (text), <, 40000);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  signal (SIGPIPE, SIG_IGN); /* as main() does */
  warnings = g_ptr_array_new_with_free_func (g_free);
  g_test_add_func ("/failure-command/told", test_told);
  g_test_add_func ("/failure-command/no-reply", test_no_reply);
  g_test_add_func ("/failure-command/fails", test_fails);
  g_test_add_func ("/failure-command/many", test_many);
  g_test_add_func ("/failure-command/hangs", test_hangs);
  g_test_add_func ("/failure-command/many-recipients", test_many_recipients);
  int status = g_test_run ();
  g_ptr_array_unref (warnings);
  test_folder_remove ();
  return status;
}

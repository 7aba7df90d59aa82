/* What completes an address: a command that is given what was typed without the shell's ever reading it,
 * what it prints, and how all that knows addresses is put together. */
#include "engine/completion.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/query-command.h"
#include "mail/address.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

/* --- what the shell is told -------------------------------------------------------------------- */

static const struct {
  const char *about, *command, *script;
} script_rows[] = {
  { "bare", "khard email --parsable %s", "khard email --parsable \"${1}\"" },
  { "in single quotes", "abook --mutt-query '%s'", "abook --mutt-query ''\"${1}\"''" },
  { "in double quotes", "lbdbq \"%s\"", "lbdbq \"${1}\"" },
  { "inside a word", "grep -i '^%s' book", "grep -i '^'\"${1}\"'' book" },
  { "twice", "a %s; b %s", "a \"${1}\"; b \"${1}\"" },
  { "none", "lbdbq", "lbdbq \"${1}\"" },
  { "a per cent sign", "a 100%% %s", "a 100% \"${1}\"" },
  { "other per cent signs", "date +%Y %s", "date +%Y \"${1}\"" },
  { "an escaped quote", "a \\\" %s", "a \\\" \"${1}\"" },
  { "a quote in quotes", "a \"it's %s\"", "a \"it's ${1}\"" },
  { "an escaped quote in quotes", "a \"\\\" %s\"", "a \"\\\" ${1}\"" },
};

static void
test_script (gconstpointer data)
{
  const typeof (*script_rows) *row = data;
  g_autofree char *script = query_script (row->command);
  g_assert_cmpstr (script, ==, row->script);
}

/* --- what a command prints ------------------------------------------------------------------------ */

static const struct {
  const char *about, *output, *found;
} output_rows[] = {
  { "mutt's format", "searching for hana\nh@x.org\tHanako\tphone\nt@x.org\tTaro\n",
    "Hanako <h@x.org>, Taro <t@x.org>" },
  { "the first line isn't read", "h@x.org\tHanako\n", "" },
  { "no name", "\nh@x.org\nt@x.org\t\n", "h@x.org, t@x.org" },
  { "an open line", "\nh@x.org\tHanako", "Hanako <h@x.org>" },
  { "CRLF", "\r\nh@x.org\tHanako\r\n", "Hanako <h@x.org>" },
  { "what is no address", "\nnobody\tx\n@\n\n\t\nh@x.org\tHanako\n", "Hanako <h@x.org>" },
  { "an address that is several", "\na@b.c, d@e.f\tx\n", "" },
  { "a name with controls", "\nh@x.org\ta\x1b[2J\n", "\"a [2J\" <h@x.org>" },
  { "a name that pretends", "\nh@x.org\tx, <y@z.org>\n", "\"x, <y@z.org>\" <h@x.org>" },
  { "not UTF-8", "\nh@x.org\tH\344n\n", "H\357\277\275n <h@x.org>" },
  { "nothing", "", "" },
};

static char *
written (const GPtrArray *mailboxes)
{
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = mailboxes->pdata[i];
    g_autofree char *one = address_write (mailbox->name, mailbox->address);
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", one);
  }
  return g_strdup (list->str);
}

static void
test_output (gconstpointer data)
{
  const typeof (*output_rows) *row = data;
  g_autoptr (GPtrArray) mailboxes = query_parse (row->output, strlen (row->output));
  g_autofree char *list = written (mailboxes);
  g_assert_cmpstr (list, ==, row->found);
}

/* --- commands ------------------------------------------------------------------------------------- */

typedef struct {
  gboolean done;
  char *found, *error;
} Answer;

static void
on_query (const GPtrArray *mailboxes, const GError *error, gpointer data)
{
  Answer *answer = data;
  g_assert_false (answer->done);
  answer->done = TRUE;
  answer->found = mailboxes != NULL ? written (mailboxes) : NULL;
  answer->error = error != NULL ? g_strdup (error->message) : NULL;
}

static Answer
ask (const char *command, const char *typed)
{
  Answer answer = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Query) query = query_run (command, typed, on_query, &answer, &error);
  if (query == NULL) {
    answer.error = g_strdup (error->message);
    return answer;
  }
  while (!answer.done)
    g_main_context_iteration (NULL, TRUE);
  return answer;
}

static void
answer_clear (Answer *answer)
{
  g_free (answer->found);
  g_free (answer->error);
}

/* What was typed comes to the command as one argument, whatever is in it and however it is quoted. */
static const struct {
  const char *about, *typed;
} typed_rows[] = {
  { "a word", "hana" },
  { "blanks", "hana  ko" },
  { "a command", "; touch HARM" },
  { "a substitution", "$(touch HARM)`touch HARM`" },
  { "a quote", "'; touch HARM; '" },
  { "a double quote", "\"; touch HARM; \"" },
  { "both", "'\"; touch HARM #" },
  { "a backslash", "a\\" },
  { "a pattern", "*" },
  { "a variable", "$HOME ${1}" },
  { "per cent signs", "%s%%" },
  { "Japanese", "\346\227\245" },
};

static void
test_typed (gconstpointer data)
{
  static const char *const places[] = { "%s", "'%s'", "\"%s\"" };
  const typeof (*typed_rows) *row = data;
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_auto (GStrv) halves = g_strsplit (places[i], "%s", 2);
    g_autofree char *command
        = g_strdup_printf ("cd '%s'; p () { printf 'first\\nh@x.org\\t%%%%s\\n' \"$1\"; }; p %s%%s%s",
                           test_folder (), halves[0], halves[1]);
    Answer answer = ask (command, row->typed);
    g_autofree char *expected = address_write (row->typed, "h@x.org");
    g_assert_cmpstr (answer.error, ==, NULL);
    g_assert_cmpstr (answer.found, ==, expected);
    answer_clear (&answer);
    g_assert_false (g_file_test (test_file ("HARM"), G_FILE_TEST_EXISTS));
  }
}

static void
test_not_asked (void)
{
  static const char *const typed[] = { "", "-rf", "--help", "a\nb", "\x1b" };
  for (gsize i = 0; i < G_N_ELEMENTS (typed); i++) {
    Answer answer = ask ("echo; echo h@x.org #%s", typed[i]);
    g_assert_null (answer.found);
    g_assert_nonnull (answer.error);
    answer_clear (&answer);
  }
}

static const struct {
  const char *about, *command, *found, *error;
} end_rows[] = {
  { "status 0", "echo; echo h@x.org #%s", "h@x.org", NULL },
  { "status 1 is nothing found", "exit 1; #%s", "", NULL },
  { "status 2", "exit 2; #%s", NULL, "query-command ended with status 2" },
  { "not found", "/nonexistent/command %s 2>&-", NULL, "query-command ended with status 127" },
  { "a signal", "kill -9 $$; #%s", NULL, "query-command was ended by a signal" },
  { "words on stderr", "echo oops >&2; echo; echo h@x.org #%s", "h@x.org", NULL },
  { "no terminal", "(: </dev/tty) 2>/dev/null && exit 3; echo; echo h@x.org #%s", "h@x.org", NULL },
  { "no input", "cat; echo; echo h@x.org #%s", "h@x.org", NULL },
};

static void
test_end (gconstpointer data)
{
  const typeof (*end_rows) *row = data;
  Answer answer = ask (row->command, "x");
  g_assert_cmpstr (answer.found, ==, row->found);
  g_assert_cmpstr (answer.error, ==, row->error);
  answer_clear (&answer);
}

/* Endless output ends; what came is used, but for the line that was cut. */
static void
test_endless (void)
{
  Answer answer = ask ("echo; yes h@x.org #%s", "x");
  g_assert_cmpstr (answer.error, ==, NULL);
  g_assert_true (g_str_has_prefix (answer.found, "h@x.org, h@x.org"));
  g_assert_true (g_str_has_suffix (answer.found, ", h@x.org"));
  answer_clear (&answer);
}

static gboolean
runs (const char *file)
{
  g_autofree char *pid = NULL;
  return g_file_get_contents (file, &pid, NULL, NULL) && *pid != '\0'
         && kill ((pid_t)g_ascii_strtoll (pid, NULL, 10), 0) == 0;
}

/* Who isn't waited for any more is ended, with all that it started. */
static void
test_cancelled (void)
{
  Answer answer = { 0 };
  g_autofree char *command
      = g_strdup_printf ("sh -c 'echo $$ >\"%s.new\"; mv \"%s.new\" \"%s\"; sleep 1000; :' #%%s",
                         test_file ("pid"), test_file ("pid"), test_file ("pid"));
  Query *query = query_run (command, "x", on_query, &answer, NULL);
  g_assert_nonnull (query);
  while (!runs (test_file ("pid"))) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  query_free (query);
  while (runs (test_file ("pid"))) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  g_assert_false (answer.done);
}

/* --- all together ------------------------------------------------------------------------------------ */

typedef struct {
  guint calls;
  char *found;
} Shown;

static void
on_completion (const char *const *addresses, gpointer data)
{
  Shown *shown = data;
  shown->calls++;
  g_free (shown->found);
  shown->found = g_strjoinv (" | ", (char **)addresses);
}

static void
test_together (void)
{
  static const char aliases[] = "alias hana \"Hanako Y <hanako@x.org>\"\nalias han1 a@x.org b@x.org\n";
  g_autoptr (Mailrc) mailrc = mailrc_new ();
  g_autoptr (AddressBook) book = address_book_new (test_file ("book"));
  g_autoptr (Completion) completion = completion_new (book, mailrc);
  Shown shown = { 0 };
  mailrc_read (mailrc, MAILRC_MAILX, aliases, strlen (aliases));
  address_book_learn (book, "Hanako", "HANAKO@x.org", g_get_real_time ());
  address_book_learn (book, "Hans", "hans@x.org", g_get_real_time ());
  completion_ask (completion, "han", on_completion, &shown);
  g_assert_cmpuint (shown.calls, ==, 1);
  g_assert_cmpstr (shown.found, ==, "a@x.org, b@x.org | Hanako Y <hanako@x.org> | Hans <hans@x.org>");
  completion_set_command (completion, "echo; echo hans@x.org; printf 'hanne@x.org\\tHanne %%s\\n' %s");
  completion_ask (completion, "ha", on_completion, &shown);
  g_assert_cmpuint (shown.calls, ==, 2);
  completion_ask (completion, "han", on_completion, &shown); /* before the first was asked for */
  g_assert_cmpuint (shown.calls, ==, 3);
  while (shown.calls < 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (
      shown.found, ==,
      "a@x.org, b@x.org | Hanako Y <hanako@x.org> | Hans <hans@x.org> | Hanne han <hanne@x.org>");
  completion_ask (completion, "z", on_completion, &shown);
  g_assert_cmpuint (shown.calls, ==, 5);
  g_assert_cmpstr (shown.found, ==, "");
  completion_ask (completion, "hanx", on_completion, &shown);
  completion_cancel (completion);
  const gint64 end = g_get_monotonic_time () + (gint64)2 * COMPLETION_PAUSE_MS * 1000;
  while (g_get_monotonic_time () < end) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  g_assert_cmpuint (shown.calls, ==, 6);
  g_free (shown.found);
}

static void
test_warning (void)
{
  g_autoptr (Completion) completion = completion_new (NULL, NULL);
  Shown shown = { 0 };
  completion_set_command (completion, "exit 2; #%s");
  completion_ask (completion, "han", on_completion, &shown);
  while (completion_warning (completion) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (shown.calls, ==, 1);
  g_free (shown.found);
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  tap_init (&argc, &argv);
  TABLE_ADD ("/query/script", script_rows, test_script);
  TABLE_ADD ("/query/output", output_rows, test_output);
  TABLE_ADD ("/query/typed", typed_rows, test_typed);
  g_test_add_func ("/query/not-asked", test_not_asked);
  TABLE_ADD ("/query/end", end_rows, test_end);
  g_test_add_func ("/query/endless", test_endless);
  g_test_add_func ("/query/cancelled", test_cancelled);
  g_test_add_func ("/completion/together", test_together);
  g_test_add_func ("/completion/warning", test_warning);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}

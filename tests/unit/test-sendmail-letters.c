/* Command lines that programs really use, each letter of the table, and hostile ones. */
#include <string.h>

#include "base/error.h"
#include "cli/sendmail-letters.h"
#include "tests/lib/tap.h"

/* What is expected differs from what options begin as in these. */
typedef struct {
  const char *line; /* words with a space between; "~" is an empty word */
  SendmailOptions expected;
  const char *recipients; /* with a space between */
  const char *unknown;
} Row;

static const Row rows[] = {
  { "a@b.c", { 0 }, "a@b.c", "" },
  /* callers */
  { "-FCronDaemon -i -B8BITMIME -oem root",
    { .name = "CronDaemon", .dot_is_text = TRUE, .errors = SENDMAIL_ERRORS_MAIL },
    "root",
    "" },
  { "-FCronDaemon -odi -oem -oi -t -f root",
    { .name = "CronDaemon",
      .delivery_set = TRUE,
      .dot_is_text = TRUE,
      .errors = SENDMAIL_ERRORS_MAIL,
      .read_recipients = TRUE,
      .sender = "root" },
    "",
    "" },
  { "-oem -oi -f me@b.c -- a@b.c",
    { .errors = SENDMAIL_ERRORS_MAIL, .dot_is_text = TRUE, .sender = "me@b.c" },
    "a@b.c",
    "" },
  { "-t -i", { .read_recipients = TRUE, .dot_is_text = TRUE }, "", "" },
  { "-ti -fme@b.c", { .read_recipients = TRUE, .dot_is_text = TRUE, .sender = "me@b.c" }, "", "" },
  { "-oi -f me@b.c -t -oep -odi",
    { .read_recipients = TRUE, .dot_is_text = TRUE, .sender = "me@b.c", .delivery_set = TRUE },
    "",
    "" },
  { "-i -- a@b.c d@e.f", { .dot_is_text = TRUE }, "a@b.c d@e.f", "" },
  /* acted on */
  { "-t", { .read_recipients = TRUE }, "", "" },
  { "-i", { .dot_is_text = TRUE }, "", "" },
  { "-oi", { .dot_is_text = TRUE }, "", "" },
  { "-o i", { .dot_is_text = TRUE }, "", "" },
  { "-f <>", { .sender = "<>" }, "", "" },
  { "-f ~", { .sender = "" }, "", "" },
  { "-r me", { .sender = "me" }, "", "" },
  { "-F N", { .name = "N" }, "", "" },
  { "-a work", { .account = "work" }, "", "" },
  { "-N success,delay", { .notify = DSN_NOTIFY_SUCCESS | DSN_NOTIFY_DELAY }, "", "" },
  { "-Nnever", { .notify = DSN_NOTIFY_NEVER }, "", "" },
  { "-R hdrs", { .ret = DSN_RETURN_HEADERS }, "", "" },
  { "-V id", { .envid = "id" }, "", "" },
  { "-v", { .verbose = TRUE }, "", "" },
  { "-bm", { .mode = SENDMAIL_DELIVER }, "", "" },
  { "-bv", { .mode = SENDMAIL_VERIFY }, "", "" },
  { "-bi", { .mode = SENDMAIL_ALIASES }, "", "" },
  { "-I", { .mode = SENDMAIL_ALIASES }, "", "" },
  { "-q", { .mode = SENDMAIL_FLUSH }, "", "" },
  { "-q30m", { .mode = SENDMAIL_FLUSH }, "", "" },
  { "-qIabc", { .mode = SENDMAIL_FLUSH }, "", "" },
  { "-qf", { .mode = SENDMAIL_FLUSH }, "", "" },
  { "-bp", { .mode = SENDMAIL_LIST }, "", "" },
  { "-b p", { .mode = SENDMAIL_LIST }, "", "" },
  { "-odi", { .delivery_set = TRUE, .delivery = DELIVERY_FOREGROUND }, "", "" },
  { "-odb", { .delivery_set = TRUE, .delivery = DELIVERY_BACKGROUND }, "", "" },
  { "-odq", { .delivery_set = TRUE, .delivery = DELIVERY_QUEUE }, "", "" },
  { "-odd", { .delivery_set = TRUE, .delivery = DELIVERY_QUEUE }, "", "" },
  { "-oep", { .errors = SENDMAIL_ERRORS_PRINT }, "", "" },
  { "-oeq -oew", { .errors = SENDMAIL_ERRORS_PRINT }, "", "" },
  { "-oem", { .errors = SENDMAIL_ERRORS_MAIL }, "", "" },
  { "-oee", { .errors = SENDMAIL_ERRORS_MAIL }, "", "" },
  { "-oeq", { .errors = SENDMAIL_ERRORS_QUIET }, "", "" },
  { "-em", { .errors = SENDMAIL_ERRORS_MAIL }, "", "" },
  { "-e q", { .errors = SENDMAIL_ERRORS_QUIET }, "", "" },
  { "--json", { .json = TRUE }, "", "" },
  { "--help", { .mode = SENDMAIL_HELP }, "", "" },
  { "--help=man", { .mode = SENDMAIL_HELP, .help = "man" }, "", "" },
  /* ignored with their values */
  { "-A c a@b.c", { 0 }, "a@b.c", "" },
  { "-Ac a@b.c", { 0 }, "a@b.c", "" },
  { "-B 8BITMIME a@b.c", { 0 }, "a@b.c", "" },
  { "-B8BITMIME a@b.c", { 0 }, "a@b.c", "" },
  { "-C /etc/passwd a@b.c", { 0 }, "a@b.c", "" },
  { "-c a@b.c", { 0 }, "a@b.c", "" },
  { "-D /tmp/x a@b.c", { 0 }, "a@b.c", "" },
  { "-d a@b.c", { 0 }, "a@b.c", "" },
  { "-d0.1 a@b.c", { 0 }, "a@b.c", "" },
  { "-G a@b.c", { 0 }, "a@b.c", "" },
  { "-h 3 a@b.c", { 0 }, "a@b.c", "" },
  { "-L tag a@b.c", { 0 }, "a@b.c", "" },
  { "-M X a@b.c", { 0 }, "a@b.c", "" },
  { "-m a@b.c", { 0 }, "a@b.c", "" },
  { "-n a@b.c", { 0 }, "a@b.c", "" },
  { "-O QueueDirectory=/tmp a@b.c", { 0 }, "a@b.c", "" },
  { "-oQ/tmp/x a@b.c", { 0 }, "a@b.c", "" },
  { "-o7 a@b.c", { 0 }, "a@b.c", "" },
  { "-odx a@b.c", { 0 }, "a@b.c", "" },
  { "-ex a@b.c", { 0 }, "a@b.c", "" },
  { "-p SMTP:host a@b.c", { 0 }, "a@b.c", "" },
  { "-Q a@b.c", { 0 }, "a@b.c", "" },
  { "-s a@b.c", { 0 }, "a@b.c", "" },
  { "-T a@b.c", { 0 }, "a@b.c", "" },
  { "-U a@b.c", { 0 }, "a@b.c", "" },
  { "-X /tmp/log a@b.c", { 0 }, "a@b.c", "" },
  { "-X/tmp/log a@b.c", { 0 }, "a@b.c", "" },
  { "-x a@b.c", { 0 }, "a@b.c", "" },
  /* unknown, and what is in the same word isn't taken for letters */
  { "-z a@b.c", { 0 }, "a@b.c", "-z " },
  { "-zfme -k a@b.c", { 0 }, "a@b.c", "-z -k " },
  { "-iz a@b.c", { .dot_is_text = TRUE }, "a@b.c", "-z " },
  /* where options end */
  { "-- -f me", { 0 }, "-f me", "" },
  { "a@b.c -f me", { 0 }, "a@b.c -f me", "" },
  { "- a@b.c", { 0 }, "- a@b.c", "" },
};

static char **
words_of (const char *line)
{
  g_autofree char *all = g_strconcat ("sendmail ", line, NULL);
  char **words = g_strsplit (g_strchomp (all), " ", -1);
  for (char **word = words; *word; word++)
    if (strcmp (*word, "~") == 0)
      **word = '\0';
  return words;
}

static void
check_same (const SendmailOptions *found, const SendmailOptions *expected)
{
  g_assert_cmpint (found->mode, ==, expected->mode);
  g_assert_cmpint (found->read_recipients, ==, expected->read_recipients);
  g_assert_cmpint (found->dot_is_text, ==, expected->dot_is_text);
  g_assert_cmpint (found->verbose, ==, expected->verbose);
  g_assert_cmpint (found->json, ==, expected->json);
  g_assert_cmpint (found->delivery_set, ==, expected->delivery_set);
  g_assert_cmpint (found->delivery, ==, expected->delivery);
  g_assert_cmpint (found->errors, ==, expected->errors);
  g_assert_cmpstr (found->sender, ==, expected->sender);
  g_assert_cmpstr (found->name, ==, expected->name);
  g_assert_cmpstr (found->account, ==, expected->account);
  g_assert_cmpstr (found->envid, ==, expected->envid);
  g_assert_cmpstr (found->help, ==, expected->help);
  g_assert_cmpuint (found->notify, ==, expected->notify);
  g_assert_cmpint (found->ret, ==, expected->ret);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_auto (GStrv) words = words_of (row->line);
  g_auto (SendmailOptions) options;
  g_autoptr (GError) error = NULL;
  sendmail_options_init (&options);
  g_assert_true (sendmail_options_parse (&options, (int)g_strv_length (words), words, &error));
  g_assert_no_error (error);
  check_same (&options, &row->expected);
  g_assert_cmpstr (options.unknown->str, ==, row->unknown);
  g_ptr_array_add (options.recipients, NULL);
  g_autofree char *recipients = g_strjoinv (" ", (char **)options.recipients->pdata);
  g_assert_cmpstr (recipients, ==, row->recipients);
}

static const char *const refused[] = { "-bd",      "-bt",  "-b",      "-bmx",        "-f", "-N sometimes",
                                       "-R parts", "-V ~", "-V a\tb", "--unknown=x", "-X" };

static void
test_refused (gconstpointer data)
{
  g_auto (GStrv) words = words_of (data);
  g_auto (SendmailOptions) options;
  g_autoptr (GError) error = NULL;
  sendmail_options_init (&options);
  g_assert_false (sendmail_options_parse (&options, (int)g_strv_length (words), words, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE);
}

static void
test_set (void)
{
  g_auto (GStrv) words = words_of ("--set a=b --set=c=d");
  g_auto (SendmailOptions) options;
  sendmail_options_init (&options);
  g_assert_true (sendmail_options_parse (&options, 4, words, NULL));
  g_assert_cmpstr (g_ptr_array_index (options.set, 0), ==, "a=b");
  g_assert_cmpstr (g_ptr_array_index (options.set, 1), ==, "c=d");
  g_assert_null (g_ptr_array_index (options.set, 2));
}

static void
test_list (void)
{
  g_autofree char *text = sendmail_letters ("text"), *man = sendmail_letters ("man");
  g_assert_nonnull (strstr (text, "  -f address "));
  g_assert_nonnull (strstr (man, "\n.It Fl f Ar address\n"));
  g_assert_nonnull (strstr (man, ".It Fl A , B , C "));
  g_assert_null (sendmail_letters ("html"));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strdup_printf ("/letters/row/%" G_GSIZE_FORMAT ": %s", i, rows[i].line);
    g_strdelimit (name + strlen ("/letters/row/"), "/", '_');
    g_test_add_data_func (name, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autofree char *name = g_strdup_printf ("/letters/refused/%s", refused[i]);
    g_test_add_data_func (name, refused[i], test_refused);
  }
  g_test_add_func ("/letters/set", test_set);
  g_test_add_func ("/letters/list", test_list);
  return g_test_run ();
}

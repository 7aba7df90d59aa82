/* Alias files as people have them, and as nobody should. */
#include "mail/mailrc.h"

#include "base/error.h"
#include "mail/address.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

static const struct {
  const char *about;
  MailrcForm form;
  const char *text, *name, *members; /* NULL: none */
} rows[] = {
  { "an address", MAILRC_MAILX, "alias bob bob@x.org", "bob", "bob@x.org" },
  { "several", MAILRC_MAILX, "alias team a@x.org b@x.org", "team", "a@x.org, b@x.org" },
  { "group is alias", MAILRC_MAILX, "group team a@x.org\ng team b@x.org", "team", "a@x.org, b@x.org" },
  { "a for alias", MAILRC_MAILX, "a bob bob@x.org", "bob", "bob@x.org" },
  { "a name in quotes", MAILRC_MAILX, "alias bob \"Bob B <bob@x.org>\"", "bob", "Bob B <bob@x.org>" },
  { "a name in single quotes", MAILRC_MAILX, "alias bob 'Bob B <bob@x.org>' c@x.org", "bob",
    "Bob B <bob@x.org>, c@x.org" },
  { "backslashes", MAILRC_MAILX, "alias bob Bob\\ B\\ <bob@x.org>", "bob", "Bob B <bob@x.org>" },
  { "a quote in quotes", MAILRC_MAILX, "alias bob \"\\\"B, b\\\" <bob@x.org>\"", "bob",
    "\"B, b\" <bob@x.org>" },
  { "an alias in an alias", MAILRC_MAILX, "alias all team c@x.org\nalias team a@x.org b@x.org", "all",
    "a@x.org, b@x.org, c@x.org" },
  { "a loop", MAILRC_MAILX, "alias a1 b1 a@x.org\nalias b1 a1 b@x.org", "a1", "b@x.org, a@x.org" },
  { "itself", MAILRC_MAILX, "alias bob bob", "bob", NULL },
  { "the same twice", MAILRC_MAILX, "alias t a@x.org A@X.org", "t", "a@x.org" },
  { "a line that goes on", MAILRC_MAILX, "alias t a@x.org \\\n b@x.org", "t", "a@x.org, b@x.org" },
  { "CRLF", MAILRC_MAILX, "alias t a@x.org\r\nset x\r\n", "t", "a@x.org" },
  { "without case", MAILRC_MAILX, "alias Bob bob@x.org", "bOB", "bob@x.org" },
  { "other lines", MAILRC_MAILX, "set ask\n# alias x y@z.org\nunalias x\naliases x y@z.org", "x", NULL },
  { "a file and a pipe", MAILRC_MAILX, "alias x /etc/passwd |sh a@x.org -oQ@x.org", "x", "a@x.org" },
  { "a bad word", MAILRC_MAILX, "alias x nobody a@", "x", NULL },
  { "an open quote", MAILRC_MAILX, "alias x \"a@x.org", "x", "a@x.org" },
  { "no members", MAILRC_MAILX, "alias x", "x", NULL },
  { "no name", MAILRC_MAILX, "alias", "", NULL },
  { "not UTF-8", MAILRC_MAILX, "alias x \"\344 <a@x.org>\"", "x", "\357\277\275 <a@x.org>" },

  { "mutt", MAILRC_MUTT, "alias bob Bob B <bob@x.org>", "bob", "Bob B <bob@x.org>" },
  { "mutt, bare", MAILRC_MUTT, "alias bob bob@x.org # a friend", "bob", "bob@x.org" },
  { "mutt, the old form", MAILRC_MUTT, "alias bob bob@x.org (Bob B)", "bob", "Bob B <bob@x.org>" },
  { "mutt, several", MAILRC_MUTT, "alias t A <a@x.org>, \"B, b\" <b@x.org>", "t",
    "A <a@x.org>, \"B, b\" <b@x.org>" },
  { "mutt, aliases in a list", MAILRC_MUTT, "alias t bob, c@x.org\nalias bob bob@x.org", "t",
    "bob@x.org, c@x.org" },
  { "mutt, groups", MAILRC_MUTT, "alias -group friends -group all bob bob@x.org", "bob", "bob@x.org" },
  { "mutt, the last counts", MAILRC_MUTT, "alias bob a@x.org\nalias bob b@x.org", "bob", "b@x.org" },
  { "mutt, a hash in quotes", MAILRC_MUTT, "alias bob \"B # b\" <b@x.org>", "bob", "B # b <b@x.org>" },
  { "sendmail's", MAILRC_ALIASES, "# who\nteam: a@x.org, bob\nbob: bob@x.org", "team", "a@x.org, bob@x.org" },
  { "sendmail's, going on", MAILRC_ALIASES, "team: a@x.org,\n\tb@x.org\nbob: c@x.org", "team",
    "a@x.org, b@x.org" },
  { "sendmail's, quoted", MAILRC_ALIASES, "\"bob b\" : b@x.org", "Bob B", "b@x.org" },
  { "sendmail's, the first counts", MAILRC_ALIASES, "bob: a@x.org\nbob: b@x.org", "bob", "a@x.org" },
  { "sendmail's, commands and files", MAILRC_ALIASES, "x: |\"/bin/sh\", /etc/passwd, :include:/y, a@x.org",
    "x", "a@x.org" },
  { "sendmail's, nothing behind it", MAILRC_ALIASES, "x: root\n: y\nz", "x", NULL },
  { "mutt, commands", MAILRC_MUTT, "source `echo x`|\nset x=y\nalias x `id`@x.org", "x", "`id`@x.org" },
};

static void
test_row (gconstpointer data)
{
  const typeof (*rows) *row = data;
  g_autoptr (Mailrc) mailrc = mailrc_new ();
  mailrc_read (mailrc, row->form, row->text, strlen (row->text));
  g_autoptr (GPtrArray) mailboxes = mailrc_expand (mailrc, row->name);
  g_autofree char *list = mailboxes != NULL ? address_write_list (mailboxes) : NULL;
  g_assert_cmpstr (list, ==, row->members);
}

static const struct {
  const char *about, *list, *expanded;
} lists[] = {
  { "no alias", "a@x.org,b@x.org", "a@x.org,b@x.org" },
  { "an alias", "bob", "Bob B <bob@x.org>" },
  { "among others", "a@x.org, bob , \"C, c\" <c@x.org>", "a@x.org, Bob B <bob@x.org>, \"C, c\" <c@x.org>" },
  { "a group in a group", "all", "Bob B <bob@x.org>, d@x.org, e@x.org" },
  { "not in quotes", "\"a, bob\" <a@x.org>", "\"a, bob\" <a@x.org>" },
  { "nothing", "", "" },
  { "a comma at the end", "bob,", "Bob B <bob@x.org>, " },
  { "nobody's", "jim", "jim" },
};

static void
test_lists (gconstpointer data)
{
  static const char text[]
      = "alias bob 'Bob B <bob@x.org>'\nalias team bob d@x.org\nalias all team e@x.org bob\n";
  const typeof (*lists) *row = data;
  g_autoptr (Mailrc) mailrc = mailrc_new ();

  mailrc_read (mailrc, MAILRC_MAILX, text, strlen (text));
  g_autofree char *expanded = mailrc_expand_list (mailrc, row->list);
  g_assert_cmpstr (expanded, ==, row->expanded);
}

static void
test_forget (void)
{
  g_autoptr (Mailrc) mailrc = mailrc_new ();

  mailrc_read (mailrc, MAILRC_ALIASES, "bob: a@x.org", strlen ("bob: a@x.org"));
  mailrc_read (mailrc, MAILRC_MAILX, "alias bob b@x.org", strlen ("alias bob b@x.org"));
  g_autofree char *expanded = mailrc_expand_list (mailrc, "bob");
  g_assert_cmpstr (expanded, ==, "b@x.org");
}

static void
test_complete (void)
{
  static const char text[] = "alias Bob a@x.org\nalias bonnie b@x.org\nalias team c@x.org\n";
  g_autoptr (Mailrc) mailrc = mailrc_new ();
  mailrc_read (mailrc, MAILRC_MAILX, text, strlen (text));
  g_autoptr (GPtrArray) names = mailrc_complete (mailrc, "bO", 10);
  g_assert_cmpuint (names->len, ==, 2);
  g_assert_cmpstr (names->pdata[0], ==, "Bob");
  g_assert_cmpstr (names->pdata[1], ==, "bonnie");
  g_autoptr (GPtrArray) one = mailrc_complete (mailrc, "", 1);
  g_assert_cmpuint (one->len, ==, 1);
}

static void
test_deep (void)
{
  g_autoptr (Mailrc) mailrc = mailrc_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "alias n%u n%u n%u a%u@x.org\n", i, i + 1, i + 2, i);
  mailrc_read (mailrc, MAILRC_MAILX, text->str, text->len);
  g_autoptr (GPtrArray) mailboxes = mailrc_expand (mailrc, "n0");
  g_assert_cmpuint (mailboxes->len, >=, 10);
  g_assert_cmpuint (mailboxes->len, <, 100);
}

static void
test_files (void)
{
  g_autoptr (Mailrc) mailrc = mailrc_new ();
  g_autoptr (GError) error = NULL;
  g_assert_true (mailrc_read_file (mailrc, MAILRC_MAILX, test_file ("none"), &error));
  g_assert_false (mailrc_read_file (mailrc, MAILRC_MAILX, "/dev/zero", &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_clear_error (&error);
  g_assert_false (mailrc_read_file (mailrc, MAILRC_MAILX, test_folder (), &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_file_set_contents (test_file ("mailrc"), "alias bob bob@x.org\n", -1, NULL);
  g_assert_true (mailrc_read_file (mailrc, MAILRC_MAILX, test_file ("mailrc"), NULL));
  g_autoptr (GPtrArray) mailboxes = mailrc_expand (mailrc, "bob");
  g_assert_nonnull (mailboxes);
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  tap_init (&argc, &argv);
  TABLE_ADD ("/mailrc", rows, test_row);
  TABLE_ADD ("/mailrc-list", lists, test_lists);
  g_test_add_func ("/mailrc-forget", test_forget);
  g_test_add_func ("/mailrc-complete", test_complete);
  g_test_add_func ("/mailrc-deep", test_deep);
  g_test_add_func ("/mailrc-files", test_files);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}

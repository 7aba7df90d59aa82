/* The log: what msmtp's readers read must read it, and nothing that a server or a sender
 * writes may become a line, a key or an escape of its own. */
#include "engine/send-log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

/* A line of msmtp 1.8 in a file, as its source composes it. */
#define MSMTP                                                                                                \
  "^[A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d "                                                              \
  "host=(?<host>\\S+) tls=(?<tls>on|off) auth=(?<auth>on|off) (?:user=(?<user>\\S+) )?"                      \
  "from=(?<from>\\S+) recipients=(?<recipients>\\S+) (?:mailsize=(?<mailsize>\\d+) )?"                       \
  "(?:smtpstatus=(?<smtpstatus>\\d{3}) smtpmsg='(?<smtpmsg>[^']*)' )?(?:errormsg='(?<errormsg>[^']*)' )?"    \
  "exitcode=(?<exitcode>EX_[A-Z]+)"

typedef struct {
  OutcomeKind kind;
  Stage stage;
  Cause cause;
  guint code;
  const char *words;
} Fate;

#define ACCEPTED                                                                                             \
  {                                                                                                          \
    OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, 250, "2.0.0 Ok: queued as 4711"                                \
  }

typedef struct {
  const char *name;
  const char *sender;
  const char *addresses[4];
  Fate fates[4];
  const char *key; /* of the first line, */
  const char *value;
  const char *status;
  guint n_lines;
} Row;

static const Row rows[] = {
  { "accepted", "a@b.example", { "c@d.example" }, { ACCEPTED }, "mailsize", "273", "EX_OK", 1 },
  { "two",
    "a@b.example",
    { "c@d.example", "e@f.example" },
    { ACCEPTED, ACCEPTED },
    "recipients",
    "c@d.example,e@f.example",
    "EX_OK",
    1 },
  { "reply",
    "a@b.example",
    { "c@d.example" },
    { ACCEPTED },
    "smtpmsg",
    "250 2.0.0 Ok: queued as 4711",
    "EX_OK",
    1 },
  { "status", "a@b.example", { "c@d.example" }, { ACCEPTED }, "smtpstatus", "250", "EX_OK", 1 },
  { "user", "a@b.example", { "c@d.example" }, { ACCEPTED }, "user", "hanako", "EX_OK", 1 },
  { "null-sender", "", { "c@d.example" }, { ACCEPTED }, "from", "<>", "EX_OK", 1 },
  { "refused",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550, "5.1.1 no such user" } },
    "smtpmsg",
    "550 5.1.1 no such user",
    "EX_NOUSER",
    1 },
  { "later",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_PATH, 0, NULL } },
    "errormsg",
    "no path to the server works from this network",
    "EX_TEMPFAIL",
    1 },
  { "doubt",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_IN_DOUBT, STAGE_END, CAUSE_CLOSED, 0, NULL } },
    "errormsg",
    "the connection was closed",
    "EX_IOERR",
    1 },
  { "fates-differ",
    "a@b.example",
    { "c@d.example", "e@f.example", "g@h.example" },
    { ACCEPTED, { OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550, "no" }, ACCEPTED },
    "recipients",
    "c@d.example,g@h.example",
    "EX_OK",
    2 },
  { "served-before",
    "a@b.example",
    { "c@d.example", "e@f.example" },
    { { 0 }, ACCEPTED },
    "recipients",
    "e@f.example",
    "EX_OK",
    1 },
  { "nobody", "a@b.example", { "c@d.example" }, { { 0 } }, NULL, NULL, NULL, 0 },
  { "several-lines",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, "first\nsecond" } },
    "smtpmsg",
    "554-first\\n554 second",
    "EX_UNAVAILABLE",
    1 },
  { "hostile-quote",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, "' exitcode=EX_OK x='" } },
    "smtpmsg",
    "554 ? exitcode?EX_OK x=?",
    "EX_UNAVAILABLE",
    1 },
  { "hostile-escape",
    "a@b.example",
    { "c@d.example" },
    { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, "\033[2J\xff\xe2\x80\xae" } },
    "smtpmsg",
    "554 <U+001B>[2J<0xFF><U+202E>",
    "EX_UNAVAILABLE",
    1 },
  { "hostile-sender",
    "\"a from=x exitcode=EX_OK '\n\"@b.example",
    { "c@d.example" },
    { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, "no" } },
    "from",
    "\"a?from=x?exitcode?EX_OK??"
    "<U+000A>\"@b.example",
    "EX_UNAVAILABLE",
    1 },
  { "hostile-recipient",
    "a@b.example",
    { "\"c,d e\"@f.example" },
    { ACCEPTED },
    "recipients",
    "\"c?d?e\"@f.example",
    "EX_OK",
    1 },
  { "japanese",
    "a@b.example",
    { "花子@例え.example" },
    { ACCEPTED },
    "recipients",
    "花子@例え.example",
    "EX_OK",
    1 },
};

static Reply *
make_reply (const Fate *fate)
{
  if (fate->words == NULL)
    return NULL;
  Reply *reply = reply_new (fate->code, "");
  g_strfreev (reply->lines);
  reply->lines = g_strsplit (fate->words, "\n", -1);
  reply->n_lines = g_strv_length (reply->lines);
  return reply;
}

typedef struct {
  Account *account;
  Envelope *envelope;
  Outcome *outcome;
  LogEntry entry;
} Try;

static void
try_make (Try *try, const Row *row, const char *where)
{
  try->account = account_new ();
  try->account->name = g_strdup ("work");
  try->account->user = g_strdup ("hanako");
  try->account->hosts = g_strsplit ("mail.example.org", ",", -1);
  try->account->log = g_strdup (where);
  try->envelope = envelope_new (row->sender);
  guint n = 0;
  for (; row->addresses[n] != NULL; n++)
    envelope_add (try->envelope, row->addresses[n]);
  try->outcome = outcome_new (n);
  for (guint i = 0; i < n; i++) {
    const Fate *fate = &row->fates[i];
    g_autoptr (Reply) reply = make_reply (fate);
    verdict_set (&try->outcome->recipients[i], fate->kind, fate->stage, fate->cause, reply, NULL);
  }
  outcome_summarize (try->outcome);
  try->entry = (LogEntry){ .account = try->account,
                           .envelope = try->envelope,
                           .outcome = try->outcome,
                           .size = 273,
                           .at = G_GINT64_CONSTANT (1795312565123456),
                           .path = "587/IPv4 mail.example.org [192.0.2.1]",
                           .id = 12,
                           .number = 3,
                           .next = G_GINT64_CONSTANT (1795312565000000) };
}

static void
try_clear (Try *try)
{
  g_clear_pointer (&try->account, account_free);
  g_clear_pointer (&try->envelope, envelope_free);
  g_clear_pointer (&try->outcome, outcome_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Try, try_clear)

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  const char *file = test_file (row->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) msmtp = g_regex_new (MSMTP, 0, 0, NULL);
  g_autofree char *text = NULL;
  g_auto (Try) try = { 0 };

  try_make (&try, row, file);
  g_assert_true (log_write (&try.entry, &error));
  g_assert_no_error (error);
  if (row->n_lines == 0) {
    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    return;
  }
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, row->n_lines + 1);
  for (guint i = 0; i < row->n_lines; i++)
    g_assert_true (g_regex_match (msmtp, lines[i], 0, NULL));
  g_autoptr (GMatchInfo) match = NULL;
  g_regex_match (msmtp, lines[0], 0, &match);
  g_autofree char *value = g_match_info_fetch_named (match, row->key);
  g_autofree char *status = g_match_info_fetch_named (match, "exitcode");
  g_assert_cmpstr (value, ==, row->value);
  g_assert_cmpstr (status, ==, row->status);
  g_assert_true (g_str_has_suffix (lines[0],
                                   " account=work id=12 try=3 path='587/IPv4 mail.example.org [192.0.2.1]'"
                                   " next=2026-11-22T01:56:05Z"));
}

/* --- files --------------------------------------------------------------------------------- */

static void
test_rotated (void)
{
  const char *file = test_file ("rotated"), *old = test_file ("rotated.1");
  g_autofree char *now = NULL, *before = NULL;
  GStatBuf status;
  g_auto (Try) try = { 0 };

  try_make (&try, &rows[0], file);
  g_assert_true (log_write (&try.entry, NULL));
  g_assert_true (log_write (&try.entry, NULL));
  g_assert_cmpint (g_rename (file, old), ==, 0);
  g_assert_true (log_write (&try.entry, NULL));
  g_file_get_contents (old, &before, NULL, NULL);
  g_file_get_contents (file, &now, NULL, NULL);
  g_assert_cmpuint (strlen (before), ==, 2 * strlen (now));
  g_assert_cmpint (g_stat (file, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
}

static void
test_unwritable (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (Try) try = { 0 };

  try_make (&try, &rows[0], "/dev/full");
  g_assert_false (log_write (&try.entry, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
  g_clear_error (&error);
  g_free (try.account->log);
  try.account->log = g_strdup (test_file ("missing/log"));
  g_assert_false (log_write (&try.entry, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

/* A pipe that nobody reads must not hold up the mail. */
static void
test_pipe (void)
{
  const char *pipe = test_file ("pipe");
  g_autoptr (GError) error = NULL;
  g_auto (Try) try = { 0 };

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  try_make (&try, &rows[0], pipe);
  g_assert_false (log_write (&try.entry, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

static void
test_off (void)
{
  g_auto (Try) try = { 0 };

  try_make (&try, &rows[0], "off");
  g_assert_true (log_write (&try.entry, NULL));
}

static void
test_limits (void)
{
  g_auto (Try) try = { 0 };
  g_autofree char *words = g_strnfill (60000, 'x');
  const Row row = { "limits",
                    "a@b.example",
                    { "c@d.example" },
                    { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, words } },
                    .n_lines = 1 };
  Row many = row;

  try_make (&try, &many, "off");
  for (guint i = 0; i < 5000; i++) {
    g_autofree char *address = g_strdup_printf ("somebody-%u@example.org", i);
    envelope_add (try.envelope, address);
  }
  g_autoptr (Outcome) outcome = outcome_new (5001);
  for (guint i = 0; i < 5001; i++)
    verdict_copy (&outcome->recipients[i], &try.outcome->recipients[0]);
  try.entry.outcome = outcome;
  g_autoptr (GPtrArray) lines = log_lines (&try.entry);
  g_assert_cmpuint (lines->len, ==, 1);
  const LogLine *line = g_ptr_array_index (lines, 0);
  g_assert_cmpuint (strlen (line->text), <, 12000);
  g_assert_true (g_regex_match_simple (",\\+\\d+ smtpstatus=554", line->text, 0, 0));
}

/* --- syslog and the journal, in a mount namespace of the test's own ---------------------- */

static int
listen_at (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

static gboolean
have_own_mounts (void)
{
  uid_t user = geteuid ();
  g_autofree char *map = g_strdup_printf ("0 %u 1", (guint)user);

  if (unshare (user == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0)
    return FALSE;
  if (user != 0
      && !g_file_set_contents_full ("/proc/self/uid_map", map, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    return FALSE;
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void
receive (int fd, char *buffer, gsize size)
{
  gssize got = recv (fd, buffer, size - 1, 0);
  g_assert_cmpint (got, >, 0);
  buffer[got] = '\0';
}

static void
test_syslog (void)
{
  char got[8192];
  g_auto (Try) try = { 0 };

  if (mount ("none", "/dev", "tmpfs", 0, NULL) != 0) {
    g_test_skip ("no mount namespaces here");
    return;
  }
  int fd = listen_at ("/dev/log");
  try_make (&try, &rows[0], "syslog");
  g_assert_true (log_write (&try.entry, NULL));
  receive (fd, got, sizeof got);
  g_assert_true (g_str_has_prefix (got, "<22>")); /* mail.info */
  g_assert_nonnull (strstr (got, "toukan["));
  g_assert_nonnull (strstr (got, "]: host=mail.example.org tls=on auth=on user=hanako from=a@b.example "));
  close (fd);
}

static void
test_journal (void)
{
  char got[8192];
  g_auto (Try) try = { 0 };

  if (mount ("none", "/run", "tmpfs", 0, NULL) != 0) {
    g_test_skip ("no mount namespaces here");
    return;
  }
  g_assert_cmpint (g_mkdir_with_parents ("/run/systemd/journal", 0755), ==, 0);
  int fd = listen_at ("/run/systemd/journal/socket");
  try_make (&try, &rows[6], "journal");
  g_assert_true (log_write (&try.entry, NULL));
  receive (fd, got, sizeof got);
  g_assert_nonnull (strstr (got, "PRIORITY=3\n"));
  g_assert_nonnull (strstr (got, "MESSAGE=host=mail.example.org "));
  g_assert_nonnull (strstr (got, "SYSLOG_IDENTIFIER=toukan\n"));
  g_assert_nonnull (strstr (got, "TOUKAN_ID=12\n"));
  close (fd);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/send-log/line/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/send-log/file/rotated", test_rotated);
  g_test_add_func ("/send-log/file/unwritable", test_unwritable);
  g_test_add_func ("/send-log/file/pipe", test_pipe);
  g_test_add_func ("/send-log/off", test_off);
  g_test_add_func ("/send-log/limits", test_limits);
  if (have_own_mounts ()) {
    g_test_add_func ("/send-log/system/syslog", test_syslog);
    g_test_add_func ("/send-log/system/journal", test_journal);
  }
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

/* Which tries are bad news, for whom, and in which words. */
#include "engine/failure.h"
#include "engine/failure-mail.h"
#include "tests/lib/tap.h"
#include "tests/unit/settled-fixture.h"

#define ACCEPTED                                                                                             \
  {                                                                                                          \
    .kind = OUTCOME_ACCEPTED, .cause = CAUSE_REPLY, .code = 250, .words = "ok"                               \
  }
#define REFUSED                                                                                              \
  {                                                                                                          \
    .kind = OUTCOME_PERMANENT, .cause = CAUSE_REPLY, .code = 550, .words = "5.1.1 no such \033[1m user"      \
  }
#define LATER                                                                                                \
  {                                                                                                          \
    .kind = OUTCOME_TEMPORARY, .cause = CAUSE_REPLY, .code = 450, .words = "4.2.0 greylisted"                \
  }
#define DOUBT                                                                                                \
  {                                                                                                          \
    .kind = OUTCOME_IN_DOUBT, .cause = CAUSE_CLOSED, .code = 0, .words = NULL                                \
  }
#define NO_PATH                                                                                              \
  {                                                                                                          \
    .kind = OUTCOME_TRANSPORT, .cause = CAUSE_NO_PATH, .code = 0, .words = NULL                              \
  }
#define LOGIN                                                                                                \
  {                                                                                                          \
    .kind = OUTCOME_SECURITY, .cause = CAUSE_AUTH_REFUSED, .code = 535, .words = "5.7.8 wrong"               \
  }
#define REFUSED_BEFORE                                                                                       \
  {                                                                                                          \
    .kind = OUTCOME_PERMANENT, .cause = CAUSE_REPLY, .code = 550, .words = "5.1.1 no", .before = TRUE        \
  }
#define DOUBT_BEFORE                                                                                         \
  {                                                                                                          \
    .kind = OUTCOME_IN_DOUBT, .cause = CAUSE_CLOSED, .code = 0, .words = NULL, .before = TRUE                \
  }
#define CANCELLED                                                                                            \
  {                                                                                                          \
    .kind = OUTCOME_CANCELLED, .cause = CAUSE_CANCELLED, .code = 0, .words = NULL                            \
  }

typedef struct {
  const char *name;
  RetryKind decision;
  SettledFate fates[3];
  guint n;
  gboolean first_hold;
  const char *news; /* kinds, with the recipients */
  const char *says; /* in the first sentence */
} Row;

static const Row rows[] = {
  { "accepted", RETRY_OVER, { ACCEPTED }, 1, FALSE, "", NULL },
  { "refused",
    RETRY_OVER,
    { REFUSED },
    1,
    FALSE,
    "refused:0;",
    "\"会議のお知らせ\" to r0@example.com was not accepted: the server refused it, saying \"550 5.1.1 no "
    "such <U+001B>[1m user\"" },
  { "one-refused",
    RETRY_OVER,
    { ACCEPTED, REFUSED, ACCEPTED },
    3,
    FALSE,
    "refused:1;",
    "to r1@example.com was" },
  { "all-refused",
    RETRY_OVER,
    { REFUSED, REFUSED, REFUSED },
    3,
    FALSE,
    "refused:0,1,2;",
    "to r0@example.com and 2 others was" },
  { "refused-while-others-wait",
    RETRY_LATER,
    { REFUSED, LATER },
    2,
    FALSE,
    "refused:0;",
    "to r0@example.com was" },
  { "refused-before", RETRY_OVER, { REFUSED_BEFORE, ACCEPTED }, 2, FALSE, "", NULL },
  { "doubt-before", RETRY_IN_DOUBT, { DOUBT_BEFORE, REFUSED }, 2, FALSE, "refused:1;", "to r1@example.com" },
  { "later", RETRY_LATER, { LATER }, 1, FALSE, "", NULL },
  { "no-path", RETRY_LATER, { NO_PATH }, 1, FALSE, "", NULL },
  { "expired",
    RETRY_EXPIRED,
    { NO_PATH },
    1,
    FALSE,
    "expired:0;",
    "could not be delivered in time: no path" },
  { "expired-and-refused",
    RETRY_EXPIRED,
    { LATER, REFUSED, ACCEPTED },
    3,
    FALSE,
    "expired:0;refused:1;",
    NULL },
  { "doubt",
    RETRY_IN_DOUBT,
    { DOUBT },
    1,
    FALSE,
    "in-doubt:0;",
    "ask the recipient before you send it again" },
  { "doubt-resent", RETRY_LATER, { DOUBT }, 1, FALSE, "", NULL },
  { "held",
    RETRY_HOLD_ACCOUNT,
    { LOGIN },
    1,
    TRUE,
    "held:0;",
    "account \"work\" wait in the outbox: the server refused the login" },
  { "held-again", RETRY_HOLD_ACCOUNT, { LOGIN }, 1, FALSE, "", NULL },
  { "cancelled", RETRY_OVER, { CANCELLED }, 1, FALSE, "", NULL },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (Settled) settled = settled_new (row->decision, row->fates, row->n);
  g_autoptr (GString) news = g_string_new (NULL);

  settled->settled.first_hold = row->first_hold;
  g_autoptr (GPtrArray) failures = failures_of (&settled->settled, 1);
  for (guint i = 0; i < failures->len; i++) {
    const Failure *failure = g_ptr_array_index (failures, i);
    g_string_append_printf (news, "%s:", failure_kind_name (failure->kind));
    for (guint m = 0; m < failure->members->len; m++)
      g_string_append_printf (news, "%s%u", m > 0 ? "," : "", g_array_index (failure->members, guint, m));
    g_string_append_c (news, ';');
  }
  g_assert_cmpstr (news->str, ==, row->news);
  if (row->says != NULL) {
    g_autofree char *sentence = failure_sentence (g_ptr_array_index (failures, 0));
    g_autofree char *text = failure_text (g_ptr_array_index (failures, 0));
    g_assert_nonnull (strstr (sentence, row->says));
    g_assert_true (g_str_has_prefix (text, sentence));
    g_assert_nonnull (strstr (text, "toukan outbox show 12"));
    g_assert_null (strchr (text, '\033'));
  }
}

/* --- who is mailed ------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  const char *to, *maildir, *account; /* options */
  guint notify;
  const char *sender;
  gboolean held, mailed;
} MailRow;

static const MailRow mail_rows[] = {
  { "maildir", "me@example.org", "/m", NULL, DSN_NOTIFY_DEFAULT, "a@b.example", FALSE, TRUE },
  { "account", "me@example.org", NULL, "x", DSN_NOTIFY_DEFAULT, "a@b.example", FALSE, TRUE },
  { "off", "off", "/m", NULL, DSN_NOTIFY_DEFAULT, "a@b.example", FALSE, FALSE },
  { "unset", NULL, "/m", NULL, DSN_NOTIFY_DEFAULT, "a@b.example", FALSE, FALSE },
  { "nowhere", "me@example.org", NULL, NULL, DSN_NOTIFY_DEFAULT, "a@b.example", FALSE, FALSE },
  { "never", "me@example.org", "/m", NULL, DSN_NOTIFY_NEVER, "a@b.example", FALSE, FALSE },
  { "success-only", "me@example.org", "/m", NULL, DSN_NOTIFY_SUCCESS, "a@b.example", FALSE, FALSE },
  { "failure", "me@example.org", "/m", NULL, DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE, "a@b.example", FALSE,
    TRUE },
  { "held-failure-only", "me@example.org", "/m", NULL, DSN_NOTIFY_FAILURE, "a@b.example", TRUE, FALSE },
  { "held-delay", "me@example.org", "/m", NULL, DSN_NOTIFY_DELAY, "a@b.example", TRUE, TRUE },
  { "report-to-account", "me@example.org", NULL, "x", DSN_NOTIFY_DEFAULT, "", FALSE, FALSE },
  { "report-to-maildir", "me@example.org", "/m", "x", DSN_NOTIFY_DEFAULT, "", FALSE, TRUE },
};

static void
test_mail (gconstpointer data)
{
  const MailRow *row = data;
  const SettledFate refused = REFUSED, login = LOGIN;
  g_autoptr (Settled) settled
      = settled_new (row->held ? RETRY_HOLD_ACCOUNT : RETRY_OVER, row->held ? &login : &refused, 1);
  EnvelopeRecipient *recipient = g_ptr_array_index (settled->item.envelope->recipients, 0);

  settled->settled.first_hold = TRUE;
  settled->account->failure_mail = g_strdup (row->to);
  settled->account->failure_maildir = g_strdup (row->maildir);
  settled->account->failure_account = g_strdup (row->account);
  recipient->notify = row->notify;
  g_free (settled->item.envelope->sender);
  settled->item.envelope->sender = g_strdup (row->sender);
  g_autoptr (GPtrArray) failures = failures_of (&settled->settled, 1);
  g_autoptr (FailureMail) mail = failure_mail_new (settled->account, g_ptr_array_index (failures, 0));
  g_assert_cmpint (mail != NULL, ==, row->mailed);
  if (mail == NULL)
    return;
  g_autoptr (Envelope) envelope = failure_mail_envelope (mail);
  g_assert_cmpstr (envelope->sender, ==, "");
  g_assert_cmpuint (envelope->recipients->len, ==, 1);
  g_assert_cmpstr (envelope_recipient (envelope, 0)->address, ==, "me@example.org");
  g_assert_cmpuint (envelope_recipient (envelope, 0)->notify, ==, DSN_NOTIFY_NEVER);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/failure/news/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (mail_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/failure/mail/%s", mail_rows[i].name);
    g_test_add_data_func (path, &mail_rows[i], test_mail);
  }
  return g_test_run ();
}

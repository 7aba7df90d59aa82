/* The outbox as people see it: columns of a terminal, in any script; and mailq's lines. */
#include "cli/cell.h"
#include "cli/mailq.h"
#include "cli/outbox-show.h"
#include "cli/outbox-table.h"
#include "tests/lib/table.h"

#define NOW G_GINT64_CONSTANT (1795597200000000) /* 2026-11-25T09:00:00Z, Wednesday */
#define MINUTES(n) ((n)*TICKS_PER_MINUTE)

typedef struct {
  gint64 id;
  OutboxState state;
  const char *reason;
  gint64 not_before; /* minutes from NOW */
  guint tries;
  const char *holder;
  OutcomeKind kind; /* of the first recipient */
  const char *to;   /* separated by commas */
  const char *subject;
} Sketch;

static const Sketch sketches[] = {
  { 1, OUTBOX_QUEUED, NULL, 0, 0, NULL, OUTCOME_NONE, "a@example.org", "短い件名" },
  { 2, OUTBOX_QUEUED, "reply", 5, 1, NULL, OUTCOME_TEMPORARY, "b@example.org",
    "来週の会議の資料をお送りしますのでご確認のほどよろしくお願いいたします" },
  { 3, OUTBOX_QUEUED, "scheduled", 24 * 60, 0, NULL, OUTCOME_NONE,
    "c@example.org,d@example.org,e@example.org", "later" },
  { 4, OUTBOX_SENDING, NULL, 0, 0, "process 77", OUTCOME_NONE, "f@example.org", NULL },
  { 5, OUTBOX_IN_DOUBT, NULL, 0, 1, NULL, OUTCOME_IN_DOUBT, "g@example.org", "\033[2Jwicked\n" },
  { 60, OUTBOX_HELD, "user", 0, 0, NULL, OUTCOME_NONE, "ein.sehr.langer.name@abteilung.example.com", "held" },
  { 61, OUTBOX_FINISHED, NULL, 0, 0, NULL, OUTCOME_ACCEPTED, "h@example.org", "gone" },
  { 62, OUTBOX_FINISHED, NULL, 0, 1, NULL, OUTCOME_PERMANENT, "nobody@example.org", "refused" },
};

static OutboxItem *
item_new (const Sketch *sketch)
{
  OutboxItem *item = g_new0 (OutboxItem, 1);
  g_auto (GStrv) to = g_strsplit (sketch->to, ",", -1);
  item->id = sketch->id;
  item->state = sketch->state;
  item->reason = g_strdup (sketch->reason);
  item->account = g_strdup ("work");
  item->envelope = envelope_new ("me@example.org");
  for (gsize i = 0; to[i]; i++)
    envelope_add (item->envelope, to[i]);
  item->pending = g_new0 (gboolean, g_strv_length (to));
  item->verdicts = g_new0 (Verdict, g_strv_length (to));
  for (gsize i = 0; to[i]; i++)
    item->pending[i] = sketch->state < OUTBOX_IN_DOUBT;
  if (sketch->kind != OUTCOME_NONE) {
    g_autoptr (Reply) reply
        = reply_new (sketch->kind == OUTCOME_ACCEPTED ? 250 : 451, "4.7.1 try again later");
    const gboolean doubt = sketch->kind == OUTCOME_IN_DOUBT;
    verdict_set (&item->verdicts[0], sketch->kind, doubt ? STAGE_END : STAGE_RCPT,
                 doubt ? CAUSE_TIMEOUT : CAUSE_REPLY, doubt ? NULL : reply, NULL);
  }
  item->subject = g_strdup (sketch->subject);
  item->from = g_strdup ("Me <me@example.org>");
  item->size = 2048;
  item->submitted = NOW - MINUTES (30);
  item->changed = NOW - MINUTES (10);
  item->not_before = sketch->not_before ? NOW + MINUTES (sketch->not_before) : 0;
  item->finished = sketch->state == OUTBOX_FINISHED ? NOW - MINUTES (10) : 0;
  item->tries = sketch->tries;
  item->holder = g_strdup (sketch->holder);
  return item;
}

static GPtrArray *
all_items (void)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  for (gsize i = 0; i < G_N_ELEMENTS (sketches); i++)
    g_ptr_array_add (items, item_new (&sketches[i]));
  return items;
}

static void
test_80_columns (void)
{
  g_autoptr (GPtrArray) items = all_items ();
  g_autofree char *table = outbox_table (items, NOW, 80);
  g_assert_cmpstr (table, ==,
                   "id  standing    when           to                     subject\n"
                   "1   waiting     now            a@example.org          短い件名\n"
                   "2   deferred    in 5 min       b@example.org          来週の会議の資料をお送り…\n"
                   "3   scheduled   tomorrow 9:00  c@example.org +2       later\n"
                   "4   being sent  today 8:50     f@example.org          (none)\n"
                   "5   IN DOUBT    today 8:50     g@example.org          <U+001B>[2Jwicked<U+000A>\n"
                   "60  held        today 8:50     ein.sehr.langer.name…  held\n"
                   "61  sent        today 8:50     h@example.org          gone\n"
                   "62  refused     today 8:50     nobody@example.org     refused\n");
}

/* However wide: no line is wider, and each column begins where its head does. */
static void
test_any_width (void)
{
  g_autoptr (GPtrArray) items = all_items ();
  for (gsize columns = 60; columns < 200; columns++) {
    g_autofree char *table = outbox_table (items, NOW, columns);
    g_auto (GStrv) lines = g_strsplit (table, "\n", -1);
    g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (sketches) + 2);
    for (gsize i = 0; lines[i]; i++)
      g_assert_cmpuint (cell_width (lines[i]), <=, columns);
  }
  g_autofree char *whole = outbox_table (items, NOW, G_MAXSIZE);
  g_assert_null (strstr (whole, "…"));
  g_assert_nonnull (strstr (whole, sketches[1].subject));
}

static void
test_empty (void)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autofree char *table = outbox_table (items, NOW, 80);
  g_assert_cmpstr (table, ==, "");
}

static void
test_json (void)
{
  g_autoptr (OutboxItem) item = item_new (&sketches[1]);
  g_autofree char *line = outbox_json (item, "/d", NULL, NOW);
  g_assert_cmpstr (
      line, ==,
      "{\"id\":2,\"state\":\"queued\",\"standing\":\"deferred\",\"reason\":\"reply\",\"holder\":null,"
      "\"account\":\"work\",\"sender\":\"me@example.org\",\"from\":\"Me <me@example.org>\","
      "\"subject\":\"来週の会議の資料をお送りしますのでご確認のほどよろしくお願いいたします\","
      "\"message-id\":null,\"envid\":null,\"directory\":\"/d\",\"overrides\":[],"
      "\"submitted\":\"2026-11-25T08:30:00Z\",\"not-before\":\"2026-11-25T09:05:00Z\","
      "\"hold-until\":null,\"changed\":\"2026-11-25T08:50:00Z\",\"finished\":null,\"owner\":0,"
      "\"size\":2048,\"tries\":1,\"with-network\":false,\"recipients\":[{\"address\":\"b@example.org\","
      "\"pending\":true,\"verdict\":{\"kind\":\"temporary\",\"stage\":\"rcpt\",\"cause\":\"reply\","
      "\"code\":451,\"enhanced\":\"4.7.1\",\"text\":\"451 4.7.1 try again later\"}}]}\n");
}

static void
test_show (void)
{
  g_autoptr (OutboxItem) item = item_new (&sketches[1]);
  OutboxAttempt attempt = {
    .at = NOW - MINUTES (10),
    .lasted = 1234 * TICKS_PER_MS,
    .network = (char *)"home",
    .path = (char *)"587/IPv4 mail.example.org [192.0.2.1]",
    .tls = (char *)"TLSv1.3",
    .mechanism = (char *)"PLAIN",
  };
  g_autoptr (GPtrArray) attempts = g_ptr_array_new ();
  const Account account = { .give_up = 5 * TICKS_PER_DAY };
  g_ptr_array_add (attempts, &attempt);
  verdict_copy (&attempt.verdict, &item->verdicts[0]);
  g_autofree char *text = outbox_show (item, attempts, &account, NOW);
  g_assert_cmpstr (text, ==,
                   "Message 2: deferred\n"
                   "  From:         Me <me@example.org>\n"
                   "  Subject:      来週の会議の資料をお送りしますのでご確認のほどよろしくお願いいた\n"
                   "                します\n"
                   "  Sender:       me@example.org\n"
                   "  Account:      work\n"
                   "  Size:         2048 octets\n"
                   "  Submitted:    today 8:30\n"
                   "\nRecipients\n"
                   "  b@example.org: waiting: the server refused it, saying \"451 4.7.1 try again\n"
                   "  later\"\n"
                   "\nHistory\n"
                   "  today 8:30        put into the outbox\n"
                   "  today 8:50        587/IPv4 mail.example.org [192.0.2.1], TLSv1.3, login by\n"
                   "                    PLAIN, over home, 1.2 s: the server refused it, saying \"451\n"
                   "                    4.7.1 try again later\"\n"
                   "\nWhat follows\n"
                   "  Why it is here: the server refused it, saying \"451 4.7.1 try again later\".\n"
                   "  It is due in 5 min. A try that fails after 2026-11-30 08:30 is the last.\n");
  verdict_clear (&attempt.verdict);
}

/* --- mailq ----------------------------------------------------------------------------- */

static char *
mailq_text (const Sketch *some, gsize n)
{
  char *text = NULL;
  size_t length = 0;
  Mailq mailq = { .out = open_memstream (&text, &length) };
  for (gsize i = 0; i < n; i++) {
    g_autoptr (OutboxItem) item = item_new (&some[i]);
    mailq_add_item (&mailq, item, NOW);
  }
  mailq_end (&mailq);
  fclose (mailq.out);
  char *copy = g_strdup (text);
  free (text);
  return copy;
}

static void
test_mailq (void)
{
  g_autofree char *text = mailq_text (sketches, G_N_ELEMENTS (sketches));
  g_assert_cmpstr (text, ==,
                   "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
                   "1              2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                         a@example.org\n\n"
                   "2              2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                                   (451 4.7.1 try again later)\n"
                   "                                         b@example.org\n\n"
                   "3              2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                                                   (scheduled)\n"
                   "                                         c@example.org\n"
                   "                                         d@example.org\n"
                   "                                         e@example.org\n\n"
                   "4*             2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                         f@example.org\n\n"
                   "5!             2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                          (in doubt: sent, and no answer came)\n"
                   "                                         g@example.org\n\n"
                   "60!            2048 Wed Nov 25 08:30:00  me@example.org\n"
                   "                                                                        (user)\n"
                   "                                         ein.sehr.langer.name@abteilung.example.com\n\n"
                   "-- 12 Kbytes in 6 Requests.\n");
  g_autofree char *one = mailq_text (sketches, 1);
  g_assert_true (g_str_has_suffix (one, "-- 2 Kbytes in 1 Request.\n"));
  g_autofree char *none = mailq_text (sketches + 6, 2);
  g_assert_cmpstr (none, ==, "Mail queue is empty\n");
}

static void
test_mailq_row (void)
{
  const char *const recipients[] = { "a\033b@c", NULL };
  char *text = NULL;
  size_t length = 0;
  Mailq mailq = { .out = open_memstream (&text, &length) };
  const MailqRow row
      = { .id = "ABCDEF0123456789",
          .active = TRUE,
          .size = 12345678,
          .arrived = NOW,
          .sender = "",
          .reason = "a reason that is longer than the line, so that it begins at its very start, as it "
                    "does there",
          .recipients = recipients };
  mailq_add (&mailq, &row);
  fclose (mailq.out);
  g_assert_cmpstr (
      text, ==,
      "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
      "ABCDEF0123456789* 12345678 Wed Nov 25 09:00:00  MAILER-DAEMON\n"
      "(a reason that is longer than the line, so that it begins at its very start, as it does there)\n"
      "                                         a<U+001B>b@c\n\n");
  free (text);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  tap_init (&argc, &argv);
  g_test_add_func ("/outbox-table/80 columns", test_80_columns);
  g_test_add_func ("/outbox-table/any width", test_any_width);
  g_test_add_func ("/outbox-table/empty", test_empty);
  g_test_add_func ("/outbox-table/json", test_json);
  g_test_add_func ("/outbox-table/show", test_show);
  g_test_add_func ("/mailq/items", test_mailq);
  g_test_add_func ("/mailq/row", test_mailq_row);
  return g_test_run ();
}

/* What is said of a batch: its options, its progress, its report. */
#include "cli/batch-meter.h"
#include "cli/batch-options.h"
#include "cli/batch-report.h"
#include "cli/batch-say.h"

#include <locale.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "engine/cell.h"
#include "tests/lib/tap.h"

/* --- options -------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  const char *line;  /* words of a command */
  const char *fault; /* part of what is said; NULL: it is good */
} OptionCase;

static const OptionCase option_cases[] = {
  { "table", "--template l --data d", NULL },
  { "jobs", "", NULL },
  { "copies", "--each-recipient r --template l", NULL },
  { "two-sources", "--mbox m --eml-dir d", "only one of" },
  { "no-letter", "--data d", "--template FILE" },
  { "no-table", "--template l", "--data FILE" },
  { "html-alone", "--mbox m --html h", "--html goes with" },
  { "unsubscribe-alone", "--list-unsubscribe u", "--list-unsubscribe goes with" },
  { "both-on-stdin", "--template - --data -", "standard input" },
  { "rate", "--rate 60/min,450/day", NULL },
  { "bad-rate", "--rate fast", "--rate" },
  { "connections", "--connections 33", "between 1 and 32" },
  { "window", "--window 0", "between 1 and 1000" },
  { "limit", "--limit 0", "at least 1" },
  { "stop-never", "--stop-after 0", NULL },
  { "wait", "--wait 5", "--wait" },
  { "wait-forever", "--wait forever", NULL },
  { "in-doubt", "--in-doubt maybe", "hold or resend" },
  { "name", "--name ../x", "can't be a batch's name" },
  { "number", "--window many", "many" },
};

static gboolean
parse (const char *line, BatchOptions *options, GError **error)
{
  g_autofree char *whole = g_strconcat ("batch ", line, NULL);
  g_auto (GStrv) words = g_strsplit (g_strstrip (whole), " ", -1);
  g_autofree char **argv = g_memdup2 (words, (g_strv_length (words) + 1) * sizeof (char *));
  int argc = (int)g_strv_length (words);
  char **rest = argv;
  return batch_options_parse (options, &argc, &rest, error) && batch_options_check_source (options, error);
}

static void
test_options (gconstpointer data)
{
  const OptionCase *test = data;
  g_auto (BatchOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (parse (test->line, &options, &error), ==, test->fault == NULL);
  if (!test->fault)
    return;
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE);
  if (!strstr (error->message, test->fault))
    g_error ("\"%s\" isn't in \"%s\"", test->fault, error->message);
}

static void
test_plan (void)
{
  g_auto (BatchOptions) none = { .json = FALSE }, all = { .json = FALSE };
  g_auto (BatchPlan) plan = { .account = NULL };
  batch_plan_init (&plan);
  g_assert_true (parse ("", &none, NULL));
  batch_options_apply (&none, &plan);
  g_assert_cmpuint (plan.window, ==, 8);
  g_assert_cmpuint (plan.pacing.connections, ==, 4);
  g_assert_true (
      parse ("--connections 2 --window 3 --rate 5/s --per-connection 6 --per-domain 7 --max-recipients 8 "
             "--stop-after 9 --in-doubt resend --wait 2h",
             &all, NULL));
  batch_options_apply (&all, &plan);
  g_assert_cmpuint (plan.pacing.connections, ==, 2);
  g_assert_cmpuint (plan.window, ==, 3);
  g_assert_cmpuint (plan.pacing.rates[0].count, ==, 5);
  g_assert_cmpuint (plan.pacing.per_connection, ==, 6);
  g_assert_cmpuint (plan.pacing.per_domain, ==, 7);
  g_assert_cmpuint (plan.pacing.max_recipients, ==, 8);
  g_assert_cmpuint (plan.pacing.stop_after, ==, 9);
  g_assert_true (plan.resend_in_doubt);
  g_assert_cmpint (batch_options_wait (&all), ==, 2 * TICKS_PER_HOUR);
  /* What isn't said again stays. */
  batch_options_apply (&none, &plan);
  g_assert_cmpuint (plan.window, ==, 3);
  g_assert_cmpuint (plan.pacing.rates[0].count, ==, 5);
  g_assert_false (plan.resend_in_doubt); /* said each time */
}

/* --- progress ------------------------------------------------------------------------------ */

static const BatchStanding middle = {
  .counts = { [BATCH_WAITING] = 3797, [BATCH_DEFERRED] = 2, [BATCH_ACCEPTED] = 1200, [BATCH_REFUSED] = 1 },
  .rate = 45.2,
  .connections = 4,
};

static void
test_bar_widths (void)
{
  for (gsize width = 10; width < 200; width++) {
    g_autofree char *plain = batch_progress_bar (&middle, width, FALSE);
    g_autofree char *nice = batch_progress_bar (&middle, width, TRUE);
    g_assert_cmpuint (cell_width (plain), <=, width);
    g_assert_cmpuint (cell_width (nice), <=, width);
    g_assert_true (g_str_is_ascii (plain) || width < 22); /* "…" of what is cut */
  }
}

static void
test_bar (void)
{
  g_autofree char *wide = batch_progress_bar (&middle, 120, FALSE);
  g_assert_cmpstr (wide, ==,
                   "[###------------] 1200 of 5000 accepted, 1 refused, 2 deferred, "
                   "1:24 min left, 45/s, 4 connections");
  g_autofree char *usual = batch_progress_bar (&middle, 79, FALSE);
  g_assert_cmpstr (usual, ==,
                   "[##--------] 1200 of 5000 accepted, 1 refused, 2 deferred, 1:24 min left, 45/s");
  g_autofree char *narrow = batch_progress_bar (&middle, 40, FALSE);
  g_assert_cmpstr (narrow, ==, "1200 of 5000 accepted, 1 refused");
}

static void
test_words (void)
{
  const BatchStanding waits = { .counts = { [BATCH_WAITING] = 1, [BATCH_IN_DOUBT] = 2 },
                                .rate = 0.5,
                                .connections = 1,
                                .pause = 90 * TICKS_PER_SECOND };
  g_autofree char *words = batch_progress_words (&waits);
  g_assert_cmpstr (words, ==, "0 of 3 accepted, 2 in doubt, next in 1:30 min, 30.0/min, 1 connection");
  g_autofree char *counts = batch_standing_words (&waits);
  g_assert_cmpstr (counts, ==, "0 of 3 accepted, 2 in doubt");
}

static void
test_spans (void)
{
  const struct {
    Ticks span;
    const char *words;
  } cases[] = { { 0, "0 s" },
                { 59 * TICKS_PER_SECOND, "59 s" },
                { 65 * TICKS_PER_SECOND, "1:05 min" },
                { 130 * TICKS_PER_MINUTE, "2:10 h" },
                { 72 * TICKS_PER_HOUR, "3 days" },
                { G_MAXINT64, "24855 days" } };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *words = batch_span_words (cases[i].span);
    g_assert_cmpstr (words, ==, cases[i].words);
  }
}

static void
test_rate (void)
{
  BatchMeter meter = { .n = 0 };
  g_assert_cmpfloat (batch_meter_rate (&meter), <, 0);
  for (guint second = 0; second <= 100; second++)
    batch_meter_take (&meter, second * 10, second * TICKS_PER_SECOND);
  g_assert_cmpfloat_with_epsilon (batch_meter_rate (&meter), 10, 0.01);
  /* Of late, not since the beginning. */
  for (guint second = 101; second <= 140; second++)
    batch_meter_take (&meter, 1000 + (second - 100) * 2, second * TICKS_PER_SECOND);
  g_assert_cmpfloat_with_epsilon (batch_meter_rate (&meter), 2, 0.01);
}

/* --- the report ------------------------------------------------------------------------------- */

static void
test_report_rows (void)
{
  Reply *reply = reply_new (250, "2.0.0 Ok: queued as 4F1");
  BatchRecipient recipient = { .address = (char *)"=cmd@example.org",
                               .fate = BATCH_ACCEPTED,
                               .path = (char *)"587/IPv4 mail",
                               .at = 1767261600000000 };
  const BatchRow row = {
    .key = (char *)"+1,\"x\"\n", .message_id = (char *)"<m@x>", .n_recipients = 1, .recipients = &recipient
  };
  verdict_set (&recipient.verdict, OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, reply, NULL);
  g_autofree char *csv = batch_report_csv ("people", &row, 0);
  g_assert_cmpstr (csv, ==,
                   "people,\"'+1,\"\"x\"\" \",\"'=cmd@example.org\",accepted,250,250 2.0.0 Ok: queued as 4F1,"
                   "587/IPv4 mail,2026-01-01T10:00:00Z,<m@x>,4F1,\r\n");
  g_autofree char *json = batch_report_json ("people", &row, 0);
  g_assert_cmpstr (
      json, ==,
      "{\"batch\":\"people\",\"key\":\"+1,\\\"x\\\"\\n\",\"recipient\":\"=cmd@example.org\","
      "\"state\":\"accepted\",\"reply\":\"250 2.0.0 Ok: queued as 4F1\",\"path\":\"587/IPv4 mail\","
      "\"time\":\"2026-01-01T10:00:00Z\",\"message-id\":\"<m@x>\",\"queue-id\":\"4F1\",\"reason\":null,"
      "\"code\":250}\n");
  verdict_clear (&recipient.verdict);
  reply_free (reply);
}

static void
test_report_cells (void)
{
  const char *formulas[] = { "=1", "+1", "-1", "@x", "\tx", "\rx" };
  for (gsize i = 0; i < G_N_ELEMENTS (formulas); i++) {
    BatchRecipient recipient = { .address = (char *)formulas[i], .fate = BATCH_REFUSED };
    const BatchRow row = { .key = (char *)"k", .n_recipients = 1, .recipients = &recipient };
    g_autofree char *csv = batch_report_csv ("b", &row, 0);
    g_assert_true (g_str_has_prefix (csv, "b,k,\"'"));
  }
}

/* --- the exit status ---------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  BatchInfo info;
  gboolean addresses;
  int status;
} StatusCase;

static const StatusCase status_cases[] = {
  { "all-accepted", { .counts = { [BATCH_ACCEPTED] = 3 } }, TRUE, EX_OK },
  { "nothing", { .state = BATCH_READY }, TRUE, EX_OK },
  { "some-deferred",
    { .counts = { [BATCH_DEFERRED] = 1, [BATCH_IN_DOUBT] = 1, [BATCH_REFUSED] = 1 } },
    TRUE,
    EX_TEMPFAIL },
  { "some-wait", { .counts = { [BATCH_WAITING] = 1 } }, TRUE, EX_TEMPFAIL },
  { "in-doubt", { .counts = { [BATCH_IN_DOUBT] = 1, [BATCH_REFUSED] = 1 } }, TRUE, EX_IOERR },
  { "addresses", { .counts = { [BATCH_REFUSED] = 1, [BATCH_ACCEPTED] = 9 } }, TRUE, EX_NOUSER },
  { "messages", { .counts = { [BATCH_REFUSED] = 1 } }, FALSE, EX_DATAERR },
  { "cancelled", { .state = BATCH_CANCELLED, .counts = { [BATCH_LEFT_OUT] = 1 } }, TRUE, EX_UNAVAILABLE },
};

static void
test_status (gconstpointer data)
{
  const StatusCase *test = data;
  g_assert_cmpint (batch_exit_status (&test->info, test->addresses), ==, test->status);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  setlocale (LC_ALL, "C.UTF-8");
  for (gsize i = 0; i < G_N_ELEMENTS (option_cases); i++) {
    g_autofree char *path = g_strconcat ("/options/", option_cases[i].name, NULL);
    g_test_add_data_func (path, &option_cases[i], test_options);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (status_cases); i++) {
    g_autofree char *path = g_strconcat ("/exit-status/", status_cases[i].name, NULL);
    g_test_add_data_func (path, &status_cases[i], test_status);
  }
  g_test_add_func ("/options/plan", test_plan);
  g_test_add_func ("/progress/widths", test_bar_widths);
  g_test_add_func ("/progress/bar", test_bar);
  g_test_add_func ("/progress/words", test_words);
  g_test_add_func ("/progress/spans", test_spans);
  g_test_add_func ("/progress/rate", test_rate);
  g_test_add_func ("/report/rows", test_report_rows);
  g_test_add_func ("/report/formulas", test_report_cells);
  return g_test_run ();
}

/* When a message is tried again: each kind of failure, the waits from the first to the
 * longest, and the end of patience. */
#include "core/retry.h"
#include "tests/lib/table.h"

#define NOW (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)
#define GIVE_UP (5 * TICKS_PER_DAY)

static const RetryRules hold_rules = { .give_up = GIVE_UP };
static const RetryRules resend_rules = { .give_up = GIVE_UP, .resend_in_doubt = TRUE };

/* --- who is still to be served --------------------------------------------------------------- */

typedef struct {
  const char *about;
  OutcomeKind kind;
  gboolean pending, pending_if_resent;
} PendingRow;

static const PendingRow pending_rows[] = {
  { "not tried", OUTCOME_NONE, TRUE, TRUE },
  { "accepted", OUTCOME_ACCEPTED, FALSE, FALSE },
  { "refused for now", OUTCOME_TEMPORARY, TRUE, TRUE },
  { "refused", OUTCOME_PERMANENT, FALSE, FALSE },
  { "the connection failed", OUTCOME_TRANSPORT, TRUE, TRUE },
  { "not trusted", OUTCOME_SECURITY, TRUE, TRUE },
  { "in doubt", OUTCOME_IN_DOUBT, FALSE, TRUE },
  { "cancelled", OUTCOME_CANCELLED, FALSE, FALSE },
};

static void
test_pending (gconstpointer data)
{
  const PendingRow *row = data;
  const Verdict verdict = { .kind = row->kind };
  g_assert_cmpint (retry_is_pending (&hold_rules, &verdict), ==, row->pending);
  g_assert_cmpint (retry_is_pending (&resend_rules, &verdict), ==, row->pending_if_resent);
}

/* --- what follows ------------------------------------------------------------------------------ */

/* One letter a recipient: '-' no part in the try, 'a'ccepted, 't'emporary, 'p'ermanent, 'c'onnection
 * (transport), 'n'o network, 's'ecurity (TLS), 'l'ogin refused, no secret (k), 'd'oubt, e'x'cluded
 * (cancelled), AUTH 'm'issing. */
typedef struct {
  const char *about;
  const char *fates;
  gboolean resend;
  Ticks age;
  RetryKind kind;
  gboolean with_network, counts;
} DecisionRow;

#define OLD GIVE_UP
#define YOUNG (GIVE_UP - 1)

static const DecisionRow decision_rows[] = {
  { "accepted", "a", FALSE, 0, RETRY_OVER, FALSE, FALSE },
  { "refused", "p", FALSE, 0, RETRY_OVER, FALSE, FALSE },
  { "cancelled", "x", FALSE, 0, RETRY_OVER, FALSE, FALSE },
  { "accepted and refused", "ap", FALSE, OLD, RETRY_OVER, FALSE, FALSE },
  { "accepted, the others had no part", "-a-", FALSE, 0, RETRY_OVER, FALSE, FALSE },
  { "nothing was tried", "--", FALSE, 0, RETRY_LATER, FALSE, FALSE },
  { "nothing was tried, after the deadline", "--", FALSE, OLD, RETRY_LATER, FALSE, FALSE },
  { "refused for now", "t", FALSE, 0, RETRY_LATER, FALSE, TRUE },
  { "one of three refused for now", "atp", FALSE, 0, RETRY_LATER, FALSE, TRUE },
  { "refused for now, just before the deadline", "t", FALSE, YOUNG, RETRY_LATER, FALSE, TRUE },
  { "refused for now, at the deadline", "t", FALSE, OLD, RETRY_EXPIRED, FALSE, TRUE },
  { "connection failed", "c", FALSE, 0, RETRY_LATER, TRUE, TRUE },
  { "connection failed, at the deadline", "c", FALSE, OLD, RETRY_EXPIRED, TRUE, TRUE },
  { "connection failed after some", "atc", FALSE, 0, RETRY_LATER, TRUE, TRUE },
  { "certificate not trusted", "ss", FALSE, 0, RETRY_LATER, TRUE, TRUE },
  { "AUTH not offered here", "m", FALSE, 0, RETRY_LATER, TRUE, TRUE },
  { "no network", "nn", FALSE, 0, RETRY_LATER, TRUE, FALSE },
  { "no network, after the deadline: nothing expires without an attempt", "n", FALSE, OLD, RETRY_LATER, TRUE,
    FALSE },
  { "login refused", "l", FALSE, 0, RETRY_HOLD_ACCOUNT, TRUE, TRUE },
  { "login refused, after the deadline", "ll", FALSE, OLD, RETRY_HOLD_ACCOUNT, TRUE, TRUE },
  { "no secret", "k", FALSE, 0, RETRY_HOLD_ACCOUNT, TRUE, TRUE },
  { "in doubt", "d", FALSE, 0, RETRY_IN_DOUBT, FALSE, TRUE },
  { "in doubt, after the deadline", "d", FALSE, OLD, RETRY_IN_DOUBT, FALSE, TRUE },
  { "in doubt for one, accepted and refused for others", "adp", FALSE, 0, RETRY_IN_DOUBT, FALSE, TRUE },
  { "in doubt for one, another waits", "dt", FALSE, 0, RETRY_LATER, FALSE, TRUE },
  { "in doubt, to be resent", "d", TRUE, 0, RETRY_LATER, FALSE, TRUE },
  { "in doubt, to be resent, at the deadline", "da", TRUE, OLD, RETRY_EXPIRED, FALSE, TRUE },
};

static const struct {
  char letter;
  OutcomeKind kind;
  Cause cause;
} letters[] = {
  { '-', OUTCOME_NONE, CAUSE_NONE },
  { 'a', OUTCOME_ACCEPTED, CAUSE_REPLY },
  { 't', OUTCOME_TEMPORARY, CAUSE_REPLY },
  { 'p', OUTCOME_PERMANENT, CAUSE_REPLY },
  { 'c', OUTCOME_TRANSPORT, CAUSE_NO_PATH },
  { 'n', OUTCOME_TRANSPORT, CAUSE_NO_NETWORK },
  { 's', OUTCOME_SECURITY, CAUSE_TLS_VERIFICATION },
  { 'l', OUTCOME_SECURITY, CAUSE_AUTH_REFUSED },
  { 'k', OUTCOME_SECURITY, CAUSE_AUTH_NO_SECRET },
  { 'm', OUTCOME_SECURITY, CAUSE_AUTH_NOT_OFFERED },
  { 'd', OUTCOME_IN_DOUBT, CAUSE_CLOSED },
  { 'x', OUTCOME_CANCELLED, CAUSE_CANCELLED },
};

static Outcome *
outcome_of (const char *fates)
{
  Outcome *outcome = outcome_new (strlen (fates));
  for (gsize i = 0; i < outcome->n_recipients; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (letters); j++)
      if (letters[j].letter == fates[i])
        verdict_set (&outcome->recipients[i], letters[j].kind, STAGE_RCPT, letters[j].cause, NULL, NULL);
  outcome_summarize (outcome);
  return outcome;
}

static void
test_decision (gconstpointer data)
{
  const DecisionRow *row = data;
  g_autoptr (Outcome) outcome = outcome_of (row->fates);
  const RetryRules *rules = row->resend ? &resend_rules : &hold_rules;
  RetryDecision decision = retry_decide (rules, outcome, 0, NOW - row->age, NOW, 0);
  g_assert_cmpint (decision.kind, ==, row->kind);
  g_assert_cmpint (decision.with_network, ==, row->with_network);
  g_assert_cmpint (decision.counts, ==, row->counts);
}

/* --- how long to wait ---------------------------------------------------------------------------- */

typedef struct {
  const char *about;
  guint tries;
  Ticks shortest, longest; /* without and with all of the jitter */
} WaitRow;

#define MINUTE TICKS_PER_MINUTE

static const WaitRow wait_rows[] = {
  { "the first failure", 0, MINUTE, MINUTE + 15 * TICKS_PER_SECOND },
  { "the second", 1, 2 * MINUTE, 2 * MINUTE + 30 * TICKS_PER_SECOND },
  { "the third", 2, 4 * MINUTE, 5 * MINUTE },
  { "the eighth", 7, 128 * MINUTE, 160 * MINUTE },
  { "the ninth", 8, 240 * MINUTE, 300 * MINUTE },
  { "the hundredth", 99, 240 * MINUTE, 300 * MINUTE },
  { "more than anybody counts", G_MAXUINT, 240 * MINUTE, 300 * MINUTE },
};

static void
test_wait (gconstpointer data)
{
  const WaitRow *row = data;
  g_autoptr (Outcome) outcome = outcome_of ("t");
  g_assert_cmpint (retry_decide (&hold_rules, outcome, row->tries, NOW, NOW, 0).not_before, ==,
                   NOW + row->shortest);
  g_assert_cmpint (retry_decide (&hold_rules, outcome, row->tries, NOW, NOW, G_MAXUINT32).not_before, ==,
                   NOW + row->longest);
  Ticks half = retry_decide (&hold_rules, outcome, row->tries, NOW, NOW, G_MAXUINT32 / 2).not_before - NOW;
  g_assert_cmpint (half, >, row->shortest);
  g_assert_cmpint (half, <, row->longest);
}

/* What wasn't tried is due at once; no network waits as long as any failure, without counting. */
static void
test_untried (void)
{
  g_autoptr (Outcome) untried = outcome_of ("-");
  g_autoptr (Outcome) no_network = outcome_of ("n");
  g_assert_cmpint (retry_decide (&hold_rules, untried, 5, NOW, NOW, G_MAXUINT32).not_before, ==, NOW);
  g_assert_cmpint (retry_decide (&hold_rules, no_network, 0, NOW, NOW, 0).not_before, ==, NOW + MINUTE);
}

/* A clock that was put back, and a patience without end, are no reason to give up. */
static void
test_odd_times (void)
{
  static const RetryRules patient = { .give_up = TICKS_NEVER };
  g_autoptr (Outcome) outcome = outcome_of ("t");
  g_assert_cmpint (retry_decide (&hold_rules, outcome, 3, NOW + GIVE_UP, NOW, 0).kind, ==, RETRY_LATER);
  g_assert_cmpint (retry_decide (&patient, outcome, 3, 0, NOW, 0).kind, ==, RETRY_LATER);
  g_assert_cmpint (retry_decide (&hold_rules, outcome, 0, NOW, G_MAXINT64 - 1, G_MAXUINT32).not_before, ==,
                   G_MAXINT64);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/retry/pending", pending_rows, test_pending);
  TABLE_ADD ("/retry/decision", decision_rows, test_decision);
  TABLE_ADD ("/retry/wait", wait_rows, test_wait);
  g_test_add_func ("/retry/untried", test_untried);
  g_test_add_func ("/retry/odd-times", test_odd_times);
  return g_test_run ();
}

/* Pacing: what the verdicts mean, the words of rates, the user's limits, and storing. Its
 * behaviour in time against servers is in tests/sim/sim-pacing.c. */
#include "core/pacing.h"
#include "tests/lib/table.h"

#define NOW (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)

static const PacingSpan at_now = { .begun = NOW };

/* ---- rates -------------------------------------------------------------------- */

typedef struct {
  const char *about;
  const char *text;
  guint n;
  PacingRate first;
} RateRow;

static const RateRow rate_rows[] = {
  { "a second", "5/s", 1, { 5, TICKS_PER_SECOND } },
  { "a minute", "60/min", 1, { 60, TICKS_PER_MINUTE } },
  { "an hour", "1/h", 1, { 1, TICKS_PER_HOUR } },
  { "a day", "450/day", 1, { 450, TICKS_PER_DAY } },
  { "two", "60/min,450/day", 2, { 60, TICKS_PER_MINUTE } },
  { "the same period twice", "60/min,61/min", 0, { 0 } },
  { "five", "1/s,1/min,1/h,1/day,2/day", 0, { 0 } },
  { "nothing", "", 0, { 0 } },
  { "no period", "60", 0, { 0 } },
  { "no number", "/min", 0, { 0 } },
  { "zero", "0/min", 0, { 0 } },
  { "negative", "-1/min", 0, { 0 } },
  { "too many", "1000000001/s", 0, { 0 } },
  { "an unknown period", "60/week", 0, { 0 } },
  { "a space", "60 /min", 0, { 0 } },
  { "a comma too many", "60/min,", 0, { 0 } },
};

static void
test_rate (gconstpointer data)
{
  const RateRow *row = data;
  PacingRules rules = { 0 };
  g_assert_cmpint (pacing_rates_parse (row->text, &rules), ==, row->n > 0);
  g_assert_cmpuint (rules.n_rates, ==, row->n);
  g_assert_cmpuint (rules.rates[0].count, ==, row->first.count);
  g_assert_cmpint (rules.rates[0].period, ==, row->first.period);
  g_autofree char *text = pacing_rates_to_string (&rules);
  g_assert_cmpstr (text, ==, row->n > 0 ? row->text : "");
}

/* ---- what one verdict does ----------------------------------------------------- */

typedef enum { NOTHING, SLOWER, PAUSES, COUNTS } Effect;

typedef struct {
  const char *about;
  OutcomeKind kind;
  Stage stage;
  Cause cause;
  guint code, class, subject, detail;
  Effect effect;
} VerdictRow;

static const VerdictRow verdict_rows[] = {
  { "accepted", OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, 250, 2, 0, 0, NOTHING },
  { "421 to MAIL", OUTCOME_TEMPORARY, STAGE_MAIL, CAUSE_REPLY, 421, 0, 0, 0, SLOWER },
  { "421 to the end", OUTCOME_TEMPORARY, STAGE_END, CAUSE_REPLY, 421, 4, 7, 0, SLOWER },
  { "450 to RCPT", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 450, 0, 0, 0, SLOWER },
  { "451 to DATA", OUTCOME_TEMPORARY, STAGE_DATA, CAUSE_REPLY, 451, 4, 3, 0, SLOWER },
  { "452 to MAIL", OUTCOME_TEMPORARY, STAGE_MAIL, CAUSE_REPLY, 452, 4, 3, 1, SLOWER },
  { "450 4.2.0, greylisting", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 450, 4, 2, 0, SLOWER },
  { "450 4.1.1, the address", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 450, 4, 1, 1, NOTHING },
  { "450 4.2.1, the mailbox", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 450, 4, 2, 1, NOTHING },
  { "452 4.2.2, the mailbox", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 452, 4, 2, 2, NOTHING },
  { "452 4.5.3, too many recipients", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 452, 4, 5, 3, NOTHING },
  { "454", OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 454, 0, 0, 0, NOTHING },
  { "the connection failed", OUTCOME_TRANSPORT, STAGE_MAIL, CAUSE_CLOSED, 0, 0, 0, 0, NOTHING },
  { "in doubt", OUTCOME_IN_DOUBT, STAGE_END, CAUSE_CLOSED, 0, 0, 0, 0, NOTHING },
  { "550 to RCPT", OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550, 5, 1, 1, COUNTS },
  { "554 to the end", OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, 0, 0, 0, COUNTS },
  { "550 to MAIL", OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_REPLY, 550, 0, 0, 0, PAUSES },
  { "552 to MAIL, the size", OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_REPLY, 552, 5, 3, 4, COUNTS },
  { "550 5.3.4 to MAIL", OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_REPLY, 550, 5, 3, 4, COUNTS },
  { "550 5.6.7 to MAIL", OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_REPLY, 550, 5, 6, 7, COUNTS },
  { "550 5.4.5 to RCPT", OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550, 5, 4, 5, PAUSES },
  { "550 5.4.5 to the end", OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 550, 5, 4, 5, PAUSES },
  { "550 5.4.1 to RCPT", OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550, 5, 4, 1, COUNTS },
  { "554 5.7.1 to the end", OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554, 5, 7, 1, PAUSES },
  { "too big, as we see ourselves", OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_TOO_BIG, 0, 0, 0, 0, NOTHING },
  { "the login refused", OUTCOME_SECURITY, STAGE_AUTH, CAUSE_AUTH_REFUSED, 535, 5, 7, 8, PAUSES },
  { "not to be trusted", OUTCOME_SECURITY, STAGE_TLS, CAUSE_TLS_VERIFICATION, 0, 0, 0, 0, NOTHING },
};

static Outcome *
outcome_of (const VerdictRow *row)
{
  Outcome *outcome = outcome_new (1);
  g_autoptr (Reply) reply = row->code != 0 ? reply_new (row->code, "words") : NULL;
  if (reply != NULL)
    reply->enhanced = (EnhancedCode){ (guint8)row->class, (guint16)row->subject, (guint16)row->detail };
  verdict_set (&outcome->recipients[0], row->kind, row->stage, row->cause, reply, NULL);
  return outcome;
}

static void
test_verdict (gconstpointer data)
{
  const VerdictRow *row = data;
  PacingRules rules = { .connections = 4, .stop_after = 1 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Outcome) outcome = outcome_of (row);
  gint64 again;
  g_assert_true (pacing_may_open (pacing, NOW, &again));
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==, PACING_GO);
  pacing_ended (pacing, NULL, outcome, &at_now, NOW + TICKS_PER_SECOND);
  PacingPause pause = row->effect == PAUSES   ? PACING_ACCOUNT_REFUSED
                      : row->effect == COUNTS ? PACING_REFUSED_IN_A_ROW
                                              : PACING_RUNS;
  g_assert_cmpint (pacing_pause (pacing), ==, pause);
  g_assert_cmpint (pacing_blames_account (&outcome->recipients[0]), ==, row->effect == PAUSES);
  g_assert_cmpuint (pacing_connections (pacing), ==, row->effect == SLOWER ? 3 : 4);
}

/* ---- refusals in a row ------------------------------------------------------------ */

/* 'a'ccepted, 'r'efused, 't'emporary; upper case R: refused for one of two. */
typedef struct {
  const char *about;
  guint stop_after;
  const char *fates;
  PacingPause pause;
} StreakRow;

static const StreakRow streak_rows[] = {
  { "three are enough", 3, "rrr", PACING_REFUSED_IN_A_ROW },
  { "two aren't", 3, "rr", PACING_RUNS },
  { "one accepted in between", 3, "rrarr", PACING_RUNS },
  { "three behind one accepted", 3, "rrarrr", PACING_REFUSED_IN_A_ROW },
  { "those that come later don't count", 3, "rrtr", PACING_REFUSED_IN_A_ROW },
  { "never", 0, "rrrrrrrrrrrrrrrrrrrrrrr", PACING_RUNS },
  { "somebody got it", 2, "RRRR", PACING_RUNS },
};

static void
streak_step (Pacing *pacing, char fate)
{
  static const VerdictRow refused
      = { .kind = OUTCOME_PERMANENT, .stage = STAGE_RCPT, .cause = CAUSE_REPLY, .code = 550 };
  static const VerdictRow accepted
      = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_END, .cause = CAUSE_REPLY, .code = 250 };
  static const VerdictRow later
      = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_RCPT, .cause = CAUSE_REPLY, .code = 454 };
  g_autoptr (Outcome) one = outcome_of (fate == 'a' ? &accepted : fate == 't' ? &later : &refused);
  g_autoptr (Outcome) two = outcome_new (2);
  verdict_copy (&two->recipients[0], &one->recipients[0]);
  verdict_set (&two->recipients[1], OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, NULL, NULL);
  pacing_ended (pacing, NULL, fate == 'R' ? two : one, &at_now, NOW);
}

static void
test_streak (gconstpointer data)
{
  const StreakRow *row = data;
  PacingRules rules = { .connections = 1, .stop_after = row->stop_after };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  gint64 again;
  for (const char *fate = row->fates; *fate != '\0'; fate++)
    streak_step (pacing, *fate);
  g_assert_cmpint (pacing_pause (pacing), ==, row->pause);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==,
                   row->pause != PACING_RUNS ? PACING_PAUSED : PACING_GO);
  g_assert_cmpint (pacing_may_open (pacing, NOW, &again), ==, row->pause == PACING_RUNS);
  pacing_resume (pacing);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==, PACING_GO);
}

/* ---- one sign for what was under way ------------------------------------------------ */

static void
test_one_sign (void)
{
  PacingRules rules = { .connections = 8 };
  VerdictRow slow = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_MAIL, .cause = CAUSE_REPLY, .code = 450 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Outcome) outcome = outcome_of (&slow);
  for (int i = 0; i < 8; i++)
    pacing_ended (pacing, NULL, outcome, &at_now, NOW + 10 + i);
  g_assert_cmpuint (pacing_connections (pacing), ==, 6);
  pacing_ended (pacing, NULL, outcome, &(PacingSpan){ .begun = NOW + 10 }, NOW + 20);
  g_assert_cmpuint (pacing_connections (pacing), ==, 4);
}

/* One message over one connection, for which the server takes TOOK. Returns the time it waited. */
static Ticks
send_one (Pacing *pacing, Ticks took, gint64 *now)
{
  static const VerdictRow accepted
      = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_END, .cause = CAUSE_REPLY, .code = 250 };
  g_autoptr (Outcome) outcome = outcome_of (&accepted);
  gint64 again, begun = *now;
  if (pacing_take (pacing, 0, NULL, 1, begun, &again) == PACING_WAIT) {
    begun = again;
    g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, begun, &again), ==, PACING_GO);
  }
  const Ticks waited = begun - *now;
  const PacingSpan span = { begun, took };
  *now = begun + took;
  pacing_ended (pacing, NULL, outcome, &span, *now);
  return waited;
}

/* The only connection of a server that has grown slow is left idle half the time, and no longer. */
static void
test_delays (void)
{
  const Ticks slow = 3 * TICKS_PER_SECOND;
  PacingRules rules = { .connections = 1 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  gint64 now = NOW;
  Ticks waited = 0;
  for (int i = 0; i < 20; i++)
    g_assert_cmpint (send_one (pacing, TICKS_PER_SECOND / 10, &now), ==, 0);
  for (int i = 0; i < 4; i++)
    g_assert_cmpint (send_one (pacing, slow, &now), ==, 0);
  for (int i = 0; i < 100; i++)
    waited += send_one (pacing, slow, &now);
  g_assert_cmpint (waited, >, 100 * slow / 3);
  g_assert_cmpint (waited, <, 100 * slow);
}

/* Slower by a sign; a thousand acceptances and more, and it is forgotten. */
static void
test_recovery (void)
{
  static const VerdictRow slow
      = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_MAIL, .cause = CAUSE_REPLY, .code = 450 };
  PacingRules rules = { .connections = 4 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Outcome) outcome = outcome_of (&slow);
  gint64 again;
  for (int i = 0; i < 4; i++)
    g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW + i * TICKS_PER_SECOND, &again), ==, PACING_GO);
  gint64 now = NOW + 4 * TICKS_PER_SECOND;
  pacing_ended (pacing, NULL, outcome, &(PacingSpan){ .begun = now }, now);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, now, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, now, &again), ==, PACING_WAIT);
  now = again;
  for (int i = 0; i < 2000; i++)
    streak_step (pacing, 'a');
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, now, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, now, &again), ==, PACING_GO);
}

/* "60/min" is one a second, from the first minute on; "450/day" is as fast as it goes. */
static void
test_even_spacing (void)
{
  PacingRules rules = { .connections = 1 };
  gint64 again;
  g_assert_true (pacing_rates_parse ("60/min,450/day", &rules));
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==, PACING_WAIT);
  g_assert_cmpint (again, ==, NOW + TICKS_PER_SECOND);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 2, again, &again), ==, PACING_GO);
}

/* ---- domains, and clocks -------------------------------------------------------------- */

static void
test_domains (void)
{
  PacingRules rules = { .connections = 4, .per_domain = 2 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Outcome) outcome = outcome_new (1);
  gint64 again;
  g_assert_cmpint (pacing_take (pacing, 0, "a.example", 1, NOW, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, "A.Example", 1, NOW, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, "a.examplE", 1, NOW, &again), ==, PACING_PASS);
  g_assert_cmpint (pacing_take (pacing, 0, "b.example", 1, NOW, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW, &again), ==, PACING_GO);
  pacing_ended (pacing, "A.EXAMPLE", outcome, &at_now, NOW);
  g_assert_cmpint (pacing_take (pacing, 0, "a.example", 1, NOW, &again), ==, PACING_GO);
}

static void
test_clock_set_back (void)
{
  PacingRules rules = { .connections = 1 };
  g_autoptr (Pacing) pacing = NULL;
  gint64 again;
  g_assert_true (pacing_rates_parse ("2/min", &rules));
  pacing = pacing_new (&rules);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 2, NOW, &again), ==, PACING_GO);
  gint64 before = NOW - 365 * TICKS_PER_DAY;
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, before, &again), ==, PACING_WAIT);
  g_assert_cmpint (again, <=, before + 2 * TICKS_PER_HOUR);
  while (pacing_take (pacing, 0, NULL, 1, again, &again) == PACING_WAIT)
    g_assert_cmpint (again, <=, before + 2 * TICKS_PER_HOUR);
}

/* More recipients than the whole quota: for all of it, once. */
static void
test_more_than_quota (void)
{
  PacingRules rules = { .connections = 1 };
  gint64 again;
  g_assert_true (pacing_rates_parse ("2/min", &rules));
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 5, NOW, &again), ==, PACING_GO);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, NOW + 59 * TICKS_PER_SECOND, &again), ==, PACING_WAIT);
}

/* Refused connections: doubling waits, and as many as live. */
static void
test_refused_connections (void)
{
  static const Ticks waits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
  PacingRules rules = { .connections = 4 };
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Reply) reply = reply_new (421, "too many");
  Verdict why = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_GREETING, .cause = CAUSE_REPLY, .reply = reply };
  gint64 now = NOW, again;
  g_assert_true (pacing_may_open (pacing, now, &again));
  g_assert_true (pacing_may_open (pacing, now, &again));
  pacing_closed (pacing, 0, &why, now);
  g_assert_cmpuint (pacing_connections (pacing), ==, 1);
  g_assert_false (pacing_may_open (pacing, now + TICKS_PER_HOUR, &again));
  pacing_closed (pacing, 0, &why, now);
  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++) {
    g_assert_false (pacing_may_open (pacing, now, &again));
    g_assert_cmpint (again, ==, now + waits[i] * TICKS_PER_SECOND);
    now = again;
    g_assert_true (pacing_may_open (pacing, now, &again));
    pacing_closed (pacing, 0, &why, now);
  }
}

/* ---- storing ------------------------------------------------------------------------------ */

static void
test_storing (void)
{
  PacingRules rules = { .connections = 8, .stop_after = 10 };
  VerdictRow slow = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_MAIL, .cause = CAUSE_REPLY, .code = 450 };
  gint64 again, restored_again;
  g_assert_true (pacing_rates_parse ("60/min,450/day", &rules));
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autoptr (Outcome) outcome = outcome_of (&slow);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 450, NOW, &again), ==, PACING_GO);
  pacing_ended (pacing, NULL, outcome, &at_now, NOW);
  streak_step (pacing, 'r');
  g_autofree char *text = pacing_store (pacing);
  g_autoptr (Pacing) restored = pacing_new (&rules);
  g_assert_true (pacing_restore (restored, text));
  g_autofree char *again_text = pacing_store (restored);
  g_assert_cmpstr (again_text, ==, text);
  gint64 later = NOW + TICKS_PER_HOUR;
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 1, later, &again), ==, PACING_WAIT);
  g_assert_cmpint (pacing_take (restored, 0, NULL, 1, later, &restored_again), ==, PACING_WAIT);
  g_assert_cmpint (again, ==, restored_again);
  g_assert_cmpuint (pacing_connections (restored), ==, 6);
}

/* A higher quota, another rate, fewer connections: what was used still counts. */
static void
test_other_rules (void)
{
  PacingRules rules = { .connections = 8 };
  gint64 again;
  g_assert_true (pacing_rates_parse ("450/day", &rules));
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_assert_cmpint (pacing_take (pacing, 0, NULL, 450, NOW, &again), ==, PACING_GO);
  g_autofree char *text = pacing_store (pacing);
  PacingRules others = { .connections = 2 };
  g_assert_true (pacing_rates_parse ("500/day,60/h", &others));
  g_autoptr (Pacing) restored = pacing_new (&others);
  g_assert_true (pacing_restore (restored, text));
  g_assert_cmpuint (pacing_connections (restored), ==, 2);
  g_assert_cmpint (pacing_take (restored, 0, NULL, 51, NOW, &again), ==, PACING_WAIT);
  g_assert_cmpint (pacing_take (restored, 0, NULL, 50, NOW, &again), ==, PACING_GO);
}

/* Every word cut off or spoilt is noticed, and nothing of it taken. */
static void
test_broken_text (void)
{
  PacingRules rules = { .connections = 8 };
  g_assert_true (pacing_rates_parse ("450/day", &rules));
  g_autoptr (Pacing) pacing = pacing_new (&rules);
  g_autofree char *text = pacing_store (pacing);
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint n = g_strv_length (words);
  for (guint i = 0; i < n; i++) {
    char *kept = words[i];
    words[i] = i == n - 1 ? (char *)"-1" : NULL;
    g_autofree char *cut = g_strjoinv (" ", words);
    words[i] = (char *)"99999999999999999999";
    g_autofree char *spoilt = g_strjoinv (" ", words);
    words[i] = kept;
    /* Cut behind the states: whole, with no quota. */
    if (i != 8)
      g_assert_false (pacing_restore (pacing, cut));
    g_assert_false (pacing_restore (pacing, spoilt));
  }
  g_autofree char *after = pacing_store (pacing);
  g_assert_cmpstr (after, ==, text);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/pacing/rates", rate_rows, test_rate);
  TABLE_ADD ("/pacing/verdict", verdict_rows, test_verdict);
  TABLE_ADD ("/pacing/streak", streak_rows, test_streak);
  g_test_add_func ("/pacing/one-sign", test_one_sign);
  g_test_add_func ("/pacing/recovery", test_recovery);
  g_test_add_func ("/pacing/delays", test_delays);
  g_test_add_func ("/pacing/even-spacing", test_even_spacing);
  g_test_add_func ("/pacing/domains", test_domains);
  g_test_add_func ("/pacing/clock-set-back", test_clock_set_back);
  g_test_add_func ("/pacing/more-than-quota", test_more_than_quota);
  g_test_add_func ("/pacing/refused-connections", test_refused_connections);
  g_test_add_func ("/pacing/storing", test_storing);
  g_test_add_func ("/pacing/other-rules", test_other_rules);
  g_test_add_func ("/pacing/broken-text", test_broken_text);
  return g_test_run ();
}

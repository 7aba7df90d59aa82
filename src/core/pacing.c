/* Advice, and what the server's answers teach: additive increase, multiplicative decrease,
 * of the number of connections and of the speed. See pacing.h. */
#include "core/pacing-private.h"

#define MILLION G_GINT64_CONSTANT (1000000)

/* A sign leaves three quarters; this many messages that were accepted since give one
 * connection back, and as much speed as there was. */
#define LEFT_OF(value) ((value)*3 / 4)
#define MESSAGES_A_CONNECTION 128
#define MESSAGES_A_SPEED 512
/* So much faster than the latest sign's speed without another, and it's forgotten. */
#define SPEED_FORGOTTEN 4
#define SPEED_LOWEST (MILLION / 60)

/* Delays have grown: to several times the usual, by more than a machine that is busy for a moment
 * adds to what takes no time at all, and not just once. Less speed than a server that is idle half
 * the time would have helps nobody. */
#define DELAY_GROWTH 4
#define DELAY_GRACE (2 * TICKS_PER_SECOND)
#define DELAY_TIMES 3
#define DELAY_IDLENESS 2
#define DELAY_SMOOTHING 8
#define DELAY_FORGETTING 1024

#define OPEN_WAIT TICKS_PER_SECOND
#define OPEN_WAIT_LONGEST (5 * TICKS_PER_MINUTE)

/* ---- life ----------------------------------------------------------------------- */

Pacing *
pacing_new (const PacingRules *rules)
{
  g_assert (rules->connections >= 1 && rules->connections <= PACING_CONNECTIONS);
  g_assert (rules->n_rates <= PACING_RATES);
  Pacing *pacing = g_new0 (Pacing, 1);
  pacing->rules = *rules;
  for (guint i = 0; i < rules->n_rates; i++)
    quota_init (&pacing->quotas[i], &rules->rates[i]);
  pacing->in_flight = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pacing->connections = (gint64)rules->connections * PACING_WHOLE;
  pacing->cut_at = pacing->delayed_at = G_MININT64;
  return pacing;
}

void
pacing_free (Pacing *pacing)
{
  if (pacing == NULL)
    return;
  g_hash_table_unref (pacing->in_flight);
  g_free (pacing);
}

/* ---- less, and more ---------------------------------------------------------------- */

static void
connections_set (Pacing *pacing, gint64 connections)
{
  gint64 most = (gint64)pacing->rules.connections * PACING_WHOLE;
  pacing->connections = CLAMP (connections, PACING_WHOLE, most);
}

/* Messages in a million seconds, of late. */
static gint64
speed_of_late (const Pacing *pacing, gint64 now)
{
  guint n = MIN (pacing->n_taken, PACING_LATEST);
  gint64 oldest = pacing->latest[(pacing->n_taken - n) % PACING_LATEST];
  return n == 0 ? MILLION : n * MILLION * MILLION / MAX (now - oldest, 1);
}

static void
speed_cut (Pacing *pacing, gint64 lowest, gint64 now)
{
  gint64 speed = speed_of_late (pacing, now);
  if (pacing->speed != 0)
    speed = MIN (speed, pacing->speed);
  pacing->speed = pacing->speed_cut = MAX (LEFT_OF (speed), lowest);
}

static void
connections_cut (Pacing *pacing, gint64 now)
{
  connections_set (pacing, LEFT_OF (pacing->connections));
  pacing->delay = pacing->delay_usual;
  pacing->n_delayed = 0;
  pacing->cut_at = now;
}

static void
slow_down_as_told (Pacing *pacing, gint64 begun, gint64 now)
{
  if (begun < pacing->cut_at)
    return; /* it was under way when the last sign came */
  speed_cut (pacing, SPEED_LOWEST, now);
  connections_cut (pacing, now);
}

/* A crowd that is in its own way is no faster for being larger: while there is another
 * connection to give up, delays that grow take no speed besides. */
static void
slow_down_for_delays (Pacing *pacing, gint64 now)
{
  if (pacing->connections == PACING_WHOLE)
    speed_cut (pacing, MILLION * MILLION / (DELAY_IDLENESS * pacing->delay), now);
  connections_cut (pacing, now);
}

static void
pacing_recover (Pacing *pacing)
{
  connections_set (pacing, pacing->connections + PACING_WHOLE / MESSAGES_A_CONNECTION);
  if (pacing->speed != 0)
    pacing->speed += pacing->speed_cut / MESSAGES_A_SPEED + 1;
  if (pacing->speed >= SPEED_FORGOTTEN * pacing->speed_cut)
    pacing->speed = 0;
}

static void
delay_learn (Pacing *pacing, Ticks took)
{
  if (pacing->delay_usual == 0)
    pacing->delay_usual = pacing->delay = took;
  else if (took < pacing->delay_usual)
    pacing->delay_usual = took;
  else
    pacing->delay_usual += MIN (took - pacing->delay_usual, pacing->delay_usual / DELAY_FORGETTING);
  pacing->delay += (took - pacing->delay) / DELAY_SMOOTHING;
}

/* TRUE: the server takes longer, again and again. All that was waiting at the same time
 * is one time: it may have been this machine that stood still. */
static gboolean
delay_has_grown (Pacing *pacing, const PacingSpan *span, gint64 now)
{
  Ticks took = MAX (span->took, 0);
  if (span->begun < pacing->cut_at)
    return FALSE;
  delay_learn (pacing, took);
  Ticks bound = DELAY_GROWTH * pacing->delay_usual + DELAY_GRACE;
  pacing->delayed_at = MIN (pacing->delayed_at, now);
  if (pacing->delay <= bound)
    pacing->n_delayed = 0;
  if (pacing->delay <= bound || took <= bound || now - took < pacing->delayed_at)
    return FALSE;
  pacing->delayed_at = now;
  return ++pacing->n_delayed >= DELAY_TIMES;
}

/* ---- connections --------------------------------------------------------------------- */

guint
pacing_connections (const Pacing *pacing)
{
  return (guint)(pacing->connections / PACING_WHOLE);
}

/* A clock that was set back doesn't make anybody wait longer than SPAN. */
static gboolean
has_come (gint64 *when, Ticks span, gint64 now)
{
  *when = MIN (*when, ticks_after (now, span));
  return now >= *when;
}

gboolean
pacing_may_open (Pacing *pacing, gint64 now, gint64 *ret_again)
{
  *ret_again = TICKS_NEVER;
  if (pacing->pause != PACING_RUNS || pacing->n_open >= pacing_connections (pacing))
    return FALSE;
  if (!has_come (&pacing->open_after, OPEN_WAIT_LONGEST, now)) {
    *ret_again = pacing->open_after;
    return FALSE;
  }
  pacing->n_open++;
  return TRUE;
}

/* It took no message: another has to wait, and there may be too many. */
static void
connection_failed (Pacing *pacing, gint64 now)
{
  if (now >= pacing->open_after) { /* else it was under way when the last failed */
    Ticks wait = OPEN_WAIT;
    for (guint i = 0; i < pacing->n_failed && wait < OPEN_WAIT_LONGEST; i++)
      wait *= 2;
    pacing->n_failed++;
    pacing->open_after = ticks_after (now, MIN (wait, OPEN_WAIT_LONGEST));
  }
  if (pacing->n_open > 0)
    connections_set (pacing, MIN (pacing->connections, (gint64)pacing->n_open * PACING_WHOLE));
}

static void
connection_ended (Pacing *pacing, guint n_accepted)
{
  if (n_accepted == pacing->ended_at)
    pacing->per_connection = n_accepted;
  pacing->ended_at = n_accepted;
}

void
pacing_closed (Pacing *pacing, guint n_accepted, const Verdict *why, gint64 now)
{
  g_assert (pacing->n_open > 0);
  Sign sign = pacing_sign (why);
  pacing->n_open--;
  if (sign == SIGN_ACCOUNT)
    pacing->pause = PACING_ACCOUNT_REFUSED;
  else if (n_accepted > 0 && (sign == SIGN_FEWER || sign == SIGN_SLOWER))
    connection_ended (pacing, n_accepted);
  else if (n_accepted == 0 && sign != SIGN_ACCEPTED)
    connection_failed (pacing, now);
}

/* ---- messages -------------------------------------------------------------------------- */

static guint
most_per_connection (const Pacing *pacing)
{
  guint rule = pacing->rules.per_connection;
  guint found = pacing->per_connection;
  return rule == 0 || (found != 0 && found < rule) ? found : rule;
}

/* The time between two messages: that of the slowest rate of at most an hour, so that
 * "60/min" is one a second and not sixty at once; and the server's. */
static Ticks
pacing_gap (const Pacing *pacing, guint n_recipients)
{
  Ticks gap = pacing->speed != 0 ? MILLION * MILLION / pacing->speed : 0;
  for (guint i = 0; i < pacing->rules.n_rates; i++) {
    const PacingRate *rate = &pacing->rules.rates[i];
    if (rate->period <= TICKS_PER_HOUR)
      gap = MAX (gap, rate->period * MIN (n_recipients, rate->count) / rate->count);
  }
  return gap;
}

static gint64
pacing_free_at (Pacing *pacing, guint n_recipients, gint64 now)
{
  gint64 when = has_come (&pacing->next_at, TICKS_PER_HOUR, now) ? now : pacing->next_at;
  for (guint i = 0; i < pacing->rules.n_rates; i++)
    when = MAX (when, quota_free_at (&pacing->quotas[i], n_recipients, now));
  return when;
}

static guint
domain_count (const Pacing *pacing, const char *domain)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (pacing->in_flight, domain));
}

static void
domain_add (Pacing *pacing, const char *domain, int more)
{
  if (domain == NULL || pacing->rules.per_domain == 0)
    return;
  g_autofree char *key = g_ascii_strdown (domain, -1);
  guint count = domain_count (pacing, key) + (guint)more;
  if (count == 0)
    g_hash_table_remove (pacing->in_flight, key);
  else
    g_hash_table_insert (pacing->in_flight, g_steal_pointer (&key), GUINT_TO_POINTER (count));
}

static gboolean
domain_is_full (const Pacing *pacing, const char *domain)
{
  if (domain == NULL || pacing->rules.per_domain == 0)
    return FALSE;
  g_autofree char *key = g_ascii_strdown (domain, -1);
  return domain_count (pacing, key) >= pacing->rules.per_domain;
}

static void
pacing_use (Pacing *pacing, guint n_recipients, gint64 now)
{
  for (guint i = 0; i < pacing->rules.n_rates; i++)
    quota_use (&pacing->quotas[i], n_recipients, now);
  pacing->next_at = ticks_after (now, pacing_gap (pacing, n_recipients));
  pacing->latest[pacing->n_taken++ % PACING_LATEST] = now;
}

PacingAdvice
pacing_take (Pacing *pacing, guint n_begun, const char *domain, guint n_recipients, gint64 now,
             gint64 *ret_again)
{
  guint most = most_per_connection (pacing);
  *ret_again = TICKS_NEVER;
  if (pacing->pause != PACING_RUNS)
    return PACING_PAUSED;
  if ((most != 0 && n_begun >= most) || pacing->n_open > pacing_connections (pacing))
    return PACING_CLOSE;
  gint64 when = pacing_free_at (pacing, n_recipients, now);
  if (when > now) {
    *ret_again = when;
    return PACING_WAIT;
  }
  if (domain_is_full (pacing, domain))
    return PACING_PASS;
  pacing_use (pacing, n_recipients, now);
  domain_add (pacing, domain, 1);
  return PACING_GO;
}

static void
note_refusal (Pacing *pacing)
{
  pacing->n_refused++;
  if (pacing->rules.stop_after != 0 && pacing->n_refused >= pacing->rules.stop_after
      && pacing->pause == PACING_RUNS)
    pacing->pause = PACING_REFUSED_IN_A_ROW;
}

static void
note_acceptance (Pacing *pacing, const PacingSpan *span, gint64 now)
{
  pacing->n_refused = 0;
  pacing->n_failed = 0;
  if (delay_has_grown (pacing, span, now))
    slow_down_for_delays (pacing, now);
  else
    pacing_recover (pacing);
}

void
pacing_ended (Pacing *pacing, const char *domain, const Outcome *outcome, const PacingSpan *span, gint64 now)
{
  domain_add (pacing, domain, -1);
  switch (pacing_sign_of_outcome (outcome)) {
  case SIGN_ACCEPTED:
    note_acceptance (pacing, span, now);
    break;
  case SIGN_REFUSED:
    note_refusal (pacing);
    break;
  case SIGN_SLOWER:
    slow_down_as_told (pacing, span->begun, now);
    break;
  case SIGN_ACCOUNT:
    pacing->pause = PACING_ACCOUNT_REFUSED;
    break;
  case SIGN_FEWER: /* pacing_closed() hears of it */
  case SIGN_NONE:
    break;
  }
}

/* ---- pauses ------------------------------------------------------------------------------ */

PacingPause
pacing_pause (const Pacing *pacing)
{
  return pacing->pause;
}

void
pacing_resume (Pacing *pacing)
{
  pacing->pause = PACING_RUNS;
  pacing->n_refused = 0;
  pacing->n_failed = 0;
  pacing->open_after = 0;
}

/* The rules of trying again, without a clock: what each failure means is a table, how long
 * to wait is arithmetic. What the header calls a try is one claim of the message, however
 * many paths and transactions it took. */
#include "core/retry.h"

/* At most this part more of each wait, so that what failed together doesn't come back
 * together. */
#define JITTER_PART 4

typedef enum {
  NEVER_AGAIN,
  AGAIN,         /* the server said so: at its own time */
  AGAIN_AT_ONCE, /* another network may mend it */
  BY_RULE,       /* in doubt */
} Prospect;

static const Prospect prospects[] = {
  [OUTCOME_NONE] = AGAIN,
  [OUTCOME_ACCEPTED] = NEVER_AGAIN,
  [OUTCOME_TEMPORARY] = AGAIN,
  [OUTCOME_PERMANENT] = NEVER_AGAIN,
  [OUTCOME_TRANSPORT] = AGAIN_AT_ONCE,
  [OUTCOME_SECURITY] = AGAIN_AT_ONCE,
  [OUTCOME_IN_DOUBT] = BY_RULE,
  [OUTCOME_CANCELLED] = NEVER_AGAIN,
};

gboolean
retry_is_pending (const RetryRules *rules, const Verdict *verdict)
{
  g_assert ((gsize)verdict->kind < G_N_ELEMENTS (prospects));
  Prospect prospect = prospects[verdict->kind];
  return prospect == BY_RULE ? rules->resend_in_doubt : prospect != NEVER_AGAIN;
}

/* What only a person mends: the same login would be refused again, and too many of them
 * lock an account at its server. */
static gboolean
holds_account (const Verdict *verdict)
{
  return verdict->kind == OUTCOME_SECURITY
         && (verdict->cause == CAUSE_AUTH_REFUSED || verdict->cause == CAUSE_AUTH_NO_SECRET);
}

/* What the recipients of one try add up to. */
typedef struct {
  gboolean tried;        /* somebody has a fate */
  gboolean pending;      /* somebody is still to be served */
  gboolean with_network; /*   and another network may do so */
  gboolean in_doubt;     /* somebody waits for a person */
  gboolean hold;         /* the account is to blame */
  gboolean no_network;   /* there was none */
} Sum;

static void
sum_add (Sum *sum, const RetryRules *rules, const Verdict *verdict)
{
  gboolean pending = retry_is_pending (rules, verdict);
  if (verdict->kind == OUTCOME_NONE)
    return;
  sum->tried = TRUE;
  sum->in_doubt = sum->in_doubt || (verdict->kind == OUTCOME_IN_DOUBT && !pending);
  if (!pending)
    return;
  sum->pending = TRUE;
  sum->with_network = sum->with_network || prospects[verdict->kind] == AGAIN_AT_ONCE;
  sum->hold = sum->hold || holds_account (verdict);
  sum->no_network = sum->no_network || verdict->cause == CAUSE_NO_NETWORK;
}

static Sum
outcome_sum (const RetryRules *rules, const Outcome *outcome)
{
  Sum sum = { 0 };
  for (gsize i = 0; i < outcome->n_recipients; i++)
    sum_add (&sum, rules, &outcome->recipients[i]);
  return sum;
}

static Ticks
backoff (guint tries, guint32 random)
{
  Ticks wait = RETRY_SHORTEST;
  for (guint i = 0; i < tries && wait < RETRY_LONGEST; i++)
    wait *= 2;
  wait = MIN (wait, RETRY_LONGEST);
  /* In milliseconds, since microseconds times RANDOM run over. */
  return wait + wait / JITTER_PART / TICKS_PER_MS * random / G_MAXUINT32 * TICKS_PER_MS;
}

RetryDecision
retry_decide (const RetryRules *rules, const Outcome *outcome, guint tries, gint64 submitted, gint64 now,
              guint32 random)
{
  Sum sum = outcome_sum (rules, outcome);
  RetryDecision later = { .kind = RETRY_LATER,
                          .not_before = ticks_after (now, backoff (tries, random)),
                          .with_network = sum.with_network,
                          .counts = !sum.no_network };

  if (!sum.tried)
    return (RetryDecision){ .kind = RETRY_LATER, .not_before = now };
  if (!sum.pending)
    return (RetryDecision){ .kind = sum.in_doubt ? RETRY_IN_DOUBT : RETRY_OVER, .counts = sum.in_doubt };
  if (sum.no_network)
    return later;
  if (sum.hold)
    later.kind = RETRY_HOLD_ACCOUNT;
  else if (now >= ticks_after (submitted, rules->give_up))
    later.kind = RETRY_EXPIRED;
  return later;
}

/* When a message that was not delivered is due again, and when it is given up: DESIGN,
 * "Never lose, never double". Times are of the wall clock (µs since 1970), since they
 * must survive a reboot. */
#pragma once

#include "base/ticks.h"
#include "core/outcome.h"

#define RETRY_SHORTEST TICKS_PER_MINUTE       /* after the first failure, */
#define RETRY_LONGEST  (4 * TICKS_PER_HOUR)   /*   doubling up to this, and up to a quarter more each */

typedef struct {
  Ticks    give_up;          /* an attempt that fails this long after the submission is the last */
  gboolean resend_in_doubt;  /* else what is in doubt waits for a person */
} RetryRules;

typedef enum {
  RETRY_OVER,         /* nobody waits any more: everybody was accepted, refused or cancelled */
  RETRY_LATER,        /* at .not_before, or when the network changes where .with_network */
  RETRY_HOLD_ACCOUNT, /* refused login, or a secret that can't be had: not before that changes */
  RETRY_IN_DOUBT,     /* a person decides */
  RETRY_EXPIRED,      /* this was the last attempt */
} RetryKind;

typedef struct {
  RetryKind kind;
  gint64    not_before;
  gboolean  with_network; /* a transport or TLS failure: another network may mend it at once */
  gboolean  counts;       /* an attempt was made; having no network is none, and costs no backoff */
} RetryDecision;

/* TRUE: a recipient with VERDICT is still to be served, by RULES. */
gboolean retry_is_pending (const RetryRules *rules, const Verdict *verdict);

/* After a try that ended with OUTCOME, where TRIES failed before it. Recipients of OUTCOME
 * that are OUTCOME_NONE had no part in it; if all are, nothing was tried, and it is due at
 * once. RANDOM (any 32 bits) is for the jitter. While some are in doubt and others wait,
 * it is RETRY_LATER for those. */
RetryDecision retry_decide (const RetryRules *rules, const Outcome *outcome, guint tries, gint64 submitted,
                            gint64 now, guint32 random);

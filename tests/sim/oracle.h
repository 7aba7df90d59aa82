/* The rules of the ladder said a second time, as what may be and what must be, by
 * somebody who sees only what goes in and what comes out. It shares no code with
 * src/core/ladder*.c and path-memory.c; where they disagree one of them is wrong. */
#pragma once

#include "world.h"

/* What is claimed. One TAP line each. */
typedef enum {
  CLAIM_ORDER,     /* order of preference is respected */
  CLAIM_PATIENCE,  /* a later port is untouched while a path before it may still answer */
  CLAIM_CANDIDATE, /* nothing is started beside a candidate within its patience, nor a worse port beside any */
  CLAIM_PACE,      /* attempts of a port are attempt-delay apart unless one failed */
  CLAIM_STRICT,    /* strict never connects twice at once */
  CLAIM_PROMPT,    /* what may start is started at once, what is due is done at once */
  CLAIM_TIMEOUT,   /* nothing is given up before its time or for a wrong reason */
  CLAIM_ONCE,      /* nothing is said twice, nothing of what isn't */
  CLAIM_DEADLINE,  /* deadlines lie in the future, and there is one while anything is awaited */
  CLAIM_COMPLETE,  /* exhausted only after each address of each path was tried to its end */
  CLAIM_REACHABLE, /* who can be reached is reached, whatever is remembered */
  CLAIM_BOUND,     /* the time is within the sum that the options promise */
  CLAIM_FINAL,     /* after a verdict nothing is tried */
  CLAIM_MEMORY,    /* what is remembered is what was seen */
  CLAIM_REPORT,    /* the report says how each path ended */
  N_CLAIMS,
} Claim;

const char *claim_text (Claim claim);

/* What the ladder was seen to decide. Each must be reached in a run. */
typedef enum {
  DECISION_FIRST_ATTEMPT,
  DECISION_AFTER_DELAY,        /* the attempt delay was over */
  DECISION_AFTER_FAILURE,      /* another had failed */
  DECISION_NEXT_PORT_FAILED,   /* all of a port had failed */
  DECISION_NEXT_PORT_PATIENCE, /* its patience was over */
  DECISION_NEXT_HOST,
  DECISION_FURTHER_ADDRESS,
  DECISION_WAITED_FOR_FAMILY,  /* resolution-delay ran out */
  DECISION_FAMILY_CAME_LATE,   /* answered after another had started */
  DECISION_PORT_BEFORE_FAMILY, /* a later port started while a family was outstanding */
  DECISION_NO_ADDRESS,
  DECISION_TUNNEL,
  DECISION_DEMOTED_LAST,       /* a demoted path was tried */
  DECISION_DEMOTED_SPARED,     /* a winner without trying a demoted path */
  DECISION_DEMOTED_LATE,       /* found remembered after another family had started */
  DECISION_ALL_DEMOTED,
  DECISION_PARDONED_LATE,      /* all remembered, as was found after one had started */
  DECISION_BESIDE,             /* started beside a stalled candidate */
  DECISION_BESIDE_DEMOTED,
  DECISION_BESIDE_BETTER_PORT,
  DECISION_SECOND_CANDIDATE,
  DECISION_RETRY,              /* an address that had been closed as late or lost */
  DECISION_WON,
  DECISION_WON_AFTER_BROKEN,   /* by another path, after a winner broke */
  DECISION_WON_PREFERRED,      /* by the first path of the ladder */
  DECISION_WON_LATER_PORT,
  DECISION_WON_BY_PAUSED,      /* by one whose patience had run out */
  DECISION_LOST,
  DECISION_LATE_IN_RACE,
  DECISION_LATE_AFTER_WIN,
  DECISION_SILENT,
  DECISION_SILENT_AFTER_WIN,
  DECISION_GREETING_TIMEOUT,
  DECISION_GREETING_TIMEOUT_LAST,
  DECISION_OVER,
  DECISION_EXHAUSTED,
  DECISION_STOPPED_FINAL,
  DECISION_STOPPED_FINISHED,
  DECISION_MEMORY_SILENCE_WHOLE, /* of connect-timeout */
  DECISION_MEMORY_SILENCE_PORT,  /* of port-patience, and another path answered */
  DECISION_MEMORY_WEAK,
  DECISION_MEMORY_THIRD_WEAK,
  DECISION_MEMORY_REPEATED,
  DECISION_MEMORY_NO_GREETING,
  DECISION_MEMORY_TLS_STALL,
  DECISION_MEMORY_FAIR,          /* a stall no longer than the winner's: none */
  DECISION_MEMORY_LATE_CLEARS,
  DECISION_MEMORY_LATE_KEEPS,    /* accepting is no proof against a stall */
  DECISION_MEMORY_FAST_FAILURE,
  DECISION_MEMORY_FORGIVEN,      /* a demoted path won */
  DECISION_MEMORY_EXPIRED,
  DECISION_RACE,
  DECISION_STRICT,
  DECISION_UNKNOWN_NETWORK,
  DECISION_NETWORKS_DIFFER,    /* the families take different ways */
  DECISION_REFUSED,
  DECISION_PROHIBITED,
  DECISION_UNREACHABLE,
  DECISION_SILENT_BY_KERNEL,
  DECISION_OWN_HOST,
  DECISION_CLOSED,
  DECISION_BAD_GREETING,
  DECISION_BROKEN,
  N_DECISIONS,
} Decision;

const char *decision_name (Decision decision);

/* What the oracle believes about paths of all networks; outlives its oracles. */
typedef struct Shadow Shadow;

Shadow *shadow_new (void);
void    shadow_free (Shadow *shadow);

typedef struct Oracle Oracle;

/* COUNTS: N_DECISIONS numbers to add to. */
Oracle *oracle_new (const World *world, const PathMemory *memory, Shadow *shadow, guint64 *counts);
void    oracle_free (Oracle *oracle);

/* From now on only CLAIM can be violated: to see what one claim notices by itself. */
void oracle_trust_all_but (Oracle *oracle, Claim claim);

/* The first violation: NULL while there is none. */
const char *oracle_violation (const Oracle *oracle, Claim *ret_claim);

/* For whoever drives the ladder, to say what only it can see. */
void oracle_violate (Oracle *oracle, Claim claim, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* ---- what goes in, told before the ladder is told --------------------------------- */
void oracle_resolved (Oracle *oracle, guint host, Family family, guint n_addresses, Ticks now);
void oracle_progress (Oracle *oracle, LadderAttemptId id, LadderProgress progress, Ticks now);
void oracle_failed (Oracle *oracle, LadderAttemptId id, LadderFailure failure, AttemptEnd end, Ticks now);
void oracle_finished (Oracle *oracle, Ticks now);

/* ---- what comes out ------------------------------------------------------------------ */
void oracle_action (Oracle *oracle, const LadderAction *action, Ticks now);

/* Time is about to go on from a WAIT to NOW: all that was due before is overdue. */
void oracle_time_passes (Oracle *oracle, Ticks now);

/* The ladder said EXHAUSTED or STOPPED: the claims over the whole. */
void oracle_end (Oracle *oracle, const Ladder *ladder, Ticks began, Ticks now);

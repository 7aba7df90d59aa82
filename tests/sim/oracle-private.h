/* What the oracle's files share. */
#pragma once

#include "oracle.h"

#define ORACLE_PATHS (WORLD_PORTS * FAMILY_COUNT)
/* Those that lost a race are tried again after each winner that breaks: where a dozen addresses greet
 * and then break one by one, they go beyond a thousand, and come to an end. */
#define ORACLE_ATTEMPTS 10000

typedef enum { ADDRESS_UNTRIED, ADDRESS_TRYING, ADDRESS_OVER } AddressState;

typedef struct {
  Path         path;
  guint        port_index;
  guint        position;      /* in the order of this host; changes when a family is resolved */
  guint        rung;          /* paths of one port that are remembered alike */
  gboolean     remembered;    /* when its family was resolved */
  gboolean     demoted;
  gboolean     resolved;
  Ticks        first;         /* start of an attempt; TICKS_NEVER: none */
  Ticks        first_held;    /* HELD at that time */
  guint        n_addresses;
  AddressState state[WORLD_ADDRESSES];
  gboolean     tried_before[WORLD_ADDRESSES];
  gboolean     accepted;
  gboolean     judged;
  gboolean     failed;
  LadderFailure failure;
  AttemptEnd   end;
  Ticks        silence;
  Ticks        stall;
  PathCost     stall_cost;
  gboolean     won;
} OraclePath;

typedef enum {
  ATTEMPT_CONNECTING, ATTEMPT_CANDIDATE, ATTEMPT_WINNER,
  ATTEMPT_CONDEMNED, /* an ABANDON with .reason is due */
  ATTEMPT_GONE,
} AttemptState;

typedef struct {
  AttemptState   state;
  OraclePath    *path;
  guint          address;
  Ticks          started;
  LadderProgress progress;
  Ticks          progress_at;
  Ticks          longest;
  LadderReason   reason;
  gboolean       paused;      /* its patience was over once */
} OracleAttempt;

struct Oracle {
  const World      *world;
  const PathMemory *memory;
  Shadow           *shadow;
  guint64          *counts;
  Claim             claim;
  char             *violation;
  gboolean          alone;    /* only this claim counts: */
  Claim             only;

  int               host;     /* in hand; -1: none yet */
  OraclePath        paths[ORACLE_PATHS]; /* as the options have them */
  gboolean          pardoned;            /* all are remembered: as if none were */
  guint             n_paths;
  gboolean          asked[FAMILY_COUNT];
  gboolean          answered[FAMILY_COUNT];
  Ticks             answered_at[FAMILY_COUNT];
  guint             n_found[FAMILY_COUNT];

  OracleAttempt     attempts[ORACLE_ATTEMPTS];
  guint             n_attempts;
  LadderAttemptId   winner;   /* 0: none */
  gboolean          winner_due;
  gboolean          winner_broke;
  gboolean          stopped, verdict;
  Ticks             now;      /* of the last that happened */

  Ticks             held, held_since;              /* sum so far; TICKS_NEVER: not in hand */
  Ticks             last_start[WORLD_PORTS];
  gboolean          free_start[WORLD_PORTS];       /* something ended since */

  /* For the bound. */
  Ticks             resolving;  /* sum over hosts of the slowest answer */
  guint             n_accepted; /* connections */
  guint             n_returned; /* addresses closed as late or lost, to be tried again */
  guint             n_host_starts;
  Ticks             promised;   /* of hosts before */
  Ticks             sessions;   /* time of winners */
  Ticks             won_at;
};

static inline void
oracle_count (Oracle *oracle, Decision decision)
{
  oracle->counts[decision]++;
}

/* ---- oracle-rules.c: what is known, and what follows ---------------------------------- */

gboolean oracle_path_over (const OraclePath *path);
gboolean oracle_has_untried (const Oracle *oracle);
int      oracle_candidate_port (const Oracle *oracle);
guint    oracle_count_attempts (const Oracle *oracle, AttemptState state);
guint    oracle_count_tried (const OraclePath *path);
Ticks    oracle_deadline (const Oracle *oracle, const OracleAttempt *attempt);
gboolean oracle_has_lively (const Oracle *oracle, Ticks now);
gboolean oracle_is_reachable (const World *world);
gboolean oracle_is_stalled (const Oracle *oracle, const OracleAttempt *attempt, Ticks now);
Ticks    oracle_promise_of_host (const Oracle *oracle);
Ticks    oracle_rung_waited (const Oracle *oracle, guint rung, Ticks now); /* -1: not begun */
Claim    oracle_why_not (const Oracle *oracle, const OraclePath *path, Ticks now);

/* ---- shadow.c: what ought to be remembered ------------------------------------------ */

/* Is the path demoted at NOW? */
gboolean shadow_demoted (Oracle *oracle, const Path *path, Ticks now);
void     shadow_won (Oracle *oracle, OracleAttempt *winner, Ticks now);
void     shadow_late (Oracle *oracle, OraclePath *path, Ticks now);
void     shadow_greeting_timeout (Oracle *oracle, OracleAttempt *attempt, Ticks now);
void     shadow_path (Oracle *oracle, OraclePath *path, gboolean last, Ticks now);
void     shadow_host (Oracle *oracle, Ticks now);

/* CLAIM_MEMORY: all that is remembered, against all that ought to be. */
void     shadow_compare (Oracle *oracle, Ticks now);

/* What the three files of the ladder share: ladder.c is told what happened and
 * says what to do, ladder-order.c knows whose turn it is, ladder-evidence.c turns
 * what was seen into memory. Nobody else includes this.
 *
 * A *rung* is one port's paths of one host, those that are remembered as costly
 * apart from the rest; rungs are climbed in order. What is remembered of a family is
 * known with its addresses; until then it counts as nothing. A *target* is one address of a
 * path. A *candidate* is an attempt that was accepted and isn't established yet;
 * it is *stalled* when its patience is over. While a candidate or the winner is in
 * hand the ports' patience stands still: nobody waits for the other paths then. */
#pragma once

#include "core/ladder.h"

typedef enum { TARGET_UNTRIED, TARGET_TRYING, TARGET_OVER } TargetState;

typedef struct {
  IpAddress   address;
  TargetState state;
} LadderTarget;

typedef struct {
  Path          path;
  guint         host;
  guint         port_index;      /* into the rules' ports: the less, the better liked */
  guint         preference;      /* its place where nothing is remembered */
  gboolean      resolved;        /* an answer came, with addresses or without */
  char         *network;         /* NULL: unknown, or not resolved */
  gboolean      remembered;      /* as costly, when it was resolved */
  gboolean      demoted;         /* moved to the end for that */
  GArray       *targets;         /* of LadderTarget */
  Ticks         patience_from;   /* TICKS_NEVER: nothing was started on it */

  gboolean      failed;          /* at least one attempt has, latest: */
  LadderFailure failure;
  AttemptEnd    end;
  gboolean      stalled;         /* an attempt ended, or stands, stalled */

  gboolean      accepted;        /* at least once */
  gboolean      judged;          /* the memory has been told */
  Ticks         silence;         /* longest that an attempt was answered by nothing, */
  Ticks         silence_began;   /*   and since when */
  Ticks         stall;           /* longest that a candidate stood still, */
  Ticks         stall_began;
  PathCost      stall_cost;
} LadderPath;

typedef struct {
  guint first, n_paths;          /* a part of the ladder's paths */
  guint port_index;
} LadderRung;

typedef struct {
  gboolean asked, answered, found;
  Ticks    answered_at;
} LadderResolution;

typedef enum { PHASE_CONNECTING, PHASE_CANDIDATE, PHASE_ESTABLISHED, PHASE_OVER } AttemptPhase;

typedef struct {
  LadderAttemptId id;
  LadderPath     *path;
  guint           target;
  AttemptPhase    phase;
  Ticks           started;
  LadderProgress  progress;      /* of a candidate: the latest step, */
  Ticks           progress_at;   /*   when it came, */
  Ticks           longest_wait;  /*   and the longest that one took */
  gboolean        stalled;
  gboolean        tell_abandon;  /* LADDER_ABANDON is due, with: */
  LadderReason    reason;
} LadderAttempt;

struct Ladder {
  LadderRules      rules;        /* families and ports are copies */
  char           **hosts;
  guint            n_hosts;
  PathMemory      *memory;

  guint            host;         /* in hand; n_hosts: none is left */
  gboolean         host_begun;
  LadderResolution resolutions[FAMILY_COUNT];
  GPtrArray       *paths;        /* of LadderPath, of all hosts so far */
  guint            first_path;   /* of the host in hand */
  GArray          *rungs;        /* of LadderRung, of the host in hand */
  Ticks           *next_start;   /* by port: the attempt delay ends then */

  GPtrArray       *attempts;     /* of LadderAttempt, the INDEXth with id INDEX + 1 */
  LadderAttempt   *winner;
  gboolean         tell_winner;
  Ticks            held_since;   /* TICKS_NEVER: neither candidate nor winner in hand */
  gboolean         stopped;
};

static inline LadderPath *
ladder_path_at (const Ladder *ladder, guint index)
{
  return ladder->paths->pdata[index];
}

static inline LadderAttempt *
ladder_attempt_at (const Ladder *ladder, guint index)
{
  return ladder->attempts->pdata[index];
}

/* ---- ladder-order.c ------------------------------------------------------ */

LadderPath *ladder_path_new (Ladder *ladder, guint port_index, Family family);
void        ladder_path_free (gpointer path);

/* Every address was tried and none is being tried, or there is none. */
gboolean ladder_path_is_over (const LadderPath *path);

/* Lays out the paths of the host in hand. */
void ladder_host_begin (Ladder *ladder, Ticks now);

/* A family of that host is resolved, and with it what is remembered: lays them out anew. */
void ladder_order_paths (Ladder *ladder);
gboolean ladder_host_is_over (const Ladder *ladder);

/* Something is left that nobody has tried: an address, a family, a host. */
gboolean ladder_has_untried (const Ladder *ladder);

/* The next target to start at NOW. Otherwise FALSE, and *until is lowered to when
 * time alone would change that. */
gboolean ladder_find_start (Ladder *ladder, Ticks now, LadderPath **ret_path, guint *ret_target, Ticks *until);

/* The last candidate or winner is gone: patience runs again from where it stood. */
void ladder_release_hold (Ladder *ladder, Ticks now);

/* ---- ladder-evidence.c --------------------------------------------------- */

/* An attempt on PATH was answered by nothing from BEGAN to NOW. */
void ladder_note_silence (LadderPath *path, Ticks began, Ticks now);

/* ATTEMPT, a candidate, is given up while it stands still. */
void ladder_note_stall (LadderAttempt *attempt, Ticks now);

/* No greeting came in the whole of greeting-timeout: evidence in itself. */
void ladder_judge_stall (Ladder *ladder, LadderPath *path, Ticks now);

/* The winner is established: it worked, and those that stood still cost time. */
void ladder_judge_winner (Ladder *ladder, Ticks now);

/* PATH answered when nobody needed it any more. */
void ladder_judge_late (Ladder *ladder, LadderPath *path, Ticks now);

/* What PATH's silence or failure is worth. LAST: nothing more will be seen of it. */
void ladder_judge_path (Ladder *ladder, LadderPath *path, gboolean last, Ticks now);

/* The same for all paths of the host in hand, whatever is pending included. */
void ladder_judge_host (Ladder *ladder, Ticks now);

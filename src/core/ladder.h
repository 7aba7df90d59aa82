/* The ladder: which path to try next, and when. It owns the race and none of its
 * sockets: it is told what happened and asked what to do. Order is preference.
 *
 * The rules are those of the design page's "The ladder's rules"; RFC 8305 gives
 * the attempt delay (section 5) and the wait for AAAA (section 3), RFC 5321
 * (4.5.3.2.1) the five minutes for a greeting.
 *
 * Use: ladder_new(); then, after every event, call ladder_next() until it
 * answers LADDER_WAIT or LADDER_EXHAUSTED or LADDER_STOPPED, doing what it says;
 * call it again at the time it names. */
#pragma once

#include "core/path-memory.h"
#include "core/path.h"

typedef enum { LADDER_RACE, LADDER_STRICT } LadderMode;

typedef struct {
  guint16  port;
  gboolean implicit_tls;
} LadderPort;

typedef struct {
  LadderMode mode;
  Ticks attempt_delay;         /* 250 ms */
  Ticks port_patience;         /* 3 s */
  Ticks connect_timeout;       /* 5 s */
  Ticks greeting_patience;     /* 5 s: without progress that long, others of the port are tried beside */
  Ticks greeting_timeout;      /* 60 s while another path is untried */
  Ticks last_greeting_timeout; /* 5 min when none is */
  Ticks resolution_delay;      /* 50 ms: IPv4 waits so long for AAAA */
  const Family     *families;  /* in order of preference */
  gsize             n_families;
  const LadderPort *ports;     /* in order of preference */
  gsize             n_ports;
} LadderRules;

typedef struct Ladder Ladder;
typedef guint LadderAttemptId; /* from 1, never used again in one ladder */

/* HOSTS: in order; all of one host's ladder, then the next's. RULES and HOSTS are
 * copied. MEMORY outlives the ladder; the ladder writes what it learns into it.
 * Never fails. Asks for resolution of the first host through ladder_next(). */
Ladder *ladder_new (const LadderRules *rules, const char *const *hosts, gsize n_hosts,
                    PathMemory *memory);
void    ladder_free (Ladder *ladder);

/* --- what happened ----------------------------------------------------- */

/* The addresses of host number HOST in one family, in order; none is an answer
 * too (no such record, or the resolver failed). NETWORK (copied): where this machine is
 * attached for the route to them; NULL: unknown, so that nothing is believed and
 * nothing is written of this family. FAMILY_TUNNEL is never resolved, and its network is
 * unknown. */
void ladder_resolved (Ladder *ladder, guint host, Family family, const char *network,
                      const IpAddress *addresses, gsize n_addresses, Ticks now);

/* How far an attempt has come; each step restarts its patience. In this order, where
 * TLS from the first octet brings SECURING before GREETED; steps may be left out. What
 * is said of an attempt that is over (it crossed with LADDER_ABANDON) is ignored. */
typedef enum {
  LADDER_CONNECTED,   /* the connection is accepted (a tunnel: its command runs) */
  LADDER_GREETED,     /* a 220 greeting came */
  LADDER_SECURING,    /* the TLS handshake has begun */
  LADDER_ESTABLISHED, /* greeted, and TLS verified or knowingly not used: it has won */
} LadderProgress;

void ladder_progress (Ladder *ladder, LadderAttemptId attempt, LadderProgress progress, Ticks now);

/* Why an attempt is over. Whether the search goes on follows from this alone. END is
 * read for LADDER_FAILED_CONNECT only. Of an attempt that is over it is ignored. */
typedef enum {
  LADDER_FAILED_CONNECT,         /* END says how */
  LADDER_FAILED_CLOSED,          /* closed or reset before it was established: transport */
  LADDER_FAILED_GREETING,        /* 421 or 5xx greeting: the other family, then the next port */
  LADDER_FAILED_AFTER,           /* the established session broke in transport and nothing is in doubt */
  LADDER_FAILED_FINAL,           /* a verdict (security, a refusal, done): the ladder stops */
} LadderFailure;

void ladder_failed (Ladder *ladder, LadderAttemptId attempt, LadderFailure failure,
                    AttemptEnd end, Ticks now);

/* The session on the winning path is over and all is well, or the search is given up:
 * LADDER_STOPPED follows. Pending attempts are judged now: lasting silence counts, see
 * path_memory_note_*(). */
void ladder_finished (Ladder *ladder, Ticks now);

/* --- what to do --------------------------------------------------------- */

typedef enum {
  LADDER_WAIT,      /* nothing until .until (or an event) */
  LADDER_RESOLVE,   /* ask for .host and .path.family, answer with ladder_resolved() */
  LADDER_ATTEMPT,   /* connect to .address on .path without blocking, as .attempt */
  LADDER_ABANDON,   /* close .attempt: .reason says why; no ladder_failed() is due.
                       A connect that lost the race is *not* abandoned before its
                       timeout or ladder_finished(): a late answer is evidence. An
                       address closed as LATE or LOST may come again, as another
                       attempt, when who was preferred to it has failed */
  LADDER_WINNER,    /* .attempt has won; said once per winner */
  LADDER_EXHAUSTED, /* every path has failed */
  LADDER_STOPPED,   /* LADDER_FAILED_FINAL came, or ladder_finished() */
} LadderActionKind;

typedef enum {
  LADDER_REASON_LOST,             /* another attempt was quicker */
  LADDER_REASON_SILENT,           /* connect-timeout */
  LADDER_REASON_GREETING_TIMEOUT, /* accepted, and nothing more in time */
  LADDER_REASON_LATE,             /* answered when another had won, or was within its patience:
                                     closed at once, its silence forgiven */
  LADDER_REASON_OVER,             /* the search is over */
} LadderReason;

const char *ladder_reason_name (LadderReason reason);

typedef struct {
  LadderActionKind kind;
  LadderAttemptId  attempt;
  guint            host;
  Path             path;    /* of the attempt; path.host owned by the ladder */
  const char      *network; /* of the attempt's family; owned by the ladder; NULL: unknown */
  IpAddress        address; /* unset for FAMILY_TUNNEL */
  LadderReason     reason;
  Ticks            until;   /* TICKS_NEVER: only an event helps */
} LadderAction;

/* The next thing to do at NOW. Never the same thing twice. */
LadderActionKind ladder_next (Ladder *ladder, Ticks now, LadderAction *ret_action);

/* --- why ---------------------------------------------------------------- */

/* Each path of the ladder and what has become of it, for -v, --json and the
 * final message ("587/IPv6 silent, 25/IPv4 refused"). */
typedef enum {
  LADDER_PATH_WAITING,   /* its turn hasn't come */
  LADDER_PATH_NO_ADDRESS,
  LADDER_PATH_TRYING,
  LADDER_PATH_FAILED,
  LADDER_PATH_WON,
} LadderPathState;

typedef struct {
  Path            path;
  LadderPathState state;
  gboolean        demoted;  /* moved to the end by what is remembered */
  LadderFailure   failure;  /* when FAILED; a greeting timeout is CLOSED and stalled */
  AttemptEnd      end;      /* when FAILED by LADDER_FAILED_CONNECT */
  gboolean        stalled;  /* accepted, then nothing: greeting or handshake */
} LadderPathReport;

gsize ladder_n_paths (const Ladder *ladder);
/* The INDEXth path in the order of trial (of the host in hand and those before). */
void  ladder_report (const Ladder *ladder, gsize index, LadderPathReport *ret_report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ladder, ladder_free)

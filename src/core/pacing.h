/* How fast a batch may go over one account: how many connections, which message next, and
 * when. Pure: times are handed in, and are of the wall clock (µs since 1970), because a
 * quota "a day" outlives the process and the state is stored with the batch. A clock that
 * is set back costs one period of the longest rate at the most.
 *
 * Two kinds of limit meet here. The user's (PacingRules) are never exceeded, in whatever
 * window of time they are measured. The server's are found out: a 421, 450, 451, 452 or
 * delays that have grown, and stay so, mean a quarter less speed and a quarter fewer
 * connections, once for all that was under way at that moment; every acceptance gives a
 * little back. A connection refused while others live means just as many as live.
 *
 * Use: pacing_may_open() before each connection, pacing_take() before each message, and
 * say what became of both. Messages of the batch that were refused for the account's sake
 * (pacing_blames_account()), or that belong to the row of refusals that paused the batch,
 * are to be sent again later. */
#pragma once

#include "base/ticks.h"
#include "core/outcome.h"

/* COUNT recipients in any PERIOD. */
typedef struct {
  guint count;
  Ticks period;
} PacingRate;

#define PACING_RATES       4
#define PACING_CONNECTIONS 32
#define PACING_COUNT_LIMIT 1000000000u

typedef struct {
  guint      connections; /* at the most; 1 to PACING_CONNECTIONS */
  PacingRate rates[PACING_RATES];
  guint      n_rates;
  guint      per_connection; /* messages; 0: as many as it takes */
  guint      per_domain;     /* messages in flight; 0: any number */
  guint      max_recipients; /* of one transaction; 0: any number */
  guint      stop_after;     /* messages refused one behind the other; 0: never */
} PacingRules;

/* Reads "60/min" or "60/min,450/day" (s, min, h, day; at most PACING_RATES of them, of
 * different periods) into RULES. FALSE: it isn't one, and RULES are as before. */
gboolean pacing_rates_parse (const char *text, PacingRules *rules);
/* … and back; "" for none. Free with g_free(). */
char    *pacing_rates_to_string (const PacingRules *rules);

typedef struct Pacing Pacing;

Pacing *pacing_new (const PacingRules *rules);
void    pacing_free (Pacing *pacing);

/* ---- connections -------------------------------------------------------- */

/* TRUE: one more may be opened, and counts as open from now on. FALSE: ask again at
 * *RET_AGAIN (TICKS_NEVER: when something else has happened). */
gboolean pacing_may_open (Pacing *pacing, gint64 now, gint64 *ret_again);

/* It is over, or could not be had; WHY is that of the session. N_ACCEPTED messages went
 * over it. Twice ended by the server at the same number: that is how many it takes. */
void pacing_closed (Pacing *pacing, guint n_accepted, const Verdict *why, gint64 now);

/* How many there may be now. */
guint pacing_connections (const Pacing *pacing);

/* ---- messages ------------------------------------------------------------- */

typedef enum {
  PACING_GO,     /* it is counted: pacing_ended() must follow */
  PACING_PASS,   /* too many to this domain are in flight; another message may go, this one stays first */
  PACING_WAIT,   /* ask again at *RET_AGAIN; a connection need not be kept open for that */
  PACING_CLOSE,  /* this connection has done its part, or is one too many */
  PACING_PAUSED, /* pacing_pause() says why */
} PacingAdvice;

/* May a connection over which N_BEGUN messages went take one more, for N_RECIPIENTS at
 * DOMAIN (any case; NULL: several)? */
PacingAdvice pacing_take (Pacing *pacing, guint n_begun, const char *domain, guint n_recipients, gint64 now,
                          gint64 *ret_again);

typedef struct {
  gint64 begun; /* when it was on its way: a sign that came later said as much */
  Ticks  took;  /* how long the server had it, and none before it over the same connection */
} PacingSpan;

/* What became of it, told once for each PACING_GO with the same DOMAIN. */
void pacing_ended (Pacing *pacing, const char *domain, const Outcome *outcome, const PacingSpan *span,
                   gint64 now);

/* ---- pauses ---------------------------------------------------------------- */

typedef enum {
  PACING_RUNS,
  PACING_ACCOUNT_REFUSED, /* the sender, the login, a quota: no message is to blame */
  PACING_REFUSED_IN_A_ROW,
} PacingPause;

PacingPause pacing_pause (const Pacing *pacing);
void        pacing_resume (Pacing *pacing);

/* TRUE: VERDICT is about the sender or the account, and says nothing of the message. */
gboolean pacing_blames_account (const Verdict *verdict);

/* ---- what outlives the process ------------------------------------------------ */

/* What was learnt and used up, as one line of ASCII. Free with g_free(). */
char *pacing_store (const Pacing *pacing);

/* Into a new one, whose rules may differ from those it was stored with. FALSE: TEXT isn't
 * whole, and nothing was taken from it. */
gboolean pacing_restore (Pacing *pacing, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pacing, pacing_free)

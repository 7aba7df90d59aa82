/* What the three files of the time line share: the model, its words, its drawing. */
#pragma once

#include "engine/timeline.h"

typedef enum {
  ATTEMPT_STATE_CONNECTING,
  ATTEMPT_STATE_CONNECTED, /* accepted, and not (yet) the one */
  ATTEMPT_STATE_WON,
  ATTEMPT_STATE_ENDED,
} AttemptState;

/* How a row's bar ends, once it has ended. */
typedef enum {
  ATTEMPT_MARK_NONE,   /* still going on */
  ATTEMPT_MARK_FAILED, /* an answer came, and it was no */
  ATTEMPT_MARK_GIVEN_UP,
  ATTEMPT_MARK_GOOD,   /* the session on it came to its end */
} AttemptMark;

typedef struct {
  LadderAttemptId id;
  char           *host;
  guint16         port;
  Family          family;
  gboolean        has_address;
  IpAddress       address;
  AttemptState    state;
  AttemptMark     mark;
  gboolean        won; /* at some time */
  gboolean        greeted, secured, verified; /* a probe's */
  Ticks           began;
  Ticks           connected; /* TICKS_NEVER: not yet */
  Ticks           ended;     /* TICKS_NEVER: not yet */
  char           *brief;     /* how it ended, in one or two words; owned */
  char           *full;      /* and in a clause; owned */
} TimelineAttempt;

/* One line below the attempts: what was said and agreed on the path reached. */
typedef struct {
  char         *label;
  char         *text;
  TimelineStyle style;
} TimelineFact;

struct Timeline {
  TimelineSubject subject;
  GPtrArray *attempts; /* of TimelineAttempt */
  guint      overflow; /* attempts beyond the limit */
  GPtrArray *facts;    /* of TimelineFact */
  Ticks      over;     /* when the outcome came; TICKS_NEVER: not yet */
};

void timeline_fact_free (TimelineFact *fact);

/* How an attempt ended that lasted so long; both strings are the caller's. REASON is
 * the event's text, NULL unless it was abandoned. */
void timeline_words_of_end (AttemptEnd end, int error, const char *reason, gboolean connected,
                            Ticks lasted, char **ret_brief, char **ret_full);

/* The same for a session that ended before it was chosen. */
void timeline_words_of_session (const Verdict *verdict, Ticks lasted, char **ret_brief, char **ret_full);

/* … and when nothing was wrong with it, so that all was said, on a probe's attempt. */
void timeline_words_of_probe (const TimelineAttempt *attempt, Ticks lasted, char **ret_brief, char **ret_full);

/* The fact that EVENT tells, the caller's; NULL: none. */
TimelineFact *timeline_fact_of_event (const EngineEvent *event);

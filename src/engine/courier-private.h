/* What courier.c (the search) and attempt.c (its attempts and their sessions) share.
 * Nobody else includes this. */
#pragma once

#include "engine/carriage.h"
#include "engine/courier.h"
#include "engine/timer.h"
#include "net/tcp.h"

typedef struct {
  Courier *courier;
  LadderAttemptId id;
  Path path;
  const char *network; /* the ladder's; NULL: unknown */
  IpAddress address;
  TcpConnect *connect;        /* while connecting */
  Session *session;           /* once connected */
  Capabilities *capabilities; /* of its last EHLO: the flags only */
  char *mechanism;            /* by which it logged in; NULL: not */
  Ticks started;
  LadderProgress progress; /* once connected: the latest step, */
  Ticks progressed;        /*   and when it came */
  gboolean over, counted;
} Attempt;

/* For the addresses of a host, and then for the network by which they are reached. */
typedef struct {
  Courier *courier;
  guint host;
  Family family;
  Resolver *resolver; /* that was asked */
  GArray *addresses;  /* of IpAddress, the answer to the first */
} Question;

struct Courier {
  Engine *engine;
  const Account *account;
  Ladder *ladder;
  GPtrArray *attempts;  /* of Attempt */
  GPtrArray *questions; /* of Question, for resolver_cancel() and identity_cancel() */
  Timer *timer;
  Carriage *carriage; /* in hand; NULL: none */
  Delivery *next;     /* claimed, to follow over the same session */
  Attempt *winner;
  Verdict last_failure;
  char *network; /* the latest that a host was reached by, for people; NULL: unknown */
  Ticks claimed_at;
  Ticks quit_until; /* TICKS_NEVER: not quitting */
  guint resolver_failed, name_unknown, asked;
  gboolean wants_delivery; /* the dialogue waits for dialogue_begin() */
  gboolean without_bdat, restart;
  gboolean driving, drive_again, done;
};

/* --- courier.c ---------------------------------------------------------------- */

/* Asks the ladder and does what it says until it wants to wait. What is done there may
 * call back into here. */
void courier_drive (Courier *courier);

/* DIALOGUE_WANTS_DELIVERY on the winner's session: a delivery, or QUIT. */
void courier_offer_delivery (Courier *courier);

/* The delivery in hand and the one claimed behind it share what became of the search. */
void courier_give_up (Courier *courier, const Verdict *verdict);

/* --- attempt.c ---------------------------------------------------------------- */

void     attempt_start (Courier *courier, const LadderAction *action);
Attempt *attempt_find (Courier *courier, LadderAttemptId id); /* NULL: none, or over */
void     attempt_free (gpointer attempt);

/* The ladder gives up ATTEMPT for REASON. */
void attempt_abandon (Courier *courier, LadderAttemptId id, LadderReason reason);

/* ATTEMPT's session can't go on: its own address is gone, and no end of a message has been
 * permitted that the server might still answer. */
gboolean attempt_is_cut_off (const Attempt *attempt);

/* Ends the session of one that is cut off, as a failure of transport. */
void attempt_cut (Attempt *attempt);
/* For the history: ATTEMPT's session ends with VERDICT. The caller's. */
OutboxAttempt *attempt_facts (const Attempt *attempt, const Verdict *verdict);

/* EVENT with the attempt's place filled in. */
void attempt_emit (Attempt *attempt, EngineEvent event);

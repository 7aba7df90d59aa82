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
  GQueue carriages; /* of Carriage, in the order of their claims; those of a search still to begin */
  Attempt *winner;
  Ticks since; /* when what was in hand last was claimed: what is told of the search counts from there */
  guint n_begun, n_decided, n_accepted; /* deliveries, over the winner's session */
  Ticks answered_at; /* the latest message over it; 0: none */
  Verdict last_failure;
  char *network; /* the latest that a host was reached by, for people; NULL: unknown */
  Ticks quit_until; /* TICKS_NEVER: not quitting */
  Ticks ask_at;     /* the session has nothing to do until then; TICKS_NEVER: until it is woken */
  guint resolver_failed, name_unknown, asked;
  gboolean wants_delivery; /* the dialogue waits for dialogue_begin() */
  gboolean idle;           /* … and is kept for what may come */
  gboolean without_bdat, restart;
  gboolean last_session;   /* no further one, and no further delivery */
  gboolean over_told;      /* to the source */
  gboolean driving, drive_again, done;
};

/* --- courier.c ---------------------------------------------------------------- */

/* Asks the ladder and does what it says until it wants to wait. What is done there may
 * call back into here. */
void courier_drive (Courier *courier);

/* DIALOGUE_WANTS_DELIVERY on the winner's session: a delivery, or QUIT. */
void courier_offer_delivery (Courier *courier);

/* All deliveries in hand share what became of the search. */
void courier_give_up (Courier *courier, const Verdict *verdict);

/* What the winner's dialogue says of one delivery. */
void courier_handle (Courier *courier, const DialogueEvent *event);

/* TRUE when nobody is left, though that may not be durable yet. */
gboolean courier_is_served (const Courier *courier);

/* Calls FUNCTION with each carriage in hand, whatever it does with them. */
typedef void (*CarriageFunction) (Carriage *carriage, gpointer data);
void courier_for_each (Courier *courier, CarriageFunction function, gpointer data);

/* The session is over, or the search is, with VERDICT: FALSE: nothing GOES_ON. */
gboolean courier_tell_over (Courier *courier, const Verdict *verdict, gboolean goes_on);

/* The winner's session ended with VERDICT, and deliveries are left: may another be opened? */
gboolean courier_may_go_on (Courier *courier, const Verdict *verdict);

/* An event about the search or the session, with time filled in, and the id of the delivery that has
 * been in hand longest. */
void courier_emit (Courier *courier, EngineEvent *event);

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
OutboxAttempt *attempt_facts (const Attempt *attempt, const Verdict *verdict, Ticks since);

/* EVENT with the attempt's place filled in. */
void attempt_emit (Attempt *attempt, EngineEvent event);

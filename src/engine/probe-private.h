/* What probe.c (names, order, life) and probe-trial.c (one attempt) share. Nobody else
 * includes this. */
#pragma once

#include "engine/probe.h"
#include "engine/session.h"
#include "engine/timer.h"
#include "net/resolver.h"
#include "net/tcp.h"

typedef struct {
  Probe *probe;
  LadderAttemptId id;
  ProbeResult *result;
  TcpConnect *connect; /* while connecting */
  Session *session;    /* once connected */
  Timer *timer;
  Stage stage;          /* what is waited for */
  Ticks patience_until; /* of the stage in hand; then it is told */
  Ticks deadline;
  gboolean told, over;
} ProbeTrial;

struct Probe {
  const Account *account;
  Account *manner;    /* the account as the probe behaves: no login, and looking further */
  Identity *identity; /* NULL: none */
  ProbeReport *report;
  EngineWatch watch;
  ProbeDone done;
  gpointer data;
  Resolver *resolver;
  GArray *addresses;    /* of GArray of IpAddress, by lookup */
  GPtrArray *questions; /* of questions to the resolver */
  GPtrArray *trials;    /* of ProbeTrial */
  guint unanswered, started, in_flight;
  Timer *timer; /* for what mustn't happen inside a callback */
  Ticks began;
  gboolean trying, finished;
};

/* --- probe.c ------------------------------------------------------------------- */

Ticks probe_time (const Probe *probe); /* since it began */

/* EVENT with its time filled in. */
void probe_emit (Probe *probe, EngineEvent event);

/* --- probe-trial.c ------------------------------------------------------------- */

/* RESULT is the report's. */
ProbeTrial *probe_trial_new (Probe *probe, LadderAttemptId id, ProbeResult *result);
void        probe_trial_free (gpointer trial);
void        probe_trial_start (ProbeTrial *trial);

/* It is waited for no longer, because of CAUSE. */
void probe_trial_give_up (ProbeTrial *trial, Cause cause);

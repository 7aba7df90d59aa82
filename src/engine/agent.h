/* Serves one outbox, and the batches beside it: sends what is due, at once what other programs put
 * in, and what waits for a network when there is another one. */
#pragma once

#include "engine/outbox-source.h"

typedef struct Agent Agent;

typedef struct {
  const char       *directory; /* of the outbox */
  OutboxFindAccount find_account;
  gpointer          find_data;
  PathMemory       *memory;    /* both outlive the agent */
  Identity         *identity;
  Ticks             keep_sent; /* how long what is over is remembered */
  gboolean          once;      /* what is due now, and nothing that comes later */
  Ticks             linger;    /* but what becomes due within this time */
  gboolean          batches;   /* serves those that nobody else does */
  void            (*warn) (const char *text, gpointer data); /* of a notice or copy that failed, or a batch; NULL: nobody listens */
  gpointer          warn_data;
} AgentRules;

/* Nothing is in hand, and nothing is due. From the main context. */
typedef void (*AgentIdle) (Agent *agent, gpointer data);

/* NULL with an error of store/outbox.h. IDLE comes each time when the agent comes to rest, and first
 * when it has looked for what is due. */
Agent *agent_new (const AgentRules *rules, AgentIdle idle, gpointer data, GError **error);

OutboxSource *agent_source (Agent *agent);

gboolean agent_is_idle (const Agent *agent);

/* This machine may be attached elsewhere now. */
void agent_network_changed (Agent *agent);

/* The time of day was set, or this machine slept. */
void agent_clock_changed (Agent *agent);

/* Claims nothing any more and puts back what has not been permitted to end. TRUE: nothing is left in
 * hand; FALSE: something is, be it that servers have yet to answer, and IDLE comes after that. */
gboolean agent_retire (Agent *agent);

/* What is in doubt by now stays so. Accepts NULL. */
void agent_free (Agent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Agent, agent_free)

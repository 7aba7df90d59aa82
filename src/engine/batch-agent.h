/* Sends the batches of one state directory that somebody has begun and nobody sends: after a crash
 * or a restart of the machine, and when what was deferred is due, or a rate lets more of them go. One at
 * a time, each as its plan says. What a person has paused is left alone. */
#pragma once

#include "engine/outbox-source.h"

typedef struct BatchAgent BatchAgent;

typedef struct {
  const char       *directory;
  OutboxFindAccount find_account;
  gpointer          find_data;
  PathMemory       *memory; /* both outlive it */
  Identity         *identity;
  void (*say) (const char *text, gpointer data); /* why one doesn't go on; NULL: nobody listens */
  gpointer          say_data;
} BatchAgentRules;

/* It has come to rest. From the main context. */
typedef void (*BatchAgentIdle) (gpointer data);

/* Nothing is begun before batch_agent_look(). */
BatchAgent *batch_agent_new (const BatchAgentRules *rules, BatchAgentIdle idle, gpointer data);

/* Something may be due; from now on it also looks by itself. */
void        batch_agent_look (BatchAgent *agent);

/* What found no way to its server is tried again. */
void        batch_agent_network_changed (BatchAgent *agent);

gboolean    batch_agent_is_idle (const BatchAgent *agent);

/* Begins nothing any more. TRUE: nothing is in hand; else IDLE comes when that is so. */
gboolean    batch_agent_retire (BatchAgent *agent);

/* What is in doubt by now stays so. Accepts NULL. */
void        batch_agent_free (BatchAgent *agent);

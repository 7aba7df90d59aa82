/* All outboxes of the configuration, served until a signal ends it. */
#pragma once

#include "config/config.h"

typedef struct {
  const char *const *set; /* of --set; NULL */
  gboolean once;          /* what is due now, and nothing that comes later */
  gboolean system;        /* after system_begin(): for all users of this machine */
} AgentWish;

/* The exit status. */
int agent_serve (const AgentWish *wish);

/* The state directories of CONFIG's accounts that have an outbox, each once; the caller's. */
GPtrArray *agent_directories (const Config *config);

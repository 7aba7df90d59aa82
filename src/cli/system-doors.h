/* What `toukan agent --system` adds to an agent: sockets at which every user of this machine
 * is served. They stay open from one configuration to the next, so that nobody finds them shut. */
#pragma once

#include "engine/agent.h"
#include "config/config.h"

#define SYSTEM_STATE_DIRECTORY "/var/lib/toukan"

/* Makes this process one that serves others: it reads the system's configuration alone and
 * leaves no core dump. FALSE with ERROR: it must not, since it is root's. */
gboolean system_begin (GError **error);

typedef struct SystemDoors SystemDoors;

/* NULL with ERROR. */
SystemDoors *system_doors_open (GError **error);
void         system_doors_free (SystemDoors *doors); /* accepts NULL */

/* Serves with CONFIG and the AGENT of the outbox in DIRECTORY, which outlive that. */
void system_doors_serve (SystemDoors *doors, const Config *config, Agent *agent, const char *directory);

/* Sends away all who are inside, with their answers. TRUE: there is nobody; else EMPTY comes. */
gboolean system_doors_retire (SystemDoors *doors, void (*empty) (gpointer data), gpointer data);
gboolean system_doors_are_empty (const SystemDoors *doors);

/* The agent is gone. */
void system_doors_rest (SystemDoors *doors);

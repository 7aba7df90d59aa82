/* One agent for each outbox: a lock of the kernel's, which ends with its process however that dies,
 * on a file that says whose it is. Any other program may send from the outbox all the same. */
#pragma once

#include <glib.h>

typedef struct AgentLock AgentLock;

typedef struct {
  gint64 process; /* 0: unknown */
  gint64 since;   /* wall clock, µs since 1970; 0: unknown */
} AgentHolder;

/* Takes the lock of DIRECTORY, which is made where it is missing. NULL without ERROR: *RET_HOLDER
 * has it. */
AgentLock *agent_lock_take (const char *directory, AgentHolder *ret_holder, GError **error);

/* Accepts NULL. */
void       agent_lock_free (AgentLock *lock);

const char *agent_lock_directory (const AgentLock *lock);

/* TRUE: an agent serves DIRECTORY, *RET_HOLDER. Nothing is made and nothing is taken. */
gboolean agent_lock_is_held (const char *directory, AgentHolder *ret_holder);

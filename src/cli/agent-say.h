/* What the agent has to say for itself, on standard error. */
#pragma once

#include "cli/agent-lock.h"

/* "toukan: …" and the end of the line. */
void agent_say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* That HOLDER serves DIRECTORY. */
void agent_say_holder (const char *directory, const AgentHolder *holder);

/* A moment of the wall clock's as people read it; free with g_free(). */
char *agent_moment (gint64 wall);

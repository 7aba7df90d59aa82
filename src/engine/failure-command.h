/* on-failure: the user's own command, told of failures by its environment and its standard
 * input, never by its arguments. */
#pragma once

#include "engine/failure.h"

/* TEXT: what to tell a person who may be looking. */
typedef void (*FailureWarn) (const char *text, gpointer data);

#define FAILURE_COMMAND_PATIENCE TICKS_PER_MINUTE

typedef struct FailureCommands FailureCommands;

/* A command that takes longer than PATIENCE is ended, with all that it has started. */
FailureCommands *failure_commands_new (Ticks patience, FailureWarn warn, gpointer data);

/* What runs goes on running; what hasn't begun is dropped. */
void failure_commands_free (FailureCommands *commands);

/* Runs COMMAND for FAILURE, when its turn comes. */
void failure_commands_add (FailureCommands *commands, const char *command, const Failure *failure);

guint failure_commands_waiting (const FailureCommands *commands); /* not begun */
guint failure_commands_running (const FailureCommands *commands);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FailureCommands, failure_commands_free)

/* What a person does to messages of the outbox without looking into them. */
#pragma once

#include "cli/outbox-places.h"

/* States from which ACTION can be done: for ranges and "all". */
guint outbox_action_states (OutboxAction action);

/* Does ACTION to each of TARGETS (of OutboxTarget) and says for each what became of it; what
 * counts as sent from now on is copied where `record` of its account in CONFIG says. The exit
 * status: EX_OK when all was done. */
int   outbox_act_on (const Config *config, const GArray *targets, OutboxAction action);

/* Says what became of one of them (.place NULL: in the system outbox): RESULT, and STATE where that is OUTBOX_NOT_SO. Its exit
 * status. */
int   outbox_explain (const OutboxTarget *target, OutboxAction action, OutboxResult result, OutboxState state);

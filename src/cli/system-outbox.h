/* The system outbox as a user sees it who has no configuration of his own: it takes his mail,
 * and says what became of it. The other end is engine/post-office.h. */
#pragma once

#include "config/config.h"
#include "store/outbox.h"

/* Is what this user sends the system outbox's? When he has no configuration file, none is named
 * and nothing is SET (may be NULL) for this command, and this machine has a system outbox. */
gboolean system_outbox_takes_over (const char *const *set);

/* A configuration of one account that hands mail over there. */
Config *system_outbox_config (void);

/* FALSE with TOUKAN_ERROR_TEMPORARY: nobody answers there. */
gboolean system_outbox_answers (GError **error);

/* This user's rows that wait (root: everybody's), oldest first. */
gboolean system_outbox_list (OutboxVisit visit, gpointer data, GError **error);

/* CANCEL, HOLD, RELEASE or RETRY of one of those rows; as outbox_act(). */
gboolean system_outbox_act (gint64 id, OutboxAction action, OutboxResult *ret_result, OutboxState *ret_state,
                            GError **error);

/* Standard input and output as a connection to it, for -bs. Returns the exit status. */
int system_outbox_bridge (void);

/* Puts a message that was handed in into the outbox while the main loop goes on. */
#pragma once

#include "engine/outbox-source.h"
#include "mail/handover.h"

/* From the main context. ERROR: nothing of it was kept. */
typedef void (*KeepDone) (DeliveryId id, const GError *error, gpointer data);

/* ACCOUNT outlives it; HANDOVER is taken; OWNER is the uid of who handed it in. It waits for the account's
 * undo-window, and then is due; whoever serves the outbox must be woken by DONE. */
void keep_message (OutboxSource *source, const Account *account, guint32 owner, Handover *handover,
                   KeepDone done, gpointer data);

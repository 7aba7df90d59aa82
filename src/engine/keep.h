/* Puts a message that was handed in into the outbox while the main loop goes on. */
#pragma once

#include "engine/outbox-source.h"
#include "mail/handover.h"

/* From the main context. ERROR: nothing of it was kept. */
typedef void (*KeepDone) (DeliveryId id, const GError *error, gpointer data);

typedef struct {
  const Account     *account;
  guint32            owner;     /* uid of who handed it in */
  const char *const *overrides; /* of --set, without secrets; NULL: none */
} KeepRules;

/* HANDOVER is taken; what RULES point to outlives it. The message waits for the account's
 * undo-window, and then is due; whoever serves the outbox must be told by DONE. */
void keep_message (OutboxSource *source, const KeepRules *rules, Handover *handover, KeepDone done,
                   gpointer data);

/* One row for each action: from where it is possible, what it says, and what to say where
 * it isn't. */
#include "cli/outbox-act.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/deliver.h"
#include "engine/outbox-words.h"
#include "engine/record.h"
#include "engine/stored-message.h"
#include "net/clock.h"

#define BIT(state) (1u << (state))
#define OVER (BIT (OUTBOX_FINISHED) | BIT (OUTBOX_CANCELLED))
#define UNSENT (BIT (OUTBOX_DRAFT) | BIT (OUTBOX_HELD) | BIT (OUTBOX_QUEUED))

static const struct {
  guint states;
  const char *done;
} actions[] = {
  [OUTBOX_RETRY] = { BIT (OUTBOX_HELD) | BIT (OUTBOX_QUEUED), N_ ("due now") },
  [OUTBOX_HOLD] = { BIT (OUTBOX_QUEUED), N_ ("held") },
  [OUTBOX_RELEASE] = { BIT (OUTBOX_DRAFT) | BIT (OUTBOX_HELD), N_ ("released") },
  [OUTBOX_CANCEL] = { UNSENT | BIT (OUTBOX_SENDING), N_ ("cancelled") },
  [OUTBOX_RESOLVE_SENT] = { BIT (OUTBOX_IN_DOUBT), N_ ("counts as sent") },
  [OUTBOX_RESOLVE_RESEND] = { BIT (OUTBOX_IN_DOUBT), N_ ("will be sent again") },
  [OUTBOX_REMOVE] = { OVER | BIT (OUTBOX_DRAFT), N_ ("removed") },
};

guint
outbox_action_states (OutboxAction action)
{
  g_assert ((gsize)action < G_N_ELEMENTS (actions));
  return actions[action].states;
}

/* Why it isn't so, and what would be possible. */
static const char *
refusal (OutboxAction action, OutboxState state)
{
  switch (state) {
  case OUTBOX_FINISHED:
    return _ ("it is over: `toukan outbox show` tells what became of it");
  case OUTBOX_CANCELLED:
    return _ ("it was cancelled");
  case OUTBOX_IN_DOUBT:
    return _ ("it is in doubt: decide with `toukan outbox resolve`");
  case OUTBOX_SENDING:
    return _ ("it is being sent: wait, or `toukan outbox cancel` it");
  case OUTBOX_DRAFT:
    return _ ("it is a draft: `toukan outbox release` sends it off");
  case OUTBOX_HELD:
  case OUTBOX_QUEUED:
    break;
  }
  if (action == OUTBOX_RESOLVE_SENT || action == OUTBOX_RESOLVE_RESEND)
    return _ ("it is not in doubt");
  if (action == OUTBOX_REMOVE)
    return _ ("it is not over: `toukan outbox cancel` first");
  return _ ("it is not held");
}

static char *
holder_of (const OutboxTarget *target)
{
  g_autoptr (OutboxItem) item = target->place ? outbox_find (target->place->outbox, target->id, NULL) : NULL;
  return item && item->holder ? visible_text (item->holder, -1) : g_strdup (_ ("another process"));
}

int
outbox_explain (const OutboxTarget *target, OutboxAction action, OutboxResult result, OutboxState state)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, target->id);
  g_autofree char *holder = NULL;
  switch (result) {
  case OUTBOX_DONE:
    outbox_say (stdout, target->id, _ (actions[action].done));
    return EX_OK;
  case OUTBOX_UNKNOWN:
    fprintf (stderr, _ ("toukan: there is no message %s in the outbox\n"), id);
    return EX_USAGE;
  case OUTBOX_BUSY:
    holder = holder_of (target);
    if (action == OUTBOX_CANCEL)
      fprintf (stderr,
               _ ("toukan: message %s is being sent by %s, which was asked to cancel it; `toukan outbox "
                  "show %s` tells whether it could\n"),
               id, holder, id);
    else
      fprintf (stderr, _ ("toukan: message %s is being sent by %s; try again when that is over\n"), id,
               holder);
    return EX_TEMPFAIL;
  case OUTBOX_NOT_SO:
    break;
  }
  fprintf (stderr, _ ("toukan: message %s: %s\n"), id, refusal (action, state));
  return EX_UNAVAILABLE;
}

static gboolean
is_waited_for (const OutboxItem *item)
{
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (item->pending[i])
      return TRUE;
  return FALSE;
}

/* Before it counts as sent, since its octets aren't kept beyond that. While somebody waits for it
 * still, that is left to the end of the try that serves them. A copy that fails stops nothing. */
static void
keep_copy (const Config *config, const OutboxTarget *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxItem) item = outbox_find (target->place->outbox, target->id, NULL);
  const Account *account = item ? config_account (config, item->account, NULL, NULL) : NULL;
  StoredMessage message = { target->place->outbox, target->id };

  if (account && account->record && item->state == OUTBOX_IN_DOUBT && !is_waited_for (item)
      && !record_message (account->record, stored_message_open, &message, &error))
    fprintf (stderr, _ ("toukan: warning: %s\n"), error->message);
}

int
outbox_act_on (const Config *config, const GArray *targets, OutboxAction action)
{
  int status = EX_OK;
  for (guint i = 0; i < targets->len; i++) {
    const OutboxTarget *target = &g_array_index (targets, OutboxTarget, i);
    g_autoptr (GError) error = NULL;
    OutboxResult result;
    OutboxState state = OUTBOX_QUEUED;
    if (action == OUTBOX_RESOLVE_SENT)
      keep_copy (config, target);
    if (!outbox_act (target->place->outbox, target->id, action, OUTBOX_ANYBODY, clock_instant ().wall,
                     &result, &state, &error))
      return deliver_fail (error);
    const int one = outbox_explain (target, action, result, state);
    status = status == EX_OK ? one : status;
  }
  return status;
}

/* Durable means fsync, and fsync takes its time: so it is done on the writer thread. */
#include "engine/keep.h"

#include "mail/summary.h"
#include "net/clock.h"

typedef struct {
  KeepRules rules;
  Handover *handover;
  MessageSummary *summary; /* NULL: none could be had */
  gint64 id;
  GError *error;
  KeepDone done;
  gpointer data;
} Keeping;

/* On the writer thread. */
static void
put (Outbox *outbox, gpointer data)
{
  Keeping *keeping = data;
  const Account *account = keeping->rules.account;
  OutboxWish wish
      = { .state = OUTBOX_QUEUED, .owner = keeping->rules.owner, .overrides = keeping->rules.overrides };

  if (account->undo_window > 0) {
    wish.reason = "undo";
    wish.not_before = ticks_after (clock_instant ().wall, account->undo_window);
  }
  if (keeping->summary) {
    wish.from = keeping->summary->from;
    wish.subject = keeping->summary->subject;
    wish.message_id = keeping->summary->message_id;
  }
  outbox_put (outbox, account, keeping->handover->envelope, keeping->handover->message, &wish, &keeping->id,
              &keeping->error);
}

static void
say_done (Outbox *outbox, gpointer data)
{
  Keeping *keeping = data;

  keeping->done ((DeliveryId)keeping->id, keeping->error, keeping->data);
  handover_free (keeping->handover);
  g_clear_pointer (&keeping->summary, message_summary_free);
  g_clear_error (&keeping->error);
  g_free (keeping);
}

void
keep_message (OutboxSource *source, const KeepRules *rules, Handover *handover, KeepDone done, gpointer data)
{
  Keeping *keeping = g_new0 (Keeping, 1);

  keeping->rules = *rules;
  keeping->handover = handover;
  keeping->summary = message_summary_new (handover->message, NULL);
  keeping->done = done;
  keeping->data = data;
  outbox_source_run (source, put, say_done, keeping);
}

/* Durable means fsync, and fsync takes its time: so it is done on the writer thread. */
#include "engine/keep.h"

#include "net/clock.h"

typedef struct {
  const Account *account;
  guint32 owner;
  Handover *handover;
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
  OutboxWish wish = { .state = OUTBOX_QUEUED, .owner = keeping->owner };

  if (keeping->account->undo_window > 0) {
    wish.reason = "undo";
    wish.not_before = clock_instant ().wall + keeping->account->undo_window;
  }
  outbox_put (outbox, keeping->account, keeping->handover->envelope, keeping->handover->message, &wish,
              &keeping->id, &keeping->error);
}

static void
say_done (Outbox *outbox, gpointer data)
{
  Keeping *keeping = data;

  keeping->done ((DeliveryId)keeping->id, keeping->error, keeping->data);
  handover_free (keeping->handover);
  g_clear_error (&keeping->error);
  g_free (keeping);
}

void
keep_message (OutboxSource *source, const Account *account, guint32 owner, Handover *handover, KeepDone done,
              gpointer data)
{
  Keeping *keeping = g_new0 (Keeping, 1);

  *keeping = (Keeping){
    .account = account,
    .owner = owner,
    .handover = handover,
    .done = done,
    .data = data,
  };
  outbox_source_run (source, put, say_done, keeping);
}

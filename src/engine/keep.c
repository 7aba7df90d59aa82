/* Durable means fsync, and fsync takes its time: so it is done on the writer thread. */
#include "engine/keep.h"

#include "net/clock.h"

typedef struct {
  char *account;
  guint32 owner;
  Ticks undo_window;
  Handover *handover;
  BodyReader *reader;
  gint64 id;
  GError *error;
  KeepDone done;
  gpointer data;
} Keeping;

static gssize
read_message (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  Keeping *keeping = data;

  return body_reader_read (keeping->reader, buffer, length, error);
}

/* On the writer thread. */
static void
add (Outbox *outbox, gpointer data)
{
  Keeping *keeping = data;
  gint64 now = clock_instant ().wall;
  OutboxAddition addition = {
    .state = OUTBOX_QUEUED,
    .reason = keeping->undo_window > 0 ? "undo" : NULL,
    .owner = keeping->owner,
    .account = keeping->account,
    .envelope = keeping->handover->envelope,
    .now = now,
    .not_before = now + keeping->undo_window,
    .read = read_message,
    .data = keeping,
  };

  keeping->reader = body_source_open (keeping->handover->message, &keeping->error);
  if (keeping->reader)
    outbox_add (outbox, &addition, &keeping->id, &keeping->error);
}

static void
say_done (Outbox *outbox, gpointer data)
{
  Keeping *keeping = data;

  keeping->done ((DeliveryId)keeping->id, keeping->error, keeping->data);
  body_reader_free (keeping->reader);
  handover_free (keeping->handover);
  g_clear_error (&keeping->error);
  g_free (keeping->account);
  g_free (keeping);
}

void
keep_message (OutboxSource *source, const Account *account, guint32 owner, Handover *handover, KeepDone done,
              gpointer data)
{
  Keeping *keeping = g_new0 (Keeping, 1);

  *keeping = (Keeping){
    .account = g_strdup (account->name),
    .owner = owner,
    .undo_window = account->undo_window,
    .handover = handover,
    .done = done,
    .data = data,
  };
  outbox_source_run (source, add, say_done, keeping);
}

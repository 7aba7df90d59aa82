/* What other processes wish to be cancelled while it is in hand here: asked for once a
 * second meanwhile. */
#include "engine/outbox-source-private.h"

#include "net/clock.h"

#define WISH_INTERVAL TICKS_PER_SECOND

typedef struct {
  OutboxSource *source;
  gint64 version; /* when they were asked for last */
  GArray *ids;    /* of gint64; NULL: nothing has changed */
} Wishes;

static void
ask_for_wishes (Outbox *outbox, gpointer data)
{
  Wishes *wishes = data;
  gint64 version = outbox_version (outbox);

  if (version != wishes->version)
    wishes->ids = outbox_cancel_wishes (outbox, NULL);
  wishes->version = version;
}

static void
take_wishes (Outbox *outbox, gpointer data)
{
  Wishes *wishes = data;
  OutboxSource *source = wishes->source;

  source->asking_wishes = FALSE;
  source->version = wishes->version;
  for (guint i = 0; wishes->ids && i < wishes->ids->len && source->engine && !source->closing; i++)
    engine_cancel (source->engine, (DeliveryId)g_array_index (wishes->ids, gint64, i));
  if (wishes->ids)
    g_array_unref (wishes->ids);
  g_free (wishes);
  outbox_source_watch_wishes (source);
}

void
outbox_source_on_wishes (gpointer data)
{
  OutboxSource *source = data;
  Wishes *wishes = g_new0 (Wishes, 1);

  wishes->source = source;
  wishes->version = source->version;
  source->watching_wishes = FALSE;
  source->asking_wishes = TRUE;
  outbox_writer_run (source->writer, ask_for_wishes, take_wishes, wishes);
}

void
outbox_source_watch_wishes (OutboxSource *source)
{
  if (source->closing || source->asking_wishes)
    return;
  if (source->out == 0) {
    timer_set (source->wish_timer, TICKS_NEVER);
    source->watching_wishes = FALSE;
  } else if (!source->watching_wishes) {
    timer_set (source->wish_timer, ticks_after (clock_now (), WISH_INTERVAL));
    source->watching_wishes = TRUE;
  }
}

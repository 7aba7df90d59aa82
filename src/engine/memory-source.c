/* The WorkSource of one process and one sitting: nothing outlives it, so "durable"
 * is as good as its memory. Front ends that must not lose mail take the outbox. */
#include "engine/memory-source.h"

#include <string.h>

typedef struct {
  Delivery delivery;
  Envelope *envelope;
  BodySource *message;
  gboolean claimed;
} MemoryItem;

typedef struct {
  WorkSource source;
  GQueue items; /* of MemoryItem, oldest first */
  DeliveryId last_id;
} MemorySource;

static void
memory_item_free (gpointer data)
{
  MemoryItem *item = data;

  envelope_free (item->envelope);
  body_source_unref (item->message);
  g_free (item->delivery.pending);
  g_free (item);
}

static MemoryItem *
find_item (MemorySource *memory, DeliveryId id)
{
  for (GList *link = memory->items.head; link; link = link->next) {
    MemoryItem *item = link->data;
    if (item->delivery.id == id)
      return item;
  }
  return NULL;
}

static gboolean
memory_add (WorkSource *source, const Account *account, const Envelope *envelope, BodySource *message,
            DeliveryId *ret_id, GError **error)
{
  MemorySource *memory = (MemorySource *)source;
  MemoryItem *item = g_new0 (MemoryItem, 1);

  item->envelope = envelope_copy (envelope);
  item->message = body_source_ref (message);
  item->delivery.id = ++memory->last_id;
  item->delivery.account = account;
  item->delivery.envelope = item->envelope;
  item->delivery.pending = g_new (gboolean, envelope->recipients->len);
  for (guint i = 0; i < envelope->recipients->len; i++)
    item->delivery.pending[i] = TRUE;
  g_queue_push_tail (&memory->items, item);
  *ret_id = item->delivery.id;
  return TRUE;
}

static Delivery *
memory_claim (WorkSource *source, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again)
{
  MemorySource *memory = (MemorySource *)source;

  *ret_ask_again = TICKS_NEVER;
  for (GList *link = memory->items.head; link; link = link->next) {
    MemoryItem *item = link->data;
    if (item->claimed || (reuse && reuse->account != item->delivery.account))
      continue;
    item->claimed = TRUE;
    return &item->delivery;
  }
  return NULL;
}

static BodyReader *
memory_open_body (WorkSource *source, DeliveryId id, GError **error)
{
  MemoryItem *item = find_item ((MemorySource *)source, id);

  g_assert (item);
  return body_source_open (item->message, error);
}

static void
memory_record (WorkSource *source, const DeliveryEvent *events, gsize n, RecordDone done, gpointer data)
{
  for (gsize i = 0; i < n; i++) {
    MemoryItem *item = find_item ((MemorySource *)source, events[i].id);
    if (item && events[i].kind == DELIVERY_EVENT_RECIPIENT)
      item->delivery.pending[events[i].recipient] = FALSE;
  }
  done (TRUE, NULL, data);
}

static void
memory_release (WorkSource *source, DeliveryId id, const Outcome *outcome)
{
  MemorySource *memory = (MemorySource *)source;
  MemoryItem *item = find_item (memory, id);

  g_assert (item);
  g_queue_remove (&memory->items, item);
  memory_item_free (item);
}

static gboolean
memory_withdraw (WorkSource *source, DeliveryId id)
{
  MemoryItem *item = find_item ((MemorySource *)source, id);

  if (!item || item->claimed)
    return FALSE;
  memory_release (source, id, NULL);
  return TRUE;
}

static void
memory_free (WorkSource *source)
{
  MemorySource *memory = (MemorySource *)source;

  g_queue_clear_full (&memory->items, memory_item_free);
  g_free (memory);
}

WorkSource *
memory_source_new (void)
{
  MemorySource *memory = g_new0 (MemorySource, 1);

  g_queue_init (&memory->items);
  memory->source = (WorkSource){
    .add = memory_add,
    .claim = memory_claim,
    .open_body = memory_open_body,
    .record = memory_record,
    .withdraw = memory_withdraw,
    .release = memory_release,
    .free = memory_free,
  };
  return &memory->source;
}

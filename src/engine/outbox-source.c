/* The outbox as the engine sees it. Memory here is what the file says, or will say once the
 * writer thread has done what it was asked; nothing in this thread waits for it but add(),
 * since whoever hands in a message wants it safe. */
#include "engine/outbox-source-private.h"

#include <unistd.h>

#include "base/error.h"
#include "net/clock.h"

/* --- entries ------------------------------------------------------------------------ */

Entry *
outbox_entry_find (OutboxSource *source, gint64 id)
{
  return g_hash_table_lookup (source->entries, &id);
}

Entry *
outbox_entry_new (OutboxSource *source, OutboxItem *item, const Account *account)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->source = source;
  entry->item = item;
  entry->account = account;
  entry->asked = g_memdup2 (item->pending, item->envelope->recipients->len * sizeof (gboolean));
  item->envelope->hold_until = item->hold_until; /* of each try, or it would leave early */
  entry->delivery = (Delivery){ .id = (DeliveryId)item->id,
                                .account = account,
                                .envelope = item->envelope,
                                .pending = item->pending,
                                .verdicts = item->verdicts };
  g_hash_table_replace (source->entries, &item->id, entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  outbox_item_free (entry->item);
  g_clear_pointer (&entry->message, body_source_unref);
  g_clear_pointer (&entry->unwritten, outbox_batch_unref);
  g_free (entry->asked);
  g_free (entry->path);
  outcome_free (entry->outcome);
  g_free (entry);
}

void
outbox_entry_drop (Entry *entry)
{
  if (!entry->unwritten)
    g_hash_table_remove (entry->source->entries, &entry->item->id);
}

void
outbox_source_wake (OutboxSource *source)
{
  if (source->engine && !source->closing)
    engine_wake (source->engine);
}

/* The first is the one that explains the others. */
void
outbox_source_warn (OutboxSource *source, const char *text)
{
  if (!source->warning)
    source->warning = g_strdup (text);
}

/* --- putting in ----------------------------------------------------------------------- */

static gssize
read_body (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  return body_reader_read (data, buffer, length, error);
}

static OutboxAddition
addition_of (const Account *account, const Envelope *envelope, const OutboxWish *wish, BodyReader *reader)
{
  return (OutboxAddition){
    .state = wish->state,
    .reason = wish->reason,
    .owner = wish->owner,
    .account = account->name,
    .overrides = wish->overrides,
    .envelope = envelope,
    .from = wish->from,
    .subject = wish->subject,
    .message_id = wish->message_id,
    .now = clock_instant ().wall,
    .not_before = wish->not_before,
    .hold_until = wish->hold_until,
    .read = read_body,
    .data = reader,
  };
}

gboolean
outbox_put (Outbox *outbox, const Account *account, const Envelope *envelope, BodySource *message,
            const OutboxWish *wish, gint64 *ret_id, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (message, error);
  OutboxAddition addition = addition_of (account, envelope, wish, reader);

  return reader && outbox_add (outbox, &addition, ret_id, error);
}

gboolean
outbox_put_over (Outbox *outbox, gint64 id, const Account *account, const Envelope *envelope,
                 BodySource *message, const OutboxWish *wish, gboolean *ret_found, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (message, error);
  OutboxAddition addition = addition_of (account, envelope, wish, reader);

  *ret_found = FALSE;
  return reader && outbox_replace (outbox, id, &addition, ret_found, error);
}

typedef struct {
  const Account *account;
  const Envelope *envelope;
  BodySource *message;
  const OutboxWish *wish;
  gint64 id;
  OutboxItem *item; /* leased; NULL: somebody else's turn */
  gboolean done;
  GError *error;
} Addition;

static void
add_and_look (Outbox *outbox, gpointer data)
{
  Addition *addition = data;

  addition->done = outbox_put (outbox, addition->account, addition->envelope, addition->message,
                               addition->wish, &addition->id, &addition->error);
  if (addition->done && addition->wish->state == OUTBOX_SENDING)
    addition->item = outbox_find (outbox, addition->id, NULL);
}

static gboolean
source_add (WorkSource *work, const Account *account, const Envelope *envelope, BodySource *message,
            DeliveryId *ret_id, GError **error)
{
  OutboxSource *source = (OutboxSource *)work;
  OutboxWish now = { .state = OUTBOX_SENDING, .owner = getuid () };
  Addition addition = { .account = account,
                        .envelope = envelope,
                        .message = message,
                        .wish = source->has_wish ? &source->wish : &now };

  outbox_writer_run_and_wait (source->writer, add_and_look, &addition);
  if (!addition.done) {
    g_propagate_error (error, addition.error);
    return FALSE;
  }
  *ret_id = (DeliveryId)addition.id;
  if (addition.item) {
    Entry *entry = outbox_entry_new (source, addition.item, account);
    entry->message = body_source_ref (message);
    outbox_source_admit (entry);
  }
  return TRUE;
}

void
outbox_source_take (OutboxSource *source, OutboxItem *item, BodySource *message)
{
  const Account *account
      = source->find_account (item->account, (const char *const *)item->overrides, source->find_data);
  Entry *entry = outbox_entry_new (source, item, account);

  entry->message = message ? body_source_ref (message) : NULL;
  outbox_source_admit (entry);
  outbox_source_wake (source);
}

static void
clear_wish (OutboxWish *wish)
{
  g_free ((char *)wish->reason);
  g_strfreev ((GStrv)wish->overrides);
  g_free ((char *)wish->from);
  g_free ((char *)wish->subject);
  g_free ((char *)wish->message_id);
}

void
outbox_source_wish (OutboxSource *source, const OutboxWish *wish)
{
  clear_wish (&source->wish);
  source->has_wish = TRUE;
  source->wish = *wish;
  source->wish.reason = g_strdup (wish->reason);
  source->wish.overrides = (const char *const *)g_strdupv ((GStrv)wish->overrides);
  source->wish.from = g_strdup (wish->from);
  source->wish.subject = g_strdup (wish->subject);
  source->wish.message_id = g_strdup (wish->message_id);
}

/* --- the message ------------------------------------------------------------------------ */

typedef struct {
  BodyReader reader;
  OutboxReader *stored;
} StoredBody;

static gssize
stored_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return outbox_read (((StoredBody *)reader)->stored, buffer, length, error);
}

static void
stored_free (BodyReader *reader)
{
  outbox_reader_free (((StoredBody *)reader)->stored);
  g_free (reader);
}

static BodyReader *
open_stored (OutboxSource *source, gint64 id, GError **error)
{
  if (!source->reader && !(source->reader = outbox_open (source->directory, FALSE, error))) {
    if (error && !*error)
      g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, "the outbox is gone");
    return NULL;
  }
  OutboxReader *stored = outbox_open_message (source->reader, id, error);
  if (!stored)
    return NULL;
  StoredBody *body = g_new (StoredBody, 1);
  *body = (StoredBody){ { stored_read, stored_free }, stored };
  return &body->reader;
}

static BodyReader *
source_open_body (WorkSource *work, DeliveryId id, GError **error)
{
  Entry *entry = outbox_entry_find ((OutboxSource *)work, (gint64)id);

  g_assert (entry);
  if (entry->message)
    return body_source_open (entry->message, error);
  return open_stored (entry->source, entry->item->id, error);
}

/* --- the rest of the seam ------------------------------------------------------------------ */

static gboolean
source_withdraw (WorkSource *work, DeliveryId id)
{
  Entry *entry = outbox_entry_find ((OutboxSource *)work, (gint64)id);
  Verdict cancelled = { .kind = OUTCOME_CANCELLED, .stage = STAGE_MESSAGE, .cause = CAUSE_CANCELLED };

  if (!entry || !g_queue_remove (&entry->source->ahead, entry))
    return FALSE;
  outbox_entry_settle (entry, &cancelled);
  return TRUE;
}

/* Something comes up soon enough to stay for it. */
static gboolean
lingers (const OutboxSource *source)
{
  return source->linger > 0 && !source->resting && source->ask_at != TICKS_NEVER
         && source->ask_at <= ticks_after (clock_now (), source->linger);
}

static gboolean
source_is_busy (WorkSource *work)
{
  OutboxSource *source = (OutboxSource *)work;

  return source->under_way > 0 || lingers (source);
}

static void
source_free (WorkSource *work)
{
  OutboxSource *source = (OutboxSource *)work;

  source->closing = TRUE;
  g_hash_table_remove_all (source->holds);
  outbox_source_rewrite (source);
  outbox_writer_free (source->writer);
  g_queue_clear (&source->ahead);
  g_hash_table_unref (source->entries);
  g_hash_table_unref (source->holds);
  g_hash_table_unref (source->proven);
  outbox_close (source->reader);
  timer_free (source->hold_timer);
  timer_free (source->rewrite_timer);
  timer_free (source->wish_timer);
  g_array_unref (source->adopted);
  clear_wish (&source->wish);
  g_free (source->warning);
  g_free (source->directory);
  g_free (source);
}

/* --- life ------------------------------------------------------------------------------- */

static void
look_at_holds (gpointer data)
{
  outbox_source_check_holds (data);
}

static void
rewrite (gpointer data)
{
  outbox_source_rewrite (data);
}

OutboxSource *
outbox_source_new (const OutboxSourceRules *rules, GError **error)
{
  g_autoptr (Outbox) outbox = outbox_open (rules->directory, TRUE, error);
  GPtrArray *holds = outbox ? outbox_holds (outbox, error) : NULL;

  if (!holds)
    return NULL;
  OutboxSource *source = g_new0 (OutboxSource, 1);
  source->work = (WorkSource){ .add = source_add,
                               .claim = outbox_source_claim,
                               .open_body = source_open_body,
                               .record = outbox_source_record,
                               .withdraw = source_withdraw,
                               .is_busy = source_is_busy,
                               .release = outbox_source_release,
                               .free = source_free };
  source->find_account = rules->find_account;
  source->find_data = rules->data;
  source->only_own = rules->only_own;
  source->linger = rules->linger;
  source->directory = g_strdup (rules->directory);
  source->warning = g_strdup (outbox_warning (outbox));
  source->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, entry_free);
  source->adopted = g_array_new (FALSE, FALSE, sizeof (gint64));
  source->holds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, outbox_held_account_free);
  source->proven = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  source->hold_timer = timer_new (look_at_holds, source);
  source->rewrite_timer = timer_new (rewrite, source);
  source->wish_timer = timer_new (outbox_source_on_wishes, source);
  source->ask_at = TICKS_NEVER;
  source->writer = outbox_writer_new (g_steal_pointer (&outbox));
  outbox_source_take_holds (source, holds);
  return source;
}

WorkSource *
outbox_source_work (OutboxSource *source)
{
  return &source->work;
}

void
outbox_source_attach (OutboxSource *source, Engine *engine)
{
  source->engine = engine;
  if (!source->only_own)
    outbox_source_check_holds (source);
  engine_wake (engine);
}

const char *
outbox_source_warning (const OutboxSource *source)
{
  return source->warning ? source->warning : outbox_writer_warning (source->writer);
}

void
outbox_source_listen (OutboxSource *source, OutboxListener listener, gpointer data)
{
  source->listener = listener;
  source->listener_data = data;
}

void
outbox_source_run (OutboxSource *source, OutboxWork work, OutboxWork done, gpointer data)
{
  outbox_writer_run (source->writer, work, done, data);
}

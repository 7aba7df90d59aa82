/* A batch as the engine sees it. Memory here is what the file says, or will say once the
 * worker has done what it was asked; nothing in this thread waits for it. */
#include "engine/batch-source-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "net/clock.h"

/* How often is looked whether another process has paused or cancelled the batch. */
#define LOOK_EVERY TICKS_PER_SECOND

/* A session is kept open so long for what a rate or a deferral holds back. */
#define SESSION_IDLE (10 * TICKS_PER_SECOND)

/* --- entries --------------------------------------------------------------------------------- */

Entry *
batch_entry_find (BatchSource *source, gint64 id)
{
  return g_hash_table_lookup (source->entries, &id);
}

static Envelope *
envelope_of (const BatchSource *source, const BatchRow *row)
{
  const char *sender = row->sender ? row->sender : source->plan.sender;
  Envelope *envelope = envelope_new (sender ? sender : "");

  for (guint i = 0; i < row->n_recipients; i++)
    envelope_add (envelope, row->recipients[i].address);
  return envelope;
}

Entry *
batch_entry_new (BatchSource *source, BatchRow *row)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->source = source;
  entry->row = row;
  entry->envelope = envelope_of (source, row);
  entry->pending = g_new0 (gboolean, row->n_recipients);
  entry->delivery = (Delivery){ .id = (DeliveryId)row->id,
                                .account = source->rules.account,
                                .envelope = entry->envelope,
                                .pending = entry->pending };
  g_hash_table_insert (source->entries, g_memdup2 (&row->id, sizeof row->id), entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  batch_row_free (entry->row);
  envelope_free (entry->envelope);
  g_clear_pointer (&entry->message, g_bytes_unref);
  g_free (entry->pending);
  g_free (entry->domain);
  g_free (entry);
}

void
batch_entry_drop (Entry *entry)
{
  gint64 id = (gint64)entry->delivery.id;

  /* Changes that couldn't be written, or were made after its end, point to it. */
  if (entry->row && (entry->source->unwritten || entry->source->paused))
    g_hash_table_add (entry->source->kept, g_steal_pointer (&entry->row));
  g_hash_table_remove (entry->source->entries, &id);
}

void
batch_source_wake (BatchSource *source)
{
  if (source->engine && !source->closing)
    engine_wake (source->engine);
}

/* --- stopping ---------------------------------------------------------------------------------- */

gboolean
batch_source_has_stopped (const BatchSource *source)
{
  return source->resting || source->asked || source->paused || source->broken || source->closing
         || (source->no_path && !source->proven);
}

typedef struct {
  BatchSource *source;
  const char *reason;
  Verdict verdict;
  GError *error;
} Pausing;

static void
write_pause (gpointer data)
{
  Pausing *pausing = data;

  batch_pause (pausing->source->batch, pausing->reason, &pausing->verdict, clock_instant ().wall,
               &pausing->error);
}

static void
after_pause (gpointer data)
{
  Pausing *pausing = data;

  verdict_clear (&pausing->verdict);
  g_clear_error (&pausing->error); /* the next one who sends it finds out for himself */
  g_free (pausing);
}

void
batch_source_stop_for (BatchSource *source, const Verdict *verdict)
{
  Pausing *pausing;

  if (source->paused)
    return;
  source->paused = TRUE;
  if (verdict)
    verdict_copy (&source->why, verdict);
  pausing = g_new0 (Pausing, 1);
  pausing->source = source;
  pausing->reason = pacing_pause (source->pacing) == PACING_REFUSED_IN_A_ROW ? "refusals" : "account";
  verdict_copy (&pausing->verdict, &source->why);
  worker_run (source->worker, write_pause, after_pause, pausing);
}

void
batch_source_rest (BatchSource *source)
{
  source->resting = TRUE;
  batch_source_wake (source);
}

/* --- looking at what others wish ------------------------------------------------------------------ */

typedef struct {
  BatchSource *source;
  BatchState state;
  GError *error;
} Look;

static void
look (gpointer data)
{
  Look *wish = data;

  batch_get_state (wish->source->batch, &wish->state, &wish->error);
}

static void
after_look (gpointer data)
{
  Look *wish = data;
  BatchSource *source = wish->source;

  if (!source->closing && !wish->error && wish->state != BATCH_READY && !source->paused) {
    source->asked = TRUE;
    batch_source_wake (source);
  }
  g_clear_error (&wish->error);
  g_free (wish);
}

static void
on_timer (gpointer data)
{
  BatchSource *source = data;
  Look *wish = g_new0 (Look, 1);

  *wish = (Look){ .source = source, .state = BATCH_READY };
  worker_run (source->worker, look, after_look, wish);
  batch_source_flush (source); /* what couldn't be written */
  timer_set (source->timer, ticks_after (clock_now (), LOOK_EVERY));
}

/* --- the message ------------------------------------------------------------------------------------ */

typedef struct {
  BodyReader reader;
  BatchReader *stored;
} StoredBody;

static gssize
stored_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return batch_reader_read (((StoredBody *)reader)->stored, buffer, length, error);
}

static void
stored_free (BodyReader *reader)
{
  batch_reader_free (((StoredBody *)reader)->stored);
  g_free (reader);
}

static BatchReader *
read_content (BatchSource *source, gint64 id, GError **error)
{
  if (!source->reader)
    source->reader = batch_open (source->directory, batch_name (source->batch), FALSE, error);
  if (!source->reader && error && !*error)
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("the batch's file is gone"));
  return source->reader ? batch_read_content (source->reader, id, error) : NULL;
}

static BodyReader *
open_stored (BatchSource *source, gint64 id, GError **error)
{
  BatchReader *stored = read_content (source, id, error);
  StoredBody *body = stored ? g_new (StoredBody, 1) : NULL;

  if (!stored)
    return NULL;
  *body = (StoredBody){ { stored_read, stored_free }, stored };
  return &body->reader;
}

/* The values of a row are few; those that are many are read into memory all the same. */
static GBytes *
whole_content (Entry *entry, GError **error)
{
  g_autoptr (BatchReader) stored = NULL;
  g_autoptr (GByteArray) octets = NULL;
  gssize n;

  if (entry->row->content)
    return g_bytes_ref (entry->row->content);
  if (!(stored = read_content (entry->source, entry->row->id, error)))
    return NULL;
  octets = g_byte_array_sized_new ((guint)entry->row->size);
  g_byte_array_set_size (octets, (guint)entry->row->size);
  for (gsize used = 0; used < octets->len; used += (gsize)n)
    if ((n = batch_reader_read (stored, octets->data + used, octets->len - used, error)) <= 0)
      return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&octets));
}

static BodyReader *
source_open_body (WorkSource *work, DeliveryId id, GError **error)
{
  BatchSource *source = (BatchSource *)work;
  Entry *entry = batch_entry_find (source, (gint64)id);
  gboolean whole = batch_letter_is_none (source->letter);

  g_assert (entry);
  if (!entry->message && whole && !entry->row->content)
    return open_stored (source, entry->row->id, error);
  if (!entry->message) {
    g_autoptr (GBytes) content = whole_content (entry, error);
    if (!content)
      return NULL;
    entry->message = whole ? g_bytes_ref (content) : batch_letter_merge (source->letter, content, error);
  }
  if (!entry->message)
    return NULL;
  g_autoptr (BodySource) body = body_source_new_bytes (entry->message);
  return body_source_open (body, error);
}

/* --- the rest of the seam ---------------------------------------------------------------------------- */

static gboolean
source_withdraw (WorkSource *work, DeliveryId id)
{
  return FALSE; /* rows are let be, or left out of the file */
}

/* Wall clock: when something may go that can't now. */
static gint64
next_time (const BatchSource *source)
{
  return source->ahead.length > 0 ? source->again : source->next_due;
}

static gboolean
is_writing (const BatchSource *source)
{
  return source->writing || source->flush || source->fetching;
}

static gboolean
source_is_busy (WorkSource *work)
{
  BatchSource *source = (BatchSource *)work;
  gint64 next = next_time (source);

  if (is_writing (source))
    return TRUE;
  if (batch_source_has_stopped (source) || next == G_MAXINT64)
    return FALSE;
  return next <= ticks_after (clock_instant ().wall, source->rules.linger);
}

static void
source_free (WorkSource *work)
{
  BatchSource *source = (BatchSource *)work;

  source->closing = TRUE;
  timer_free (source->timer);
  if (source->flush) {
    g_source_destroy (source->flush);
    g_source_unref (source->flush);
  }
  worker_free (source->worker); /* with what it was asked to write */
  batch_source_write_last (source);
  batch_writing_free (source->unwritten);
  g_queue_clear (&source->ahead);
  g_hash_table_unref (source->entries);
  g_ptr_array_set_free_func (source->refused, (GDestroyNotify)batch_row_free);
  g_ptr_array_unref (source->refused);
  g_hash_table_unref (source->kept);
  batch_close (source->reader);
  batch_close (source->batch);
  batch_letter_free (source->letter);
  batch_plan_clear (&source->plan);
  pacing_free (source->pacing);
  verdict_clear (&source->why);
  g_free (source->directory);
  g_free (source);
}

/* --- life ---------------------------------------------------------------------------------------------- */

static gboolean
read_batch (BatchSource *source, GError **error)
{
  g_autofree char *pacing = NULL;
  g_autoptr (BatchInfo) info = NULL;
  GError *failure = NULL;

  source->letter = batch_letter_open (source->batch, error);
  if (!source->letter || !batch_get_plan (source->batch, &source->plan, error)
      || !(info = batch_info (source->batch, error)))
    return FALSE;
  for (guint i = 0; i < BATCH_FATES; i++)
    source->counts[i] = info->counts[i];
  source->pacing = pacing_new (&source->plan.pacing);
  pacing = batch_get_pacing (source->batch, &failure);
  if (failure) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (pacing && pacing_restore (source->pacing, pacing))
    pacing_resume (source->pacing); /* whoever begins anew has looked at why it paused */
  return TRUE;
}

static void
free_unread (BatchSource *source)
{
  batch_letter_free (source->letter);
  batch_plan_clear (&source->plan);
  if (source->pacing)
    pacing_free (source->pacing);
  batch_close (source->batch);
  g_free (source);
}

static void
begin (BatchSource *source)
{
  source->work = (WorkSource){ .window = source->plan.window,
                               .idle = SESSION_IDLE,
                               .claim = batch_source_claim,
                               .open_body = source_open_body,
                               .record = batch_source_record,
                               .withdraw = source_withdraw,
                               .session_over = batch_source_session_over,
                               .is_busy = source_is_busy,
                               .release = batch_source_release,
                               .free = source_free };
  source->directory = batch_directory (source->batch);
  source->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, entry_free);
  source->refused = g_ptr_array_new ();
  source->kept = g_hash_table_new_full (NULL, NULL, (GDestroyNotify)batch_row_free, NULL);
  source->run = 1;
  source->again = G_MAXINT64;
  source->collected = batch_writing_new (source);
  source->timer = timer_new (on_timer, source);
  source->worker = worker_new ("batch");
  verdict_init (&source->why);
}

BatchSource *
batch_source_new (Batch *batch, const BatchSourceRules *rules, GError **error)
{
  BatchSource *source = g_new0 (BatchSource, 1);

  source->batch = batch;
  source->rules = *rules;
  if (!read_batch (source, error)) {
    free_unread (source);
    return NULL;
  }
  begin (source);
  return source;
}

WorkSource *
batch_source_work (BatchSource *source)
{
  return &source->work;
}

void
batch_source_attach (BatchSource *source, Engine *engine)
{
  source->engine = engine;
  timer_set (source->timer, ticks_after (clock_now (), LOOK_EVERY));
  engine_wake (engine);
}

/* --- what there is to see ------------------------------------------------------------------------------- */

void
batch_source_progress (const BatchSource *source, BatchProgress *ret_progress)
{
  *ret_progress = (BatchProgress){ .in_flight = source->out,
                                   .connections = source->n_open,
                                   .connections_allowed = pacing_connections (source->pacing),
                                   .next_due = next_time (source) };
  for (guint i = 0; i < BATCH_FATES; i++)
    ret_progress->counts[i] = source->counts[i];
}

static BatchEnd
end_of_idle (const BatchSource *source)
{
  if (source->no_path)
    return BATCH_END_NO_PATH;
  return next_time (source) == G_MAXINT64 && source->ahead.length == 0 ? BATCH_END_DONE : BATCH_END_LATER;
}

BatchEnd
batch_source_end (const BatchSource *source, const Verdict **ret_verdict)
{
  if (ret_verdict)
    *ret_verdict = &source->why;
  if (source->broken)
    return BATCH_END_DISK;
  if (source->asked)
    return BATCH_END_ASKED;
  if (source->paused)
    return BATCH_END_PAUSED;
  if (source->resting)
    return BATCH_END_RESTED;
  if (source->out > 0 || source_is_busy ((WorkSource *)&source->work))
    return BATCH_END_NONE;
  return end_of_idle (source);
}

PacingPause
batch_source_why_paused (const BatchSource *source)
{
  return pacing_pause (source->pacing);
}

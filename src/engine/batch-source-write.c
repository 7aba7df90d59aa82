/* Writing what was collected, while more is being collected: so a window costs one wait for the disk,
 * its permits, and what became of the window before. */
#include "engine/batch-source-private.h"

#include "net/clock.h"

#define REWRITE_AFTER (5 * TICKS_PER_SECOND)

/* Where no rate was set, what was learnt about the server needs no write of its own. */
#define STORE_PACING_EVERY (5 * TICKS_PER_SECOND)

/* At most so long what can wait for more is kept from the disk. */
#define PATIENCE_MS 5

/* --- one write -------------------------------------------------------------------------------- */

static void
clear_change (gpointer data)
{
  Change *change = data;
  Verdict *verdict = (Verdict *)change->change.verdict;

  if (verdict)
    verdict_clear (verdict);
  g_free (verdict);
  g_free ((char *)change->change.path);
}

Writing *
batch_writing_new (BatchSource *source)
{
  Writing *writing = g_new0 (Writing, 1);

  writing->source = source;
  writing->changes = g_array_new (FALSE, FALSE, sizeof (Change));
  g_array_set_clear_func (writing->changes, clear_change);
  writing->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  return writing;
}

void
batch_writing_free (Writing *writing)
{
  if (!writing)
    return;
  g_array_unref (writing->changes);
  g_array_unref (writing->waiters);
  g_free (writing->pacing);
  g_clear_error (&writing->error);
  g_free (writing);
}

/* On the worker. */
static void
write_changes (gpointer data)
{
  Writing *writing = data;
  BatchChange *changes = g_new (BatchChange, writing->changes->len);

  for (guint i = 0; i < writing->changes->len; i++)
    changes[i] = g_array_index (writing->changes, Change, i).change;
  batch_record (writing->source->batch, changes, writing->changes->len, writing->pacing, writing->now,
                &writing->error);
  g_free (changes);
}

static void
tell_news (BatchSource *source, const Writing *writing)
{
  gboolean durable = writing->error == NULL;

  for (guint i = 0; i < writing->changes->len; i++) {
    const Change *change = &g_array_index (writing->changes, Change, i);
    BatchNews news = { change->row, change->change.recipient, durable };
    if (!change->row)
      continue;
    if (durable) {
      source->counts[change->from]--;
      source->counts[change->change.fate]++;
    }
    if (source->rules.listener && !source->closing)
      source->rules.listener (&news, source->rules.data);
  }
}

/* The server's word is true, whether the disk has room for it or not; a permit that was not given
 * is none. */
static void
keep_unwritten (BatchSource *source, Writing *writing)
{
  source->broken = TRUE;
  verdict_set (&source->why, OUTCOME_TEMPORARY, STAGE_MESSAGE, CAUSE_STORE, NULL, writing->error->message);
  if (!source->unwritten)
    source->unwritten = batch_writing_new (source);
  for (guint i = 0; i < writing->changes->len; i++) {
    Change *change = &g_array_index (writing->changes, Change, i);
    if (!change->row)
      continue;
    g_array_append_val (source->unwritten->changes, *change);
    *change = (Change){ 0 };
  }
  timer_set (source->timer, ticks_after (clock_now (), REWRITE_AFTER));
}

static gboolean
has_collected (const BatchSource *source)
{
  return source->collected->changes->len > 0 || source->collected->waiters->len > 0;
}

static void
after_write (gpointer data)
{
  Writing *writing = data;
  BatchSource *source = writing->source;
  const GError *error = writing->error;

  source->writing = NULL;
  source->ended_meanwhile = source->n_ended - source->ended_before;
  source->write_took = clock_now () - source->write_began;
  source->marked_writing = 0;
  tell_news (source, writing);
  if (error)
    keep_unwritten (source, writing);
  for (guint i = 0; i < writing->waiters->len; i++) {
    Waiter *waiter = &g_array_index (writing->waiters, Waiter, i);
    waiter->done (error == NULL, error, waiter->data);
  }
  batch_writing_free (writing);
  if (!source->closing && has_collected (source))
    batch_source_flush_soon (source);
  batch_source_wake (source);
}

static char *
pacing_to_store (BatchSource *source, gint64 now)
{
  if (source->plan.pacing.n_rates == 0 && now - source->pacing_stored < STORE_PACING_EVERY
      && now >= source->pacing_stored)
    return NULL;
  source->pacing_stored = now;
  return pacing_store (source->pacing);
}

/* What couldn't be written goes first: who has it already is said before anything else is. */
static void
prepend_unwritten (BatchSource *source, Writing *writing)
{
  Writing *unwritten = g_steal_pointer (&source->unwritten);

  if (!unwritten)
    return;
  for (guint i = 0; i < unwritten->changes->len; i++)
    g_array_index (unwritten->changes, Change, i).from
        = g_array_index (unwritten->changes, Change, i).change.fate;
  g_array_insert_vals (writing->changes, 0, unwritten->changes->data, unwritten->changes->len);
  g_array_set_clear_func (unwritten->changes, NULL);
  batch_writing_free (unwritten);
}

void
batch_source_flush (BatchSource *source)
{
  Writing *writing = source->collected;

  if (source->writing || (!has_collected (source) && !source->unwritten))
    return;
  source->collected = batch_writing_new (source);
  source->marked_writing = source->marked_now;
  source->marked_now = 0;
  source->writing = writing;
  prepend_unwritten (source, writing);
  source->ended_before = source->n_ended;
  source->write_began = clock_now ();
  writing->now = clock_instant ().wall;
  writing->pacing = pacing_to_store (source, writing->now);
  worker_run (source->worker, write_changes, after_write, writing);
}

void
batch_source_write_last (BatchSource *source)
{
  Writing *writing = source->collected;

  for (guint i = writing->changes->len; i-- > 0;)
    if (!g_array_index (writing->changes, Change, i).row)
      g_array_remove_index (writing->changes, i);
  prepend_unwritten (source, writing);
  writing->now = clock_instant ().wall;
  writing->pacing = pacing_store (source->pacing);
  write_changes (writing);
  for (guint i = 0; i < writing->waiters->len; i++) {
    Waiter *waiter = &g_array_index (writing->waiters, Waiter, i);
    waiter->done (FALSE, writing->error, waiter->data);
  }
  g_clear_pointer (&source->collected, batch_writing_free);
}

static gboolean
on_flush (gpointer data)
{
  BatchSource *source = data;

  g_clear_pointer (&source->flush, g_source_unref);
  batch_source_flush (source);
  return G_SOURCE_REMOVE;
}

/* The fewer the writes, the less each message costs. Where the disk is quicker than half a window, it
 * writes one half while the server has the other, begun as late as will do: while the server has more
 * to chew on than it took during the last write, twice over. Where it is slower than a whole window, it
 * writes that at once, since the server waits for it in any case. */
static gboolean
can_wait (const BatchSource *source)
{
  guint all = source->plan.window * MAX (source->n_open, 1);
  guint unpermitted = source->marked_now + source->marked_writing;
  guint permitted = source->marked > unpermitted ? source->marked - unpermitted : 0;

  if (source->plan.window < 4 || permitted == 0)
    return FALSE;
  if (source->ended_every > 0 && source->write_took > source->ended_every * all)
    return source->marked_now < all;
  return permitted > MAX (2 * source->ended_meanwhile, 1) && source->marked_now < all / 2;
}

/* At the next turn of the loop: then all that came with this one is there. */
void
batch_source_flush_soon (BatchSource *source)
{
  gboolean patient = can_wait (source);

  if (source->writing || (source->flush && (!source->patient || patient)))
    return;
  if (source->flush) {
    g_source_destroy (source->flush);
    g_source_unref (source->flush);
  }
  source->patient = patient;
  source->flush = patient ? g_timeout_source_new (PATIENCE_MS) : g_idle_source_new ();
  g_source_set_priority (source->flush, G_PRIORITY_DEFAULT);
  g_source_set_callback (source->flush, on_flush, source, NULL);
  g_source_attach (source->flush, NULL);
}

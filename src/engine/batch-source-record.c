/* What the engine tells becomes changes of the file. */
#include "engine/batch-source-private.h"

#include "net/clock.h"

/* --- changes ------------------------------------------------------------------------------------ */

static Verdict *
duplicate (const Verdict *verdict)
{
  Verdict *copy = g_new0 (Verdict, 1);

  verdict_copy (copy, verdict);
  return copy;
}

/* The fate of ROW's RECIPIENT, in memory and on its way to the disk. */
static void
change_fate (BatchSource *source, BatchRow *row, guint recipient, BatchFate fate, const Verdict *verdict,
             const char *path, gboolean counts)
{
  BatchRecipient *served = &row->recipients[recipient];
  Change change = { .change = { .row = row->id,
                                .recipient = recipient,
                                .fate = fate,
                                .verdict = verdict ? duplicate (verdict) : NULL,
                                .path = g_strdup (path),
                                .due = row->due,
                                .counts = counts },
                    .row = row,
                    .from = served->fate };

  served->fate = fate;
  served->at = clock_instant ().wall;
  if (verdict)
    verdict_copy (&served->verdict, verdict);
  if (path) {
    g_free (served->path);
    served->path = g_strdup (path);
  }
  g_array_append_val (source->collected->changes, change);
}

/* A permit is no news: in memory nothing changes. */
static void
change_in_doubt (Entry *entry, guint recipient)
{
  Change change = {
    .change
    = { .row = entry->row->id, .recipient = recipient, .fate = BATCH_IN_DOUBT, .due = entry->row->due }
  };

  entry->begun = clock_instant ().wall;
  g_array_append_val (entry->source->collected->changes, change);
  if (!entry->marked) {
    entry->source->marked++;
    entry->source->marked_now++;
  }
  entry->marked = TRUE;
}

/* --- what a verdict means ------------------------------------------------------------------------- */

static gboolean
is_put_back (const Verdict *verdict)
{
  return verdict->kind == OUTCOME_TEMPORARY && verdict->cause == CAUSE_CANCELLED;
}

/* Nothing was said of the message or its recipient: no turn of theirs is used up. 421 ends
 * the session, not the message. */
static gboolean
says_nothing_of_it (const Verdict *verdict)
{
  return verdict->kind == OUTCOME_NONE || is_put_back (verdict) || verdict->kind == OUTCOME_SECURITY
         || verdict->stage < STAGE_MESSAGE || verdict->cause == CAUSE_STORE || pacing_blames_account (verdict)
         || (verdict->kind == OUTCOME_TEMPORARY && verdict->reply && verdict->reply->code == 421);
}

/* How long one has waited that failed so often: batches last for weeks, and what counts is when it
 * was first tried. */
static Ticks
time_waited (guint tries)
{
  Ticks wait = RETRY_SHORTEST, sum = 0;

  for (guint i = 0; i < tries && sum < 365 * TICKS_PER_DAY; i++) {
    sum += wait;
    wait = MIN (2 * wait, RETRY_LONGEST);
  }
  return sum;
}

/* Sets the row's time; FALSE: this was the last try. */
static gboolean
defer (Entry *entry, const Verdict *verdict)
{
  const Account *account = entry->source->rules.account;
  gint64 now = clock_instant ().wall;
  RetryRules rules = { account->give_up, FALSE };
  g_autoptr (Outcome) outcome = outcome_new (1);

  verdict_copy (&outcome->recipients[0], verdict);
  outcome_summarize (outcome);
  RetryDecision decision = retry_decide (&rules, outcome, entry->row->tries,
                                         now - time_waited (entry->row->tries), now, g_random_int ());
  entry->row->due = decision.not_before;
  return decision.kind == RETRY_LATER;
}

/* What a recipient with VERDICT is from now on; LAST: this try is over. */
static BatchFate
fate_of (Entry *entry, const Verdict *verdict, BatchFate before, gboolean last)
{
  const BatchSource *source = entry->source;

  switch (verdict->kind) {
  case OUTCOME_ACCEPTED:
    return BATCH_ACCEPTED;
  case OUTCOME_IN_DOUBT:
    return source->plan.resend_in_doubt ? BATCH_WAITING : BATCH_IN_DOUBT;
  case OUTCOME_CANCELLED:
    return BATCH_LEFT_OUT;
  case OUTCOME_PERMANENT:
    if (says_nothing_of_it (verdict) || pacing_pause (source->pacing) == PACING_REFUSED_IN_A_ROW)
      return before;
    return BATCH_REFUSED;
  case OUTCOME_NONE:
  case OUTCOME_TEMPORARY:
  case OUTCOME_TRANSPORT:
  case OUTCOME_SECURITY:
    break;
  }
  if (says_nothing_of_it (verdict) || !last)
    return before;
  return defer (entry, verdict) ? BATCH_DEFERRED : BATCH_REFUSED;
}

static void
take_verdict (Entry *entry, guint recipient, const Verdict *verdict, const char *path, gboolean last)
{
  BatchFate before = entry->row->recipients[recipient].fate;
  BatchFate fate = fate_of (entry, verdict, before, last);
  gboolean counts = fate == BATCH_DEFERRED && !entry->counted;

  entry->row->tries += counts ? 1 : 0;
  entry->counted = entry->counted || counts;
  change_fate (entry->source, entry->row, recipient, fate, is_put_back (verdict) ? NULL : verdict, path,
               counts);
}

/* --- runs of refusals ----------------------------------------------------------------------------- */

static void
revive (BatchSource *source, BatchRow *row)
{
  for (guint i = 0; i < row->n_recipients; i++)
    if (row->recipients[i].fate == BATCH_REFUSED)
      change_fate (source, row, i, BATCH_WAITING, NULL, NULL, FALSE);
}

/* So many refusals in a row say something of the batch, and nothing of those rows. */
static void
revive_run (BatchSource *source)
{
  GHashTableIter iter;
  gpointer value;

  for (guint i = 0; i < source->refused->len; i++) {
    BatchRow *row = g_ptr_array_index (source->refused, i);
    revive (source, row);
    g_hash_table_add (source->kept, row);
  }
  g_ptr_array_set_size (source->refused, 0);
  g_hash_table_iter_init (&iter, source->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Entry *)value)->run == source->run)
      revive (source, ((Entry *)value)->row);
}

static void
note_run (Entry *entry, const Outcome *outcome)
{
  BatchSource *source = entry->source;

  entry->run = 0;
  if (outcome_count (outcome, OUTCOME_ACCEPTED) > 0) {
    for (guint i = 0; i < source->refused->len; i++)
      batch_row_free (g_ptr_array_index (source->refused, i));
    g_ptr_array_set_size (source->refused, 0);
    source->run++;
  } else if (outcome_count (outcome, OUTCOME_PERMANENT) > 0) {
    entry->run = source->run;
  }
}

static void
unmark (Entry *entry)
{
  entry->source->marked -= entry->marked ? 1 : 0;
  entry->marked = FALSE;
}

/* How often tries end as long as nobody waits for the disk. */
static void
note_pace (BatchSource *source)
{
  Ticks now = clock_now (), gap = now - source->ended_at;
  gboolean more = source->marked > source->marked_now + source->marked_writing;

  if (source->ended_at != 0)
    source->ended_every += (gap - source->ended_every) / (source->ended_every == 0 ? 1 : 8);
  source->ended_at = more ? now : 0;
  source->n_ended++;
}

static void
end_try (Entry *entry, const Outcome *outcome, Ticks took)
{
  const PacingSpan span = { entry->begun, took };
  BatchSource *source = entry->source;
  PacingPause before = pacing_pause (source->pacing);

  entry->ended = TRUE;
  unmark (entry);
  note_pace (source);
  source->proven = source->proven || outcome->overall.stage >= STAGE_MESSAGE;
  source->no_path = source->no_path && outcome->overall.kind == OUTCOME_TRANSPORT;
  note_run (entry, outcome);
  pacing_ended (source->pacing, entry->domain, outcome, &span, clock_instant ().wall);
  if (pacing_pause (source->pacing) == before)
    return;
  if (pacing_pause (source->pacing) == PACING_REFUSED_IN_A_ROW)
    revive_run (source);
  batch_source_stop_for (source, &outcome->overall);
}

/* --- the seam -------------------------------------------------------------------------------------- */

static gboolean
has_event (const DeliveryEvent *events, gsize n, DeliveryEventKind kind)
{
  for (gsize i = 0; i < n; i++)
    if (events[i].kind == kind)
      return TRUE;
  return FALSE;
}

/* The path of the try comes behind its fates. */
static const char *
path_of (const DeliveryEvent *events, gsize n)
{
  const char *path = NULL;

  for (gsize i = 0; i < n; i++)
    if (events[i].kind == DELIVERY_EVENT_ATTEMPT && events[i].attempt->path)
      path = events[i].attempt->path;
  return path;
}

void
batch_source_record (WorkSource *work, const DeliveryEvent *events, gsize n, RecordDone done, gpointer data)
{
  BatchSource *source = (BatchSource *)work;
  gboolean permit = has_event (events, n, DELIVERY_EVENT_IN_DOUBT);
  gboolean last = has_event (events, n, DELIVERY_EVENT_END);
  const char *path = path_of (events, n);
  Waiter waiter = { done, data };

  for (gsize i = 0; i < n; i++) {
    Entry *entry = batch_entry_find (source, (gint64)events[i].id);
    if (events[i].kind == DELIVERY_EVENT_IN_DOUBT)
      change_in_doubt (entry, events[i].recipient);
    else if (events[i].kind == DELIVERY_EVENT_RECIPIENT && !permit) /* else it is only foreseen */
      take_verdict (entry, events[i].recipient, events[i].verdict, path, last);
    else if (events[i].kind == DELIVERY_EVENT_END)
      end_try (entry, events[i].outcome, events[i].took);
  }
  g_array_append_val (source->collected->waiters, waiter);
  batch_source_flush_soon (source);
}

/* A run of refusals is remembered as far as it may be taken back. */
#define RUN_LIMIT 1000

static void
leave_memory (Entry *entry)
{
  BatchSource *source = entry->source;

  if (entry->run == source->run && !source->paused && source->refused->len < RUN_LIMIT
      && source->plan.pacing.stop_after != 0) {
    g_clear_pointer (&entry->row->content, g_bytes_unref);
    g_ptr_array_add (source->refused, g_steal_pointer (&entry->row));
  }
  batch_entry_drop (entry);
}

void
batch_source_release (WorkSource *work, DeliveryId id, const Outcome *outcome)
{
  BatchSource *source = (BatchSource *)work;
  Entry *entry = batch_entry_find (source, (gint64)id);
  gint64 now = clock_instant ().wall;
  const PacingSpan span = { entry->begun, 0 };

  g_assert (entry && entry->out);
  entry->out = FALSE;
  unmark (entry);
  source->out--;
  g_clear_pointer (&entry->message, g_bytes_unref);
  if (!entry->ended) /* never recorded: it was not begun */
    pacing_ended (source->pacing, entry->domain, outcome, &span, now);
  if (batch_row_waits (entry->row) && entry->row->due <= now && !batch_source_has_stopped (source)) {
    batch_entry_requeue (entry);
  } else {
    if (batch_row_waits (entry->row))
      source->next_due = MIN (source->next_due, MAX (entry->row->due, 1));
    leave_memory (entry);
  }
  /* The session asks for more by itself, and each write wakes who could open another. */
  if (source->out == 0)
    batch_source_wake (source);
}

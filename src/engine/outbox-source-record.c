/* What the engine tells becomes changes of the file, and the end of a try becomes what
 * core/retry says follows from it, all in one commit. What can't be written stays here and
 * is tried again: the server's word is true, whether the disk has room for it or not. */
#include "engine/outbox-source-private.h"

#include "net/clock.h"

#define REWRITE_AFTER (5 * TICKS_PER_SECOND)

/* What waits for an account that isn't configured is looked at again then. */
#define ACCOUNT_PATIENCE TICKS_PER_HOUR

static RetryRules
rules_of (const Entry *entry)
{
  /* Without an account nothing ends by itself. */
  return entry->account ? (RetryRules){ entry->account->give_up, entry->account->in_doubt == IN_DOUBT_RESEND }
                        : (RetryRules){ .give_up = TICKS_NEVER };
}

static gboolean
is_put_back (const Verdict *verdict)
{
  return verdict->kind == OUTCOME_TEMPORARY && verdict->cause == CAUSE_CANCELLED;
}

/* --- changes ------------------------------------------------------------------------------ */

static void
change_recipient (Entry *entry, OutboxBatch *batch, guint recipient, const Verdict *verdict)
{
  OutboxItem *item = entry->item;
  RetryRules rules = rules_of (entry);
  OutboxChange change = { .kind = OUTBOX_CHANGE_RECIPIENT, .id = item->id, .recipient = recipient };

  /* What was put back stays what it was. */
  if (!is_put_back (verdict))
    verdict_copy (&item->verdicts[recipient], verdict);
  item->pending[recipient] = retry_is_pending (&rules, &item->verdicts[recipient]);
  change.verdict = &item->verdicts[recipient];
  change.pending = item->pending[recipient];
  outbox_batch_add (batch, &change);
}

static void
change_in_doubt (Entry *entry, OutboxBatch *batch, guint recipient)
{
  OutboxChange change = { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = entry->item->id, .recipient = recipient };

  entry->item->state = OUTBOX_IN_DOUBT;
  outbox_batch_add (batch, &change);
}

static void
change_attempt (Entry *entry, OutboxBatch *batch, const OutboxAttempt *attempt)
{
  OutboxChange change = { .kind = OUTBOX_CHANGE_ATTEMPT, .id = entry->item->id, .attempt = attempt };

  outbox_batch_add (batch, &change);
}

/* The last attempt of those still pending was theirs for good. */
static void
expire (Entry *entry, OutboxBatch *batch)
{
  OutboxItem *item = entry->item;

  for (guint i = 0; i < item->envelope->recipients->len; i++) {
    OutboxChange change
        = { .kind = OUTBOX_CHANGE_RECIPIENT, .id = item->id, .recipient = i, .verdict = &item->verdicts[i] };
    if (!item->pending[i])
      continue;
    item->pending[i] = FALSE;
    outbox_batch_add (batch, &change);
  }
}

static gboolean
somebody_is_in_doubt (const OutboxItem *item)
{
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (item->verdicts[i].kind == OUTCOME_IN_DOUBT && !item->pending[i])
      return TRUE;
  return FALSE;
}

/* Copies are made of the message once its end is durable. */
static gboolean
keeps_message (const Entry *entry)
{
  const Account *account = entry->account;

  return entry->source->listener && account
         && (account->record || (account->failure_mail && !g_str_equal (account->failure_mail, "off")));
}

static void
forget (Outbox *outbox, gpointer id)
{
  outbox_forget_message (outbox, *(gint64 *)id, NULL);
}

static void
after_forgetting (Outbox *outbox, gpointer id)
{
  g_free (id);
}

static void
change_release (Entry *entry, OutboxBatch *batch, OutboxChange change)
{
  OutboxItem *item = entry->item;
  char *reason = g_strdup (change.reason);

  change.kind = OUTBOX_CHANGE_RELEASE;
  change.keeps_message = keeps_message (entry);
  change.id = item->id;
  outbox_batch_add (batch, &change);
  g_free (item->reason);
  item->reason = reason;
  item->state = change.state;
  item->not_before = change.not_before;
  item->with_network = change.with_network;
  item->tries += change.counts ? 1 : 0;
  item->changed = clock_instant ().wall;
  if (item->state != OUTBOX_CANCELLED && somebody_is_in_doubt (item))
    item->state = OUTBOX_IN_DOUBT;
  g_clear_pointer (&item->holder, g_free);
  if (item->state == OUTBOX_FINISHED || item->state == OUTBOX_CANCELLED)
    item->finished = item->changed;
}

/* --- the end of a try ------------------------------------------------------------------------ */

/* Its time is to come, and no server keeps it until then. */
static gboolean
waits_for_its_time (const Entry *entry)
{
  if (entry->item->hold_until <= clock_instant ().wall)
    return FALSE;
  for (gsize i = 0; i < entry->outcome->n_recipients; i++)
    if (entry->outcome->recipients[i].cause == CAUSE_HOLD_NOT_OFFERED)
      return TRUE;
  return FALSE;
}

static const char *
reason_to_wait (const Entry *entry)
{
  if (!entry->account)
    return "no-account";
  if (entry->put_back)
    return NULL;
  return waits_for_its_time (entry) ? "scheduled" : cause_name (entry->outcome->overall.cause);
}

static OutboxChange
change_for (const Entry *entry)
{
  const RetryDecision *decision = &entry->decision;
  gboolean cancelled = outcome_count (entry->outcome, OUTCOME_CANCELLED) > 0;

  switch (decision->kind) {
  case RETRY_OVER:
    return (OutboxChange){ .state = cancelled ? OUTBOX_CANCELLED : OUTBOX_FINISHED };
  case RETRY_EXPIRED:
    return (OutboxChange){ .state = OUTBOX_FINISHED, .reason = "expired", .counts = decision->counts };
  case RETRY_IN_DOUBT:
    return (OutboxChange){ .state = OUTBOX_IN_DOUBT, .counts = decision->counts };
  case RETRY_HOLD_ACCOUNT: /* due as soon as the account is free */
    return (OutboxChange){ .state = OUTBOX_QUEUED, .reason = "account", .counts = entry->tried };
  case RETRY_LATER:
    break;
  }
  return (OutboxChange){ .state = OUTBOX_QUEUED,
                         .reason = reason_to_wait (entry),
                         .not_before = decision->not_before,
                         .with_network = decision->with_network,
                         .counts = decision->counts };
}

static RetryDecision
decide (const Entry *entry)
{
  RetryRules rules = rules_of (entry);
  gint64 now = clock_instant ().wall;

  if (entry->put_back)
    return (RetryDecision){ .kind = RETRY_LATER, .not_before = now };
  if (!entry->account)
    return (RetryDecision){ .kind = RETRY_LATER, .not_before = ticks_after (now, ACCOUNT_PATIENCE) };
  if (waits_for_its_time (entry))
    return (RetryDecision){ .kind = RETRY_LATER, .not_before = entry->item->hold_until };
  return retry_decide (&rules, entry->outcome, entry->item->tries, entry->item->submitted, now,
                       g_random_int ());
}

static gboolean
somebody_was_put_back (const Outcome *outcome)
{
  for (gsize i = 0; i < outcome->n_recipients; i++)
    if (is_put_back (&outcome->recipients[i]))
      return TRUE;
  return FALSE;
}

static void
end_try (Entry *entry, OutboxBatch *batch, const Outcome *outcome)
{
  entry->ended = TRUE;
  outcome_free (entry->outcome);
  entry->outcome = outcome_copy (outcome);
  entry->put_back = somebody_was_put_back (outcome);
  entry->tried = entry->tried && !entry->put_back;
  entry->decision = decide (entry);
  if (entry->decision.kind == RETRY_HOLD_ACCOUNT && entry->tried)
    outbox_source_hold_account (entry, &outcome->overall);
  if (entry->decision.kind == RETRY_EXPIRED)
    expire (entry, batch);
  change_release (entry, batch, change_for (entry));
}

/* The engine has let go of it, and what could be written is. */
static void
tell_settled (Entry *entry)
{
  OutboxSource *source = entry->source;
  OutboxSettled settled = { .item = entry->item,
                            .account = entry->account,
                            .outcome = entry->outcome,
                            .decision = entry->decision,
                            .tried = entry->tried,
                            .put_back = entry->put_back,
                            .first_hold = entry->first_hold,
                            .asked = entry->asked,
                            .path = entry->path };

  if (source->listener && !source->closing)
    source->listener (&settled, source->listener_data);
  if (keeps_message (entry)) /* after what the listener has asked of the writer thread */
    outbox_writer_run (source->writer, forget, after_forgetting,
                       g_memdup2 (&entry->item->id, sizeof (gint64)));
  outbox_entry_drop (entry);
  source->dry = FALSE; /* what it was put back as may be due */
  outbox_source_wake (source);
}

/* --- what couldn't be written --------------------------------------------------------------------- */

typedef struct {
  OutboxSource *source;
  gint64 id;
  OutboxBatch *batch;
} Rewrite;

static void
keep_unwritten (Entry *entry, OutboxBatch *batch, const GError *error)
{
  if (entry->unwritten)
    outbox_batch_append (entry->unwritten, batch);
  else
    entry->unwritten = outbox_batch_ref (batch);
  outbox_source_warn (entry->source, error->message);
  timer_set (entry->source->rewrite_timer, ticks_after (clock_now (), REWRITE_AFTER));
}

static void
after_rewrite (gboolean durable, const GError *error, gpointer data)
{
  Rewrite *rewrite = data;
  Entry *entry = outbox_entry_find (rewrite->source, rewrite->id);

  if (!durable && entry)
    keep_unwritten (entry, rewrite->batch, error);
  else if (durable && entry && entry->released && !entry->unwritten)
    outbox_entry_drop (entry);
  outbox_batch_unref (rewrite->batch);
  g_free (rewrite);
}

void
outbox_source_rewrite (OutboxSource *source)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, source->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;
    if (!entry->unwritten)
      continue;
    Rewrite *rewrite = g_new (Rewrite, 1);
    *rewrite = (Rewrite){ source, entry->item->id, g_steal_pointer (&entry->unwritten) };
    outbox_writer_record (source->writer, rewrite->batch, after_rewrite, rewrite);
  }
}

/* --- the seam ------------------------------------------------------------------------------------------ */

/* One call of record(). */
typedef struct {
  OutboxSource *source;
  OutboxBatch *batch;
  gint64 id;
  gboolean fates; /* else they are only foreseen */
  RecordDone done;
  gpointer data;
} Record;

static void
after_record (gboolean durable, const GError *error, gpointer data)
{
  Record *record = data;
  Entry *entry = outbox_entry_find (record->source, record->id);

  if (!durable && entry && record->fates)
    keep_unwritten (entry, record->batch, error);
  record->done (durable, error, record->data);
  outbox_batch_unref (record->batch);
  g_free (record);
}

static void
take_event (Entry *entry, const DeliveryEvent *event, Record *record)
{
  switch (event->kind) {
  case DELIVERY_EVENT_RECIPIENT:
    change_recipient (entry, record->batch, event->recipient, event->verdict);
    break;
  case DELIVERY_EVENT_IN_DOUBT:
    record->fates = FALSE;
    change_in_doubt (entry, record->batch, event->recipient);
    break;
  case DELIVERY_EVENT_ATTEMPT:
    entry->tried = TRUE;
    g_free (entry->path);
    entry->path = g_strdup (event->attempt->path);
    change_attempt (entry, record->batch, event->attempt);
    break;
  case DELIVERY_EVENT_END:
    end_try (entry, record->batch, event->outcome);
    break;
  }
}

void
outbox_source_record (WorkSource *work, const DeliveryEvent *events, gsize n, RecordDone done, gpointer data)
{
  OutboxSource *source = (OutboxSource *)work;

  if (n == 0) {
    done (TRUE, NULL, data);
    return;
  }
  Record *record = g_new (Record, 1);
  *record = (Record){ source, outbox_batch_new (), (gint64)events[0].id, TRUE, done, data };
  for (gsize i = 0; i < n; i++) {
    Entry *entry = outbox_entry_find (source, (gint64)events[i].id);
    g_assert (entry && events[i].id == events[0].id);
    take_event (entry, &events[i], record);
  }
  outbox_writer_record (source->writer, record->batch, after_record, record);
}

static void
after_settled (gboolean durable, const GError *error, gpointer data)
{
  Record *record = data;
  Entry *entry = outbox_entry_find (record->source, record->id);

  record->source->under_way--;
  if (!durable)
    keep_unwritten (entry, record->batch, error);
  tell_settled (entry);
  outbox_batch_unref (record->batch);
  g_free (record);
}

static void
settle_with (Entry *entry, const Outcome *outcome)
{
  OutboxSource *source = entry->source;
  Record *record = g_new0 (Record, 1);

  record->source = source;
  record->batch = outbox_batch_new ();
  record->id = entry->item->id;
  entry->released = TRUE;
  for (guint i = 0; i < outcome->n_recipients; i++)
    if (entry->item->pending[i] && outcome->recipients[i].kind != OUTCOME_NONE)
      change_recipient (entry, record->batch, i, &outcome->recipients[i]);
  end_try (entry, record->batch, outcome);
  if (entry->unwritten) { /* only together: the earlier part says who has it already */
    outbox_batch_append (entry->unwritten, record->batch);
    outbox_batch_unref (record->batch);
    record->batch = g_steal_pointer (&entry->unwritten);
  }
  source->under_way++;
  outbox_writer_record (source->writer, record->batch, after_settled, record);
}

void
outbox_entry_settle (Entry *entry, const Verdict *verdict)
{
  g_autoptr (Outcome) outcome = outcome_new (entry->item->envelope->recipients->len);

  for (gsize i = 0; i < outcome->n_recipients; i++)
    verdict_copy (&outcome->recipients[i], entry->item->pending[i] ? verdict : &entry->item->verdicts[i]);
  outcome_summarize (outcome);
  settle_with (entry, outcome);
}

void
outbox_source_release (WorkSource *work, DeliveryId id, const Outcome *outcome)
{
  OutboxSource *source = (OutboxSource *)work;
  Entry *entry = outbox_entry_find (source, (gint64)id);

  g_assert (entry && entry->out);
  entry->out = FALSE;
  entry->released = TRUE;
  source->out--;
  if (outcome->overall.kind != OUTCOME_SECURITY)
    g_hash_table_add (source->proven, g_strdup (entry->account->name));
  if (entry->ended)
    tell_settled (entry);
  else
    settle_with (entry, outcome);
}

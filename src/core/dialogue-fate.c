/* The deliveries in hand: what has become of each recipient, which of them are over, and
 * what the end of the session means to the others. */
#include "core/dialogue-private.h"

/* ---- life ------------------------------------------------------------------ */

Transaction *
transaction_new (DeliveryId id, const Envelope *envelope, const gboolean *pending, const BodyForm *form)
{
  Transaction *transaction = g_new0 (Transaction, 1);
  guint n = envelope->recipients->len;
  transaction->id = id;
  transaction->envelope = envelope_copy (envelope);
  transaction->form = *form;
  transaction->outcome = outcome_new (n);
  transaction->states = g_new0 (RecipientState, n);
  for (guint i = 0; i < n; i++)
    transaction->states[i] = pending == NULL || pending[i] ? RECIPIENT_PENDING : RECIPIENT_ASIDE;
  transaction->body = g_byte_array_new ();
  verdict_init (&transaction->chunk_refused);
  return transaction;
}

void
transaction_free (Transaction *transaction)
{
  envelope_free (transaction->envelope);
  outcome_free (transaction->outcome);
  g_free (transaction->states);
  g_byte_array_unref (transaction->body);
  verdict_clear (&transaction->chunk_refused);
  g_free (transaction);
}

Transaction *
transaction_find (const Dialogue *dialogue, DeliveryId id)
{
  for (const GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    Transaction *transaction = link->data;
    if (transaction->id == id && !transaction->told)
      return transaction;
  }
  return NULL;
}

/* ---- fates ------------------------------------------------------------------- */

void
recipient_decide (Transaction *transaction, guint recipient, RecipientState state, const Verdict *verdict)
{
  transaction->states[recipient] = state;
  verdict_copy (&transaction->outcome->recipients[recipient], verdict);
}

void
transaction_decide (Transaction *transaction, OutcomeKind kind, Stage stage, Cause cause, const Reply *reply,
                    const char *detail)
{
  for (guint i = 0; i < transaction->outcome->n_recipients; i++) {
    if (transaction->states[i] != RECIPIENT_PENDING && transaction->states[i] != RECIPIENT_ACCEPTED)
      continue;
    transaction->states[i] = RECIPIENT_DECIDED;
    verdict_set (&transaction->outcome->recipients[i], kind, stage, cause, reply, detail);
  }
}

/* What the recipients of this try add up to; the others don't count. */
static void
transaction_conclude (Transaction *transaction)
{
  Outcome *outcome = transaction->outcome;
  outcome_summarize (outcome);
  if (outcome->overall.kind != OUTCOME_NONE || transaction->has_untried)
    return;
  for (gsize i = 0; i < outcome->n_recipients; i++)
    if (outcome->recipients[i].kind == OUTCOME_ACCEPTED) {
      verdict_copy (&outcome->overall, &outcome->recipients[i]);
      return;
    }
}

void
transaction_tell (Dialogue *dialogue, Transaction *transaction)
{
  if (transaction->told)
    return;
  transaction->told = TRUE;
  transaction->outcome->without_auth = dialogue->without_auth;
  transaction->outcome->without_tls = !dialogue->encrypted;
  transaction_conclude (transaction);
  Event *event = dialogue_post (dialogue, DIALOGUE_FINISHED);
  event->said.id = transaction->id;
  event->outcome = outcome_copy (transaction->outcome);
}

void
recipient_post (Dialogue *dialogue, const Transaction *transaction, guint recipient)
{
  Event *event = dialogue_post (dialogue, DIALOGUE_RECIPIENT);
  event->said.id = transaction->id;
  event->said.recipient = recipient;
  verdict_copy (&event->verdict, &transaction->outcome->recipients[recipient]);
}

void
transaction_give_up (Dialogue *dialogue, Transaction *transaction, OutcomeKind kind, Stage stage, Cause cause,
                     const Reply *reply, const char *detail)
{
  transaction->given_up = TRUE;
  transaction_decide (transaction, kind, stage, cause, reply, detail);
  transaction_tell (dialogue, transaction);
  if ((transaction->body_begun || transaction->data_ready) && !transaction->dot_put)
    transaction->must_close = TRUE;
  else if (!transaction->data_sent)
    window_drop_waiting (dialogue->window, transaction, NULL);
}

/* What the end of the session, for whatever reason, means to a delivery that it didn't
 * concern: nothing that could be in doubt has left. */
static OutcomeKind
kind_for_bystanders (OutcomeKind kind)
{
  return kind == OUTCOME_TEMPORARY || kind == OUTCOME_SECURITY ? kind : OUTCOME_TRANSPORT;
}

void
transaction_abandon (Dialogue *dialogue, Transaction *transaction, const Verdict *verdict)
{
  OutcomeKind kind = kind_for_bystanders (verdict->kind);
  gboolean doubt = transaction->end == END_TAKEN && !dialogue->undone;
  for (guint i = 0; i < transaction->outcome->n_recipients; i++) {
    RecipientState state = transaction->states[i];
    Verdict *fate = &transaction->outcome->recipients[i];
    if (state == RECIPIENT_ASIDE || state == RECIPIENT_DECIDED)
      continue;
    if (doubt && state != RECIPIENT_UNTRIED)
      verdict_set (fate, OUTCOME_IN_DOUBT, STAGE_END, verdict->cause, verdict->reply, verdict->detail);
    else if (state != RECIPIENT_CLAIMED)
      verdict_set (fate, kind, verdict->stage, verdict->cause, verdict->reply, verdict->detail);
  }
  transaction_tell (dialogue, transaction);
}

void
transactions_abandon (Dialogue *dialogue, const Verdict *verdict)
{
  for (GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    Transaction *transaction = link->data;
    if (!transaction->told)
      transaction_abandon (dialogue, transaction, verdict);
  }
}

/* ---- which of them are over ---------------------------------------------------- */

/* A QUIT that waits behind recipients left for another transaction is taken back. */
static void
quit_reconsider (Dialogue *dialogue, const Transaction *transaction)
{
  if (!transaction->has_untried || !dialogue->quitting)
    return;
  if (window_drop_waiting (dialogue->window, NULL, &COMMAND_QUIT) > 0)
    dialogue->quitting = FALSE;
}

gboolean
transactions_settle (Dialogue *dialogue)
{
  gboolean settled = FALSE;
  for (GList *link = dialogue->transactions.head, *next; link != NULL; link = next) {
    Transaction *transaction = link->data;
    next = link->next;
    if (transaction->must_close && link == dialogue->transactions.head) {
      transaction_tell (dialogue, transaction);
      Verdict *why = &transaction->outcome->overall;
      dialogue_end (dialogue, CLOSE_NOW, OUTCOME_ACCEPTED, STAGE_BODY, why->cause, why->reply, why->detail);
      return TRUE;
    }
    if (window_holds (dialogue->window, transaction))
      continue;
    quit_reconsider (dialogue, transaction);
    transaction_tell (dialogue, transaction);
    dialogue->n_vain += transaction->bdat && transaction->n_accepted == 0 ? 1 : 0;
    g_queue_delete_link (&dialogue->transactions, link);
    transaction_free (transaction);
    settled = TRUE;
  }
  return settled;
}

/* Somebody's fate is open, and octets that complete the message are out. */
static gboolean
transaction_awaits_end (const Dialogue *dialogue, const Transaction *transaction)
{
  if (transaction->told || transaction->end != END_TAKEN || !window_holds (dialogue->window, transaction))
    return FALSE;
  for (guint i = 0; i < transaction->outcome->n_recipients; i++)
    if (transaction->states[i] == RECIPIENT_PENDING || transaction->states[i] == RECIPIENT_ACCEPTED)
      return TRUE;
  return FALSE;
}

gboolean
transactions_await_end (const Dialogue *dialogue, gconstpointer subject)
{
  const GList *first = dialogue->transactions.head;
  if (subject != NULL)
    first = g_queue_find ((GQueue *)&dialogue->transactions, subject)->next;
  for (const GList *link = first; link != NULL; link = link->next)
    if (transaction_awaits_end (dialogue, link->data))
      return TRUE;
  return FALSE;
}

void
transactions_leave_unsent (Dialogue *dialogue, const Verdict *verdict)
{
  for (GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    Transaction *transaction = link->data;
    if (!transaction->told && transaction->end != END_TAKEN)
      transaction_abandon (dialogue, transaction, verdict);
  }
}

gboolean
transactions_may_leave_some (const Dialogue *dialogue)
{
  for (const GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    const Transaction *transaction = link->data;
    if (transaction->has_untried || (transaction->n_tried > 1 && transaction->n_unanswered > 0))
      return TRUE;
  }
  return FALSE;
}

guint
transactions_at_once (const Dialogue *dialogue)
{
  return window_pipelining (dialogue->window) ? MAX (dialogue->settings.window, 1) : 1;
}

/* May another message begin? Bodies are handed in one after the other, and those of DATA
 * not before it is their turn: so of DATA others may begin that are far from being sent. */
static gboolean
delivery_is_welcome (const Dialogue *dialogue)
{
  const Transaction *latest = g_queue_peek_tail ((GQueue *)&dialogue->transactions);
  return g_queue_get_length ((GQueue *)&dialogue->transactions) < transactions_at_once (dialogue)
         && (latest == NULL || !latest->bdat || body_is_over (latest));
}

/* Servers end sessions with many commands that bring them no mail, RSET among them: Exim after
 * ten. That would leave a window in doubt, so such a session ends before, with regard to
 * those in flight: one of five may come to nothing. */
#define VAIN_MOST 9
#define HOPE 5

static gboolean
session_is_worn (const Dialogue *dialogue)
{
  guint in_flight = g_queue_get_length ((GQueue *)&dialogue->transactions);
  guint most = dialogue->capabilities->mail_max;

  if (most != 0 && dialogue->n_begun >= most)
    return TRUE;
  return dialogue->n_vain > 0 && dialogue->n_vain + in_flight / HOPE >= VAIN_MOST;
}

gboolean
transactions_ask (Dialogue *dialogue)
{
  if (dialogue->delivery_asked || dialogue->quitting || !delivery_is_welcome (dialogue))
    return FALSE;
  if (session_is_worn (dialogue)) {
    session_push_quit (dialogue);
    return TRUE;
  }
  dialogue->delivery_asked = TRUE;
  dialogue_post (dialogue, DIALOGUE_WANTS_DELIVERY);
  return FALSE;
}

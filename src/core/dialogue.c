/* The dialogue's public face: what comes in, the events and octets that go out, and
 * times. What the commands mean is in the files beside it; see dialogue-private.h. */
#include "core/dialogue-private.h"

#include <string.h>

#include "base/secret.h"

/* Nothing depends on the reply to QUIT, so nobody waits minutes for it. */
#define QUIT_TIMEOUT (5 * TICKS_PER_SECOND)
/* A server that has said 421 closes at once. */
#define FAREWELL_TIMEOUT (30 * TICKS_PER_SECOND)

/* ---- life --------------------------------------------------------------- */

static void
settings_copy (DialogueSettings *to, const DialogueSettings *from)
{
  *to = *from;
  to->helo_name = g_strdup (from->helo_name);
  to->auth.order = g_strdupv (from->auth.order);
}

Dialogue *
dialogue_new (const DialogueSettings *settings, Ticks now)
{
  Dialogue *dialogue = g_new0 (Dialogue, 1);
  settings_copy (&dialogue->settings, settings);
  dialogue->window = window_new (dialogue, session_gate);
  dialogue->parser = reply_parser_new ();
  dialogue->output = g_byte_array_new ();
  dialogue->now = dialogue->waiting_since = now;
  dialogue->capabilities_seen = g_ptr_array_new_with_free_func ((GDestroyNotify)capabilities_free);
  g_queue_init (&dialogue->events);
  g_queue_init (&dialogue->transactions);
  verdict_init (&dialogue->ending);
  verdict_init (&dialogue->auth.cancelled);
  dialogue->phase = PHASE_TLS;
  if (!settings->implicit_tls)
    session_start (dialogue);
  return dialogue;
}

static void
event_free (Event *event)
{
  if (event == NULL)
    return;
  g_free (event->text);
  g_bytes_unref (event->octets);
  reply_free (event->reply);
  verdict_clear (&event->verdict);
  if (event->outcome != NULL)
    outcome_free (event->outcome);
  g_free (event);
}

static void
output_wipe (Dialogue *dialogue)
{
  secret_wipe (dialogue->output->data, dialogue->output->len);
  g_byte_array_set_size (dialogue->output, 0);
}

void
dialogue_free (Dialogue *dialogue)
{
  if (dialogue == NULL)
    return;
  window_free (dialogue->window);
  reply_parser_free (dialogue->parser);
  output_wipe (dialogue);
  g_byte_array_unref (dialogue->output);
  g_queue_clear_full (&dialogue->events, (GDestroyNotify)event_free);
  g_queue_clear_full (&dialogue->transactions, (GDestroyNotify)transaction_free);
  event_free (dialogue->current);
  verdict_clear (&dialogue->ending);
  auth_clear (&dialogue->auth);
  verdict_clear (&dialogue->auth.cancelled);
  g_ptr_array_unref (dialogue->capabilities_seen);
  g_strfreev (dialogue->settings.auth.order);
  g_free ((char *)dialogue->settings.helo_name);
  g_free (dialogue);
}

/* ---- events ------------------------------------------------------------- */

Event *
dialogue_post (Dialogue *dialogue, DialogueEventKind kind)
{
  Event *event = g_new0 (Event, 1);
  event->said.kind = kind;
  verdict_init (&event->verdict);
  g_queue_push_tail (&dialogue->events, event);
  return event;
}

void
dialogue_post_text (Dialogue *dialogue, DialogueEventKind kind, const char *text)
{
  dialogue_post (dialogue, kind)->text = g_strdup (text);
}

gboolean
dialogue_next_event (Dialogue *dialogue, DialogueEvent *ret_event)
{
  event_free (dialogue->current);
  Event *event = dialogue->current = g_queue_pop_head (&dialogue->events);
  if (event == NULL)
    return FALSE;
  *ret_event = event->said;
  ret_event->text = event->text;
  ret_event->reply = event->reply;
  ret_event->outcome = event->outcome;
  ret_event->verdict = event->verdict.kind != OUTCOME_NONE || event->said.kind == DIALOGUE_RECIPIENT
                               || event->said.kind == DIALOGUE_ENDED
                           ? &event->verdict
                           : NULL;
  if (event->octets != NULL)
    ret_event->octets = g_bytes_get_data (event->octets, &ret_event->length);
  return TRUE;
}

/* ---- the end ------------------------------------------------------------- */

OutcomeKind
outcome_kind_of_reply (const Reply *reply)
{
  return reply_is_permanent (reply) ? OUTCOME_PERMANENT : OUTCOME_TEMPORARY;
}

void
dialogue_end (Dialogue *dialogue, CloseManner manner, OutcomeKind kind, Stage stage, Cause cause,
              const Reply *reply, const char *detail)
{
  if (dialogue->phase == PHASE_OVER)
    return;
  if (dialogue->phase != PHASE_FAREWELL)
    verdict_set (&dialogue->ending, kind, stage, cause, reply, detail);
  dialogue->phase = PHASE_OVER;
  window_clear (dialogue->window);
  if (manner == CLOSE_POLITE) {
    g_byte_array_append (dialogue->output, (const guint8 *)"QUIT\r\n", 6);
    dialogue_post_text (dialogue, DIALOGUE_COMMAND, "QUIT");
  } else {
    output_wipe (dialogue);
  }
  transactions_abandon (dialogue, &dialogue->ending);
  verdict_copy (&dialogue_post (dialogue, DIALOGUE_ENDED)->verdict, &dialogue->ending);
  dialogue_post (dialogue, DIALOGUE_WANTS_CLOSE);
}

/* 421 in the middle of a window. Replies come in order, and the channel closes behind this
 * one (RFC 5321, 3.8): what was sent later was never looked at, unless the server isn't as
 * good as its word and serves that too. Only its silence or its end tells. */
static void
dialogue_farewell (Dialogue *dialogue, Stage stage, const Reply *reply)
{
  if (dialogue->phase == PHASE_FAREWELL)
    return;
  dialogue->phase = PHASE_FAREWELL;
  verdict_set (&dialogue->ending, OUTCOME_TEMPORARY, stage, CAUSE_REPLY, reply, NULL);
  output_wipe (dialogue);
  transactions_leave_unsent (dialogue, &dialogue->ending);
}

gboolean
dialogue_is_over (const Dialogue *dialogue)
{
  return dialogue->phase == PHASE_OVER;
}

/* ---- one turn: whatever has become possible ------------------------------ */

/* The gate said no: a rule of ours would have been broken. */
static void
dialogue_barred (Dialogue *dialogue)
{
  const CommandKind *kind = window_next (dialogue->window)->kind;
  Cause cause = (kind->guards & GUARD_LOGIN) != 0 ? CAUSE_AUTH_NEEDS_TLS : CAUSE_TLS_NOT_OFFERED;
  dialogue_end (dialogue, CLOSE_NOW, OUTCOME_SECURITY, kind->stage, cause, NULL, NULL);
}

/* TRUE: something has changed, so that more may have become possible. */
static gboolean
dialogue_step (Dialogue *dialogue)
{
  if (transactions_settle (dialogue))
    return TRUE;
  if (dialogue->phase == PHASE_FAREWELL) {
    if (!transactions_await_end (dialogue, NULL))
      dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TEMPORARY, STAGE_QUIT, CAUSE_REPLY, NULL, NULL);
    return FALSE;
  }
  switch (window_send (dialogue->window, dialogue->output)) {
  case WINDOW_BARRED:
    dialogue_barred (dialogue);
    return FALSE;
  case WINDOW_MOVED:
    return TRUE;
  case WINDOW_IDLE:
    break;
  }
  if (dialogue->phase != PHASE_READY)
    return FALSE;
  body_ask (dialogue);
  return transactions_ask (dialogue);
}

static void
dialogue_turn (Dialogue *dialogue)
{
  while (dialogue->phase != PHASE_OVER && dialogue_step (dialogue))
    ;
  if (dialogue->phase == PHASE_TLS && dialogue->greeted && !dialogue->tls_wanted) {
    dialogue->tls_wanted = TRUE;
    dialogue_post (dialogue, DIALOGUE_WANTS_TLS);
  }
}

/* ---- octets in ------------------------------------------------------------ */

static Stage
dialogue_stage (const Dialogue *dialogue)
{
  const WindowCommand *oldest = window_oldest (dialogue->window);
  if (oldest != NULL)
    return oldest->kind->stage;
  switch (dialogue->phase) {
  case PHASE_TLS:
    return STAGE_TLS;
  case PHASE_AUTH:
    return STAGE_AUTH;
  default:
    return STAGE_MAIL;
  }
}

static void
end_of_protocol (Dialogue *dialogue, const Reply *reply, const char *detail)
{
  dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, dialogue_stage (dialogue), CAUSE_PROTOCOL, reply,
                detail);
}

static void
post_reply (Dialogue *dialogue, const Reply *reply)
{
  gboolean challenge = reply->code == 334;
  dialogue_post (dialogue, DIALOGUE_REPLY)->reply = challenge ? reply_new (334, "***") : reply_copy (reply);
}

/* The reply to QUIT, and older commands wait for theirs: one was never sent, and who knows
 * which. */
static gboolean
is_out_of_step (const Dialogue *dialogue, const Reply *reply)
{
  const WindowCommand *oldest = window_oldest (dialogue->window);
  return reply->code == 221 && dialogue->quitting && oldest != NULL && oldest->kind != &COMMAND_QUIT;
}

/* Exim turns all that is in flight away with replies of its own before it closes. */
static gboolean
is_service (const CommandKind *kind, const Reply *reply)
{
  return !reply_is_permanent (reply) && !reply_is_temporary (reply) && kind != &COMMAND_RESET;
}

static void
reply_handle (Dialogue *dialogue, const Reply *reply)
{
  post_reply (dialogue, reply);
  dialogue->waiting_since = dialogue->now;
  Stage stage = dialogue_stage (dialogue);
  if (is_out_of_step (dialogue, reply)) {
    end_of_protocol (dialogue, reply, "fewer replies than commands");
    return;
  }
  const WindowCommand *oldest = window_oldest (dialogue->window);
  gconstpointer subject = oldest != NULL ? oldest->subject : NULL;
  const CommandKind *kind = oldest != NULL ? oldest->kind : NULL;
  WindowAnswer answer = window_answer (dialogue->window, reply);
  if (dialogue->phase == PHASE_OVER)
    return;
  if (dialogue->phase == PHASE_FAREWELL)
    dialogue->served_on = dialogue->served_on || is_service (kind, reply);
  if (reply->code == 421 && (dialogue->phase == PHASE_FAREWELL || transactions_await_end (dialogue, subject)))
    dialogue_farewell (dialogue, stage, reply);
  else if (reply->code == 421)
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TEMPORARY, stage, CAUSE_REPLY, reply, NULL);
  else if (answer == WINDOW_UNASKED)
    end_of_protocol (dialogue, reply, "a reply that nothing had asked for");
  else if (answer == WINDOW_OUT_OF_PLACE)
    end_of_protocol (dialogue, reply, "a reply that does not belong to this command");
}

/* One reply, or all of OCTETS; how many were used. */
static gsize
receive_some (Dialogue *dialogue, const guint8 *octets, gsize length)
{
  if (dialogue->phase == PHASE_TLS) {
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_SECURITY, STAGE_STARTTLS, CAUSE_TLS_INJECTION, NULL, NULL);
    return length;
  }
  gsize used = 0;
  g_autoptr (Reply) reply = NULL;
  switch (reply_parser_feed (dialogue->parser, octets, length, &used, &reply)) {
  case REPLY_NEEDS_MORE:
    break;
  case REPLY_COMPLETE:
    reply_handle (dialogue, reply);
    break;
  case REPLY_MALFORMED:
    end_of_protocol (dialogue, NULL, "malformed reply");
    return length;
  case REPLY_TOO_LONG:
    end_of_protocol (dialogue, NULL, "reply too long");
    return length;
  }
  return used;
}

void
dialogue_receive (Dialogue *dialogue, const guint8 *octets, gsize length, Ticks now)
{
  dialogue->now = now;
  while (length > 0 && dialogue->phase != PHASE_OVER) {
    gsize used = receive_some (dialogue, octets, length);
    octets += used;
    length -= used;
  }
  dialogue_turn (dialogue);
}

void
dialogue_closed (Dialogue *dialogue, const char *detail, Ticks now)
{
  dialogue->now = now;
  const WindowCommand *oldest = window_oldest (dialogue->window);
  /* Many servers answer QUIT by closing. Nothing was outstanding but that. */
  gboolean orderly = oldest != NULL && oldest->kind == &COMMAND_QUIT && oldest->left == LEFT_WHOLE;
  dialogue->undone = dialogue->phase == PHASE_FAREWELL && !dialogue->served_on;
  dialogue_end (dialogue, CLOSE_NOW, orderly ? OUTCOME_ACCEPTED : OUTCOME_TRANSPORT,
                dialogue_stage (dialogue), CAUSE_CLOSED, NULL, detail);
}

/* ---- what the outside answers --------------------------------------------- */

void
dialogue_tls_established (Dialogue *dialogue, const DialogueTls *tls, Ticks now)
{
  dialogue->now = now;
  if (dialogue->phase != PHASE_TLS)
    return;
  dialogue->waiting_since = now;
  dialogue->encrypted = TRUE;
  dialogue->situation.encrypted = TRUE;
  dialogue->situation.binding_available = tls->binding_available;
  dialogue->situation.certificate_asked = tls->certificate_asked;
  session_start (dialogue);
  dialogue_turn (dialogue);
}

void
dialogue_tls_failed (Dialogue *dialogue, OutcomeKind kind, Cause cause, const char *detail, Ticks now)
{
  dialogue->now = now;
  dialogue_end (dialogue, CLOSE_NOW, kind, STAGE_TLS, cause, NULL, detail);
}

void
dialogue_auth_respond (Dialogue *dialogue, AuthResponseStatus status, const guint8 *response, gsize length,
                       const char *detail, Ticks now)
{
  dialogue->now = now;
  if (dialogue->phase != PHASE_AUTH || !dialogue->auth.asked)
    return;
  auth_respond (dialogue, status, response, length, detail);
  dialogue_turn (dialogue);
}

void
dialogue_begin (Dialogue *dialogue, DeliveryId id, const Envelope *envelope, const gboolean *pending,
                const BodyForm *form, gboolean window_ends, Ticks now)
{
  dialogue->now = now;
  dialogue->delivery_asked = FALSE;
  transaction_begin (dialogue, id, envelope, pending, form, window_ends);
  dialogue_turn (dialogue);
}

void
dialogue_quit (Dialogue *dialogue, Ticks now)
{
  dialogue->now = now;
  dialogue->delivery_asked = FALSE;
  if (dialogue->phase == PHASE_READY)
    session_push_quit (dialogue);
  else if (dialogue->phase != PHASE_FAREWELL)
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_CANCELLED, dialogue_stage (dialogue), CAUSE_CANCELLED, NULL,
                  NULL);
  dialogue_turn (dialogue);
}

void
dialogue_body_supply (Dialogue *dialogue, DeliveryId id, const guint8 *octets, gsize length, Ticks now)
{
  dialogue->now = now;
  Transaction *transaction = transaction_find (dialogue, id);
  if (transaction == NULL || transaction->body_asked == 0)
    return;
  body_take (dialogue, transaction, octets, length);
  dialogue_turn (dialogue);
}

void
dialogue_body_failed (Dialogue *dialogue, DeliveryId id, const char *detail, Ticks now)
{
  dialogue->now = now;
  Transaction *transaction = transaction_find (dialogue, id);
  if (transaction == NULL || body_is_whole (transaction))
    return;
  transaction_give_up (dialogue, transaction, OUTCOME_TEMPORARY, STAGE_BODY, CAUSE_MESSAGE, NULL, detail);
  dialogue_turn (dialogue);
}

void
dialogue_permit_end (Dialogue *dialogue, DeliveryId id, Ticks now)
{
  dialogue->now = now;
  Transaction *transaction = transaction_find (dialogue, id);
  if (transaction == NULL || !transaction->permit_asked)
    return;
  transaction->permitted = TRUE;
  dialogue_turn (dialogue);
}

void
dialogue_refuse_end (Dialogue *dialogue, DeliveryId id, OutcomeKind kind, Cause cause, const char *detail,
                     Ticks now)
{
  dialogue->now = now;
  Transaction *transaction = transaction_find (dialogue, id);
  if (transaction == NULL || transaction->end != END_HERE)
    return;
  transaction_give_up (dialogue, transaction, kind, STAGE_END, cause, NULL, detail);
  dialogue_turn (dialogue);
}

gboolean
dialogue_is_in_doubt (const Dialogue *dialogue, DeliveryId id)
{
  const Transaction *transaction = transaction_find (dialogue, id);
  return transaction != NULL && transaction->permitted;
}

/* ---- octets out, and times -------------------------------------------------- */

GByteArray *
dialogue_take_output (Dialogue *dialogue)
{
  if (dialogue->output->len == 0)
    return NULL;
  GByteArray *taken = dialogue->output;
  dialogue->output = g_byte_array_new ();
  dialogue->unsent += taken->len;
  dialogue->waiting_since = dialogue->now;
  window_taken (dialogue->window);
  for (GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    Transaction *transaction = link->data;
    if (transaction->end == END_QUEUED)
      transaction->end = END_TAKEN;
  }
  return taken;
}

void
dialogue_sent (Dialogue *dialogue, Ticks now)
{
  dialogue->now = now;
  if (dialogue->unsent == 0)
    return;
  dialogue->unsent = 0;
  dialogue->waiting_since = now;
  dialogue_turn (dialogue);
}

static Ticks
dialogue_patience (const Dialogue *dialogue)
{
  const DialogueSettings *settings = &dialogue->settings;
  const WindowCommand *oldest = window_oldest (dialogue->window);
  if (dialogue->phase == PHASE_FAREWELL)
    return MIN (FAREWELL_TIMEOUT, settings->command_timeout);
  if (dialogue->phase == PHASE_TLS)
    return settings->implicit_tls ? settings->greeting_timeout : settings->command_timeout;
  if (oldest == NULL || oldest->left != LEFT_WHOLE)
    /* Nothing is awaited of the server, unless that it takes what was sent. */
    return dialogue->unsent > 0 ? settings->command_timeout : TICKS_NEVER;
  switch (oldest->kind->patience) {
  case PATIENCE_GREETING:
    return settings->greeting_timeout;
  case PATIENCE_DATA:
    return settings->data_timeout;
  case PATIENCE_QUIT:
    return MIN (QUIT_TIMEOUT, settings->command_timeout);
  case PATIENCE_COMMAND:
    break;
  }
  return settings->command_timeout;
}

Ticks
dialogue_deadline (const Dialogue *dialogue)
{
  if (dialogue->phase == PHASE_OVER)
    return TICKS_NEVER;
  return ticks_after (dialogue->waiting_since, dialogue_patience (dialogue));
}

void
dialogue_tick (Dialogue *dialogue, Ticks now)
{
  dialogue->now = now;
  if (dialogue->phase == PHASE_OVER || now < dialogue_deadline (dialogue))
    return;
  const WindowCommand *oldest = window_oldest (dialogue->window);
  gboolean quitting = oldest != NULL && oldest->kind == &COMMAND_QUIT;
  dialogue_end (dialogue, CLOSE_NOW, quitting ? OUTCOME_ACCEPTED : OUTCOME_TRANSPORT,
                dialogue_stage (dialogue), CAUSE_TIMEOUT, NULL, NULL);
}

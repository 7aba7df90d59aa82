/* A delivery from its first path to the last reply: it is made fit for each server, its
 * body supplied, and what became of its recipients taken in. What is written down, and
 * when, is in carriage-record.c. */
#include "engine/carriage-private.h"

#include <string.h>

#include "core/future-release.h"
#include "mail/address.h"
#include "base/error.h"
#include "net/clock.h"

#define BODY_PIECE ((gsize)64 * 1024)

/* --- life ------------------------------------------------------------------- */

static Envelope *
envelope_for_wire (const Envelope *envelope)
{
  Envelope *wire = envelope_copy (envelope);

  for (guint i = 0; i < wire->recipients->len; i++) {
    EnvelopeRecipient *recipient = g_ptr_array_index (wire->recipients, i);
    char *ascii = address_to_ascii_domain (recipient->address, NULL);
    if (ascii) { /* else the encoder refuses this recipient */
      g_free (recipient->address);
      recipient->address = ascii;
    }
  }
  if (*wire->sender) {
    char *ascii = address_to_ascii_domain (wire->sender, NULL);
    if (ascii) {
      g_free (wire->sender);
      wire->sender = ascii;
    }
  }
  return wire;
}

Carriage *
carriage_new (Courier *courier, Delivery *delivery)
{
  gsize n = delivery->envelope->recipients->len;
  Carriage *carriage = g_new0 (Carriage, 1);

  carriage->references = 1;
  carriage->courier = courier;
  carriage->delivery = delivery;
  carriage->since = clock_now ();
  carriage->envelope = envelope_for_wire (delivery->envelope);
  carriage->outcome = delivery_outcome (delivery, NULL);
  carriage->pending = g_memdup2 (delivery->pending, n * sizeof (gboolean));
  carriage->decided = g_new0 (gboolean, n);
  carriage->in_doubt = g_new0 (gboolean, n);
  carriage->at_rcpt = outcome_new (n);
  carriage->attempts = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_attempt_free);
  return carriage;
}

Outcome *
delivery_outcome (const Delivery *delivery, const Verdict *verdict)
{
  Outcome *outcome = outcome_new (delivery->envelope->recipients->len);

  for (gsize i = 0; i < outcome->n_recipients; i++)
    if (delivery->pending[i] && verdict)
      verdict_copy (&outcome->recipients[i], verdict);
    else if (!delivery->pending[i] && delivery->verdicts)
      verdict_copy (&outcome->recipients[i], &delivery->verdicts[i]);
  outcome_summarize (outcome);
  return outcome;
}

Carriage *
carriage_ref (Carriage *carriage)
{
  carriage->references++;
  return carriage;
}

void
carriage_drop (Carriage *carriage)
{
  if (--carriage->references > 0)
    return;
  envelope_free (carriage->envelope);
  outcome_free (carriage->outcome);
  wire_form_free (carriage->form);
  g_free (carriage->pending);
  g_free (carriage->decided);
  g_free (carriage->in_doubt);
  outcome_free (carriage->at_rcpt);
  g_ptr_array_unref (carriage->attempts);
  g_free (carriage);
}

void
carriage_unref (Carriage *carriage)
{
  if (!carriage)
    return;
  carriage->courier = NULL;
  carriage_drop (carriage);
}

DeliveryId
carriage_id (const Carriage *carriage)
{
  return carriage->delivery->id;
}

Ticks
carriage_since (const Carriage *carriage)
{
  return carriage->since;
}

gboolean
carriage_is_begun (const Carriage *carriage)
{
  return carriage->begun;
}

gboolean
carriage_is_under_way (const Carriage *carriage)
{
  return carriage->begun || carriage->recording > 0;
}

gboolean
carriage_is_released (const Carriage *carriage)
{
  return carriage->released;
}

void
carriage_emit (Carriage *carriage, EngineEvent *event)
{
  event->at = clock_now () - carriage->since;
  event->id = carriage_id (carriage);
  engine_emit (courier_engine (carriage->courier), event);
}

gboolean
carriage_is_served (const Carriage *carriage)
{
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++)
    if (carriage->pending[i])
      return FALSE;
  return TRUE;
}

gboolean
carriage_wants_session (const Carriage *carriage)
{
  return !carriage->released && !carriage_is_under_way (carriage) && !carriage_is_served (carriage);
}

/* --- giving up --------------------------------------------------------------------- */

void
carriage_give_up (Carriage *carriage, const Verdict *verdict)
{
  if (carriage->released || carriage_is_served (carriage))
    return;
  memcpy (carriage->decided, carriage->pending, carriage->outcome->n_recipients * sizeof (gboolean));
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++)
    if (carriage->pending[i])
      verdict_copy (&carriage->outcome->recipients[i], verdict);
  memset (carriage->pending, 0, carriage->outcome->n_recipients * sizeof (gboolean));
  carriage_record (carriage);
}

void
carriage_note_failure (Carriage *carriage, const Verdict *verdict)
{
  carriage->begun = FALSE;
  for (gsize i = 0; verdict && i < carriage->outcome->n_recipients; i++)
    if (carriage->pending[i])
      verdict_copy (&carriage->outcome->recipients[i], verdict);
}

/* --- beginning ------------------------------------------------------------------ */

static BodyReader *
open_stored (gpointer data, GError **error)
{
  Carriage *carriage = data;
  WorkSource *source = engine_source (courier_engine (carriage->courier));

  return source->open_body (source, carriage_id (carriage), error);
}

static gboolean
prepare_form (Carriage *carriage, const Capabilities *capabilities, GError **error)
{
  WireTarget target = {
    .eightbitmime = capabilities_have (capabilities, CAPABILITY_8BITMIME),
    .smtputf8 = capabilities_have (capabilities, CAPABILITY_SMTPUTF8),
  };

  carriage->supplied = 0;
  if (carriage->form && carriage->target.eightbitmime == target.eightbitmime
      && carriage->target.smtputf8 == target.smtputf8)
    return wire_form_rewind (carriage->form, error);
  g_clear_pointer (&carriage->form, wire_form_free);
  carriage->target = target;
  carriage->form = wire_form_new (open_stored, carriage, &target, error);
  return carriage->form != NULL;
}

static gboolean
envelope_needs_utf8 (const Carriage *carriage)
{
  if (*carriage->envelope->sender && address_needs_utf8 (carriage->envelope->sender))
    return TRUE;
  for (guint i = 0; i < carriage->envelope->recipients->len; i++)
    if (carriage->pending[i] && address_needs_utf8 (envelope_recipient (carriage->envelope, i)->address))
      return TRUE;
  return FALSE;
}

/* QUIT may ride in the same group only where no second transaction can follow: a
 * server that answers 452 to some of several recipients wants one. */
static gboolean
only_one_is_pending (const Carriage *carriage)
{
  gsize n = 0;

  for (gsize i = 0; i < carriage->outcome->n_recipients; i++)
    n += carriage->pending[i] ? 1 : 0;
  return n == 1;
}

/* FALSE: the message must wait here for its time, and has been given up for now. */
static gboolean
hold_is_settled (Carriage *carriage)
{
  Verdict verdict = {
    .kind = OUTCOME_TEMPORARY,
    .stage = STAGE_MAIL,
    .cause = CAUSE_HOLD_NOT_OFFERED,
  };

  future_release_refresh (carriage->envelope, clock_instant ().wall);
  if (carriage->envelope->hold_until == 0 || carriage->delivery->account->future_release)
    return TRUE;
  carriage_give_up (carriage, &verdict);
  return FALSE;
}

/* A message that no server can be given never leaves; one that the disk doesn't give now may
 * be read later. */
static void
give_up_unread (Carriage *carriage, const GError *error)
{
  gboolean unfit = g_error_matches (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA)
                   || g_error_matches (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  Verdict verdict;

  verdict_init (&verdict);
  if (unfit)
    verdict_set (&verdict, OUTCOME_PERMANENT, STAGE_MESSAGE, CAUSE_MESSAGE, NULL, error->message);
  else
    verdict_set (&verdict, OUTCOME_TEMPORARY, STAGE_MESSAGE, CAUSE_STORE, NULL, error->message);
  carriage_give_up (carriage, &verdict);
  verdict_clear (&verdict);
}

gboolean
carriage_prepare (Carriage *carriage, const Capabilities *capabilities)
{
  g_autoptr (GError) error = NULL;

  if (!hold_is_settled (carriage))
    return FALSE;
  if (prepare_form (carriage, capabilities, &error))
    return TRUE;
  give_up_unread (carriage, error);
  return FALSE;
}

void
carriage_begin (Carriage *carriage, gboolean last)
{
  BodyForm form = *wire_form_body (carriage->form);

  form.smtputf8 = form.smtputf8 || (carriage->target.smtputf8 && envelope_needs_utf8 (carriage));
  carriage->attempt++;
  carriage->begun = TRUE;
  carriage->permitted = 0;
  outcome_free (carriage->at_rcpt);
  carriage->at_rcpt = outcome_new (carriage->outcome->n_recipients);
  dialogue_begin (session_dialogue (courier_session (carriage->courier)), carriage_id (carriage),
                  carriage->envelope, carriage->pending, &form, last && only_one_is_pending (carriage),
                  clock_now ());
}

/* --- what the dialogue asks ------------------------------------------------------- */

static void
supply_body (Carriage *carriage, gsize limit)
{
  Dialogue *dialogue = session_dialogue (courier_session (carriage->courier));
  gsize length = MIN (limit, BODY_PIECE);
  g_autofree guint8 *piece = g_malloc (length);
  g_autoptr (GError) error = NULL;
  gssize got = wire_form_read (carriage->form, piece, length, &error);

  if (got < 0) {
    dialogue_body_failed (dialogue, carriage_id (carriage), error->message, clock_now ());
    return;
  }
  dialogue_body_supply (dialogue, carriage_id (carriage), piece, (gsize)got, clock_now ());
  carriage->supplied += (guint64)got;
  EngineEvent event = { .kind = ENGINE_PROGRESS,
                        .octets = carriage->supplied,
                        .total = wire_form_body (carriage->form)->size };
  carriage_emit (carriage, &event);
}

/* --- what the dialogue answers ------------------------------------------------------ */

static gboolean
is_final (const Verdict *verdict)
{
  return verdict->kind != OUTCOME_NONE && verdict->kind != OUTCOME_TRANSPORT;
}

/* Recipients that this transaction did not take (452, RCPTMAX) get another one, but
 * only while each decides somebody. */
static void
settle_the_untried (Carriage *carriage, const Outcome *outcome)
{
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    if (!carriage->pending[i] || outcome->recipients[i].kind != OUTCOME_NONE)
      continue;
    verdict_set (&carriage->outcome->recipients[i], OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY,
                 outcome->recipients[i].reply, NULL);
    carriage->pending[i] = FALSE;
    carriage->decided[i] = TRUE;
  }
}

static void
take_outcome (Carriage *carriage, const Outcome *outcome)
{
  gsize n = outcome->n_recipients;
  gboolean progress = FALSE, in_transport = FALSE;

  memset (carriage->decided, 0, n * sizeof (gboolean));
  carriage->begun = FALSE;
  carriage->took = carriage->permitted > 0 ? courier_note_answer (carriage->courier, carriage->permitted) : 0;
  for (gsize i = 0; i < n; i++) {
    const Verdict *verdict = &outcome->recipients[i];
    if (!carriage->pending[i])
      continue;
    in_transport = in_transport || verdict->kind == OUTCOME_TRANSPORT;
    if (verdict->cause == CAUSE_BDAT_REFUSED)
      courier_note_no_bdat (carriage->courier);
    if (verdict->kind != OUTCOME_NONE)
      verdict_copy (&carriage->outcome->recipients[i], verdict);
    carriage->decided[i] = is_final (verdict) || carriage->in_doubt[i];
    if (!is_final (verdict))
      continue;
    carriage->pending[i] = FALSE;
    progress = TRUE;
  }
  if (progress)
    courier_note_decided (carriage->courier, outcome_count (outcome, OUTCOME_ACCEPTED) > 0);
  if (!progress && !in_transport)
    settle_the_untried (carriage, outcome);
  carriage->outcome->without_auth = carriage->outcome->without_auth || outcome->without_auth;
  /* Whoever turned TLS off needs no reminder. */
  carriage->outcome->without_tls = carriage->outcome->without_tls
                                   || (outcome->without_tls && carriage->delivery->account->tls != TLS_OFF);
  carriage_record (carriage);
}

void
carriage_handle (Carriage *carriage, const DialogueEvent *event)
{
  switch (event->kind) {
  case DIALOGUE_WANTS_BODY:
    supply_body (carriage, event->limit);
    break;
  case DIALOGUE_WANTS_END_PERMIT:
    carriage_ask_for_permit (carriage);
    break;
  case DIALOGUE_RECIPIENT: {
    EngineEvent news = { .kind = ENGINE_RECIPIENT, .recipient = event->recipient, .verdict = event->verdict };
    verdict_copy (&carriage->at_rcpt->recipients[event->recipient], event->verdict);
    carriage_emit (carriage, &news);
    break;
  }
  case DIALOGUE_FINISHED:
    take_outcome (carriage, event->outcome);
    break;
  default:
    break;
  }
}

CancelResult
carriage_cancel (Carriage *carriage, OutcomeKind kind)
{
  Session *session = courier_session (carriage->courier);
  Verdict verdict;

  if (carriage->released || carriage->recording > 0)
    return CANCEL_TOO_LATE;
  if (session && dialogue_is_in_doubt (session_dialogue (session), carriage_id (carriage)))
    return CANCEL_TOO_LATE;
  carriage->attempt++; /* a permit that is still being recorded comes too late now */
  verdict_init (&verdict);
  verdict_set (&verdict, kind, STAGE_MESSAGE, CAUSE_CANCELLED, NULL, NULL);
  if (session && carriage->begun) {
    dialogue_refuse_end (session_dialogue (session), carriage_id (carriage), kind, CAUSE_CANCELLED, NULL,
                         clock_now ());
    session_pump (session);
  } else {
    carriage_give_up (carriage, &verdict);
  }
  verdict_clear (&verdict);
  return CANCEL_CANCELLED;
}

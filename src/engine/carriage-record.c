/* Whoever permits the end of a message answers for it: this file asks the source to
 * make "in doubt" durable first, and keeps every recipient's fate until the source has
 * it. See DESIGN, "Never lose, never double". */
#include "engine/carriage-private.h"

#include <string.h>

#include "net/clock.h"

/* Sessions of one try that a history tells of. */
#define ATTEMPTS_LIMIT 16

static WorkSource *
source_of (const Carriage *carriage)
{
  return engine_source (courier_engine (carriage->courier));
}

/* --- the end of a try ------------------------------------------------------------- */

static void
release (Carriage *carriage)
{
  EngineEvent event = { .kind = ENGINE_OUTCOME, .outcome = carriage->outcome };

  carriage->released = TRUE;
  outcome_summarize (carriage->outcome);
  carriage_emit (carriage, &event);
  source_of (carriage)->release (source_of (carriage), carriage_id (carriage), carriage->outcome);
  courier_delivered (carriage->courier);
}

/* What the server has said stays true; only our note of it is missing, and those still
 * pending must not go on over it. */
static void
stop_for_want_of_notes (Carriage *carriage, const GError *error)
{
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++)
    if (carriage->pending[i])
      verdict_set (&carriage->outcome->recipients[i], OUTCOME_TEMPORARY, STAGE_MESSAGE, CAUSE_STORE, NULL,
                   error ? error->message : NULL);
  memset (carriage->pending, 0, carriage->outcome->n_recipients * sizeof (gboolean));
}

static void
after_fates (gboolean durable, const GError *error, gpointer data)
{
  Carriage *carriage = data;

  carriage->recording--;
  if (carriage->courier && !carriage->released) {
    if (!durable)
      stop_for_want_of_notes (carriage, error);
    if (carriage->recording == 0 && carriage_is_served (carriage))
      release (carriage);
    else if (carriage->recording == 0)
      courier_delivered (carriage->courier);
  }
  carriage_drop (carriage);
}

void
carriage_note_attempt (Carriage *carriage, OutboxAttempt *attempt)
{
  if (carriage->attempts->len < ATTEMPTS_LIMIT)
    g_ptr_array_add (carriage->attempts, attempt);
  else
    outbox_attempt_free (attempt);
}

/* The session that is still in hand, or the search that came to nothing. Having no network
 * is no attempt. */
static void
note_last_attempt (Carriage *carriage)
{
  const Verdict *overall = &carriage->outcome->overall;
  OutboxAttempt *attempt = courier_attempt (carriage->courier, overall, carriage->since);

  if (!attempt && carriage->attempts->len == 0 && overall->cause != CAUSE_NO_NETWORK)
    attempt = courier_failed_search (carriage->courier, overall, carriage->since);
  if (attempt)
    carriage_note_attempt (carriage, attempt);
}

static void
add_fates (Carriage *carriage, GArray *events)
{
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++) {
    DeliveryEvent event = { .kind = DELIVERY_EVENT_RECIPIENT,
                            .id = carriage_id (carriage),
                            .recipient = (guint)i,
                            .verdict = &carriage->outcome->recipients[i] };
    if (!carriage->decided[i])
      continue;
    carriage->in_doubt[i] = FALSE;
    g_array_append_val (events, event);
  }
}

static void
add_end (Carriage *carriage, GArray *events)
{
  DeliveryEvent end = { .kind = DELIVERY_EVENT_END,
                        .id = carriage_id (carriage),
                        .outcome = carriage->outcome,
                        .took = carriage->took };

  outcome_summarize (carriage->outcome);
  note_last_attempt (carriage);
  for (guint i = 0; i < carriage->attempts->len; i++) {
    DeliveryEvent event = { .kind = DELIVERY_EVENT_ATTEMPT,
                            .id = carriage_id (carriage),
                            .attempt = g_ptr_array_index (carriage->attempts, i) };
    g_array_append_val (events, event);
  }
  g_array_append_val (events, end);
}

void
carriage_record (Carriage *carriage)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (DeliveryEvent));

  add_fates (carriage, events);
  if (carriage_is_served (carriage))
    add_end (carriage, events);
  carriage->recording++;
  source_of (carriage)->record (source_of (carriage), (const DeliveryEvent *)(gpointer)events->data,
                                events->len, after_fates, carriage_ref (carriage));
}

/* --- the permit ------------------------------------------------------------------- */

typedef struct {
  Carriage *carriage;
  guint attempt;
} PermitAsked;

static void
after_in_doubt (gboolean durable, const GError *error, gpointer data)
{
  PermitAsked *asked = data;
  Carriage *carriage = asked->carriage;
  Session *session = carriage->courier ? courier_session (carriage->courier) : NULL;

  if (session && carriage->begun && asked->attempt == carriage->attempt && !carriage->released) {
    carriage->permitted = clock_now ();
    if (durable)
      dialogue_permit_end (session_dialogue (session), carriage_id (carriage), clock_now ());
    else
      dialogue_refuse_end (session_dialogue (session), carriage_id (carriage), OUTCOME_TEMPORARY, CAUSE_STORE,
                           error ? error->message : NULL, clock_now ());
    session_pump (session);
  }
  carriage_drop (carriage);
  g_free (asked);
}

/* In doubt is whoever the server may have accepted: all that RCPT was not, or not yet,
 * answered for with a refusal. */
static void
add_in_doubt (Carriage *carriage, GArray *events)
{
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++) {
    const Verdict *said = &carriage->at_rcpt->recipients[i];
    gboolean silent = said->kind == OUTCOME_NONE && said->cause == CAUSE_NONE;
    DeliveryEvent event
        = { .kind = DELIVERY_EVENT_IN_DOUBT, .id = carriage_id (carriage), .recipient = (guint)i };
    if (!carriage->pending[i] || (said->kind != OUTCOME_ACCEPTED && !silent))
      continue;
    carriage->in_doubt[i] = TRUE;
    g_array_append_val (events, event);
  }
}

static void
add_refused (Carriage *carriage, GArray *events)
{
  for (gsize i = 0; i < carriage->outcome->n_recipients; i++) {
    const Verdict *said = &carriage->at_rcpt->recipients[i];
    DeliveryEvent event = {
      .kind = DELIVERY_EVENT_RECIPIENT, .id = carriage_id (carriage), .recipient = (guint)i, .verdict = said
    };
    if (carriage->pending[i] && (said->kind == OUTCOME_TEMPORARY || said->kind == OUTCOME_PERMANENT))
      g_array_append_val (events, event);
  }
}

void
carriage_ask_for_permit (Carriage *carriage)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (DeliveryEvent));
  PermitAsked *asked = g_new (PermitAsked, 1);

  add_in_doubt (carriage, events);
  add_refused (carriage, events);
  asked->carriage = carriage_ref (carriage);
  asked->attempt = carriage->attempt;
  source_of (carriage)->record (source_of (carriage), (const DeliveryEvent *)(gpointer)events->data,
                                events->len, after_in_doubt, asked);
}

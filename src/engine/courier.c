/* The ladder says what to try and when; the courier has it tried (attempt.c), owns all
 * attempts until there is a winner and the others are judged, and hands the winner one
 * delivery after the other. */
#include "engine/courier-private.h"

#include "engine/account-rules.h"
#include "net/clock.h"

/* --- events -------------------------------------------------------------------- */

static Carriage *
lead (const Courier *courier)
{
  return g_queue_peek_head ((GQueue *)&courier->carriages);
}

void
courier_emit (Courier *courier, EngineEvent *event)
{
  const Carriage *carriage = lead (courier);

  if (carriage)
    courier->since = carriage_since (carriage);
  event->at = clock_now () - courier->since;
  event->id = carriage ? carriage_id (carriage) : 0;
  engine_emit (courier->engine, event);
}

Session *
courier_session (Courier *courier)
{
  return courier->winner ? courier->winner->session : NULL;
}

Engine *
courier_engine (Courier *courier)
{
  return courier->engine;
}

const Ladder *
courier_ladder (const Courier *courier)
{
  return courier->ladder;
}

static Carriage *
find_carriage (const Courier *courier, DeliveryId id)
{
  for (const GList *link = courier->carriages.head; link; link = link->next)
    if (carriage_id (link->data) == id)
      return link->data;
  return NULL;
}

gboolean
courier_holds (const Courier *courier, DeliveryId id)
{
  return find_carriage (courier, id) != NULL;
}

void
courier_handle (Courier *courier, const DialogueEvent *event)
{
  Carriage *carriage = find_carriage (courier, event->id);

  if (carriage)
    carriage_handle (carriage, event);
}

gboolean
courier_is_served (const Courier *courier)
{
  for (const GList *link = courier->carriages.head; link; link = link->next)
    if (!carriage_is_served (link->data))
      return FALSE;
  return TRUE;
}

/* What is done with one may end it, and others with it: each is looked for anew. */
void
courier_for_each (Courier *courier, CarriageFunction function, gpointer data)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (DeliveryId));

  for (const GList *link = courier->carriages.head; link; link = link->next) {
    DeliveryId id = carriage_id (link->data);
    g_array_append_val (ids, id);
  }
  for (guint i = 0; i < ids->len; i++) {
    Carriage *carriage = find_carriage (courier, g_array_index (ids, DeliveryId, i));
    if (carriage)
      function (carriage, data);
  }
}

static void
give_up_one (Carriage *carriage, gpointer verdict)
{
  carriage_give_up (carriage, verdict);
}

void
courier_give_up (Courier *courier, const Verdict *verdict)
{
  courier_for_each (courier, give_up_one, (gpointer)verdict);
}

OutboxAttempt *
courier_attempt (Courier *courier, const Verdict *verdict, Ticks since)
{
  return courier->winner ? attempt_facts (courier->winner, verdict, since) : NULL;
}

OutboxAttempt *
courier_failed_search (Courier *courier, const Verdict *verdict, Ticks since)
{
  Instant now = clock_instant ();
  OutboxAttempt *attempt = g_new0 (OutboxAttempt, 1);

  attempt->lasted = now.ticks - since;
  attempt->at = now.wall - attempt->lasted;
  attempt->network = g_strdup (courier->network);
  verdict_copy (&attempt->verdict, verdict);
  return attempt;
}

static void
give_up (Courier *courier, OutcomeKind kind, Stage stage, Cause cause, const Reply *reply, const char *detail)
{
  verdict_set (&courier->last_failure, kind, stage, cause, reply, detail);
  courier_give_up (courier, &courier->last_failure);
}

/* --- resolving ------------------------------------------------------------------- */

/* An address is looked up by nobody: not worth a word. */
static gboolean
host_is_literal (const Courier *courier, guint host)
{
  IpAddress address;

  return ip_address_parse (courier->account->hosts_ascii[host], &address);
}

/* The EVENT is about what QUESTION asks for. */
static void
emit_answer (const Question *question, EngineEvent event)
{
  event.path.host = question->courier->account->hosts[question->host];
  event.path.family = question->family;
  courier_emit (question->courier, &event);
}

/* The last that is done for QUESTION: a new search frees it. */
static void
answer_ladder (const Question *question, const char *network)
{
  Courier *courier = question->courier;
  const GArray *addresses = question->addresses;

  ladder_resolved (courier->ladder, question->host, question->family, network,
                   (const IpAddress *)(gpointer)addresses->data, addresses->len, clock_now ());
  courier_drive (courier);
}

static void
on_located (const char *network, const char *description, gpointer data)
{
  const Question *question = data;

  g_free (question->courier->network);
  question->courier->network = g_strdup (description);
  emit_answer (question, (EngineEvent){ .kind = ENGINE_NETWORK, .text = network, .detail = description });
  /* Where it is unknown, nothing is believed and nothing written. */
  answer_ladder (question, question->courier->account->path_memory ? network : NULL);
}

/* All addresses of a family are taken for reached by the way of the first. */
static void
locate (Question *question)
{
  Identity *identity = engine_identity (question->courier->engine);

  if (identity && question->addresses->len > 0)
    identity_ask (identity, &g_array_index (question->addresses, IpAddress, 0), on_located, question);
  else
    answer_ladder (question, NULL);
}

static void
on_resolved (Family family, ResolverStatus status, const IpAddress *addresses, gsize n_addresses,
             const char *detail, gpointer data)
{
  Question *question = data;
  Courier *courier = question->courier;

  courier->resolver_failed += status == RESOLVER_FAILED ? 1 : 0;
  courier->name_unknown += status == RESOLVER_NO_NAME || status == RESOLVER_NO_ADDRESS ? 1 : 0;
  if (status == RESOLVER_FAILED || status == RESOLVER_NO_NAME)
    verdict_set (&courier->last_failure, OUTCOME_TRANSPORT, STAGE_RESOLVE,
                 status == RESOLVER_FAILED ? CAUSE_RESOLVER : CAUSE_HOST_UNKNOWN, NULL, detail);
  if (!host_is_literal (courier, question->host))
    emit_answer (question, (EngineEvent){ .kind = ENGINE_RESOLVED,
                                          .n_addresses = n_addresses,
                                          .text = resolver_status_name (status),
                                          .detail = detail });
  if (n_addresses > 0)
    g_array_append_vals (question->addresses, addresses, (guint)n_addresses);
  locate (question);
}

static void
question_free (gpointer data)
{
  Question *question = data;

  g_array_unref (question->addresses);
  g_free (question);
}

static void
resolve (Courier *courier, const LadderAction *action)
{
  Question *question = g_new (Question, 1);

  *question = (Question){ courier, action->host, action->path.family,
                          engine_resolver (courier->engine, courier->account),
                          g_array_new (FALSE, FALSE, sizeof (IpAddress)) };
  if (!host_is_literal (courier, action->host))
    emit_answer (question, (EngineEvent){ .kind = ENGINE_RESOLVING });
  g_ptr_array_add (courier->questions, question);
  courier->asked++;
  resolver_ask (question->resolver, courier->account->hosts_ascii[action->host], action->path.family,
                on_resolved, question);
}

void
courier_note_no_bdat (Courier *courier)
{
  if (courier->winner)
    path_memory_note_no_bdat (engine_memory (courier->engine), courier->winner->network,
                              &courier->winner->path, clock_now ());
  courier->without_bdat = TRUE;
  courier->restart = TRUE;
}

/* --- the ladder --------------------------------------------------------------------- */

static Ladder *
make_ladder (Courier *courier)
{
  const Account *account = courier->account;
  LadderRules rules = account_ladder_rules (account);

  return ladder_new (&rules, (const char *const *)account->hosts_ascii, g_strv_length (account->hosts_ascii),
                     engine_memory (courier->engine));
}

static void
drop_search (Courier *courier)
{
  Identity *identity = engine_identity (courier->engine);

  for (guint i = 0; i < courier->questions->len; i++) {
    Question *question = g_ptr_array_index (courier->questions, i);
    resolver_cancel (question->resolver, question);
    if (identity)
      identity_cancel (identity, question);
  }
  g_ptr_array_set_size (courier->questions, 0);
  courier->winner = NULL;
  g_ptr_array_set_size (courier->attempts, 0);
  g_clear_pointer (&courier->ladder, ladder_free);
}

/* Every path has failed, or there was none. */
static void
give_up_search (Courier *courier)
{
  const Verdict *last = &courier->last_failure;

  if (courier->carriages.length == 0)
    return;
  if (courier->resolver_failed + courier->name_unknown == courier->asked && courier->asked > 0) {
    if (!tcp_have_network ())
      give_up (courier, OUTCOME_TRANSPORT, STAGE_RESOLVE, CAUSE_NO_NETWORK, NULL, NULL);
    else
      give_up (courier, OUTCOME_TRANSPORT, STAGE_RESOLVE,
               courier->resolver_failed ? CAUSE_RESOLVER : CAUSE_HOST_UNKNOWN, NULL, last->detail);
    return;
  }
  /* Where a server was reached, its words say more than "no path". */
  if (last->kind == OUTCOME_NONE || last->stage == STAGE_RESOLVE)
    give_up (courier, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_PATH, NULL, NULL);
  else
    give_up (courier, OUTCOME_TRANSPORT, last->stage, last->cause, last->reply, last->detail);
}

static void
finish (Courier *courier)
{
  static const Verdict in_order = { .kind = OUTCOME_ACCEPTED };

  if (courier->done || courier->carriages.length > 0)
    return;
  courier->done = TRUE;
  if (!courier->over_told)
    courier_tell_over (
        courier, courier->last_failure.kind == OUTCOME_NONE ? &in_order : &courier->last_failure, FALSE);
  timer_set (courier->timer, TICKS_NEVER);
  engine_courier_done (courier->engine, courier);
}

/* TRUE: ask the ladder again at once. */
static gboolean
act (Courier *courier)
{
  LadderAction action;

  switch (ladder_next (courier->ladder, clock_now (), &action)) {
  case LADDER_RESOLVE:
    resolve (courier, &action);
    return TRUE;
  case LADDER_ATTEMPT:
    attempt_start (courier, &action);
    return TRUE;
  case LADDER_ABANDON:
    attempt_abandon (courier, action.attempt, action.reason);
    return TRUE;
  case LADDER_WINNER:
    courier->winner = attempt_find (courier, action.attempt);
    courier->quit_until = TICKS_NEVER;
    verdict_clear (&courier->last_failure);
    attempt_emit (courier->winner, (EngineEvent){ .kind = ENGINE_WINNER });
    return TRUE;
  case LADDER_EXHAUSTED:
    give_up_search (courier);
    finish (courier);
    return FALSE;
  case LADDER_STOPPED:
    finish (courier);
    return FALSE;
  case LADDER_WAIT:
    timer_set (courier->timer,
               MIN (action.until, MIN (courier->quit_until, courier->idle ? courier->ask_at : TICKS_NEVER)));
    return FALSE;
  }
  return FALSE;
}

static gboolean
somebody_wants_session (const Courier *courier)
{
  for (const GList *link = courier->carriages.head; link; link = link->next)
    if (carriage_wants_session (link->data))
      return TRUE;
  return FALSE;
}

/* Asks the ladder and does what it says until it wants to wait. What is done here may
 * call back into here. */
void
courier_drive (Courier *courier)
{
  if (courier->driving || courier->done) {
    courier->drive_again = TRUE;
    return;
  }
  courier->driving = TRUE;
  do {
    courier->drive_again = FALSE;
    if (courier->last_session && !courier->winner)
      courier_put_back (courier);
    if (courier->restart && !courier->winner && somebody_wants_session (courier)) {
      courier->restart = FALSE;
      drop_search (courier);
      courier->ladder = make_ladder (courier);
    }
    while (!courier->done && act (courier))
      ;
  } while (courier->drive_again && !courier->done);
  courier->driving = FALSE;
}

static void
on_timer (gpointer data)
{
  Courier *courier = data;

  if (clock_now () >= courier->quit_until && courier->carriages.length == 0) {
    ladder_finished (courier->ladder, clock_now ());
    courier->quit_until = TICKS_NEVER;
  }
  if (courier->idle && clock_now () >= courier->ask_at)
    courier_wake (courier);
  courier_drive (courier);
}

/* --- life ------------------------------------------------------------------------------ */

Courier *
courier_new (Engine *engine, Delivery *delivery)
{
  Courier *courier = g_new0 (Courier, 1);

  courier->engine = engine;
  courier->account = delivery->account;
  courier->attempts = g_ptr_array_new_with_free_func (attempt_free);
  courier->questions = g_ptr_array_new_with_free_func (question_free);
  courier->timer = timer_new (on_timer, courier);
  g_queue_init (&courier->carriages);
  g_queue_push_tail (&courier->carriages, carriage_new (courier, delivery));
  courier->since = carriage_since (lead (courier));
  courier->n_begun = 1;
  courier->quit_until = courier->ask_at = TICKS_NEVER;
  verdict_init (&courier->last_failure);
  return courier;
}

void
courier_start (Courier *courier)
{
  courier->ladder = make_ladder (courier);
  courier_drive (courier);
}

void
courier_free (Courier *courier)
{
  if (!courier)
    return;
  courier->done = TRUE;
  drop_search (courier);
  g_queue_clear_full (&courier->carriages, (GDestroyNotify)carriage_unref);
  g_ptr_array_unref (courier->attempts);
  g_ptr_array_unref (courier->questions);
  timer_free (courier->timer);
  verdict_clear (&courier->last_failure);
  g_free (courier->network);
  g_free (courier);
}

/* Attempts of a search in the old network say nothing any more; the next search is the new
 * network's. A session that won may live: its address may be of another network, or come back. */
void
courier_network_changed (Courier *courier)
{
  if (courier->done || (!courier->winner && courier->carriages.length == 0))
    return;
  if (courier->winner && !attempt_is_cut_off (courier->winner))
    return;
  courier->restart = TRUE;
  if (courier->winner)
    attempt_cut (courier->winner);
  courier_drive (courier);
}

CancelResult
courier_cancel (Courier *courier, DeliveryId id, OutcomeKind kind)
{
  Carriage *carriage = find_carriage (courier, id);

  return carriage ? carriage_cancel (carriage, kind) : CANCEL_UNKNOWN;
}

static void
put_back_one (Carriage *carriage, gpointer data)
{
  guint *too_late = data;

  if (carriage_cancel (carriage, OUTCOME_TEMPORARY) == CANCEL_TOO_LATE)
    (*too_late)++;
}

guint
courier_put_back (Courier *courier)
{
  guint too_late = 0;

  courier->last_session = TRUE;
  courier_for_each (courier, put_back_one, &too_late);
  return too_late;
}

/* The ladder says what to try and when; this file tries it. Every attempt is a small
 * struct of its own, and the courier owns them all until the ladder has a winner and
 * the others are judged.
 *
 * Whoever watches the engine may cancel from within any event. So an attempt that is
 * over is closed at once, but its struct stays until the search does, and what follows
 * an event asks first whether the attempt is over. */
#include "engine/courier.h"

#include <string.h>
#include <unistd.h>

#include "engine/carriage.h"
#include "engine/timer.h"
#include "net/clock.h"
#include "net/tcp.h"

/* The reply to QUIT is waited for (RFC 5321, 4.1.1.10), but the mail is gone already and
 * nobody should sit in front of a server that has lost interest. */
#define QUIT_PATIENCE (2 * TICKS_PER_SECOND)

#define RESOLUTION_DELAY (50 * TICKS_PER_MS)         /* RFC 8305, section 3 */
#define LAST_GREETING_TIMEOUT (5 * TICKS_PER_MINUTE) /* RFC 5321, 4.5.3.2.1 */

typedef struct {
  Courier *courier;
  LadderAttemptId id;
  Path path;
  IpAddress address;
  TcpConnect *connect;        /* while connecting */
  Session *session;           /* once connected */
  Capabilities *capabilities; /* of its last EHLO: the flags only */
  gboolean over;
} Attempt;

typedef struct {
  Courier *courier;
  guint host;
} Question;

struct Courier {
  Engine *engine;
  Delivery *delivery;
  const Account *account;
  Ladder *ladder;
  GPtrArray *attempts;  /* of Attempt */
  GPtrArray *questions; /* of Question, for resolver_cancel() */
  Timer *timer;
  Carriage *carriage; /* in hand; NULL: none */
  Delivery *next;     /* claimed, to follow over the same session */
  Attempt *winner;
  Verdict last_failure;
  Ticks claimed_at;
  Ticks quit_until; /* TICKS_NEVER: not quitting */
  guint resolver_failed, name_unknown, asked;
  gboolean wants_delivery; /* the dialogue waits for dialogue_begin() */
  gboolean without_bdat, restart;
  gboolean driving, drive_again, done;
};

static void drive (Courier *courier);

/* --- events -------------------------------------------------------------------- */

void
courier_emit (Courier *courier, EngineEvent *event)
{
  event->at = clock_now () - courier->claimed_at;
  event->id = courier->carriage ? carriage_id (courier->carriage) : 0;
  engine_emit (courier->engine, event);
}

static void
emit_attempt (Attempt *attempt, EngineEvent event)
{
  event.attempt = attempt->id;
  event.path = attempt->path;
  event.address = attempt->address;
  event.has_address = attempt->path.family != FAMILY_TUNNEL;
  courier_emit (attempt->courier, &event);
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

gboolean
courier_holds (const Courier *courier, DeliveryId id)
{
  return (courier->carriage && carriage_id (courier->carriage) == id)
         || (courier->next && courier->next->id == id);
}

/* --- attempts -------------------------------------------------------------------- */

static Attempt *
find_attempt (Courier *courier, LadderAttemptId id)
{
  for (guint i = 0; i < courier->attempts->len; i++) {
    Attempt *attempt = g_ptr_array_index (courier->attempts, i);
    if (attempt->id == id && !attempt->over)
      return attempt;
  }
  return NULL;
}

static void
close_attempt (Attempt *attempt)
{
  attempt->over = TRUE;
  if (attempt->courier->winner == attempt) {
    attempt->courier->winner = NULL;
    attempt->courier->wants_delivery = FALSE;
  }
  g_clear_pointer (&attempt->connect, tcp_connect_free);
  g_clear_pointer (&attempt->session, session_free);
}

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  close_attempt (attempt);
  capabilities_free (attempt->capabilities);
  g_free (attempt);
}

static void on_session_event (Session *session, const DialogueEvent *event, gpointer data);
static void on_session_secured (Session *session, const TlsFacts *facts, gpointer data);

static void
begin_session (Attempt *attempt, int fd, Tunnel *tunnel)
{
  static const SessionEvents events = { .event = on_session_event, .secured = on_session_secured };
  Courier *courier = attempt->courier;
  const PathMemoryEntry *entry
      = path_memory_find (engine_memory (courier->engine), engine_network (courier->engine), &attempt->path);
  gboolean chunking = courier->account->chunking && !courier->without_bdat && !(entry && entry->no_bdat);

  if (!attempt->over)
    emit_attempt (attempt, (EngineEvent){ .kind = ENGINE_CONNECTED });
  if (attempt->over) {
    close (fd);
    tunnel_free (tunnel);
    return;
  }
  attempt->session = session_new (courier->account, &attempt->path, chunking, fd, tunnel, &events, attempt);
  if (attempt->path.implicit_tls)
    ladder_progress (courier->ladder, attempt->id, LADDER_SECURING, clock_now ());
  session_pump (attempt->session);
}

/* What the ladder calls a late answer must be closed, not greeted: it is asked before a
 * session is made of the descriptor. */
static void
on_accepted (Attempt *attempt, int fd)
{
  Courier *courier = attempt->courier;

  ladder_progress (courier->ladder, attempt->id, LADDER_CONNECTED, clock_now ());
  drive (courier);
  begin_session (attempt, fd, NULL);
}

static void
on_connected (AttemptEnd end, int error, int fd, gpointer data)
{
  Attempt *attempt = data;
  Courier *courier = attempt->courier;

  g_clear_pointer (&attempt->connect, tcp_connect_free);
  emit_attempt (attempt, (EngineEvent){ .kind = ENGINE_ATTEMPT_ENDED, .end = end, .error = error });
  if (end == ATTEMPT_ACCEPTED) {
    on_accepted (attempt, fd);
  } else {
    ladder_failed (courier->ladder, attempt->id, LADDER_FAILED_CONNECT, end, clock_now ());
    close_attempt (attempt);
  }
  drive (courier);
}

static gboolean
address_is_loopback (const IpAddress *address)
{
  static const guint8 v6[16] = { [15] = 1 };

  if (address->family == FAMILY_IPV4)
    return address->octets[0] == 127;
  return memcmp (address->octets, v6, sizeof v6) == 0;
}

/* The delivery in hand and the one claimed behind it share what became of the search. */
static void
give_up_with (Courier *courier, const Verdict *verdict)
{
  if (courier->carriage)
    carriage_give_up (courier->carriage, verdict);
  if (!courier->next || courier->carriage)
    return;
  courier->carriage = carriage_new (courier, g_steal_pointer (&courier->next));
  carriage_give_up (courier->carriage, verdict);
}

static void
give_up (Courier *courier, OutcomeKind kind, Stage stage, Cause cause, const Reply *reply, const char *detail)
{
  Verdict verdict;

  verdict_init (&verdict);
  verdict_set (&verdict, kind, stage, cause, reply, detail);
  give_up_with (courier, &verdict);
  verdict_clear (&verdict);
}

static void
try_tunnel (Attempt *attempt)
{
  Courier *courier = attempt->courier;
  g_autoptr (GError) error = NULL;
  int fd = -1;
  Tunnel *tunnel
      = tunnel_open (courier->account->tunnel, attempt->path.host, attempt->path.port, &fd, &error);

  if (tunnel) {
    ladder_progress (courier->ladder, attempt->id, LADDER_CONNECTED, clock_now ());
    begin_session (attempt, fd, tunnel);
    return;
  }
  verdict_set (&courier->last_failure, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_PATH, NULL, error->message);
  ladder_failed (courier->ladder, attempt->id, LADDER_FAILED_CONNECT, ATTEMPT_OWN_HOST, clock_now ());
  close_attempt (attempt);
}

static void
start_attempt (Courier *courier, const LadderAction *action)
{
  Attempt *attempt;

  /* No network at all is no attempt and no evidence. */
  if (action->path.family != FAMILY_TUNNEL && !address_is_loopback (&action->address)
      && !tcp_have_network ()) {
    ladder_failed (courier->ladder, action->attempt, LADDER_FAILED_FINAL, ATTEMPT_OWN_HOST, clock_now ());
    give_up (courier, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_NETWORK, NULL, NULL);
    return;
  }
  attempt = g_new0 (Attempt, 1);
  attempt->courier = courier;
  attempt->id = action->attempt;
  attempt->path = action->path;
  attempt->address = action->address;
  g_ptr_array_add (courier->attempts, attempt);
  emit_attempt (attempt, (EngineEvent){ .kind = ENGINE_ATTEMPT });
  if (attempt->path.family == FAMILY_TUNNEL)
    try_tunnel (attempt);
  else
    attempt->connect = tcp_connect (&attempt->address, attempt->path.port, on_connected, attempt);
}

static void
abandon_attempt (Courier *courier, const LadderAction *action)
{
  Attempt *attempt = find_attempt (courier, action->attempt);

  if (!attempt)
    return;
  emit_attempt (attempt, (EngineEvent){
                             .kind = ENGINE_ATTEMPT_ENDED,
                             .end = attempt->session ? ATTEMPT_ACCEPTED : ATTEMPT_SILENT,
                             .text = ladder_reason_name (action->reason),
                         });
  close_attempt (attempt);
}

/* --- resolving ------------------------------------------------------------------- */

/* An address is looked up by nobody: not worth a word. */
static gboolean
host_is_literal (const Courier *courier, guint host)
{
  IpAddress address;

  return ip_address_parse (courier->account->hosts_ascii[host], &address);
}

static void
on_resolved (Family family, ResolverStatus status, const IpAddress *addresses, gsize n_addresses,
             const char *detail, gpointer data)
{
  Question *question = data;
  Courier *courier = question->courier;
  EngineEvent event = { .kind = ENGINE_RESOLVED,
                        .n_addresses = n_addresses,
                        .text = resolver_status_name (status),
                        .detail = detail };

  event.path.host = courier->account->hosts[question->host];
  event.path.family = family;
  courier->resolver_failed += status == RESOLVER_FAILED ? 1 : 0;
  courier->name_unknown += status == RESOLVER_NO_NAME || status == RESOLVER_NO_ADDRESS ? 1 : 0;
  if (status == RESOLVER_FAILED || status == RESOLVER_NO_NAME)
    verdict_set (&courier->last_failure, OUTCOME_TRANSPORT, STAGE_RESOLVE,
                 status == RESOLVER_FAILED ? CAUSE_RESOLVER : CAUSE_HOST_UNKNOWN, NULL, detail);
  if (!host_is_literal (courier, question->host))
    courier_emit (courier, &event);
  ladder_resolved (courier->ladder, question->host, family, addresses, n_addresses, clock_now ());
  drive (courier);
}

static void
resolve (Courier *courier, const LadderAction *action)
{
  Question *question = g_new (Question, 1);
  EngineEvent event = { .kind = ENGINE_RESOLVING };

  event.path.host = courier->account->hosts[action->host];
  event.path.family = action->path.family;
  if (!host_is_literal (courier, action->host))
    courier_emit (courier, &event);
  question->courier = courier;
  question->host = action->host;
  g_ptr_array_add (courier->questions, question);
  courier->asked++;
  resolver_ask (engine_resolver (courier->engine, courier->account),
                courier->account->hosts_ascii[action->host], action->path.family, on_resolved, question);
}

/* --- the winner's session ----------------------------------------------------------- */

static void
offer_delivery (Courier *courier)
{
  WorkSource *source = engine_source (courier->engine);
  SessionKey key = { .account = courier->account };
  Ticks ask_again;

  if (!courier->wants_delivery || !courier_session (courier))
    return;
  if (courier->carriage && !carriage_wants_session (courier->carriage))
    return; /* its fates are being recorded */
  if (!courier->next)
    courier->next = source->claim (source, &key, clock_now (), &ask_again);
  if (!courier->carriage && courier->next) {
    courier->carriage = carriage_new (courier, g_steal_pointer (&courier->next));
    courier->claimed_at = clock_now ();
    courier->quit_until = TICKS_NEVER;
    offer_delivery (courier);
    return;
  }
  courier->wants_delivery = FALSE;
  if (courier->carriage) {
    carriage_begin (courier->carriage, courier->winner->capabilities, courier->next == NULL);
  } else {
    courier->quit_until = clock_now () + QUIT_PATIENCE;
    dialogue_quit (session_dialogue (courier_session (courier)), clock_now ());
  }
}

void
courier_delivered (Courier *courier)
{
  if (courier->carriage && !carriage_wants_session (courier->carriage))
    g_clear_pointer (&courier->carriage, carriage_unref);
  if (!courier->carriage && courier_session (courier) && courier->quit_until == TICKS_NEVER)
    courier->quit_until = clock_now () + QUIT_PATIENCE;
  if (courier_session (courier)) {
    offer_delivery (courier);
    session_pump (courier_session (courier));
  }
  drive (courier);
}

void
courier_note_no_bdat (Courier *courier)
{
  if (courier->winner)
    path_memory_note_no_bdat (engine_memory (courier->engine), engine_network (courier->engine),
                              &courier->winner->path, clock_now ());
  courier->without_bdat = TRUE;
  courier->restart = TRUE;
}

/* What a session that ended before or after it won means for the ladder. Only transport
 * moves along it; a greeting that refuses counts as such. */
static LadderFailure
failure_of (const Attempt *attempt, const Verdict *verdict)
{
  if (attempt->courier->winner == attempt)
    return verdict->kind == OUTCOME_TRANSPORT ? LADDER_FAILED_AFTER : LADDER_FAILED_FINAL;
  if (verdict->stage == STAGE_GREETING && verdict->kind != OUTCOME_SECURITY)
    return verdict->cause == CAUSE_REPLY || verdict->cause == CAUSE_PROTOCOL ? LADDER_FAILED_GREETING
                                                                             : LADDER_FAILED_CLOSED;
  return verdict->kind == OUTCOME_TRANSPORT ? LADDER_FAILED_CLOSED : LADDER_FAILED_FINAL;
}

static void
on_session_ended (Attempt *attempt, const Verdict *verdict)
{
  Courier *courier = attempt->courier;
  LadderFailure failure = failure_of (attempt, verdict);
  gboolean in_order = verdict->kind == OUTCOME_ACCEPTED;

  emit_attempt (attempt, (EngineEvent){ .kind = ENGINE_SESSION_ENDED, .verdict = verdict });
  if (attempt->over)
    return;
  if (!in_order)
    verdict_copy (&courier->last_failure, verdict);
  if (courier->winner == attempt && (in_order || !courier->carriage))
    ladder_finished (courier->ladder, clock_now ());
  else
    ladder_failed (courier->ladder, attempt->id, failure, ATTEMPT_ACCEPTED, clock_now ());
  close_attempt (attempt);
  if (in_order)
    courier->restart = courier->carriage != NULL; /* who is left gets another session */
  else if (failure == LADDER_FAILED_FINAL)
    give_up_with (courier, &courier->last_failure);
  else if (courier->carriage)
    carriage_note_failure (courier->carriage, &courier->last_failure);
  drive (courier);
}

/* The event's own don't outlive it. */
static void
keep_capabilities (Attempt *attempt, const Capabilities *capabilities)
{
  g_clear_pointer (&attempt->capabilities, capabilities_free);
  attempt->capabilities = capabilities_new_empty ();
  attempt->capabilities->flags = capabilities->flags;
}

static void
emit_dialogue_news (Attempt *attempt, const DialogueEvent *event)
{
  static const struct {
    DialogueEventKind from;
    EngineEventKind to;
  } news[] = {
    { DIALOGUE_GREETED, ENGINE_GREETING },   { DIALOGUE_CAPABLE, ENGINE_CAPABLE },
    { DIALOGUE_AUTHENTICATED, ENGINE_AUTH }, { DIALOGUE_AUTH_SKIPPED, ENGINE_AUTH },
    { DIALOGUE_COMMAND, ENGINE_COMMAND },    { DIALOGUE_REPLY, ENGINE_REPLY },
  };
  gboolean skipped = event->kind == DIALOGUE_AUTH_SKIPPED;

  for (gsize i = 0; i < G_N_ELEMENTS (news); i++)
    if (news[i].from == event->kind)
      emit_attempt (attempt, (EngineEvent){
                                 .kind = news[i].to,
                                 .text = event->kind == DIALOGUE_AUTHENTICATED ? event->mechanism
                                         : skipped                             ? NULL
                                                                               : event->text,
                                 .detail = skipped ? event->text : NULL,
                                 .reply = event->reply,
                                 .capabilities = event->capabilities,
                             });
}

static void
on_session_event (Session *session, const DialogueEvent *event, gpointer data)
{
  Attempt *attempt = data;
  Courier *courier = attempt->courier;
  Ticks now = clock_now ();

  emit_dialogue_news (attempt, event);
  if (attempt->over)
    return;
  switch (event->kind) {
  case DIALOGUE_GREETED:
    ladder_progress (courier->ladder, attempt->id, LADDER_GREETED, now);
    break;
  case DIALOGUE_WANTS_TLS:
    ladder_progress (courier->ladder, attempt->id, LADDER_SECURING, now);
    break;
  case DIALOGUE_CAPABLE:
    keep_capabilities (attempt, event->capabilities);
    break;
  case DIALOGUE_ESTABLISHED:
    ladder_progress (courier->ladder, attempt->id, LADDER_ESTABLISHED, now);
    drive (courier);
    break;
  case DIALOGUE_WANTS_DELIVERY:
    courier->wants_delivery = TRUE;
    offer_delivery (courier);
    break;
  case DIALOGUE_ENDED:
    on_session_ended (attempt, event->verdict);
    break;
  default:
    if (courier->carriage)
      carriage_handle (courier->carriage, event);
    break;
  }
}

static void
on_session_secured (Session *session, const TlsFacts *facts, gpointer data)
{
  emit_attempt (data, (EngineEvent){ .kind = ENGINE_TLS, .tls = facts });
}

/* --- the ladder --------------------------------------------------------------------- */

static Ladder *
make_ladder (Courier *courier)
{
  static const Family tunnel[] = { FAMILY_TUNNEL };
  const Account *account = courier->account;
  LadderRules rules = {
    .mode = account->ladder,
    .attempt_delay = account->attempt_delay,
    .port_patience = account->port_patience,
    .connect_timeout = account->connect_timeout,
    .greeting_patience = account->greeting_patience,
    .greeting_timeout = account->greeting_timeout,
    .last_greeting_timeout = MAX (account->greeting_timeout, LAST_GREETING_TIMEOUT),
    .resolution_delay = RESOLUTION_DELAY,
    .families = account->tunnel ? tunnel : (const Family *)(gpointer)account->families->data,
    .n_families = account->tunnel ? 1 : account->families->len,
    .ports = (const LadderPort *)(gpointer)account->ports->data,
    .n_ports = account->ports->len,
  };

  return ladder_new (&rules, (const char *const *)account->hosts_ascii, g_strv_length (account->hosts_ascii),
                     engine_memory (courier->engine), engine_network (courier->engine));
}

static void
drop_search (Courier *courier)
{
  for (guint i = 0; i < courier->questions->len; i++)
    resolver_cancel (engine_resolver (courier->engine, courier->account),
                     g_ptr_array_index (courier->questions, i));
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

  if (!courier->carriage)
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
  if (courier->done || courier->carriage)
    return;
  courier->done = TRUE;
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
    start_attempt (courier, &action);
    return TRUE;
  case LADDER_ABANDON:
    abandon_attempt (courier, &action);
    return TRUE;
  case LADDER_WINNER:
    courier->winner = find_attempt (courier, action.attempt);
    courier->quit_until = TICKS_NEVER;
    emit_attempt (courier->winner, (EngineEvent){ .kind = ENGINE_WINNER });
    return TRUE;
  case LADDER_EXHAUSTED:
    give_up_search (courier);
    finish (courier);
    return FALSE;
  case LADDER_STOPPED:
    finish (courier);
    return FALSE;
  case LADDER_WAIT:
    timer_set (courier->timer, MIN (action.until, courier->quit_until));
    return FALSE;
  }
  return FALSE;
}

/* Asks the ladder and does what it says until it wants to wait. What is done here may
 * call back into here. */
static void
drive (Courier *courier)
{
  if (courier->driving || courier->done) {
    courier->drive_again = TRUE;
    return;
  }
  courier->driving = TRUE;
  do {
    courier->drive_again = FALSE;
    if (courier->restart && !courier->winner && courier->carriage
        && carriage_wants_session (courier->carriage)) {
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

  if (clock_now () >= courier->quit_until && !courier->carriage) {
    ladder_finished (courier->ladder, clock_now ());
    courier->quit_until = TICKS_NEVER;
  }
  drive (courier);
}

/* --- life ------------------------------------------------------------------------------ */

Courier *
courier_new (Engine *engine, Delivery *delivery)
{
  Courier *courier = g_new0 (Courier, 1);

  courier->engine = engine;
  courier->account = delivery->account;
  courier->attempts = g_ptr_array_new_with_free_func (attempt_free);
  courier->questions = g_ptr_array_new_with_free_func (g_free);
  courier->timer = timer_new (on_timer, courier);
  courier->carriage = carriage_new (courier, delivery);
  courier->claimed_at = clock_now ();
  courier->quit_until = TICKS_NEVER;
  verdict_init (&courier->last_failure);
  return courier;
}

void
courier_start (Courier *courier)
{
  courier->ladder = make_ladder (courier);
  drive (courier);
}

void
courier_free (Courier *courier)
{
  if (!courier)
    return;
  courier->done = TRUE;
  drop_search (courier);
  carriage_unref (courier->carriage);
  g_ptr_array_unref (courier->attempts);
  g_ptr_array_unref (courier->questions);
  timer_free (courier->timer);
  verdict_clear (&courier->last_failure);
  g_free (courier);
}

CancelResult
courier_cancel (Courier *courier, DeliveryId id)
{
  CancelResult result;

  if (!courier->carriage || carriage_id (courier->carriage) != id)
    return CANCEL_UNKNOWN;
  result = carriage_cancel (courier->carriage);
  if (result == CANCEL_CANCELLED && !courier->carriage) {
    ladder_finished (courier->ladder, clock_now ());
    drive (courier);
  }
  return result;
}

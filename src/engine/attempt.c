/* One attempt: a connect or a tunnel, then a session that greets, secures itself and may
 * win. What it learns it tells the ladder; what concerns a delivery goes on to the
 * courier.
 *
 * Whoever watches the engine may cancel from within any event. So an attempt that is
 * over is closed at once, but its struct stays until the search does, and what follows
 * an event asks first whether the attempt is over. */
#include <string.h>
#include <unistd.h>

#include "engine/courier-private.h"
#include "net/clock.h"

void
attempt_emit (Attempt *attempt, EngineEvent event)
{
  event.attempt = attempt->id;
  event.path = attempt->path;
  event.address = attempt->address;
  event.has_address = attempt->path.family != FAMILY_TUNNEL;
  courier_emit (attempt->courier, &event);
}

Attempt *
attempt_find (Courier *courier, LadderAttemptId id)
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

void
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
    attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_CONNECTED });
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
  courier_drive (courier);
  begin_session (attempt, fd, NULL);
}

static void
on_connected (AttemptEnd end, int error, int fd, gpointer data)
{
  Attempt *attempt = data;
  Courier *courier = attempt->courier;

  g_clear_pointer (&attempt->connect, tcp_connect_free);
  attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_ATTEMPT_ENDED, .end = end, .error = error });
  if (end == ATTEMPT_ACCEPTED) {
    on_accepted (attempt, fd);
  } else {
    ladder_failed (courier->ladder, attempt->id, LADDER_FAILED_CONNECT, end, clock_now ());
    close_attempt (attempt);
  }
  courier_drive (courier);
}

static gboolean
address_is_loopback (const IpAddress *address)
{
  static const guint8 v6[16] = { [15] = 1 };

  if (address->family == FAMILY_IPV4)
    return address->octets[0] == 127;
  return memcmp (address->octets, v6, sizeof v6) == 0;
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

void
attempt_start (Courier *courier, const LadderAction *action)
{
  static const Verdict no_network
      = { .kind = OUTCOME_TRANSPORT, .stage = STAGE_CONNECT, .cause = CAUSE_NO_NETWORK };
  Attempt *attempt;

  /* No network at all is no attempt and no evidence. */
  if (action->path.family != FAMILY_TUNNEL && !address_is_loopback (&action->address)
      && !tcp_have_network ()) {
    ladder_failed (courier->ladder, action->attempt, LADDER_FAILED_FINAL, ATTEMPT_OWN_HOST, clock_now ());
    courier_give_up (courier, &no_network);
    return;
  }
  attempt = g_new0 (Attempt, 1);
  attempt->courier = courier;
  attempt->id = action->attempt;
  attempt->path = action->path;
  attempt->address = action->address;
  g_ptr_array_add (courier->attempts, attempt);
  attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_ATTEMPT });
  if (attempt->path.family == FAMILY_TUNNEL)
    try_tunnel (attempt);
  else
    attempt->connect = tcp_connect (&attempt->address, attempt->path.port, on_connected, attempt);
}

void
attempt_abandon (Courier *courier, LadderAttemptId id, LadderReason reason)
{
  Attempt *attempt = attempt_find (courier, id);

  if (!attempt)
    return;
  attempt_emit (attempt, (EngineEvent){
                             .kind = ENGINE_ATTEMPT_ENDED,
                             .end = attempt->session ? ATTEMPT_ACCEPTED : ATTEMPT_SILENT,
                             .text = ladder_reason_name (reason),
                         });
  close_attempt (attempt);
}

/* --- its session ------------------------------------------------------------------ */

/* What a session that ended before or after it won means for the ladder. Only transport
 * moves along it; a greeting that refuses counts as such. */
static LadderFailure
failure_of (const Attempt *attempt, const Verdict *verdict)
{
  /* Some servers hang up on a wrong password. To offer it to the next path is how one gets
   * banned; whoever tries again later may. */
  if (verdict->stage == STAGE_AUTH)
    return LADDER_FAILED_FINAL;
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

  attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_SESSION_ENDED, .verdict = verdict });
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
    courier_give_up (courier, &courier->last_failure);
  else if (courier->carriage)
    carriage_note_failure (courier->carriage, &courier->last_failure);
  courier_drive (courier);
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
      attempt_emit (attempt, (EngineEvent){
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
    courier_drive (courier);
    break;
  case DIALOGUE_WANTS_DELIVERY:
    courier->wants_delivery = TRUE;
    courier_offer_delivery (courier);
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
  attempt_emit (data, (EngineEvent){ .kind = ENGINE_TLS, .tls = facts });
}

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

/* Each attempt counts once in the history of its path. */
static void
count_attempt (Attempt *attempt, PathSeen seen)
{
  Engine *engine = attempt->courier->engine;

  if (!attempt->counted)
    path_memory_note_seen (engine_memory (engine), attempt->network, &attempt->path, seen, clock_now ());
  attempt->counted = TRUE;
}

static void
advance (Attempt *attempt, LadderProgress progress)
{
  attempt->progress = progress;
  attempt->progressed = clock_now ();
  if (progress == LADDER_ESTABLISHED)
    count_attempt (attempt, PATH_SEEN_WORKED);
  ladder_progress (attempt->courier->ladder, attempt->id, progress, clock_now ());
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
    attempt->courier->idle = FALSE;
    attempt->courier->n_decided = 0;
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
  g_free (attempt->mechanism);
  g_free (attempt);
}

/* "587/IPv4 mail.example.org [192.0.2.1]" */
static char *
place_of (const Attempt *attempt)
{
  g_autofree char *address
      = attempt->path.family == FAMILY_TUNNEL ? NULL : ip_address_to_string (&attempt->address);

  return g_strdup_printf ("%u/%s %s%s%s%s", attempt->path.port, family_name (attempt->path.family),
                          attempt->path.host, address ? " [" : "", address ? address : "",
                          address ? "]" : "");
}

OutboxAttempt *
attempt_facts (const Attempt *attempt, const Verdict *verdict, Ticks since)
{
  const Courier *courier = attempt->courier;
  const TlsFacts *tls = attempt->session ? session_tls_facts (attempt->session) : NULL;
  Instant now = clock_instant ();
  OutboxAttempt *facts = g_new0 (OutboxAttempt, 1);

  /* A session that serves several deliveries began before this one's turn. */
  facts->lasted = now.ticks - MAX (attempt->started, since);
  facts->at = now.wall - facts->lasted;
  facts->network = g_strdup (courier->network);
  facts->path = place_of (attempt);
  facts->tls = tls && tls->version ? g_strdup_printf ("%s %s", tls->version, tls->cipher) : NULL;
  facts->mechanism = g_strdup (attempt->mechanism);
  verdict_copy (&facts->verdict, verdict);
  return facts;
}

static void on_session_event (Session *session, const DialogueEvent *event, gpointer data);
static void on_session_secured (Session *session, const TlsFacts *facts, gpointer data);

static void
begin_session (Attempt *attempt, int fd, Tunnel *tunnel)
{
  static const SessionEvents events = { .event = on_session_event, .secured = on_session_secured };
  Courier *courier = attempt->courier;
  const PathMemoryEntry *entry
      = path_memory_find (engine_memory (courier->engine), attempt->network, &attempt->path);
  gboolean chunking = courier->account->chunking && !courier->without_bdat && !(entry && entry->no_bdat);

  if (!attempt->over)
    attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_CONNECTED });
  if (attempt->over) {
    close (fd);
    tunnel_free (tunnel);
    return;
  }
  attempt->session
      = session_new (courier->account, &attempt->path, chunking,
                     MAX (engine_source (courier->engine)->window, 1), fd, tunnel, &events, attempt);
  if (attempt->path.implicit_tls)
    advance (attempt, LADDER_SECURING);
  session_pump (attempt->session);
}

/* What the ladder calls a late answer must be closed, not greeted: it is asked before a
 * session is made of the descriptor. */
static void
on_accepted (Attempt *attempt, int fd)
{
  Courier *courier = attempt->courier;

  advance (attempt, LADDER_CONNECTED);
  courier_drive (courier);
  begin_session (attempt, fd, NULL);
}

static void
count_failed_connect (Attempt *attempt, AttemptEnd end)
{
  static const struct {
    AttemptEnd end;
    PathSeen seen;
  } meanings[] = {
    { ATTEMPT_REFUSED, PATH_SEEN_REFUSED },
    { ATTEMPT_PROHIBITED, PATH_SEEN_PROHIBITED },
    { ATTEMPT_UNREACHABLE, PATH_SEEN_UNREACHABLE },
    { ATTEMPT_SILENT, PATH_SEEN_SILENT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++) /* our own host's failures say nothing of the path */
    if (meanings[i].end == end)
      count_attempt (attempt, meanings[i].seen);
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
    count_failed_connect (attempt, end);
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
    advance (attempt, LADDER_CONNECTED);
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
      && !ip_address_is_link_local (&action->address) && !tcp_have_network ()) {
    ladder_failed (courier->ladder, action->attempt, LADDER_FAILED_FINAL, ATTEMPT_OWN_HOST, clock_now ());
    verdict_copy (&courier->last_failure, &no_network);
    courier_give_up (courier, &no_network);
    return;
  }
  attempt = g_new0 (Attempt, 1);
  attempt->courier = courier;
  attempt->id = action->attempt;
  attempt->path = action->path;
  attempt->network = action->network;
  attempt->address = action->address;
  attempt->started = clock_now ();
  g_ptr_array_add (courier->attempts, attempt);
  attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_ATTEMPT });
  if (attempt->path.family == FAMILY_TUNNEL)
    try_tunnel (attempt);
  else
    attempt->connect = tcp_connect (&attempt->address, attempt->path.port, on_connected, attempt);
}

static PathSeen
stall_of (const Attempt *attempt)
{
  return attempt->progress == LADDER_SECURING ? PATH_SEEN_TLS_STALL : PATH_SEEN_NO_GREETING;
}

/* The measures are the ladder's: of silence the port's patience, less the delay by which
 * the other family's attempt began later. */
static PathSeen
seen_of_abandoned (const Attempt *attempt, LadderReason reason)
{
  const Account *account = attempt->courier->account;
  Ticks enough = MAX (account->port_patience - account->attempt_delay, account->attempt_delay);
  Ticks now = clock_now ();

  switch (reason) {
  case LADDER_REASON_LATE:
    return PATH_SEEN_LATE;
  case LADDER_REASON_SILENT:
    return PATH_SEEN_SILENT;
  case LADDER_REASON_GREETING_TIMEOUT:
    return stall_of (attempt);
  case LADDER_REASON_LOST:
  case LADDER_REASON_OVER:
    break;
  }
  if (attempt->session)
    return now - attempt->progressed >= account->greeting_patience ? stall_of (attempt) : PATH_SEEN_SPARE;
  return now - attempt->started >= enough ? PATH_SEEN_SILENT : PATH_SEEN_UNANSWERED;
}

void
attempt_abandon (Courier *courier, LadderAttemptId id, LadderReason reason)
{
  Attempt *attempt = attempt_find (courier, id);

  if (!attempt)
    return;
  count_attempt (attempt, seen_of_abandoned (attempt, reason));
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

static PathSeen
seen_of_failure (const Verdict *verdict, LadderFailure failure)
{
  if (verdict->kind == OUTCOME_SECURITY)
    return PATH_SEEN_INSECURE;
  return failure == LADDER_FAILED_CLOSED ? PATH_SEEN_CLOSED : PATH_SEEN_REJECTED;
}

typedef struct {
  const Attempt *attempt;
  const Verdict *verdict;
} Ended;

/* Of what waits behind the first and was not begun, nothing was attempted. */
static void
note_attempt (Carriage *carriage, gpointer data)
{
  const Ended *ended = data;
  const Courier *courier = ended->attempt->courier;

  if (carriage_is_served (carriage))
    return;
  if (carriage_is_begun (carriage) || carriage == g_queue_peek_head ((GQueue *)&courier->carriages))
    carriage_note_attempt (carriage,
                           attempt_facts (ended->attempt, ended->verdict, carriage_since (carriage)));
}

static void
note_failure (Carriage *carriage, gpointer verdict)
{
  carriage_note_failure (carriage, verdict);
}

/* The winner's session is over, and deliveries are left. A path by which others came is as good as
 * any: the search begins anew; else it goes on to the next one. */
static void
go_on (Attempt *attempt, const Verdict *verdict, LadderFailure failure)
{
  Courier *courier = attempt->courier;
  gboolean anew = verdict->kind == OUTCOME_ACCEPTED || courier->n_decided > 0;
  gboolean may = failure == LADDER_FAILED_FINAL || courier_may_go_on (courier, verdict);

  if (anew || !may)
    ladder_finished (courier->ladder, clock_now ());
  else
    ladder_failed (courier->ladder, attempt->id, failure, ATTEMPT_ACCEPTED, clock_now ());
  courier->restart = courier->restart || anew;
}

static void
on_session_ended (Attempt *attempt, const Verdict *verdict)
{
  Courier *courier = attempt->courier;
  LadderFailure failure = failure_of (attempt, verdict);
  gboolean in_order = verdict->kind == OUTCOME_ACCEPTED;

  attempt_emit (attempt, (EngineEvent){ .kind = ENGINE_SESSION_ENDED, .verdict = verdict });
  count_attempt (attempt, seen_of_failure (verdict, failure));
  if (attempt->over)
    return;
  if (!in_order) {
    Ended ended = { attempt, verdict };
    verdict_copy (&courier->last_failure, verdict);
    courier_for_each (courier, note_attempt, &ended);
  }
  if (courier->winner != attempt)
    ladder_failed (courier->ladder, attempt->id, failure, ATTEMPT_ACCEPTED, clock_now ());
  else if (courier_is_served (courier))
    ladder_finished (courier->ladder, clock_now ());
  else
    go_on (attempt, verdict, failure);
  close_attempt (attempt);
  if (failure == LADDER_FAILED_FINAL && !in_order)
    courier_give_up (courier, &courier->last_failure);
  else
    courier_for_each (courier, note_failure, in_order ? NULL : &courier->last_failure);
  courier_drive (courier);
}

static gboolean
somebody_is_in_doubt (const Attempt *attempt)
{
  const Dialogue *dialogue = session_dialogue (attempt->session);

  for (const GList *link = attempt->courier->carriages.head; link; link = link->next)
    if (dialogue_is_in_doubt (dialogue, carriage_id (link->data)))
      return TRUE;
  return FALSE;
}

gboolean
attempt_is_cut_off (const Attempt *attempt)
{
  return attempt->session && attempt->path.family != FAMILY_TUNNEL && !somebody_is_in_doubt (attempt)
         && !session_has_address (attempt->session);
}

void
attempt_cut (Attempt *attempt)
{
  session_cut (attempt->session, "this machine's address is gone");
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

  emit_dialogue_news (attempt, event);
  if (attempt->over)
    return;
  switch (event->kind) {
  case DIALOGUE_GREETED:
    advance (attempt, LADDER_GREETED);
    break;
  case DIALOGUE_WANTS_TLS:
    advance (attempt, LADDER_SECURING);
    break;
  case DIALOGUE_CAPABLE:
    keep_capabilities (attempt, event->capabilities);
    break;
  case DIALOGUE_AUTHENTICATED:
    g_free (attempt->mechanism);
    attempt->mechanism = g_strdup (event->mechanism);
    break;
  case DIALOGUE_ESTABLISHED:
    advance (attempt, LADDER_ESTABLISHED);
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
    courier_handle (courier, event);
    break;
  }
}

static void
on_session_secured (Session *session, const TlsFacts *facts, gpointer data)
{
  attempt_emit (data, (EngineEvent){ .kind = ENGINE_TLS, .tls = facts });
}

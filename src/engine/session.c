/* The glue between a stream and a dialogue. It decides nothing about mail; it moves
 * octets, runs the handshake and fetches the secret when the dialogue asks for them. */
#include "engine/session.h"

#include <string.h>

#include "base/error.h"
#include "config/secret-command.h"
#include "engine/account-rules.h"
#include "engine/sasl.h"
#include "engine/timer.h"
#include "net/clock.h"
#include "net/tcp.h"

/* More than this on its way to the kernel, and the next piece of a body waits. */
#define PENDING_ENOUGH ((gsize)256 * 1024)

/* RFC 3390 and RFC 6928 allow ten segments at first: one flight without waiting. */
#define INITIAL_WINDOW 14336
#define CHUNK_SIZE ((gsize)256 * 1024)

#define LONGEST_GREETING_WAIT (5 * TICKS_PER_MINUTE)

struct Session {
  const Account *account;
  Path path;
  Stream *stream;
  Tunnel *tunnel;
  Dialogue *dialogue;
  Sasl *sasl;
  char *mechanism; /* for which the secret is on its way */
  GCancellable *fetching;
  Timer *timer;
  IpAddress local; /* where this end is bound to */
  gboolean has_local;
  SessionEvents events;
  gpointer data;
  DialogueEvent body_wanted; /* kept back while the network has no room */
  gboolean wants_body;
  DialogueEvent delivery_wanted; /* kept back until what is ready has left */
  gboolean wants_delivery;
  gboolean closing;
  gboolean pumping, again, doomed;
};

/* --- TLS ------------------------------------------------------------------ */

static Tls *
make_tls (Session *session, GError **error)
{
  const Account *account = session->account;
  TlsClientSettings settings = {
    .name = account->tls_name ? account->tls_name : session->path.host,
    .ca_file = account->tls_ca_file,
    .ca_dir = account->tls_ca_dir,
    .fingerprint = account->tls_fingerprint,
    .client_certificate = account->tls_client_certificate,
    .client_key = account->tls_client_key,
    .verify = account_must_verify (account),
  };

  return tls_new_client (&settings, error);
}

static void
start_tls (Session *session)
{
  g_autoptr (GError) error = NULL;
  gsize leftover = 0;
  Tls *tls = make_tls (session, &error);

  if (!tls) {
    dialogue_tls_failed (session->dialogue, OUTCOME_SECURITY, CAUSE_TLS_HANDSHAKE, error->message,
                         clock_now ());
    return;
  }
  stream_start_tls (session->stream, tls, &leftover);
  if (leftover > 0)
    dialogue_tls_failed (session->dialogue, OUTCOME_SECURITY, CAUSE_TLS_INJECTION, NULL, clock_now ());
}

static void
on_secured (Stream *stream, gpointer data)
{
  Session *session = data;
  const TlsFacts *facts = tls_facts (stream_tls (stream));
  DialogueTls tls
      = { .binding_available = facts->binding_available, .certificate_asked = facts->certificate_asked };

  session->events.secured (session, facts, session->data);
  dialogue_tls_established (session->dialogue, &tls, clock_now ());
  session_pump (session);
}

static void
on_tls_failed (Stream *stream, OutcomeKind kind, Cause cause, const char *detail, gpointer data)
{
  Session *session = data;

  dialogue_tls_failed (session->dialogue, kind, cause, detail, clock_now ());
  session_pump (session);
}

/* --- AUTH ----------------------------------------------------------------- */

static void
answer_challenge (Session *session, const guint8 *challenge, gsize length, gboolean initial)
{
  GByteArray *response = NULL;
  AuthResponseStatus status = sasl_step (session->sasl, challenge, length, initial, &response);

  dialogue_auth_respond (session->dialogue, status, response ? response->data : NULL,
                         response ? response->len : 0, sasl_detail (session->sasl), clock_now ());
  if (response) {
    secret_wipe (response->data, response->len);
    g_byte_array_unref (response);
  }
}

static void
begin_mechanism (Session *session, const char *mechanism, Secret *secret)
{
  g_autoptr (GBytes) binding
      = stream_tls (session->stream) ? tls_binding (stream_tls (session->stream)) : NULL;
  g_autoptr (GError) error = NULL;
  SaslSettings settings = {
    .mechanism = mechanism,
    .user = session->account->user,
    .host = session->path.host,
    .port = session->path.port,
    .secret = secret,
    .binding = binding,
  };

  sasl_free (session->sasl);
  session->sasl = sasl_new (&settings, &error);
  if (session->sasl)
    answer_challenge (session, NULL, 0, TRUE);
  else
    dialogue_auth_respond (session->dialogue, AUTH_RESPONSE_FAILED, NULL, 0, error->message, clock_now ());
}

static void
on_secret (Secret *secret, const GError *error, gpointer data)
{
  Session *session = data;
  g_autofree char *mechanism = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* the session is gone */
  mechanism = g_steal_pointer (&session->mechanism);
  g_clear_object (&session->fetching);
  if (secret)
    begin_mechanism (session, mechanism, secret);
  else
    dialogue_auth_respond (session->dialogue, AUTH_RESPONSE_NO_SECRET, NULL, 0, error->message, clock_now ());
  session_pump (session);
}

static void
answer_auth (Session *session, const DialogueEvent *event)
{
  const AuthMechanism *mechanism;

  if (!event->initial) {
    answer_challenge (session, event->octets, event->length, FALSE);
    return;
  }
  mechanism = auth_mechanism_find (event->mechanism);
  if (!mechanism->needs_password && !mechanism->needs_token) {
    begin_mechanism (session, event->mechanism, NULL);
    return;
  }
  session->mechanism = g_strdup (event->mechanism);
  session->fetching = g_cancellable_new ();
  secret_fetch (session->account, mechanism->needs_token ? SECRET_TOKEN : SECRET_PASSWORD, FALSE,
                session->fetching, on_secret, session);
}

/* --- octets --------------------------------------------------------------- */

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Session *session = data;

  dialogue_receive (session->dialogue, octets, length, clock_now ());
  session_pump (session);
}

static void
on_drained (Stream *stream, gpointer data)
{
  Session *session = data;

  dialogue_sent (session->dialogue, clock_now ());
  session_pump (session);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  Session *session = data;
  const char *complaint = session->tunnel ? tunnel_complaint (session->tunnel) : "";

  dialogue_closed (session->dialogue, *complaint ? complaint : detail, clock_now ());
  session_pump (session);
}

static void
on_timer (gpointer data)
{
  Session *session = data;

  dialogue_tick (session->dialogue, clock_now ());
  session_pump (session);
}

gboolean
session_has_address (const Session *session)
{
  return !session->has_local || tcp_is_own_address (&session->local);
}

void
session_cut (Session *session, const char *detail)
{
  dialogue_closed (session->dialogue, detail, clock_now ());
  session_pump (session);
}

/* --- the session ------------------------------------------------------------ */

/* The name to greet with: RFC 5321, section 4.1.4, allows the address literal where a
 * host has no meaningful name, and submission servers don't check more. */
static char *
helo_name (const Session *session)
{
  if (session->account->helo_name)
    return g_strdup (session->account->helo_name);
  if (!session->has_local)
    return g_strdup ("localhost");
  g_autofree char *text = ip_address_to_string (&session->local);
  return g_strdup_printf (session->local.family == FAMILY_IPV6 ? "[IPv6:%s]" : "[%s]", text);
}

static Dialogue *
make_dialogue (const Session *session, gboolean chunking, guint window)
{
  const Account *account = session->account;
  g_autofree char *helo = helo_name (session);
  DialogueSettings settings = {
    .tls = account->tls,
    .implicit_tls = session->path.implicit_tls,
    .auth = account_auth_settings (account),
    .helo_name = helo,
    .chunking = chunking,
    .window = window,
    .initial_window = INITIAL_WINDOW,
    .chunk_size = CHUNK_SIZE,
    /* The ladder's patience with a silent server ends earlier. */
    .greeting_timeout = MAX (account->greeting_timeout, LONGEST_GREETING_WAIT),
    .command_timeout = account->command_timeout,
    .data_timeout = account->data_timeout,
  };

  return dialogue_new (&settings, clock_now ());
}

Session *
session_new (const Account *account, const Path *path, gboolean chunking, guint window, int fd,
             Tunnel *tunnel, const SessionEvents *events, gpointer data)
{
  static const StreamEvents stream_events = {
    .received = on_received,
    .secured = on_secured,
    .tls_failed = on_tls_failed,
    .drained = on_drained,
    .closed = on_closed,
  };
  Session *session = g_new0 (Session, 1);

  session->account = account;
  session->path = *path;
  session->tunnel = tunnel;
  session->events = *events;
  session->data = data;
  session->timer = timer_new (on_timer, session);
  session->has_local = tcp_local_address (fd, &session->local);
  session->dialogue = make_dialogue (session, chunking, window);
  session->stream = stream_new (fd, &stream_events, session);
  if (path->implicit_tls)
    start_tls (session);
  return session;
}

static void
session_destroy (Session *session)
{
  timer_free (session->timer);
  stream_free (session->stream);
  tunnel_free (session->tunnel);
  dialogue_free (session->dialogue);
  sasl_free (session->sasl);
  g_free (session->mechanism);
  g_free (session);
}

static void
move_output (Session *session)
{
  g_autoptr (GByteArray) output = dialogue_take_output (session->dialogue);

  if (!output)
    return;
  stream_write (session->stream, output->data, output->len);
  secret_wipe (output->data, output->len);
}

void
session_free (Session *session)
{
  if (!session || session->doomed)
    return;
  session->doomed = TRUE;
  if (dialogue_is_over (session->dialogue)) {
    move_output (session); /* QUIT, or the "*" that cancels AUTH */
    stream_flush (session->stream);
  }
  if (session->fetching) {
    g_cancellable_cancel (session->fetching);
    g_clear_object (&session->fetching);
  }
  if (!session->pumping)
    session_destroy (session);
}

Dialogue *
session_dialogue (Session *session)
{
  return session->dialogue;
}

const TlsFacts *
session_tls_facts (const Session *session)
{
  Tls *tls = stream_tls (session->stream);

  return tls ? tls_facts (tls) : NULL;
}

static void
handle_event (Session *session, const DialogueEvent *event)
{
  if (event->kind == DIALOGUE_WANTS_BODY) {
    session->body_wanted = *event;
    session->wants_body = TRUE;
    return;
  }
  if (event->kind == DIALOGUE_WANTS_DELIVERY) {
    session->delivery_wanted = *event;
    session->wants_delivery = TRUE;
    return;
  }
  session->events.event (session, event, session->data);
  if (session->doomed)
    return;
  if (event->kind == DIALOGUE_WANTS_TLS)
    start_tls (session);
  else if (event->kind == DIALOGUE_WANTS_AUTH)
    answer_auth (session, event);
  else if (event->kind == DIALOGUE_WANTS_CLOSE)
    session->closing = TRUE; /* once what was said has left */
}

static void
supply_body (Session *session)
{
  session->wants_body = FALSE;
  session->again = TRUE;
  session->events.event (session, &session->body_wanted, session->data);
}

/* To make the next message takes time, in which the server may work at the last one. */
static void
take_delivery (Session *session)
{
  session->wants_delivery = FALSE;
  session->again = TRUE;
  if (stream_pending (session->stream) > 0)
    stream_flush (session->stream);
  session->events.event (session, &session->delivery_wanted, session->data);
}

/* One round: all events, their octets, and a piece of body if there is room, or the next message. */
static void
pump_once (Session *session)
{
  DialogueEvent event;

  session->again = FALSE;
  while (!session->doomed && dialogue_next_event (session->dialogue, &event))
    handle_event (session, &event);
  if (session->doomed)
    return;
  move_output (session);
  if (session->closing)
    stream_close_gracefully (session->stream);
  if (session->wants_body && !session->closing && stream_pending (session->stream) < PENDING_ENOUGH)
    supply_body (session);
  else if (session->wants_delivery && !session->closing)
    take_delivery (session);
}

void
session_pump (Session *session)
{
  if (session->pumping || session->doomed) {
    session->again = TRUE;
    return;
  }
  session->pumping = TRUE;
  do
    pump_once (session);
  while (session->again && !session->doomed);
  session->pumping = FALSE;
  if (session->doomed)
    session_destroy (session);
  else
    timer_set (session->timer, dialogue_deadline (session->dialogue));
}

/* One attempt of a probe: a connect or a tunnel, then a session up to where a login or a
 * message would follow, each with the patience that the account gives it. */
#include <unistd.h>

#include "engine/probe-private.h"
#include "net/clock.h"

/* --- telling ------------------------------------------------------------------ */

static void
trial_emit (ProbeTrial *trial, EngineEvent event)
{
  event.attempt = trial->id;
  event.path = trial->result->path;
  event.address = trial->result->address;
  event.has_address = trial->result->path.family != FAMILY_TUNNEL;
  probe_emit (trial->probe, event);
}

/* --- an attempt's end ------------------------------------------------------------ */

static void
close_trial (ProbeTrial *trial)
{
  Probe *probe = trial->probe;

  trial->over = TRUE;
  timer_set (trial->timer, TICKS_NEVER);
  g_clear_pointer (&trial->connect, tcp_connect_free);
  g_clear_pointer (&trial->session, session_free);
  probe->in_flight--;
  timer_set (probe->timer, 0);
}

static void
end_connect (ProbeTrial *trial, AttemptEnd end, int error)
{
  trial->result->end = end;
  trial->result->error = error;
  trial->result->ended = probe_time (trial->probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_ATTEMPT_ENDED, .end = end, .error = error });
  close_trial (trial);
}

static void
copy_tls (ProbeTls *to, const TlsFacts *facts)
{
  if (!facts || to->version || to->subject)
    return;
  to->version = g_strdup (facts->version);
  to->cipher = g_strdup (facts->cipher);
  to->group = g_strdup (facts->group);
  to->verified = facts->verified;
  to->binding_available = facts->binding_available;
  to->certificate_asked = facts->certificate_asked;
  to->complaint = g_strdup (facts->complaint);
  to->name = g_strdup (facts->peer_name);
  to->subject = g_strdup (facts->peer_subject);
  to->issuer = g_strdup (facts->peer_issuer);
  to->not_after = facts->peer_not_after;
}

static void
end_session (ProbeTrial *trial, const Verdict *verdict)
{
  ProbeResult *result = trial->result;

  verdict_copy (&result->verdict, verdict);
  result->ended = probe_time (trial->probe);
  copy_tls (&result->tls, session_tls_facts (trial->session));
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_SESSION_ENDED, .verdict = &result->verdict });
  close_trial (trial);
}

void
probe_trial_give_up (ProbeTrial *trial, Cause cause)
{
  Verdict verdict = { .kind = OUTCOME_TRANSPORT, .stage = trial->stage, .cause = cause };

  /* All that was to be asked has been answered by then. */
  if (trial->stage == STAGE_QUIT)
    verdict = (Verdict){ .kind = OUTCOME_ACCEPTED, .stage = STAGE_QUIT };
  if (trial->session) {
    end_session (trial, &verdict);
    return;
  }
  verdict_copy (&trial->result->verdict, &verdict);
  end_connect (trial, ATTEMPT_SILENT, 0);
}

/* --- its patience ------------------------------------------------------------------ */

/* From now on STAGE is waited for. */
static void
await (ProbeTrial *trial, Stage stage)
{
  const Account *account = trial->probe->account;
  Ticks now = clock_now ();

  trial->stage = stage;
  trial->told = FALSE;
  trial->patience_until = ticks_after (now, account->greeting_patience);
  trial->deadline = ticks_after (now, account->greeting_timeout);
  timer_set (trial->timer, MIN (trial->patience_until, trial->deadline));
}

static void
on_trial_timer (gpointer data)
{
  ProbeTrial *trial = data;
  Ticks now = clock_now ();

  if (now >= trial->deadline) {
    probe_trial_give_up (trial, CAUSE_TIMEOUT);
    return;
  }
  if (!trial->told && now >= trial->patience_until) {
    trial->told = TRUE;
    trial_emit (trial,
                (EngineEvent){ .kind = ENGINE_WAITING, .until = trial->deadline - trial->probe->began });
  }
  timer_set (trial->timer, trial->deadline);
}

/* --- its session -------------------------------------------------------------------- */

static void
note_capabilities (ProbeTrial *trial, const Capabilities *capabilities)
{
  ProbeResult *result = trial->result;
  Capabilities **kept = result->tls.done ? &result->after : &result->before;

  capabilities_free (*kept);
  *kept = capabilities_copy (capabilities);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_CAPABLE, .capabilities = *kept });
}

static void
note_greeting (ProbeTrial *trial, const Reply *reply)
{
  trial->result->greeting = reply_to_string (reply);
  trial->result->greeted = probe_time (trial->probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_GREETING, .reply = reply });
  await (trial, STAGE_EHLO);
}

static void
on_session_event (Session *session, const DialogueEvent *event, gpointer data)
{
  ProbeTrial *trial = data;

  switch (event->kind) {
  case DIALOGUE_GREETED:
    note_greeting (trial, event->reply);
    break;
  case DIALOGUE_CAPABLE:
    note_capabilities (trial, event->capabilities);
    break;
  case DIALOGUE_WANTS_TLS:
    trial->result->securing = probe_time (trial->probe);
    await (trial, STAGE_TLS);
    break;
  case DIALOGUE_ESTABLISHED:
    trial->result->established = probe_time (trial->probe);
    break;
  case DIALOGUE_WANTS_DELIVERY:
    await (trial, STAGE_QUIT);
    dialogue_quit (session_dialogue (session), clock_now ());
    session_pump (session);
    break;
  case DIALOGUE_ENDED:
    end_session (trial, event->verdict);
    break;
  default:
    break;
  }
}

static void
on_session_secured (Session *session, const TlsFacts *facts, gpointer data)
{
  ProbeTrial *trial = data;

  copy_tls (&trial->result->tls, facts);
  trial->result->tls.done = TRUE;
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_TLS, .tls = facts });
  await (trial, trial->result->greeted == TICKS_NEVER ? STAGE_GREETING : STAGE_EHLO);
}

static void
begin_session (ProbeTrial *trial, int fd, Tunnel *tunnel)
{
  static const SessionEvents events = { .event = on_session_event, .secured = on_session_secured };
  ProbeResult *result = trial->result;

  result->end = ATTEMPT_ACCEPTED;
  result->connected = probe_time (trial->probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_CONNECTED });
  await (trial, result->path.implicit_tls ? STAGE_TLS : STAGE_GREETING);
  if (result->path.implicit_tls)
    result->securing = result->connected;
  trial->session = session_new (trial->probe->manner, &result->path, FALSE, 1, fd, tunnel, &events, trial);
  session_pump (trial->session);
}

/* --- its connect ---------------------------------------------------------------------- */

static void
on_connected (AttemptEnd end, int error, int fd, gpointer data)
{
  ProbeTrial *trial = data;

  g_clear_pointer (&trial->connect, tcp_connect_free);
  if (end == ATTEMPT_ACCEPTED)
    begin_session (trial, fd, NULL);
  else
    end_connect (trial, end, error);
}

static void
try_tunnel (ProbeTrial *trial)
{
  g_autoptr (GError) error = NULL;
  int fd = -1;
  const Path *path = &trial->result->path;
  Tunnel *tunnel = tunnel_open (trial->probe->account->tunnel, path->host, path->port, &fd, &error);

  if (tunnel) {
    begin_session (trial, fd, tunnel);
    return;
  }
  verdict_set (&trial->result->verdict, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_PATH, NULL,
               error->message);
  end_connect (trial, ATTEMPT_OWN_HOST, 0);
}

void
probe_trial_start (ProbeTrial *trial)
{
  Probe *probe = trial->probe;
  ProbeResult *result = trial->result;

  probe->started++;
  probe->in_flight++;
  trial->stage = STAGE_CONNECT;
  trial->told = TRUE;
  trial->patience_until = trial->deadline = ticks_after (clock_now (), probe->account->connect_timeout);
  timer_set (trial->timer, trial->deadline);
  result->began = probe_time (probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_ATTEMPT });
  if (result->path.family == FAMILY_TUNNEL)
    try_tunnel (trial);
  else
    trial->connect = tcp_connect (&result->address, result->path.port, on_connected, trial);
}

ProbeTrial *
probe_trial_new (Probe *probe, LadderAttemptId id, ProbeResult *result)
{
  ProbeTrial *trial = g_new0 (ProbeTrial, 1);

  trial->probe = probe;
  trial->id = id;
  trial->result = result;
  trial->timer = timer_new (on_trial_timer, trial);
  return trial;
}

void
probe_trial_free (gpointer data)
{
  ProbeTrial *trial = data;

  tcp_connect_free (trial->connect);
  session_free (trial->session);
  timer_free (trial->timer);
  g_free (trial);
}

/* Questions first, then all attempts, so that they stand in the ladder's order whatever
 * the resolver answers first. */
#include "engine/probe.h"

#include <time.h>
#include <unistd.h>

#include "engine/account-rules.h"
#include "engine/session.h"
#include "engine/timer.h"
#include "net/clock.h"
#include "net/resolver.h"
#include "net/tcp.h"

typedef struct {
  Probe *probe;
  LadderAttemptId id;
  ProbeResult *result;
  TcpConnect *connect; /* while connecting */
  Session *session;    /* once connected */
  Timer *timer;
  Stage stage;          /* what is waited for */
  Ticks patience_until; /* of the stage in hand; then it is told */
  Ticks deadline;
  gboolean told, over;
} Trial;

typedef struct {
  Probe *probe;
  guint lookup; /* index in the report's */
} Question;

struct Probe {
  const Account *account;
  Account *manner;    /* the account as the probe behaves: no login, and looking further */
  Identity *identity; /* NULL: none */
  ProbeReport *report;
  EngineWatch watch;
  ProbeDone done;
  gpointer data;
  Resolver *resolver;
  GArray *addresses;    /* of GArray of IpAddress, by lookup */
  GPtrArray *questions; /* of Question */
  GPtrArray *trials;    /* of Trial */
  guint unanswered, started, in_flight;
  Timer *timer; /* for what mustn't happen inside a callback */
  Ticks began;
  gboolean trying, finished;
};

static void start_some (Probe *probe);

/* --- telling ------------------------------------------------------------------ */

static Ticks
since_start (const Probe *probe)
{
  return clock_now () - probe->began;
}

static void
emit (Probe *probe, EngineEvent event)
{
  event.at = since_start (probe);
  probe->watch (&event, probe->data);
}

static void
trial_emit (Trial *trial, EngineEvent event)
{
  event.attempt = trial->id;
  event.path = trial->result->path;
  event.address = trial->result->address;
  event.has_address = trial->result->path.family != FAMILY_TUNNEL;
  emit (trial->probe, event);
}

/* --- an attempt's end ------------------------------------------------------------ */

static void
close_trial (Trial *trial)
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
end_connect (Trial *trial, AttemptEnd end, int error)
{
  trial->result->end = end;
  trial->result->error = error;
  trial->result->ended = since_start (trial->probe);
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
end_session (Trial *trial, const Verdict *verdict)
{
  ProbeResult *result = trial->result;

  verdict_copy (&result->verdict, verdict);
  result->ended = since_start (trial->probe);
  copy_tls (&result->tls, session_tls_facts (trial->session));
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_SESSION_ENDED, .verdict = &result->verdict });
  close_trial (trial);
}

static void
give_up (Trial *trial, Cause cause)
{
  Verdict verdict = { .kind = OUTCOME_TRANSPORT, .stage = trial->stage, .cause = cause };

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
await (Trial *trial, Stage stage)
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
  Trial *trial = data;
  Ticks now = clock_now ();

  if (now >= trial->deadline) {
    give_up (trial, CAUSE_TIMEOUT);
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
note_capabilities (Trial *trial, const Capabilities *capabilities)
{
  ProbeResult *result = trial->result;
  Capabilities **kept = result->tls.done ? &result->after : &result->before;

  capabilities_free (*kept);
  *kept = capabilities_copy (capabilities);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_CAPABLE, .capabilities = *kept });
}

static void
note_greeting (Trial *trial, const Reply *reply)
{
  trial->result->greeting = reply_to_string (reply);
  trial->result->greeted = since_start (trial->probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_GREETING, .reply = reply });
  await (trial, STAGE_EHLO);
}

static void
on_session_event (Session *session, const DialogueEvent *event, gpointer data)
{
  Trial *trial = data;

  switch (event->kind) {
  case DIALOGUE_GREETED:
    note_greeting (trial, event->reply);
    break;
  case DIALOGUE_CAPABLE:
    note_capabilities (trial, event->capabilities);
    break;
  case DIALOGUE_WANTS_TLS:
    trial->result->securing = since_start (trial->probe);
    await (trial, STAGE_TLS);
    break;
  case DIALOGUE_ESTABLISHED:
    trial->result->established = since_start (trial->probe);
    break;
  case DIALOGUE_WANTS_DELIVERY:
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
  Trial *trial = data;

  copy_tls (&trial->result->tls, facts);
  trial->result->tls.done = TRUE;
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_TLS, .tls = facts });
  await (trial, trial->result->greeted == TICKS_NEVER ? STAGE_GREETING : STAGE_EHLO);
}

static void
begin_session (Trial *trial, int fd, Tunnel *tunnel)
{
  static const SessionEvents events = { .event = on_session_event, .secured = on_session_secured };
  ProbeResult *result = trial->result;

  result->end = ATTEMPT_ACCEPTED;
  result->connected = since_start (trial->probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_CONNECTED });
  await (trial, result->path.implicit_tls ? STAGE_TLS : STAGE_GREETING);
  if (result->path.implicit_tls)
    result->securing = result->connected;
  trial->session = session_new (trial->probe->manner, &result->path, FALSE, fd, tunnel, &events, trial);
  session_pump (trial->session);
}

/* --- its connect ---------------------------------------------------------------------- */

static void
on_connected (AttemptEnd end, int error, int fd, gpointer data)
{
  Trial *trial = data;

  g_clear_pointer (&trial->connect, tcp_connect_free);
  if (end == ATTEMPT_ACCEPTED)
    begin_session (trial, fd, NULL);
  else
    end_connect (trial, end, error);
}

static void
try_tunnel (Trial *trial)
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

static void
start_trial (Trial *trial)
{
  Probe *probe = trial->probe;
  ProbeResult *result = trial->result;

  probe->started++;
  probe->in_flight++;
  trial->stage = STAGE_CONNECT;
  trial->told = TRUE;
  trial->patience_until = trial->deadline = ticks_after (clock_now (), probe->account->connect_timeout);
  timer_set (trial->timer, trial->deadline);
  result->began = since_start (probe);
  trial_emit (trial, (EngineEvent){ .kind = ENGINE_ATTEMPT });
  if (result->path.family == FAMILY_TUNNEL)
    try_tunnel (trial);
  else
    trial->connect = tcp_connect (&result->address, result->path.port, on_connected, trial);
}

static void
trial_free (gpointer data)
{
  Trial *trial = data;

  tcp_connect_free (trial->connect);
  session_free (trial->session);
  timer_free (trial->timer);
  g_free (trial);
}

/* --- all attempts ------------------------------------------------------------------------- */

static void
start_some (Probe *probe)
{
  while (probe->started < probe->trials->len && probe->in_flight < PROBE_IN_FLIGHT)
    start_trial (g_ptr_array_index (probe->trials, probe->started));
}

static void
plan_trial (Probe *probe, guint host, const Path *path, const IpAddress *address)
{
  Trial *trial = g_new0 (Trial, 1);

  trial->probe = probe;
  trial->id = probe->trials->len + 1;
  trial->result = probe_report_add (probe->report, host, path, address);
  trial->timer = timer_new (on_trial_timer, trial);
  g_ptr_array_add (probe->trials, trial);
}

static void
plan_port (Probe *probe, guint host, const LadderPort *port)
{
  for (guint i = 0; i < probe->report->lookups->len; i++) {
    const ProbeLookup *lookup = &g_array_index (probe->report->lookups, ProbeLookup, i);
    GArray *addresses = g_array_index (probe->addresses, GArray *, i);
    Path path = { .port = port->port, .implicit_tls = port->implicit_tls, .family = lookup->family };
    for (guint j = 0; lookup->host == host && j < addresses->len; j++)
      plan_trial (probe, host, &path, &g_array_index (addresses, IpAddress, j));
  }
}

/* In the order of a ladder without memory. */
static void
plan_all (Probe *probe)
{
  const GArray *ports = probe->account->ports;

  for (guint host = 0; probe->report->hosts[host]; host++)
    for (guint i = 0; i < ports->len; i++)
      plan_port (probe, host, &g_array_index (ports, LadderPort, i));
  probe->trying = TRUE;
}

/* What follows of what has happened, one turn of the loop later. */
static void
on_timer (gpointer data)
{
  Probe *probe = data;

  if (probe->finished || probe->unanswered > 0)
    return;
  if (!probe->trying)
    plan_all (probe);
  if (!probe->report->cut_short)
    start_some (probe);
  if (probe->in_flight > 0)
    return;
  probe->finished = TRUE;
  probe->done (probe, probe->data);
}

/* --- questions --------------------------------------------------------------------------- */

/* The last that is done for QUESTION. */
static void
answered (const Question *question)
{
  question->probe->unanswered--;
  timer_set (question->probe->timer, 0);
}

static void
on_located (const char *network, const char *description, gpointer data)
{
  const Question *question = data;

  g_array_index (question->probe->report->lookups, ProbeLookup, question->lookup).network
      = g_strdup (network);
  answered (question);
}

static void
on_resolved (Family family, ResolverStatus status, const IpAddress *addresses, gsize n_addresses,
             const char *detail, gpointer data)
{
  const Question *question = data;
  Probe *probe = question->probe;
  ProbeLookup *lookup = &g_array_index (probe->report->lookups, ProbeLookup, question->lookup);
  EngineEvent event = { .kind = ENGINE_RESOLVED,
                        .n_addresses = n_addresses,
                        .text = resolver_status_name (status),
                        .detail = detail };

  lookup->failed = status == RESOLVER_FAILED;
  lookup->unknown = status == RESOLVER_NO_NAME;
  lookup->n_addresses = n_addresses;
  g_array_append_vals (g_array_index (probe->addresses, GArray *, question->lookup), addresses,
                       (guint)n_addresses);
  event.path.host = probe->account->hosts[lookup->host];
  event.path.family = family;
  emit (probe, event);
  if (probe->identity && n_addresses > 0)
    identity_ask (probe->identity, addresses, on_located, data);
  else
    answered (question);
}

/* A literal has one family; to ask for its other one would say nothing. */
static gboolean
is_of_other_family (const char *host, Family family)
{
  IpAddress address;

  return ip_address_parse (host, &address) && address.family != family;
}

static void
ask (Probe *probe, guint host, Family family)
{
  ProbeLookup lookup = { .host = host, .family = family };
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (IpAddress));
  Question *question = g_new (Question, 1);
  EngineEvent event = { .kind = ENGINE_RESOLVING };

  *question = (Question){ probe, probe->report->lookups->len };
  g_array_append_val (probe->report->lookups, lookup);
  g_array_append_val (probe->addresses, addresses);
  g_ptr_array_add (probe->questions, question);
  event.path.host = probe->account->hosts[host];
  event.path.family = family;
  probe->unanswered++;
  emit (probe, event);
  resolver_ask (probe->resolver, probe->report->hosts[host], family, on_resolved, question);
}

/* A tunnel has no address that we knew of: any will do to stand for it. */
static void
add_tunnel (Probe *probe, guint host)
{
  ProbeLookup lookup = { .host = host, .family = FAMILY_TUNNEL, .n_addresses = 1 };
  IpAddress none = { .family = FAMILY_TUNNEL };
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (IpAddress));

  g_array_append_val (addresses, none);
  g_array_append_val (probe->report->lookups, lookup);
  g_array_append_val (probe->addresses, addresses);
}

void
probe_start (Probe *probe)
{
  LadderRules rules = account_ladder_rules (probe->account);

  probe->began = clock_now ();
  probe->report->have_network = tcp_have_network ();
  for (guint host = 0; probe->report->hosts[host]; host++)
    for (gsize i = 0; i < rules.n_families; i++)
      if (rules.families[i] == FAMILY_TUNNEL)
        add_tunnel (probe, host);
      else if (!is_of_other_family (probe->report->hosts[host], rules.families[i]))
        ask (probe, host, rules.families[i]);
  timer_set (probe->timer, 0);
}

static void
drop_questions (Probe *probe)
{
  for (guint i = 0; i < probe->questions->len; i++) {
    gpointer question = g_ptr_array_index (probe->questions, i);
    resolver_cancel (probe->resolver, question);
    if (probe->identity)
      identity_cancel (probe->identity, question);
  }
  probe->unanswered = 0;
}

void
probe_stop (Probe *probe)
{
  probe->report->cut_short = TRUE;
  drop_questions (probe);
  for (guint i = 0; i < probe->trials->len; i++) {
    Trial *trial = g_ptr_array_index (probe->trials, i);
    if (i >= probe->started)
      verdict_set (&trial->result->verdict, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_CANCELLED, NULL, NULL);
    else if (!trial->over)
      give_up (trial, CAUSE_CANCELLED);
  }
  timer_set (probe->timer, 0);
}

/* --- life ----------------------------------------------------------------------------------- */

/* No login, so no secret; and where TLS fails the account's rule, what lies behind is to
 * be seen all the same: nothing of worth is sent there. */
static Account *
probing_manner (const Account *account)
{
  Account *manner = account_copy (account);

  manner->auth = AUTH_OFF;
  if (manner->tls == TLS_REQUIRED)
    manner->tls = TLS_WHEN_OFFERED;
  return manner;
}

Probe *
probe_new (const Account *account, Identity *identity, EngineWatch watch, ProbeDone done, gpointer data)
{
  Probe *probe = g_new0 (Probe, 1);

  probe->account = account;
  probe->identity = identity;
  probe->manner = probing_manner (account);
  probe->report = probe_report_new ((const char *const *)account->hosts_ascii);
  probe->watch = watch;
  probe->done = done;
  probe->data = data;
  probe->resolver = resolver_new (account->resolve_timeout);
  probe->addresses = g_array_new (FALSE, FALSE, sizeof (GArray *));
  probe->questions = g_ptr_array_new_with_free_func (g_free);
  probe->trials = g_ptr_array_new_with_free_func (trial_free);
  probe->timer = timer_new (on_timer, probe);
  return probe;
}

void
probe_free (Probe *probe)
{
  if (!probe)
    return;
  drop_questions (probe);
  resolver_free (probe->resolver);
  g_ptr_array_unref (probe->trials);
  g_ptr_array_unref (probe->questions);
  for (guint i = 0; i < probe->addresses->len; i++)
    g_array_unref (g_array_index (probe->addresses, GArray *, i));
  g_array_unref (probe->addresses);
  timer_free (probe->timer);
  account_free (probe->manner);
  probe_report_free (probe->report);
  g_free (probe);
}

const ProbeReport *
probe_report (const Probe *probe)
{
  return probe->report;
}

ProbeRules
probe_rules (const Account *account)
{
  return (ProbeRules){
    .tls = account->tls,
    .must_verify = account_must_verify (account),
    .auth = account_auth_settings (account),
    .ladder = account_ladder_rules (account),
    .today = time (NULL),
  };
}

/* Questions first, then all attempts, so that they stand in the ladder's order whatever
 * the resolver answers first. */
#include <time.h>

#include "engine/account-rules.h"
#include "engine/probe-private.h"
#include "net/clock.h"

typedef struct {
  Probe *probe;
  guint lookup; /* index in the report's */
} Question;

Ticks
probe_time (const Probe *probe)
{
  return clock_now () - probe->began;
}

void
probe_emit (Probe *probe, EngineEvent event)
{
  event.at = probe_time (probe);
  probe->watch (&event, probe->data);
}

/* --- all attempts ------------------------------------------------------------------------- */

static void
start_some (Probe *probe)
{
  while (probe->started < probe->trials->len && probe->in_flight < PROBE_IN_FLIGHT)
    probe_trial_start (g_ptr_array_index (probe->trials, probe->started));
}

static void
plan_trial (Probe *probe, guint host, const Path *path, const IpAddress *address)
{
  ProbeResult *result = probe_report_add (probe->report, host, path, address);

  g_ptr_array_add (probe->trials, probe_trial_new (probe, probe->trials->len + 1, result));
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

static void
emit_answer (const Question *question, EngineEvent event)
{
  const ProbeLookup *lookup
      = &g_array_index (question->probe->report->lookups, ProbeLookup, question->lookup);

  event.path.host = question->probe->account->hosts[lookup->host];
  event.path.family = lookup->family;
  probe_emit (question->probe, event);
}

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
  ProbeLookup *lookup = &g_array_index (question->probe->report->lookups, ProbeLookup, question->lookup);

  lookup->network = g_strdup (network);
  lookup->way = g_strdup (description);
  emit_answer (question, (EngineEvent){ .kind = ENGINE_NETWORK, .text = network, .detail = description });
  answered (question);
}

static void
on_resolved (Family family, ResolverStatus status, const IpAddress *addresses, gsize n_addresses,
             const char *detail, gpointer data)
{
  const Question *question = data;
  Probe *probe = question->probe;
  ProbeLookup *lookup = &g_array_index (probe->report->lookups, ProbeLookup, question->lookup);

  lookup->failed = status == RESOLVER_FAILED;
  lookup->unknown = status == RESOLVER_NO_NAME;
  lookup->n_addresses = n_addresses;
  g_array_append_vals (g_array_index (probe->addresses, GArray *, question->lookup), addresses,
                       (guint)n_addresses);
  emit_answer (question, (EngineEvent){ .kind = ENGINE_RESOLVED,
                                        .n_addresses = n_addresses,
                                        .text = resolver_status_name (status),
                                        .detail = detail });
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

  *question = (Question){ probe, probe->report->lookups->len };
  g_array_append_val (probe->report->lookups, lookup);
  g_array_append_val (probe->addresses, addresses);
  g_ptr_array_add (probe->questions, question);
  probe->unanswered++;
  emit_answer (question, (EngineEvent){ .kind = ENGINE_RESOLVING });
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
    ProbeTrial *trial = g_ptr_array_index (probe->trials, i);
    if (i >= probe->started)
      verdict_set (&trial->result->verdict, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_CANCELLED, NULL, NULL);
    else if (!trial->over)
      probe_trial_give_up (trial, CAUSE_CANCELLED);
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
  probe->trials = g_ptr_array_new_with_free_func (probe_trial_free);
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

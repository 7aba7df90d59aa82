/* A probe's report, and what each result in it means for an account. */
#include "core/probe-report.h"

#include <string.h>

/* --- the report ---------------------------------------------------------------- */

static void
tls_clear (ProbeTls *tls)
{
  g_free (tls->version);
  g_free (tls->cipher);
  g_free (tls->group);
  g_free (tls->complaint);
  g_free (tls->name);
  g_free (tls->subject);
  g_free (tls->issuer);
}

static void
lookup_clear (gpointer data)
{
  ProbeLookup *lookup = data;
  g_free (lookup->network);
  g_free (lookup->way);
}

static void
result_free (gpointer data)
{
  ProbeResult *result = data;
  g_free (result->greeting);
  capabilities_free (result->before);
  capabilities_free (result->after);
  tls_clear (&result->tls);
  verdict_clear (&result->verdict);
  g_free (result);
}

ProbeReport *
probe_report_new (const char *const *hosts)
{
  ProbeReport *report = g_new0 (ProbeReport, 1);
  report->hosts = g_strdupv ((char **)hosts);
  report->lookups = g_array_new (FALSE, FALSE, sizeof (ProbeLookup));
  g_array_set_clear_func (report->lookups, lookup_clear);
  report->results = g_ptr_array_new_with_free_func (result_free);
  return report;
}

void
probe_report_free (ProbeReport *report)
{
  if (report == NULL)
    return;
  g_ptr_array_unref (report->results);
  g_array_unref (report->lookups);
  g_strfreev (report->hosts);
  g_free (report);
}

ProbeResult *
probe_report_add (ProbeReport *report, guint host, const Path *path, const IpAddress *address)
{
  ProbeResult *result = g_new0 (ProbeResult, 1);
  result->host = host;
  result->path = *path;
  result->path.host = report->hosts[host];
  result->address = *address;
  result->end = ATTEMPT_SILENT;
  result->began = result->connected = result->greeted = TICKS_NEVER;
  result->securing = result->established = result->ended = TICKS_NEVER;
  verdict_init (&result->verdict);
  g_ptr_array_add (report->results, result);
  return result;
}

const ProbeLookup *
probe_report_lookup (const ProbeReport *report, const ProbeResult *result)
{
  for (guint i = 0; i < report->lookups->len; i++) {
    const ProbeLookup *lookup = &g_array_index (report->lookups, ProbeLookup, i);
    if (lookup->host == result->host && lookup->family == result->path.family)
      return lookup;
  }
  g_assert_not_reached ();
}

/* --- what it means ---------------------------------------------------------------- */

static const char *const finding_names[PROBE_FINDING_COUNT] = {
  [PROBE_WORKS] = "works",
  [PROBE_WORKS_WITHOUT_LOGIN] = "works without login",
  [PROBE_REFUSED] = "refused",
  [PROBE_PROHIBITED] = "prohibited",
  [PROBE_UNREACHABLE] = "unreachable",
  [PROBE_SILENT] = "silent",
  [PROBE_NO_ROUTE] = "no way from here",
  [PROBE_MUTE] = "mute",
  [PROBE_TLS_STALLED] = "TLS stalled",
  [PROBE_STALLED] = "stalled",
  [PROBE_CLOSED] = "closed",
  [PROBE_GREETING_REFUSED] = "greeting refused",
  [PROBE_EHLO_REFUSED] = "EHLO refused",
  [PROBE_NOT_SMTP] = "not SMTP",
  [PROBE_NO_TLS] = "no TLS",
  [PROBE_UNVERIFIED] = "not verified",
  [PROBE_TLS_FAILED] = "TLS failed",
  [PROBE_NO_LOGIN] = "no login",
  [PROBE_UNFINISHED] = "unfinished",
};

const char *
probe_finding_name (ProbeFinding finding)
{
  return finding_names[finding];
}

gboolean
probe_finding_is_good (ProbeFinding finding)
{
  return finding == PROBE_WORKS || finding == PROBE_WORKS_WITHOUT_LOGIN;
}

const Capabilities *
probe_capabilities (const ProbeResult *result)
{
  return result->after != NULL ? result->after : result->before;
}

AuthChoice
probe_login (const ProbeResult *result, const ProbeRules *rules)
{
  AuthSituation situation = { .encrypted = result->tls.done,
                              .binding_available = result->tls.binding_available,
                              .certificate_asked = result->tls.certificate_asked };
  return auth_choose (&rules->auth, &situation, probe_capabilities (result), NULL);
}

static ProbeFinding
finding_of_connect (AttemptEnd end)
{
  switch (end) {
  case ATTEMPT_REFUSED:
    return PROBE_REFUSED;
  case ATTEMPT_PROHIBITED:
    return PROBE_PROHIBITED;
  case ATTEMPT_UNREACHABLE:
    return PROBE_UNREACHABLE;
  case ATTEMPT_OWN_HOST:
    return PROBE_NO_ROUTE;
  default:
    return PROBE_SILENT;
  }
}

static ProbeFinding
finding_of_timeout (Stage stage)
{
  if (stage == STAGE_GREETING)
    return PROBE_MUTE;
  return stage == STAGE_TLS ? PROBE_TLS_STALLED : PROBE_STALLED;
}

/* The session ended before all was asked. */
static ProbeFinding
finding_of_verdict (const Verdict *verdict)
{
  switch (verdict->cause) {
  case CAUSE_CANCELLED:
    return PROBE_UNFINISHED;
  case CAUSE_TIMEOUT:
    return finding_of_timeout (verdict->stage);
  case CAUSE_CLOSED:
    return PROBE_CLOSED;
  case CAUSE_PROTOCOL:
    return PROBE_NOT_SMTP;
  case CAUSE_TLS_NOT_OFFERED:
  case CAUSE_TLS_REFUSED:
    return PROBE_NO_TLS;
  case CAUSE_TLS_VERIFICATION:
    return PROBE_UNVERIFIED;
  case CAUSE_REPLY:
    return verdict->stage == STAGE_GREETING ? PROBE_GREETING_REFUSED : PROBE_EHLO_REFUSED;
  default:
    return verdict->kind == OUTCOME_TRANSPORT ? PROBE_CLOSED : PROBE_TLS_FAILED;
  }
}

ProbeFinding
probe_finding (const ProbeResult *result, const ProbeRules *rules)
{
  if (result->connected == TICKS_NEVER)
    return result->verdict.cause == CAUSE_CANCELLED ? PROBE_UNFINISHED : finding_of_connect (result->end);
  if (result->tls.done && !result->tls.verified && rules->must_verify)
    return PROBE_UNVERIFIED;
  if (result->verdict.kind != OUTCOME_ACCEPTED)
    return finding_of_verdict (&result->verdict);
  if (!result->tls.done && rules->tls == TLS_REQUIRED)
    return PROBE_NO_TLS;
  AuthChoice login = probe_login (result, rules);
  if (login.kind == AUTH_CHOICE_SKIP)
    return login.wanted ? PROBE_WORKS_WITHOUT_LOGIN : PROBE_WORKS;
  return login.kind == AUTH_CHOICE_USE ? PROBE_WORKS : PROBE_NO_LOGIN;
}

/* --- history ------------------------------------------------------------------------ */

/* Other findings say nothing of the path. */
static const struct {
  ProbeFinding finding;
  PathSeen seen;
} seen_as[] = {
  { PROBE_WORKS, PATH_SEEN_WORKED },          { PROBE_WORKS_WITHOUT_LOGIN, PATH_SEEN_WORKED },
  { PROBE_NO_LOGIN, PATH_SEEN_WORKED },       { PROBE_REFUSED, PATH_SEEN_REFUSED },
  { PROBE_PROHIBITED, PATH_SEEN_PROHIBITED }, { PROBE_UNREACHABLE, PATH_SEEN_UNREACHABLE },
  { PROBE_SILENT, PATH_SEEN_SILENT },         { PROBE_MUTE, PATH_SEEN_NO_GREETING },
  { PROBE_TLS_STALLED, PATH_SEEN_TLS_STALL }, { PROBE_STALLED, PATH_SEEN_CLOSED },
  { PROBE_CLOSED, PATH_SEEN_CLOSED },         { PROBE_GREETING_REFUSED, PATH_SEEN_REJECTED },
  { PROBE_EHLO_REFUSED, PATH_SEEN_REJECTED }, { PROBE_NOT_SMTP, PATH_SEEN_REJECTED },
  { PROBE_NO_TLS, PATH_SEEN_INSECURE },       { PROBE_UNVERIFIED, PATH_SEEN_INSECURE },
  { PROBE_TLS_FAILED, PATH_SEEN_INSECURE },
};

void
probe_count (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now)
{
  for (guint i = 0; i < report->results->len; i++) {
    const ProbeResult *result = g_ptr_array_index (report->results, i);
    ProbeFinding finding = probe_finding (result, rules);
    for (gsize j = 0; j < G_N_ELEMENTS (seen_as); j++)
      if (seen_as[j].finding == finding)
        path_memory_note_seen (memory, probe_report_lookup (report, result)->network, &result->path,
                               seen_as[j].seen, now);
  }
}

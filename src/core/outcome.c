/* What became of a delivery: names that travel to logs and JSON, and the rule by
 * which the fates of many recipients add up to one. */
#include "core/outcome.h"

static const char *const kind_names[] = {
  [OUTCOME_NONE] = "none",           [OUTCOME_ACCEPTED] = "accepted",   [OUTCOME_TEMPORARY] = "temporary",
  [OUTCOME_PERMANENT] = "permanent", [OUTCOME_TRANSPORT] = "transport", [OUTCOME_SECURITY] = "security",
  [OUTCOME_IN_DOUBT] = "in-doubt",   [OUTCOME_CANCELLED] = "cancelled",
};

static const char *const stage_names[] = {
  [STAGE_RESOLVE] = "resolve", [STAGE_CONNECT] = "connect",   [STAGE_GREETING] = "greeting",
  [STAGE_EHLO] = "ehlo",       [STAGE_STARTTLS] = "starttls", [STAGE_TLS] = "tls",
  [STAGE_AUTH] = "auth",       [STAGE_MESSAGE] = "message",   [STAGE_MAIL] = "mail",
  [STAGE_RCPT] = "rcpt",       [STAGE_DATA] = "data",         [STAGE_BODY] = "body",
  [STAGE_END] = "end",         [STAGE_QUIT] = "quit",
};

static const char *const cause_names[] = {
  [CAUSE_NONE] = "none",
  [CAUSE_REPLY] = "reply",
  [CAUSE_CLOSED] = "closed",
  [CAUSE_TIMEOUT] = "timeout",
  [CAUSE_PROTOCOL] = "protocol",
  [CAUSE_NO_PATH] = "no-path",
  [CAUSE_HOST_UNKNOWN] = "host-unknown",
  [CAUSE_RESOLVER] = "resolver",
  [CAUSE_NO_NETWORK] = "no-network",
  [CAUSE_TLS_NOT_OFFERED] = "tls-not-offered",
  [CAUSE_TLS_REFUSED] = "tls-refused",
  [CAUSE_TLS_INJECTION] = "tls-injection",
  [CAUSE_TLS_HANDSHAKE] = "tls-handshake",
  [CAUSE_TLS_VERIFICATION] = "tls-verification",
  [CAUSE_TLS_CLIENT_CERTIFICATE] = "tls-client-certificate",
  [CAUSE_AUTH_NOT_OFFERED] = "auth-not-offered",
  [CAUSE_AUTH_NO_MECHANISM] = "auth-no-mechanism",
  [CAUSE_AUTH_NEEDS_TLS] = "auth-needs-tls",
  [CAUSE_AUTH_NO_SECRET] = "auth-no-secret",
  [CAUSE_AUTH_REFUSED] = "auth-refused",
  [CAUSE_AUTH_NOT_VERIFIED] = "auth-not-verified",
  [CAUSE_TOO_BIG] = "too-big",
  [CAUSE_NEEDS_SMTPUTF8] = "needs-smtputf8",
  [CAUSE_NEEDS_REQUIRETLS] = "needs-requiretls",
  [CAUSE_HOLD_NOT_OFFERED] = "hold-not-offered",
  [CAUSE_MESSAGE] = "message",
  [CAUSE_ADDRESS] = "address",
  [CAUSE_BDAT_REFUSED] = "bdat-refused",
  [CAUSE_STORE] = "store",
  [CAUSE_CANCELLED] = "cancelled",
};

const char *
outcome_kind_name (OutcomeKind kind)
{
  g_assert ((gsize)kind < G_N_ELEMENTS (kind_names));
  return kind_names[kind];
}

const char *
stage_name (Stage stage)
{
  g_assert ((gsize)stage < G_N_ELEMENTS (stage_names));
  return stage_names[stage];
}

const char *
cause_name (Cause cause)
{
  g_assert ((gsize)cause < G_N_ELEMENTS (cause_names));
  return cause_names[cause];
}

void
verdict_init (Verdict *verdict)
{
  *verdict = (Verdict){ 0 };
}

void
verdict_set (Verdict *verdict, OutcomeKind kind, Stage stage, Cause cause, const Reply *reply,
             const char *detail)
{
  /* Copied first: REPLY and DETAIL may be the verdict's own. */
  Verdict next = {
    .kind = kind,
    .stage = stage,
    .cause = cause,
    .reply = reply_copy (reply),
    .detail = g_strdup (detail),
  };
  verdict_clear (verdict);
  *verdict = next;
}

void
verdict_copy (Verdict *to, const Verdict *from)
{
  verdict_set (to, from->kind, from->stage, from->cause, from->reply, from->detail);
}

void
verdict_clear (Verdict *verdict)
{
  reply_free (verdict->reply);
  g_free (verdict->detail);
  verdict_init (verdict);
}

Outcome *
outcome_new (gsize n_recipients)
{
  Outcome *outcome = g_new0 (Outcome, 1);
  outcome->n_recipients = n_recipients;
  outcome->recipients = g_new0 (Verdict, n_recipients);
  return outcome;
}

Outcome *
outcome_copy (const Outcome *outcome)
{
  Outcome *copy = outcome_new (outcome->n_recipients);
  verdict_copy (&copy->overall, &outcome->overall);
  for (gsize i = 0; i < outcome->n_recipients; i++)
    verdict_copy (&copy->recipients[i], &outcome->recipients[i]);
  copy->without_auth = outcome->without_auth;
  copy->without_tls = outcome->without_tls;
  return copy;
}

void
outcome_free (Outcome *outcome)
{
  if (outcome == NULL)
    return;
  verdict_clear (&outcome->overall);
  for (gsize i = 0; i < outcome->n_recipients; i++)
    verdict_clear (&outcome->recipients[i]);
  g_free (outcome->recipients);
  g_free (outcome);
}

gsize
outcome_count (const Outcome *outcome, OutcomeKind kind)
{
  gsize count = 0;
  for (gsize i = 0; i < outcome->n_recipients; i++)
    count += outcome->recipients[i].kind == kind;
  return count;
}

static const Verdict *
first_of_kinds (const Outcome *outcome, guint kinds)
{
  for (gsize i = 0; i < outcome->n_recipients; i++)
    if (kinds & (1u << outcome->recipients[i].kind))
      return &outcome->recipients[i];
  return NULL;
}

/* What weighs more comes first. Kinds in one row weigh the same: the first
 * recipient among them speaks for all. */
static const guint precedence[] = {
  1u << OUTCOME_IN_DOUBT,  1u << OUTCOME_TEMPORARY | 1u << OUTCOME_TRANSPORT | 1u << OUTCOME_SECURITY,
  1u << OUTCOME_PERMANENT, 1u << OUTCOME_CANCELLED,
  1u << OUTCOME_NONE,      1u << OUTCOME_ACCEPTED,
};

void
outcome_summarize (Outcome *outcome)
{
  for (gsize i = 0; i < G_N_ELEMENTS (precedence); i++) {
    const Verdict *verdict = first_of_kinds (outcome, precedence[i]);
    if (verdict != NULL) {
      verdict_copy (&outcome->overall, verdict);
      return;
    }
  }
}

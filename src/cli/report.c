/* The order in which a person wants to know: what happened, to whom, why, what to do. */
#include "cli/report.h"

#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"

static const char *
path_state (const LadderPathReport *report)
{
  if (report->stalled)
    return _ ("accepted the connection, then said nothing");
  switch (report->state) {
  case LADDER_PATH_WAITING:
    return _ ("not tried");
  case LADDER_PATH_NO_ADDRESS:
    return _ ("no address");
  case LADDER_PATH_TRYING:
    return _ ("no answer yet");
  case LADDER_PATH_WON:
    return _ ("connected");
  case LADDER_PATH_FAILED:
    break;
  }
  switch (report->failure) {
  case LADDER_FAILED_CONNECT:
    return attempt_end_name (report->end);
  case LADDER_FAILED_CLOSED:
    return _ ("accepted the connection, then closed it");
  case LADDER_FAILED_GREETING:
    return _ ("accepted the connection, then refused to serve");
  case LADDER_FAILED_AFTER:
    return _ ("broke off");
  case LADDER_FAILED_FINAL:
    break;
  }
  return _ ("reached");
}

static void
append_paths (GString *out, const Ladder *ladder)
{
  guint mute_port = 0; /* accepts, and waits for us to speak first */

  for (gsize i = 0; ladder && i < ladder_n_paths (ladder); i++) {
    LadderPathReport report;
    ladder_report (ladder, i, &report);
    g_autofree char *place
        = g_strdup_printf (strchr (report.path.host, ':') ? "[%s]:%u/%s" : "%s:%u/%s", report.path.host,
                           report.path.port, family_name (report.path.family));
    g_string_append_printf (out, "  %-32s %s\n", place, path_state (&report));
    if (report.stalled && !report.path.implicit_tls)
      mute_port = report.path.port;
  }
  if (mute_port)
    g_string_append_printf (
        out, _ ("If port %u speaks TLS from the first octet, write it as %u/implicit in `ports`.\n"),
        mute_port, mute_port);
}

static const char *
headline (OutcomeKind kind)
{
  switch (kind) {
  case OUTCOME_ACCEPTED:
    return _ ("sent");
  case OUTCOME_IN_DOUBT:
    return _ ("IN DOUBT: the message was sent, and the server's answer never came. It may have arrived; "
              "ask the recipient before you send it again");
  case OUTCOME_TEMPORARY:
    return _ ("not sent for now");
  case OUTCOME_CANCELLED:
    return _ ("cancelled");
  default:
    return _ ("not sent");
  }
}

static gboolean
all_share_one_fate (const Outcome *outcome)
{
  for (gsize i = 0; i < outcome->n_recipients; i++)
    if (outcome->recipients[i].kind != outcome->overall.kind
        || outcome->recipients[i].stage != outcome->overall.stage)
      return FALSE;
  return TRUE;
}

static void
append_recipients (GString *out, const Outcome *outcome, const Envelope *envelope)
{
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    const Verdict *verdict = &outcome->recipients[i];
    g_autofree char *address = visible_text (envelope_recipient (envelope, (guint)i)->address, -1);
    g_autofree char *words = verdict->kind == OUTCOME_ACCEPTED ? NULL : report_verdict (verdict);
    g_string_append_printf (out, "  %s: %s%s%s\n", address, headline (verdict->kind), words ? ": " : "",
                            words ? words : "");
  }
}

static void
append_remarks (GString *out, const Outcome *outcome)
{
  if (outcome->overall.kind != OUTCOME_ACCEPTED && outcome->overall.kind != OUTCOME_IN_DOUBT)
    return;
  if (outcome->without_auth)
    g_string_append (out, _ ("toukan: sent without logging in: the server offers no login on this path\n"));
  if (outcome->without_tls)
    g_string_append (out, _ ("toukan: sent without encryption: the server offers no TLS on this path\n"));
}

char *
report_outcome (const Outcome *outcome, const Envelope *envelope, const Ladder *ladder)
{
  GString *out = g_string_new (NULL);
  const char *advice = report_advice (outcome->overall.cause);

  append_remarks (out, outcome);
  if (outcome->overall.kind == OUTCOME_ACCEPTED)
    return g_string_free (out, FALSE);
  if (all_share_one_fate (outcome)) {
    g_autofree char *words = report_verdict (&outcome->overall);
    g_string_append_printf (out, "toukan: %s: %s.\n", headline (outcome->overall.kind), words);
  } else {
    g_string_append_printf (out, _ ("toukan: sent to %u of %u recipients:\n"),
                            (guint)outcome_count (outcome, OUTCOME_ACCEPTED), (guint)outcome->n_recipients);
  }
  if (!all_share_one_fate (outcome) || outcome->overall.stage == STAGE_RCPT)
    append_recipients (out, outcome, envelope);
  if (outcome->overall.kind == OUTCOME_TRANSPORT && outcome->overall.stage != STAGE_RESOLVE
      && outcome->overall.cause != CAUSE_NO_NETWORK)
    append_paths (out, ladder);
  /* In doubt the headline says what to do, and "try again" would be the wrong thing. */
  if (advice && outcome->overall.kind != OUTCOME_IN_DOUBT)
    g_string_append_printf (out, "%s\n", advice);
  return g_string_free (out, FALSE);
}

/* One table says for every cause what it means and what can be done. */
#include "cli/report.h"

#include <string.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "base/visible.h"

typedef struct {
  Cause cause;
  const char *why;
  const char *advice; /* NULL: the server's words are the advice */
} CauseText;

static const CauseText cause_texts[] = {
  { CAUSE_REPLY, N_ ("the server refused it"), NULL },
  { CAUSE_CLOSED, N_ ("the connection was closed"), N_ ("Try again; with -v each step is shown.") },
  { CAUSE_TIMEOUT, N_ ("the server did not answer in time"), N_ ("Try again; with -v each step is shown.") },
  { CAUSE_PROTOCOL, N_ ("what answered does not speak SMTP as it should"),
    N_ ("Check `host` and `ports`; a network with a login page answers like this, too.") },
  { CAUSE_NO_PATH, N_ ("no path to the server works from this network"),
    N_ ("Try another network, add a port to `ports` (2525, 465/implicit), or set `tunnel`.") },
  { CAUSE_HOST_UNKNOWN, N_ ("the server's name does not exist"), N_ ("Check the spelling of `host`.") },
  { CAUSE_RESOLVER, N_ ("the server's name could not be looked up"),
    N_ ("Check the network and the name servers in /etc/resolv.conf, then try again.") },
  { CAUSE_NO_NETWORK, N_ ("this machine is not connected to a network"), N_ ("Connect it, then try again.") },
  { CAUSE_TLS_NOT_OFFERED, N_ ("the server offers no TLS, and the account requires it"),
    N_ ("Do not give in on a network that you don't trust. If the server really has none: `tls = "
        "when-offered`.") },
  { CAUSE_TLS_REFUSED, N_ ("the server refused to start TLS"),
    N_ ("Try again; ask the server's postmaster.") },
  { CAUSE_TLS_INJECTION,
    N_ ("octets were slipped in before TLS began: somebody may be tampering with the connection"),
    N_ ("Use another network; tell the server's postmaster if it happens there, too.") },
  { CAUSE_TLS_HANDSHAKE, N_ ("TLS could not be set up"),
    N_ ("`toukan config show` lists the TLS settings in use.") },
  { CAUSE_TLS_VERIFICATION, N_ ("the server's certificate could not be verified"),
    N_ ("Somebody may be in between. If it is your own server: `tls-ca-file`, `tls-name` or "
        "`tls-fingerprint`.") },
  { CAUSE_TLS_CLIENT_CERTIFICATE, N_ ("the server did not accept our certificate"),
    N_ ("Check `tls-client-certificate` and `tls-client-key`.") },
  { CAUSE_AUTH_NOT_OFFERED, N_ ("the server offers no login on this path, and the account requires one"),
    N_ ("Set `auth = auto` to send without, or restrict `ports` to those that offer it.") },
  { CAUSE_AUTH_NO_MECHANISM, N_ ("no way to log in is known to both the server and the account"),
    N_ ("Name a mechanism that the server offers in `auth`, or set `token-command` for XOAUTH2.") },
  { CAUSE_AUTH_NEEDS_TLS, N_ ("the login would cross the network unencrypted"),
    N_ ("Keep `tls = required`. Only `auth-without-tls = yes` would send it in the clear.") },
  { CAUSE_AUTH_NO_SECRET, N_ ("there is no password or token to log in with"),
    N_ ("Set `password-command` (or `token-command`) and try the command by hand.") },
  { CAUSE_AUTH_REFUSED, N_ ("the server refused the login"), N_ ("Check `user` and the password or token.") },
  { CAUSE_AUTH_NOT_VERIFIED, N_ ("the server claimed success without proving that it knows the password"),
    N_ ("Somebody may be in between: use another network.") },
  { CAUSE_TOO_BIG, N_ ("the message is larger than the server takes"),
    N_ ("Send a link, or split the attachments.") },
  { CAUSE_NEEDS_SMTPUTF8, N_ ("the address needs SMTPUTF8, which this server lacks"),
    N_ ("Ask the recipient for an address in ASCII.") },
  { CAUSE_NEEDS_REQUIRETLS, N_ ("the message requires TLS on its whole way, which this server can't promise"),
    NULL },
  { CAUSE_HOLD_NOT_OFFERED, N_ ("the server doesn't keep messages until their time, or not for that long"),
    N_ ("It waits in the outbox instead.") },
  { CAUSE_MESSAGE, N_ ("the message can't be sent as it is"), NULL },
  { CAUSE_ADDRESS, N_ ("the address can't be written in SMTP"), N_ ("Check its spelling.") },
  { CAUSE_BDAT_REFUSED, N_ ("the server offers CHUNKING and does not understand BDAT"),
    N_ ("Set `chunking = no`.") },
  { CAUSE_STORE, N_ ("what happened could not be written down"), N_ ("Check the disk, then try again.") },
  { CAUSE_CANCELLED, N_ ("the server never had it whole"), NULL },
};

static const CauseText *
find_text (Cause cause)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cause_texts); i++)
    if (cause_texts[i].cause == cause)
      return &cause_texts[i];
  return NULL;
}

static int
permanent_status (const Outcome *outcome)
{
  const Verdict *overall = &outcome->overall;

  if (outcome_count (outcome, OUTCOME_ACCEPTED) > 0)
    return EX_UNAVAILABLE; /* some have it, some were refused */
  if (overall->stage == STAGE_RCPT)
    return EX_NOUSER;
  if (overall->stage == STAGE_MESSAGE || overall->cause == CAUSE_TOO_BIG || overall->cause == CAUSE_ADDRESS
      || overall->cause == CAUSE_NEEDS_SMTPUTF8)
    return EX_DATAERR;
  return EX_UNAVAILABLE;
}

int
report_exit_status (const Outcome *outcome)
{
  const Verdict *overall = &outcome->overall;

  if (overall->cause == CAUSE_PROTOCOL && overall->kind != OUTCOME_IN_DOUBT)
    return EX_PROTOCOL;
  switch (overall->kind) {
  case OUTCOME_ACCEPTED:
    return EX_OK;
  case OUTCOME_PERMANENT:
    return permanent_status (outcome);
  case OUTCOME_TRANSPORT:
    return overall->cause == CAUSE_HOST_UNKNOWN ? EX_NOHOST : EX_TEMPFAIL;
  case OUTCOME_SECURITY:
    return EX_NOPERM;
  case OUTCOME_IN_DOUBT:
    return EX_IOERR;
  case OUTCOME_NONE:
  case OUTCOME_TEMPORARY:
  case OUTCOME_CANCELLED:
    break;
  }
  return EX_TEMPFAIL;
}

char *
report_verdict (const Verdict *verdict)
{
  const CauseText *text = find_text (verdict->cause);
  GString *words = g_string_new (text ? _ (text->why) : _ ("it failed"));

  if (verdict->detail) {
    g_autofree char *detail = visible_text (verdict->detail, -1);
    g_string_append_printf (words, ": %s", detail);
  }
  if (verdict->reply) {
    g_autofree char *raw = reply_to_string (verdict->reply);
    g_autofree char *reply = visible_text (raw, -1);
    /* TRANSLATORS: what the server wrote, after "the server refused it" */
    g_string_append_printf (words, _ (", saying \"%s\""), reply);
  }
  return g_string_free (words, FALSE);
}

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
  const CauseText *text = find_text (outcome->overall.cause);

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
  if (text && text->advice && outcome->overall.kind != OUTCOME_IN_DOUBT)
    g_string_append_printf (out, "%s\n", _ (text->advice));
  return g_string_free (out, FALSE);
}

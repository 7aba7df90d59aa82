/* One table says for every cause what it means and what can be done; reports on the
 * terminal, notices and the log all take their words from it. */
#include "engine/report-words.h"

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

const char *
report_advice (Cause cause)
{
  const CauseText *text = find_text (cause);

  return text && text->advice ? _ (text->advice) : NULL;
}

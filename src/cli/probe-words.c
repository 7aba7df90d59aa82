/* A sentence for each advice. */
#include <sysexits.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/cell.h"
#include "cli/probe-view.h"
#include "cli/report.h"
#include "engine/timeline.h"

/* --- places ------------------------------------------------------------------------- */

static char *
place_text (const ProbeView *view, const Advice *advice)
{
  const Place *place = &advice->place;
  const char *family = family_name (place->family);
  g_autofree char *address = NULL;
  switch (place->kind) {
  case PLACE_HOST:
    return g_strdup (_ ("every path"));
  case PLACE_PORT:
    return g_strdup_printf (_ ("port %u"), place->port);
  case PLACE_FAMILY:
    return g_strdup (family);
  case PLACE_PATH:
    return g_strdup_printf ("%u/%s", place->port, family);
  case PLACE_ADDRESS:
    address = ip_address_to_string (&advice->result->address);
    return g_strdup_printf ("%u/%s (%s)", place->port, family, address);
  }
  return NULL;
}

static char *
place_with_host (const ProbeView *view, const Advice *advice)
{
  g_autofree char *place = place_text (view, advice);
  if (g_strv_length (view->report->hosts) < 2)
    return g_steal_pointer (&place);
  g_autofree char *host = domain_to_unicode (view->report->hosts[advice->place.host]);
  /* TRANSLATORS: host, place there: "mail.example.org: port 587" */
  return g_strdup_printf (_ ("%s: %s"), host, place);
}

/* --- findings ------------------------------------------------------------------------- */

/* The place comes in the place of %s. */
static const char *const finding_sentences[PROBE_FINDING_COUNT] = {
  [PROBE_WORKS_WITHOUT_LOGIN] = N_ ("%s offers no login: mail would go without one there."),
  [PROBE_REFUSED] = N_ ("%s is refused: nobody listens there, or a firewall says so."),
  [PROBE_PROHIBITED] = N_ ("%s is forbidden by a firewall."),
  [PROBE_UNREACHABLE] = N_ ("%s can't be reached: there is no route, or it is forbidden."),
  [PROBE_SILENT] = N_ ("%s is silently dropped on this network."),
  [PROBE_NO_ROUTE] = N_ ("%s: this machine has no route there."),
  [PROBE_MUTE] = N_ ("%s accepts connections and never greets."),
  [PROBE_TLS_STALLED]
  = N_ ("%s gets stuck in the TLS handshake: large packets seem to be lost on the way there."),
  [PROBE_STALLED] = N_ ("%s accepts connections, greets, and then stops answering."),
  [PROBE_CLOSED] = N_ ("%s accepts connections and closes them."),
  [PROBE_GREETING_REFUSED] = N_ ("%s turns us away with its greeting."),
  [PROBE_EHLO_REFUSED] = N_ ("%s greets, and refuses what follows."),
  [PROBE_NOT_SMTP] = N_ ("%s doesn't speak SMTP: a network with a login page answers like this, too."),
  [PROBE_NO_TLS] = N_ ("%s offers no TLS: with `tls = required` nothing will be sent there."),
  [PROBE_UNVERIFIED] = N_ ("%s shows a certificate that can't be verified: nothing will be sent there."),
  [PROBE_TLS_FAILED] = N_ ("%s fails in TLS: nothing will be sent there."),
  [PROBE_UNFINISHED] = N_ ("%s was not waited for."),
};

static const char *
login_sentence (AuthChoiceKind kind)
{
  switch (kind) {
  case AUTH_CHOICE_NOT_OFFERED:
    return _ ("%s offers no login, and the account requires one: nothing will be sent there.");
  case AUTH_CHOICE_NEEDS_TLS:
    return _ ("%s offers logins, but they would cross unencrypted: nothing will be sent there.");
  case AUTH_CHOICE_NO_SECRET:
    return _ ("%s: the account requires a login and has no password or token for it.");
  default:
    return _ ("%s offers no login that the account could use: nothing will be sent there.");
  }
}

/* What more is known than the finding itself; NULL: nothing. */
static char *
reason_of_finding (const Advice *advice)
{
  const ProbeResult *result = advice->result;
  g_autofree char *offers = NULL;
  switch (advice->finding) {
  case PROBE_UNVERIFIED:
    return g_strdup (result->tls.complaint != NULL ? result->tls.complaint : result->verdict.detail);
  case PROBE_GREETING_REFUSED:
  case PROBE_EHLO_REFUSED:
  case PROBE_TLS_FAILED:
  case PROBE_CLOSED:
    return report_verdict (&result->verdict);
  case PROBE_NO_LOGIN:
    offers = g_strjoinv (", ", probe_capabilities (result)->mechanisms);
    return *offers != '\0' ? g_steal_pointer (&offers) : NULL;
  default:
    return NULL;
  }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *
finding_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *place = place_with_host (view, advice), *reason = reason_of_finding (advice);
  const char *sentence = advice->finding == PROBE_NO_LOGIN
                             ? login_sentence (probe_login (advice->result, view->rules).kind)
                             : _ (finding_sentences[advice->finding]);
  char *text = g_strdup_printf (sentence, place);
  if (reason == NULL)
    return text;
  g_autofree char *shown = visible_text (reason, -1), *whole = text;
  return g_strdup_printf ("%s (%s)", whole, shown);
}
#pragma GCC diagnostic pop

/* --- the others -------------------------------------------------------------------------- */

/* Less than this isn't worth remembering aloud. */
#define SAVING_WORTH_A_WORD (TICKS_PER_SECOND / 2)

static char *
leaves_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *path = probe_path_text (view, advice->result);
  g_autofree char *at = timeline_duration (advice->at), *again = timeline_duration (advice->again);
  if (advice->at - advice->again < SAVING_WORTH_A_WORD)
    return g_strdup_printf (_ ("Mail will leave by %s, which is found after %s."), path, at);
  return g_strdup_printf (
      _ ("Mail will leave by %s, which is found after %s, and after %s by the next message: it remembers."),
      path, at, again);
}

static char *
stops_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *path = probe_path_text (view, advice->result);
  return g_strdup_printf (
      _ ("Nothing will be sent: what %s answers ends the search, so that no password and no mail "
         "goes where it shouldn't."),
      path);
}

static char *
certificate_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *place = place_with_host (view, advice);
  return g_strdup_printf (_ ("%s: the certificate is about to end; days left: %d."), place,
                          (int)advice->days);
}

static char *
login_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *place = place_with_host (view, advice);
  g_autofree char *offers = g_strjoinv (", ", probe_capabilities (advice->result)->mechanisms);
  if (advice->mechanism == NULL)
    return g_strdup_printf (_ ("%s offers the logins %s; the account has none."), place, offers);
  return g_strdup_printf (_ ("%s offers the logins %s; toukan would use %s."), place, offers,
                          advice->mechanism->name);
}

static char *
no_address_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *host = domain_to_unicode (view->report->hosts[advice->place.host]);
  return g_strdup_printf (_ ("%s has no %s address."), host, family_name (advice->place.family));
}

static char *
slow_text (const ProbeView *view, const Advice *advice)
{
  g_autofree char *place = place_with_host (view, advice), *at = timeline_duration (advice->at);
  return g_strdup_printf (_ ("%s greets late, after %s: that is waited for."), place, at);
}

static char *
all_work_text (const ProbeView *view, const Advice *advice)
{
  if (advice->count == 1)
    return g_strdup (_ ("The only path works."));
  return g_strdup_printf (_ ("All %u paths work."), advice->count);
}

static char *
plain_text (const Advice *advice)
{
  switch (advice->code) {
  case ADVICE_NO_NETWORK:
    return g_strdup (_ ("Nothing will be sent: this machine is not connected to a network."));
  case ADVICE_HOST_UNKNOWN:
    return g_strdup (
        _ ("Nothing will be sent: the server's name does not exist. Check the spelling of `host`."));
  case ADVICE_RESOLVER:
    return g_strdup (_ ("Nothing will be sent: the server's name could not be looked up."));
  default:
    return g_strdup (
        _ ("Nothing will be sent: no path to the server works from this network. Try another one, "
           "add a port to `ports` (2525, 465/implicit), or set `tunnel`."));
  }
}

static const struct {
  AdviceCode code;
  char *(*text) (const ProbeView *view, const Advice *advice);
} texts[] = {
  { ADVICE_LEAVES, leaves_text },           { ADVICE_STOPS, stops_text },
  { ADVICE_ALL_WORK, all_work_text },       { ADVICE_FINDING, finding_text },
  { ADVICE_NO_ADDRESS, no_address_text },   { ADVICE_SLOW, slow_text },
  { ADVICE_CERTIFICATE, certificate_text }, { ADVICE_LOGIN, login_text },
  { ADVICE_LOGIN_UNUSED, login_text },
};

static char *
advice_text (const ProbeView *view, const Advice *advice)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].code == advice->code)
      return texts[i].text (view, advice);
  return plain_text (advice);
}

char *
probe_words (const ProbeView *view)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < view->advice->len; i++) {
    g_autofree char *text = advice_text (view, &g_array_index (view->advice, Advice, i));
    cell_append_wrapped (out, i == 0 ? "" : "- ", text);
  }
  return g_string_free (out, FALSE);
}

/* --- the status ----------------------------------------------------------------------------- */

static int
status_of_stop (const Advice *advice)
{
  if (advice->finding != PROBE_EHLO_REFUSED)
    return EX_NOPERM;
  return advice->result->verdict.kind == OUTCOME_PERMANENT ? EX_UNAVAILABLE : EX_TEMPFAIL;
}

int
probe_exit_status (const ProbeView *view)
{
  const Advice *first = &g_array_index (view->advice, Advice, 0);
  switch (first->code) {
  case ADVICE_LEAVES:
    return EX_OK;
  case ADVICE_STOPS:
    return status_of_stop (first);
  case ADVICE_HOST_UNKNOWN:
    return EX_NOHOST;
  default:
    return EX_TEMPFAIL;
  }
}

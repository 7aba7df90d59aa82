/* The time line's words: what each ending and each event means, said to a person. */
#include "engine/timeline-private.h"

#include "base/i18n.h"
#include "base/visible.h"

#include <errno.h>

/* Replies are shown, not archived. */
#define SHOWN_OCTETS 400

char *
timeline_duration (Ticks span)
{
  double ms = (double)span / (double)TICKS_PER_MS;
  /* TRANSLATORS: milliseconds */
  if (ms < 10)
    return g_strdup_printf (_ ("%.1f ms"), ms);
  if (ms < 1000)
    return g_strdup_printf (_ ("%.0f ms"), ms);
  if (span < TICKS_PER_MINUTE)
    return g_strdup_printf (_ ("%.2f s"), ms / 1000);
  /* TRANSLATORS: minutes:seconds */
  return g_strdup_printf (_ ("%d:%02d min"), (int)(span / TICKS_PER_MINUTE),
                          (int)(span % TICKS_PER_MINUTE / TICKS_PER_SECOND));
}

static const char *const brief_words[] = {
  [ATTEMPT_ACCEPTED] = N_ ("accepted"),     [ATTEMPT_REFUSED] = N_ ("refused"),
  [ATTEMPT_PROHIBITED] = N_ ("prohibited"), [ATTEMPT_UNREACHABLE] = N_ ("unreachable"),
  [ATTEMPT_SILENT] = N_ ("silent"),         [ATTEMPT_OWN_HOST] = N_ ("no way from here"),
};

static const char *const explanations[] = {
  [ATTEMPT_ACCEPTED] = N_ ("closed before it came to anything"),
  [ATTEMPT_REFUSED] = N_ ("nobody listens there"),
  [ATTEMPT_PROHIBITED] = N_ ("a firewall forbids it"),
  [ATTEMPT_UNREACHABLE] = N_ ("no route to it"),
  [ATTEMPT_SILENT] = N_ ("nothing came back"),
  [ATTEMPT_OWN_HOST] = N_ ("this machine has no route"),
};

static char *
shown (const char *text)
{
  return visible_text (text, (gssize)MIN (strlen (text), SHOWN_OCTETS));
}

static char *
shown_reply (const Reply *reply)
{
  g_autofree char *text = reply_to_string (reply);
  return shown (text);
}

static char *
verdict_text (const Verdict *verdict)
{
  if (verdict->reply != NULL)
    return shown_reply (verdict->reply);
  if (verdict->detail != NULL)
    return shown (verdict->detail);
  return g_strdup (cause_name (verdict->cause));
}

/* How an attempt ends that the ladder gave up; before and after it was accepted. */
static const struct {
  LadderReason reason;
  const char *brief, *full;
  const char *brief_connected, *full_connected;
} reason_words[] = {
  { LADDER_REASON_LOST, N_ ("silent"), N_ ("nothing came back"), N_ ("slower"),
    N_ ("another path was quicker") },
  { LADDER_REASON_SILENT, N_ ("silent"), N_ ("nothing came back"), N_ ("mute"),
    N_ ("accepted, then nothing came") },
  { LADDER_REASON_GREETING_TIMEOUT, N_ ("mute"), N_ ("accepted, then nothing came"), N_ ("mute"),
    N_ ("accepted, then nothing came") },
  { LADDER_REASON_LATE, N_ ("late"), N_ ("another path had won"), N_ ("late"), N_ ("another path had won") },
  { LADDER_REASON_OVER, N_ ("silent"), N_ ("nothing came back"), N_ ("not needed"),
    N_ ("another path had won") },
};

static const char *
explanation_of (AttemptEnd end, int error)
{
  /* Over IPv4 Linux says EHOSTUNREACH for both, and TCP sockets have no error queue. */
  if (end == ATTEMPT_UNREACHABLE && error == EHOSTUNREACH)
    return _ ("no route, or forbidden");
  return _ (explanations[end]);
}

static void
words_of_end (AttemptEnd end, int error, const char *reason, gboolean connected, const char **ret_brief,
              const char **ret_full)
{
  *ret_brief = _ (brief_words[end]);
  *ret_full = explanation_of (end, error);
  for (gsize i = 0; reason != NULL && i < G_N_ELEMENTS (reason_words); i++)
    if (strcmp (reason, ladder_reason_name (reason_words[i].reason)) == 0) {
      *ret_brief = connected ? _ (reason_words[i].brief_connected) : _ (reason_words[i].brief);
      *ret_full = connected ? _ (reason_words[i].full_connected) : _ (reason_words[i].full);
    }
}

void
timeline_words_of_end (AttemptEnd end, int error, const char *reason, gboolean connected, Ticks lasted,
                       char **ret_brief, char **ret_full)
{
  const char *brief, *full;
  words_of_end (end, error, reason, connected, &brief, &full);
  g_autofree char *duration = timeline_duration (lasted);
  *ret_brief = g_strdup_printf ("%s, %s", brief, duration);
  /* TRANSLATORS: "silent after 3.31 s: nothing came back" */
  *ret_full = g_strdup_printf (_ ("%s after %s: %s"), brief, duration, full);
}

void
timeline_words_of_session (const Verdict *verdict, Ticks lasted, char **ret_brief, char **ret_full)
{
  g_autofree char *duration = timeline_duration (lasted), *why = verdict_text (verdict);
  const char *brief = verdict->kind == OUTCOME_SECURITY ? _ ("not trusted") : _ ("broke off");
  *ret_brief = g_strdup_printf ("%s, %s", brief, duration);
  *ret_full = g_strdup_printf (_ ("%s after %s: %s"), brief, duration, why);
}

void
timeline_words_of_probe (const TimelineAttempt *attempt, Ticks lasted, char **ret_brief, char **ret_full)
{
  g_autofree char *duration = timeline_duration (lasted);
  const char *brief = _ ("works"), *full = _ ("greeted, and TLS verified");
  if (!attempt->secured) {
    brief = _ ("no TLS");
    full = _ ("greeted, and offers no TLS");
  } else if (!attempt->verified) {
    brief = _ ("not trusted");
    full = _ ("its certificate could not be verified");
  }
  *ret_brief = g_strdup_printf ("%s, %s", brief, duration);
  *ret_full = g_strdup_printf (_ ("%s after %s: %s"), brief, duration, full);
}

/* --- facts --------------------------------------------------------------- */

static TimelineFact *
fact_new (const char *label, char *text, TimelineStyle style)
{
  TimelineFact *fact = g_new0 (TimelineFact, 1);
  fact->label = g_strdup (label);
  fact->text = text;
  fact->style = style;
  return fact;
}

static TimelineFact *
fact_of_resolved (const EngineEvent *event)
{
  if (event->n_addresses > 0)
    return NULL;
  g_autofree char *host = shown (event->path.host != NULL ? event->path.host : "");
  g_autofree char *status = shown (event->detail != NULL ? event->detail
                                   : event->text != NULL ? event->text
                                                         : "");
  /* TRANSLATORS: host name, "IPv6" or "IPv4", what the resolver said */
  return fact_new (
      _ ("resolver"),
      g_strdup_printf (_ ("%s has no %s address: %s"), host, family_name (event->path.family), status),
      TIMELINE_DIM);
}

static TimelineFact *
fact_of_tls (const TlsFacts *tls)
{
  GString *text = g_string_new (tls->version);
  if (tls->cipher != NULL)
    g_string_append_printf (text, ", %s", tls->cipher);
  if (tls->group != NULL)
    g_string_append_printf (text, ", %s", tls->group);
  g_string_append (text, ", ");
  if (tls->verified && tls->peer_name != NULL) {
    g_autofree char *name = shown (tls->peer_name);
    g_string_append_printf (text, _ ("certificate verified for %s"), name);
  } else {
    g_string_append (text, tls->verified ? _ ("certificate verified") : _ ("certificate NOT verified"));
  }
  return fact_new (_ ("TLS"), g_string_free (text, FALSE), tls->verified ? TIMELINE_GOOD : TIMELINE_BAD);
}

static TimelineFact *
fact_of_auth (const EngineEvent *event)
{
  if (event->text != NULL)
    return fact_new (_ ("login"), shown (event->text), TIMELINE_GOOD);
  g_autofree char *why = shown (event->detail != NULL ? event->detail : "");
  return fact_new (_ ("login"), g_strdup_printf (_ ("none: %s"), why), TIMELINE_WAITING);
}

static TimelineFact *
fact_of_recipient (const EngineEvent *event)
{
  if (event->verdict == NULL || event->verdict->kind == OUTCOME_ACCEPTED)
    return NULL;
  g_autofree char *text = verdict_text (event->verdict);
  return fact_new (_ ("recipient"), g_strdup_printf (_ ("number %u: %s"), event->recipient + 1, text),
                   TIMELINE_BAD);
}

static TimelineFact *
fact_of_outcome (const EngineEvent *event)
{
  const Verdict *verdict = &event->outcome->overall;
  gboolean well = verdict->kind == OUTCOME_ACCEPTED;
  g_autofree char *duration = timeline_duration (event->at);
  g_autofree char *why = verdict_text (verdict);
  char *text = well ? g_strdup_printf (_ ("accepted after %s: %s"), duration, why)
                    : g_strdup_printf (_ ("%s after %s, at %s: %s"), outcome_kind_name (verdict->kind),
                                       duration, stage_name (verdict->stage), why);
  return fact_new (_ ("outcome"), text, well ? TIMELINE_GOOD : TIMELINE_BAD);
}

TimelineFact *
timeline_fact_of_event (const EngineEvent *event)
{
  switch (event->kind) {
  case ENGINE_RESOLVED:
    return fact_of_resolved (event);
  case ENGINE_GREETING:
    return event->reply == NULL ? NULL
                                : fact_new (_ ("greeting"), shown_reply (event->reply), TIMELINE_PLAIN);
  case ENGINE_TLS:
    return event->tls == NULL ? NULL : fact_of_tls (event->tls);
  case ENGINE_AUTH:
    return fact_of_auth (event);
  case ENGINE_RECIPIENT:
    return fact_of_recipient (event);
  case ENGINE_OUTCOME:
    return event->outcome == NULL ? NULL : fact_of_outcome (event);
  default:
    return NULL;
  }
}

/* --- plain lines ---------------------------------------------------------- */

static char *
path_text (const EngineEvent *event)
{
  g_autofree char *address = event->has_address ? ip_address_to_string (&event->address) : NULL;
  return g_strdup_printf ("%u/%s%s%s", event->path.port, family_name (event->path.family),
                          address != NULL ? " " : "", address != NULL ? address : "");
}

static char *
sentence_of_end (const EngineEvent *event)
{
  g_autofree char *path = path_text (event);
  const char *brief, *full;
  words_of_end (event->end, event->error, event->text, event->end == ATTEMPT_ACCEPTED, &brief, &full);
  /* TRANSLATORS: "587/IPv4 192.0.2.1 refused: the host answers …" */
  return g_strdup_printf (_ ("%s %s: %s"), path, brief, full);
}

static char *
sentence_of_session (const EngineEvent *event)
{
  if (event->verdict == NULL || event->verdict->kind == OUTCOME_ACCEPTED)
    return NULL;
  g_autofree char *path = path_text (event), *why = verdict_text (event->verdict);
  /* TRANSLATORS: "587/IPv4 192.0.2.1 ended: 421 4.3.2 busy" */
  return g_strdup_printf (_ ("%s ended: %s"), path, why);
}

static char *
sentence_of_waiting (const EngineEvent *event)
{
  g_autofree char *path = path_text (event), *until = timeline_duration (event->until - event->at);
  /* TRANSLATORS: "587/IPv4 192.0.2.1 takes its time: waiting for up to 55.00 s more" */
  return g_strdup_printf (_ ("%s takes its time: waiting for up to %s more"), path, until);
}

static char *
sentence_of_fact (TimelineSubject subject, const EngineEvent *event)
{
  g_autofree char *path = path_text (event);
  gboolean with_path = subject == TIMELINE_OF_PROBE && event->attempt != 0;
  TimelineFact *fact = timeline_fact_of_event (event);
  if (fact == NULL)
    return NULL;
  char *sentence
      = g_strdup_printf ("%s%s%s: %s", with_path ? path : "", with_path ? " " : "", fact->label, fact->text);
  timeline_fact_free (fact);
  return sentence;
}

char *
timeline_sentence (TimelineSubject subject, const EngineEvent *event)
{
  g_autofree char *path = path_text (event);
  switch (event->kind) {
  case ENGINE_ATTEMPT:
    return g_strdup_printf (_ ("%s tried"), path);
  case ENGINE_CONNECTED:
    return g_strdup_printf (_ ("%s accepted"), path);
  case ENGINE_WINNER:
    return g_strdup_printf (_ ("%s chosen"), path);
  case ENGINE_ATTEMPT_ENDED: /* an accepted one is told by what follows */
    return event->end == ATTEMPT_ACCEPTED && event->text == NULL ? NULL : sentence_of_end (event);
  case ENGINE_SESSION_ENDED:
    return sentence_of_session (event);
  case ENGINE_WAITING:
    return sentence_of_waiting (event);
  default:
    return sentence_of_fact (subject, event);
  }
}

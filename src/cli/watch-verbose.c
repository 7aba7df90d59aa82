/* -v: each step as it happens, secrets masked by the dialogue already. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/report.h"
#include "cli/watch.h"

static char *
place_of (const EngineEvent *event)
{
  g_autofree char *address = event->has_address ? ip_address_to_string (&event->address) : NULL;

  return g_strdup_printf (strchr (event->path.host, ':') ? "[%s]:%u/%s%s%s" : "%s:%u/%s%s%s",
                          event->path.host, event->path.port, family_name (event->path.family),
                          address ? " " : "", address ? address : "");
}

static void
print_reply (const Reply *reply)
{
  for (gsize i = 0; i < reply->n_lines; i++) {
    g_autofree char *line = visible_text (reply->lines[i], -1);
    fprintf (stderr, "          < %u%c%s\n", reply->code, i + 1 < reply->n_lines ? '-' : ' ', line);
  }
}

static void
print_attempt_end (const EngineEvent *event, const char *place)
{
  const char *why = event->error ? g_strerror (event->error) : event->text;

  fprintf (stderr, "%s: %s%s%s%s\n", place, attempt_end_name (event->end), why ? " (" : "", why ? why : "",
           why ? ")" : "");
}

static void
print_tls (const TlsFacts *tls)
{
  fprintf (stderr, _ ("TLS: %s, %s, %s\n"), tls->version, tls->cipher,
           tls->verified ? _ ("certificate verified") : _ ("certificate NOT verified"));
}

static void
print_place_event (const EngineEvent *event)
{
  g_autofree char *place = place_of (event);

  switch (event->kind) {
  case ENGINE_ATTEMPT:
    fprintf (stderr, _ ("%s: trying\n"), place);
    break;
  case ENGINE_ATTEMPT_ENDED:
    print_attempt_end (event, place);
    break;
  case ENGINE_WINNER:
    fprintf (stderr, _ ("%s: this path is used\n"), place);
    break;
  case ENGINE_SESSION_ENDED:
    if (event->verdict->kind == OUTCOME_ACCEPTED) {
      fprintf (stderr, _ ("%s: closed\n"), place);
    } else {
      g_autofree char *words = report_verdict (event->verdict);
      fprintf (stderr, "%s: %s\n", place, words);
    }
    break;
  default:
    break;
  }
}

static void
print_auth (const EngineEvent *event)
{
  if (event->text)
    fprintf (stderr, _ ("login: %s\n"), event->text);
  else
    fprintf (stderr, _ ("no login: %s\n"), event->detail ? event->detail : "");
}

static void
print_recipient (const EngineEvent *event, const Envelope *envelope)
{
  g_autofree char *address = visible_text (envelope_recipient (envelope, event->recipient)->address, -1);

  fprintf (stderr, "%s: %s\n", address, outcome_kind_name (event->verdict->kind));
}

void
watch_verbose (const EngineEvent *event, gpointer data)
{
  switch (event->kind) {
  case ENGINE_COMMAND: {
    g_autofree char *line = visible_text (event->text, -1);
    fprintf (stderr, "          > %s\n", line);
    return;
  }
  case ENGINE_REPLY:
    print_reply (event->reply);
    return;
  case ENGINE_IDLE:
  case ENGINE_PROGRESS:
  case ENGINE_GREETING:
  case ENGINE_CAPABLE:
  case ENGINE_CONNECTED:
    return;
  default:
    break;
  }
  fprintf (stderr, "%7.3f s ", (double)event->at / TICKS_PER_SECOND);
  switch (event->kind) {
  case ENGINE_RESOLVING:
    fprintf (stderr, _ ("%s: asking for %s addresses\n"), event->path.host, family_name (event->path.family));
    break;
  case ENGINE_RESOLVED:
    fprintf (stderr, "%s: %s: %s\n", event->path.host, family_name (event->path.family),
             event->detail ? event->detail : event->text);
    break;
  case ENGINE_NETWORK:
    fprintf (stderr, event->text ? _ ("%s: %s: network: %s\n") : _ ("%s: %s: network unknown: %s\n"),
             event->path.host, family_name (event->path.family), event->detail);
    break;
  case ENGINE_TLS:
    print_tls (event->tls);
    break;
  case ENGINE_AUTH:
    print_auth (event);
    break;
  case ENGINE_RECIPIENT:
    print_recipient (event, data);
    break;
  case ENGINE_OUTCOME:
    fprintf (stderr, "%s\n", outcome_kind_name (event->outcome->overall.kind));
    break;
  default:
    print_place_event (event);
    break;
  }
}

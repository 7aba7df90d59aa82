/* --json: one object a line, stable names, addresses in the form of RFC 5952, times in
 * milliseconds since the start. */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/report.h"
#include "cli/watch.h"

static const char *const event_names[] = {
  [ENGINE_RESOLVING] = "resolving",
  [ENGINE_RESOLVED] = "resolved",
  [ENGINE_NETWORK] = "network",
  [ENGINE_ATTEMPT] = "attempt",
  [ENGINE_ATTEMPT_ENDED] = "attempt-ended",
  [ENGINE_CONNECTED] = "connected",
  [ENGINE_GREETING] = "greeting",
  [ENGINE_TLS] = "tls",
  [ENGINE_WINNER] = "winner",
  [ENGINE_AUTH] = "auth",
  [ENGINE_RECIPIENT] = "recipient",
  [ENGINE_SESSION_ENDED] = "session-ended",
  [ENGINE_OUTCOME] = "outcome",
};

static void
add_path (JsonObject *object, const EngineEvent *event)
{
  if (!event->path.host)
    return;
  if (event->attempt)
    json_object_set_int_member (object, "attempt", event->attempt);
  json_add_text (object, "host", event->path.host);
  if (event->path.port)
    json_object_set_int_member (object, "port", event->path.port);
  json_add_text (object, "family", family_name (event->path.family));
  if (event->has_address)
    json_add_address (object, &event->address);
}

static void
add_outcome (JsonObject *object, const Outcome *outcome, const Envelope *envelope)
{
  JsonArray *recipients = json_array_new ();

  json_add_verdict (object, &outcome->overall);
  json_object_set_int_member (object, "exit-status", report_exit_status (outcome));
  json_object_set_boolean_member (object, "without-auth", outcome->without_auth);
  json_object_set_boolean_member (object, "without-tls", outcome->without_tls);
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    JsonObject *recipient = json_object_new ();
    json_add_text (recipient, "address", envelope_recipient (envelope, (guint)i)->address);
    json_add_verdict (recipient, &outcome->recipients[i]);
    json_array_add_object_element (recipients, recipient);
  }
  json_object_set_array_member (object, "recipients", recipients);
}

static void
add_tls (JsonObject *object, const TlsFacts *tls)
{
  json_add_text (object, "version", tls->version);
  json_add_text (object, "cipher", tls->cipher);
  json_add_text (object, "group", tls->group);
  json_object_set_boolean_member (object, "verified", tls->verified);
  json_add_text (object, "name", tls->peer_name);
}

static void
add_details (JsonObject *object, const EngineEvent *event, const Envelope *envelope)
{
  switch (event->kind) {
  case ENGINE_RESOLVED:
    json_add_text (object, "status", event->text);
    json_object_set_int_member (object, "addresses", (gint64)event->n_addresses);
    break;
  case ENGINE_NETWORK:
    json_add_text (object, "network", event->text);
    json_add_text (object, "description", event->detail);
    break;
  case ENGINE_ATTEMPT_ENDED:
    json_add_text (object, "end", attempt_end_name (event->end));
    json_add_errno (object, event->error);
    json_add_text (object, "reason", event->text);
    break;
  case ENGINE_GREETING:
    if (event->reply) {
      g_autofree char *text = reply_to_string (event->reply);
      json_add_text (object, "text", text);
    }
    break;
  case ENGINE_TLS:
    add_tls (object, event->tls);
    break;
  case ENGINE_AUTH:
    json_add_text (object, "mechanism", event->text);
    json_add_text (object, "reason", event->detail);
    break;
  case ENGINE_RECIPIENT:
    json_add_text (object, "address", envelope_recipient (envelope, event->recipient)->address);
    json_add_verdict (object, event->verdict);
    break;
  case ENGINE_SESSION_ENDED:
    json_add_verdict (object, event->verdict);
    break;
  case ENGINE_OUTCOME:
    add_outcome (object, event->outcome, envelope);
    break;
  default:
    break;
  }
}

void
watch_json (const EngineEvent *event, gpointer data)
{
  g_autofree char *members = NULL;
  JsonObject *object;

  if (event->kind >= G_N_ELEMENTS (event_names) || !event_names[event->kind])
    return;
  object = json_object_new ();
  add_path (object, event);
  add_details (object, event, data);
  members = json_line (object);
  /* The library writes 0.3 as 0.29999999999999999, so time is written here. */
  printf ("{\"event\":\"%s\",\"ms\":%" G_GINT64_FORMAT ".%d%s%s\n", event_names[event->kind],
          event->at / TICKS_PER_MS, (int)(event->at % TICKS_PER_MS / 100), members[1] == '}' ? "" : ",",
          members + 1);
  fflush (stdout);
}

/* --json: one object a line, stable names, addresses in the form of RFC 5952, times in
 * milliseconds since the start. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

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

/* What came from outside may not be UTF-8, which JSON is. */
static void
add_text (JsonObject *object, const char *name, const char *text)
{
  g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  if (valid)
    json_object_set_string_member (object, name, valid);
  else
    json_object_set_null_member (object, name);
}

static const char *
errno_name (int error)
{
  const char *name = strerrorname_np (error);

  return name ? name : g_strerror (error);
}

static void
add_path (JsonObject *object, const EngineEvent *event)
{
  if (!event->path.host)
    return;
  if (event->attempt)
    json_object_set_int_member (object, "attempt", event->attempt);
  add_text (object, "host", event->path.host);
  if (event->path.port)
    json_object_set_int_member (object, "port", event->path.port);
  add_text (object, "family", family_name (event->path.family));
  if (event->has_address) {
    g_autofree char *address = ip_address_to_string (&event->address);
    add_text (object, "address", address);
  }
}

static void
add_verdict (JsonObject *object, const Verdict *verdict)
{
  add_text (object, "kind", outcome_kind_name (verdict->kind));
  add_text (object, "stage", stage_name (verdict->stage));
  add_text (object, "cause", cause_name (verdict->cause));
  if (verdict->detail)
    add_text (object, "detail", verdict->detail);
  if (verdict->reply) {
    g_autofree char *text = reply_to_string (verdict->reply);
    json_object_set_int_member (object, "code", verdict->reply->code);
    if (verdict->reply->enhanced.class) {
      g_autofree char *enhanced
          = g_strdup_printf ("%u.%u.%u", verdict->reply->enhanced.class, verdict->reply->enhanced.subject,
                             verdict->reply->enhanced.detail);
      add_text (object, "enhanced", enhanced);
    }
    add_text (object, "text", text);
  }
}

static void
add_outcome (JsonObject *object, const Outcome *outcome, const Envelope *envelope)
{
  JsonArray *recipients = json_array_new ();

  add_verdict (object, &outcome->overall);
  json_object_set_int_member (object, "exit-status", report_exit_status (outcome));
  json_object_set_boolean_member (object, "without-auth", outcome->without_auth);
  json_object_set_boolean_member (object, "without-tls", outcome->without_tls);
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    JsonObject *recipient = json_object_new ();
    add_text (recipient, "address", envelope_recipient (envelope, (guint)i)->address);
    add_verdict (recipient, &outcome->recipients[i]);
    json_array_add_object_element (recipients, recipient);
  }
  json_object_set_array_member (object, "recipients", recipients);
}

static void
add_tls (JsonObject *object, const TlsFacts *tls)
{
  add_text (object, "version", tls->version);
  add_text (object, "cipher", tls->cipher);
  add_text (object, "group", tls->group);
  json_object_set_boolean_member (object, "verified", tls->verified);
  add_text (object, "name", tls->peer_name);
}

static void
add_details (JsonObject *object, const EngineEvent *event, const Envelope *envelope)
{
  switch (event->kind) {
  case ENGINE_RESOLVED:
    add_text (object, "status", event->text);
    json_object_set_int_member (object, "addresses", (gint64)event->n_addresses);
    break;
  case ENGINE_NETWORK:
    add_text (object, "network", event->text);
    add_text (object, "description", event->detail);
    break;
  case ENGINE_ATTEMPT_ENDED:
    add_text (object, "end", attempt_end_name (event->end));
    add_text (object, "errno", event->error ? errno_name (event->error) : NULL);
    add_text (object, "reason", event->text);
    break;
  case ENGINE_GREETING:
    if (event->reply) {
      g_autofree char *text = reply_to_string (event->reply);
      add_text (object, "text", text);
    }
    break;
  case ENGINE_TLS:
    add_tls (object, event->tls);
    break;
  case ENGINE_AUTH:
    add_text (object, "mechanism", event->text);
    add_text (object, "reason", event->detail);
    break;
  case ENGINE_RECIPIENT:
    add_text (object, "address", envelope_recipient (envelope, event->recipient)->address);
    add_verdict (object, event->verdict);
    break;
  case ENGINE_SESSION_ENDED:
    add_verdict (object, event->verdict);
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
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *members = NULL;
  JsonObject *object;

  if (event->kind >= G_N_ELEMENTS (event_names) || !event_names[event->kind])
    return;
  object = json_object_new ();
  add_path (object, event);
  add_details (object, event, data);
  root = json_node_init_object (json_node_alloc (), object);
  json_object_unref (object);
  members = json_to_string (root, FALSE);
  /* The library writes 0.3 as 0.29999999999999999, so time is written here. */
  printf ("{\"event\":\"%s\",\"ms\":%" G_GINT64_FORMAT ".%d%s%s\n", event_names[event->kind],
          event->at / TICKS_PER_MS, (int)(event->at % TICKS_PER_MS / 100), members[1] == '}' ? "" : ",",
          members + 1);
  fflush (stdout);
}

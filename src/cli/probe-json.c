/* `toukan probe --json`. Times are in microseconds since the start of the probe. */
#include "cli/json.h"
#include "cli/probe-view.h"

/* --- a path ------------------------------------------------------------------------- */

static void
add_time (JsonObject *object, const char *name, Ticks at)
{
  if (at == TICKS_NEVER)
    json_object_set_null_member (object, name);
  else
    json_object_set_int_member (object, name, at);
}

static void
add_times (JsonObject *object, const ProbeResult *result)
{
  JsonObject *times = json_object_new ();
  add_time (times, "began", result->began);
  add_time (times, "connected", result->connected);
  add_time (times, "greeted", result->greeted);
  add_time (times, "securing", result->securing);
  add_time (times, "established", result->established);
  add_time (times, "ended", result->ended);
  json_object_set_object_member (object, "us", times);
}

static void
add_strings (JsonObject *object, const char *name, char **strings)
{
  JsonArray *array = json_array_new ();
  for (gsize i = 0; strings[i] != NULL; i++) {
    g_autofree char *valid = g_utf8_make_valid (strings[i], -1);
    json_array_add_string_element (array, valid);
  }
  json_object_set_array_member (object, name, array);
}

static void
add_capabilities (JsonObject *object, const char *name, const Capabilities *capabilities)
{
  if (capabilities == NULL) {
    json_object_set_null_member (object, name);
    return;
  }
  JsonObject *members = json_object_new ();
  add_strings (members, "extensions", capabilities->keywords);
  add_strings (members, "mechanisms", capabilities->mechanisms);
  if (capabilities->size > 0)
    json_object_set_int_member (members, "size", (gint64)MIN (capabilities->size, G_MAXINT64));
  else
    json_object_set_null_member (members, "size");
  json_object_set_object_member (object, name, members);
}

static void
add_tls (JsonObject *object, const ProbeView *view, const ProbeResult *result)
{
  const ProbeTls *tls = &result->tls;
  JsonObject *members = json_object_new ();
  json_add_text (members, "version", tls->version);
  json_add_text (members, "cipher", tls->cipher);
  json_add_text (members, "group", tls->group);
  json_object_set_boolean_member (members, "verified", tls->done && tls->verified);
  json_add_text (members, "complaint", tls->complaint);
  json_add_text (members, "name", tls->name);
  json_add_text (members, "subject", tls->subject);
  json_add_text (members, "issuer", tls->issuer);
  json_object_set_int_member (members, "days", probe_days (view, result));
  json_object_set_boolean_member (members, "channel-binding", tls->binding_available);
  json_object_set_object_member (object, "tls", members);
}

static void
add_login (JsonObject *object, const ProbeView *view, const ProbeResult *result)
{
  AuthChoice choice = { 0 };
  if (probe_capabilities (result) != NULL)
    choice = probe_login (result, view->rules);
  json_add_text (object, "login", choice.mechanism != NULL ? choice.mechanism->name : NULL);
}

static void
add_place (JsonObject *object, const ProbeView *view, const ProbeResult *result)
{
  json_add_text (object, "host", view->report->hosts[result->host]);
  json_object_set_int_member (object, "port", result->path.port);
  json_object_set_boolean_member (object, "implicit-tls", result->path.implicit_tls);
  json_add_text (object, "family", family_name (result->path.family));
}

static void
add_network (JsonObject *object, const ProbeView *view, const ProbeResult *result)
{
  const ProbeLookup *lookup = probe_report_lookup (view->report, result);
  json_add_text (object, "network", lookup->network);
  json_add_text (object, "network-description", lookup->way);
}

static JsonObject *
object_of_result (const ProbeView *view, const ProbeResult *result)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "event", "path");
  add_place (object, view, result);
  if (result->path.family != FAMILY_TUNNEL)
    json_add_address (object, &result->address);
  add_network (object, view, result);
  json_add_text (object, "finding", probe_finding_name (probe_finding (result, view->rules)));
  json_add_text (object, "end", attempt_end_name (result->end));
  json_add_errno (object, result->error);
  add_times (object, result);
  json_add_text (object, "greeting", result->greeting);
  add_capabilities (object, "in-the-clear", result->before);
  if (result->tls.subject != NULL || result->tls.done)
    add_tls (object, view, result);
  else
    json_object_set_null_member (object, "tls");
  add_capabilities (object, "under-tls", result->after);
  add_login (object, view, result);
  if (result->verdict.kind != OUTCOME_NONE) {
    JsonObject *verdict = json_object_new ();
    json_add_verdict (verdict, &result->verdict);
    json_object_set_object_member (object, "verdict", verdict);
  }
  return object;
}

/* --- the whole -------------------------------------------------------------------------- */

static void
add_advice_place (JsonObject *object, const ProbeView *view, const Place *place)
{
  json_add_text (object, "host", view->report->hosts[place->host]);
  if (place->kind != PLACE_HOST && place->kind != PLACE_FAMILY)
    json_object_set_int_member (object, "port", place->port);
  if (place->kind != PLACE_HOST && place->kind != PLACE_PORT)
    json_add_text (object, "family", family_name (place->family));
}

static void
add_advice_details (JsonObject *object, const Advice *advice)
{
  switch (advice->code) {
  case ADVICE_LEAVES:
    json_object_set_int_member (object, "us", advice->at);
    json_object_set_int_member (object, "us-again", advice->again);
    break;
  case ADVICE_STOPS:
  case ADVICE_FINDING:
    json_add_text (object, "finding", probe_finding_name (advice->finding));
    break;
  case ADVICE_SLOW:
    json_object_set_int_member (object, "us", advice->at);
    break;
  case ADVICE_CERTIFICATE:
    json_object_set_int_member (object, "days", advice->days);
    break;
  case ADVICE_LOGIN:
    json_add_text (object, "mechanism", advice->mechanism->name);
    break;
  default:
    break;
  }
}

static JsonObject *
object_of_advice (const ProbeView *view, const Advice *advice)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "code", advice_code_name (advice->code));
  if (advice->result != NULL || advice->code == ADVICE_NO_ADDRESS)
    add_advice_place (object, view, &advice->place);
  if (advice->place.kind == PLACE_ADDRESS)
    json_add_address (object, &advice->result->address);
  add_advice_details (object, advice);
  return object;
}

static JsonObject *
summary (const ProbeView *view, int status)
{
  const Advice *first = &g_array_index (view->advice, Advice, 0);
  JsonObject *object = json_object_new ();
  JsonArray *advice = json_array_new ();
  json_add_text (object, "event", "summary");
  if (first->code == ADVICE_LEAVES) {
    JsonObject *leaves = json_object_new ();
    add_place (leaves, view, first->result);
    json_object_set_object_member (object, "leaves-by", leaves);
  } else {
    json_object_set_null_member (object, "leaves-by");
  }
  for (guint i = 0; i < view->advice->len; i++)
    json_array_add_object_element (advice, object_of_advice (view, &g_array_index (view->advice, Advice, i)));
  json_object_set_array_member (object, "advice", advice);
  json_object_set_boolean_member (object, "cut-short", view->report->cut_short);
  json_object_set_int_member (object, "exit-status", status);
  return object;
}

char *
probe_json (const ProbeView *view, int status)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < view->report->results->len; i++) {
    g_autofree char *line = json_line (object_of_result (view, view->report->results->pdata[i]));
    g_string_append_printf (out, "%s\n", line);
  }
  g_autofree char *last = json_line (summary (view, status));
  g_string_append_printf (out, "%s\n", last);
  return g_string_free (out, FALSE);
}

/* The same members in the same form, whichever verb prints them. */
#include "cli/json.h"

#include <string.h>

void
json_add_text (JsonObject *object, const char *name, const char *text)
{
  g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  if (valid)
    json_object_set_string_member (object, name, valid);
  else
    json_object_set_null_member (object, name);
}

void
json_add_errno (JsonObject *object, int error)
{
  const char *name = error ? strerrorname_np (error) : NULL;

  json_add_text (object, "errno", error && !name ? g_strerror (error) : name);
}

void
json_add_address (JsonObject *object, const IpAddress *address)
{
  g_autofree char *text = ip_address_to_string (address);

  json_add_text (object, "address", text);
}

static void
add_reply (JsonObject *object, const Reply *reply)
{
  g_autofree char *text = reply_to_string (reply);

  json_object_set_int_member (object, "code", reply->code);
  if (reply->enhanced.class) {
    g_autofree char *enhanced = g_strdup_printf ("%u.%u.%u", reply->enhanced.class, reply->enhanced.subject,
                                                 reply->enhanced.detail);
    json_add_text (object, "enhanced", enhanced);
  }
  json_add_text (object, "text", text);
}

void
json_add_verdict (JsonObject *object, const Verdict *verdict)
{
  json_add_text (object, "kind", outcome_kind_name (verdict->kind));
  json_add_text (object, "stage", stage_name (verdict->stage));
  json_add_text (object, "cause", cause_name (verdict->cause));
  if (verdict->detail)
    json_add_text (object, "detail", verdict->detail);
  if (verdict->reply)
    add_reply (object, verdict->reply);
}

char *
json_line (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);

  json_object_unref (object);
  return json_to_string (root, FALSE);
}

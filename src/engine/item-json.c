/* The names of the members are the fields' own; what is a name on disk is one here. */
#include "engine/item-json.h"

#include <json-glib/json-glib.h>

/* --- words ------------------------------------------------------------------- */

typedef const char *(*WordOf) (int value);

static const char *
word_of_kind (int value)
{
  return outcome_kind_name ((OutcomeKind)value);
}

static const char *
word_of_stage (int value)
{
  return stage_name ((Stage)value);
}

static const char *
word_of_cause (int value)
{
  return cause_name ((Cause)value);
}

static const char *
word_of_state (int value)
{
  return outbox_state_name ((OutboxState)value);
}

/* The value up to LAST that goes by WORD; -1: none. */
static int
value_of (WordOf word_of, int last, const char *word)
{
  for (int value = 0; word && value <= last; value++)
    if (g_strcmp0 (word_of (value), word) == 0)
      return value;
  return -1;
}

/* --- members ------------------------------------------------------------------ */

/* Headers and replies may hold any octets. */
static void
add_text (JsonObject *object, const char *name, const char *text)
{
  g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  if (valid)
    json_object_set_string_member (object, name, valid);
}

static const char *
text_of (JsonObject *object, const char *name)
{
  return json_object_get_string_member_with_default (object, name, NULL);
}

static gint64
number_of (JsonObject *object, const char *name)
{
  return json_object_get_int_member_with_default (object, name, 0);
}

static gboolean
truth_of (JsonObject *object, const char *name)
{
  return json_object_get_boolean_member_with_default (object, name, FALSE);
}

/* Every text and number of an item by its name: written and read by one table. */
typedef struct {
  const char *name;
  gsize offset;
} Member;

#define MEMBER(name, field)                                                                                  \
  {                                                                                                          \
    name, G_STRUCT_OFFSET (OutboxItem, field)                                                                \
  }

static const Member texts[] = {
  MEMBER ("reason", reason),   MEMBER ("account", account),       MEMBER ("from", from),
  MEMBER ("subject", subject), MEMBER ("message-id", message_id), MEMBER ("holder", holder),
};

static const Member numbers[] = {
  MEMBER ("id", id),           MEMBER ("submitted", submitted), MEMBER ("not-before", not_before),
  MEMBER ("changed", changed), MEMBER ("finished", finished),   MEMBER ("hold-until", hold_until),
};

#undef MEMBER

/* --- writing ------------------------------------------------------------------- */

static void
add_verdict (JsonObject *object, const Verdict *verdict)
{
  add_text (object, "kind", outcome_kind_name (verdict->kind));
  add_text (object, "stage", stage_name (verdict->stage));
  add_text (object, "cause", cause_name (verdict->cause));
  add_text (object, "detail", verdict->detail);
  if (verdict->reply) {
    g_autofree char *words = g_strjoinv ("\n", verdict->reply->lines);
    json_object_set_int_member (object, "code", verdict->reply->code);
    add_text (object, "text", words);
  }
}

static JsonArray *
recipients_of (const OutboxItem *item)
{
  JsonArray *recipients = json_array_new ();

  for (guint i = 0; i < item->envelope->recipients->len; i++) {
    JsonObject *recipient = json_object_new ();
    add_text (recipient, "address", envelope_recipient (item->envelope, i)->address);
    json_object_set_boolean_member (recipient, "pending", item->pending[i]);
    add_verdict (recipient, &item->verdicts[i]);
    json_array_add_object_element (recipients, recipient);
  }
  return recipients;
}

char *
item_json_write (const OutboxItem *item)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    json_object_set_int_member (object, numbers[i].name, G_STRUCT_MEMBER (gint64, item, numbers[i].offset));
  add_text (object, "state", outbox_state_name (item->state));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    add_text (object, texts[i].name, G_STRUCT_MEMBER (char *, item, texts[i].offset));
  json_object_set_int_member (object, "owner", item->owner);
  json_object_set_int_member (object, "size", (gint64)item->size);
  json_object_set_int_member (object, "tries", item->tries);
  json_object_set_boolean_member (object, "with-network", item->with_network);
  add_text (object, "sender", item->envelope->sender);
  json_object_set_array_member (object, "recipients", recipients_of (item));
  json_object_unref (object);
  return json_to_string (root, FALSE);
}

/* --- reading -------------------------------------------------------------------- */

static gboolean
read_verdict (JsonObject *object, Verdict *verdict)
{
  int kind = value_of (word_of_kind, OUTCOME_CANCELLED, text_of (object, "kind"));
  int stage = value_of (word_of_stage, STAGE_QUIT, text_of (object, "stage"));
  int cause = value_of (word_of_cause, CAUSE_CANCELLED, text_of (object, "cause"));
  gint64 code = number_of (object, "code");
  g_autoptr (Reply) reply = NULL;

  if (kind < 0 || stage < 0 || cause < 0)
    return FALSE;
  if (code >= 200 && code <= 599)
    reply = reply_new ((guint)code, text_of (object, "text") ? text_of (object, "text") : "");
  verdict_set (verdict, (OutcomeKind)kind, (Stage)stage, (Cause)cause, reply, text_of (object, "detail"));
  return TRUE;
}

static gboolean
read_recipient (OutboxItem *item, JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *address = object ? text_of (object, "address") : NULL;
  guint n = item->envelope->recipients->len;

  /* Each is there once, so that the fates go with the recipients. */
  if (!address || envelope_add (item->envelope, address) != n)
    return FALSE;
  item->pending[n] = truth_of (object, "pending");
  return read_verdict (object, &item->verdicts[n]);
}

static gboolean
read_recipients (OutboxItem *item, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "recipients");
  JsonArray *recipients = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = recipients ? json_array_get_length (recipients) : 0;

  item->pending = g_new0 (gboolean, n);
  item->verdicts = g_new0 (Verdict, n);
  for (guint i = 0; i < n; i++)
    if (!read_recipient (item, json_array_get_element (recipients, i)))
      return FALSE;
  return recipients != NULL;
}

static gboolean
read_item (OutboxItem *item, JsonObject *object)
{
  int state = value_of (word_of_state, OUTBOX_CANCELLED, text_of (object, "state"));

  if (state < 0)
    return FALSE;
  item->state = (OutboxState)state;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    G_STRUCT_MEMBER (gint64, item, numbers[i].offset) = number_of (object, numbers[i].name);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    G_STRUCT_MEMBER (char *, item, texts[i].offset) = g_strdup (text_of (object, texts[i].name));
  item->owner = (guint32)number_of (object, "owner");
  item->size = (guint64)number_of (object, "size");
  item->tries = (guint)number_of (object, "tries");
  item->with_network = truth_of (object, "with-network");
  return read_recipients (item, object);
}

OutboxItem *
item_json_read (const char *line)
{
  g_autoptr (JsonNode) root = json_from_string (line, NULL);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;

  if (!object || !text_of (object, "sender"))
    return NULL;
  OutboxItem *item = g_new0 (OutboxItem, 1);
  item->envelope = envelope_new (text_of (object, "sender"));
  if (!read_item (item, object))
    g_clear_pointer (&item, outbox_item_free);
  return item;
}

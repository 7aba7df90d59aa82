/* Rows as JSON objects: only values that are one piece of text. */
#include "mail/rows-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "mail/json-line.h"

#include <string.h>

struct JsonRows {
  JsonLines lines;
};

JsonRows *
json_rows_new (TextInput *input)
{
  JsonRows *json = g_new0 (JsonRows, 1);
  json_lines_init (&json->lines, input, ROWS_ROW_LIMIT);
  return json;
}

void
json_rows_free (JsonRows *json)
{
  if (json == NULL)
    return;
  json_lines_clear (&json->lines);
  g_free (json);
}

/* The shortest decimal that is this number: what was written, in nearly every case. */
static char *
number_text (JsonNode *node)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  double number = json_node_get_double (node);
  if (json_node_get_value_type (node) != G_TYPE_DOUBLE)
    return json_to_string (node, FALSE);
  for (guint digits = 15; digits <= 17; digits++) {
    char format[] = { '%', '.', '1', (char)('0' + digits - 10), 'g', '\0' };
    g_ascii_formatd (text, sizeof text, format, number);
    if (g_ascii_strtod (text, NULL) == number)
      break;
  }
  return g_strdup (text);
}

/* FALSE for lists and objects. */
static gboolean
append_scalar (RawRow *row, JsonNode *node)
{
  if (node == NULL || JSON_NODE_HOLDS_NULL (node)) {
    raw_row_add (row, "", 0);
    return TRUE;
  }
  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  GType type = json_node_get_value_type (node);
  g_autofree char *other = type == G_TYPE_STRING ? NULL : number_text (node);
  const char *text = other != NULL ? other : json_node_get_string (node);
  raw_row_add (row, text, strlen (text));
  return TRUE;
}

/* NAMES may end with a NULL. */
static gboolean
is_known (const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len && names->pdata[i] != NULL; i++)
    if (strcmp (names->pdata[i], name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
find_stranger (JsonObject *object, const GPtrArray *names, const char **ret_name)
{
  JsonObjectIter iter;
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, ret_name, NULL))
    if (!is_known (names, *ret_name))
      return TRUE;
  return FALSE;
}

static void
take_names (JsonObject *object, GPtrArray *names)
{
  JsonObjectIter iter;
  const char *name;
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

static RowResult
take_object (JsonRows *json, JsonObject *object, const GPtrArray *names, RawRow *row, GError **error)
{
  guint found = 0;
  for (guint i = 0; i < names->len && names->pdata[i] != NULL; i++) {
    JsonNode *node = json_object_get_member (object, names->pdata[i]);
    found += node != NULL;
    if (!append_scalar (row, node)) {
      g_autofree char *shown = visible_text (names->pdata[i], -1);
      rows_refuse (row->line, error, _ ("the value of \"%s\" is neither text nor a number"), shown);
      return ROW_FAULTY;
    }
  }
  const char *stranger;
  if (found == json_object_get_size (object) || !find_stranger (object, names, &stranger))
    return ROW_GIVEN;
  g_autofree char *shown = visible_text (stranger, -1);
  rows_refuse (row->line, error, _ ("\"%s\" isn't among the names of the first line"), shown);
  return ROW_FAULTY;
}

RowResult
json_rows_next (JsonRows *json, GPtrArray *names, RawRow *row, GError **error)
{
  JsonObject *object;
  g_autoptr (GError) said = NULL;
  JsonLineResult result = json_lines_next (&json->lines, &object, &said);
  raw_row_clear (row);
  row->line = json->lines.line;
  if (result == JSON_LINE_END)
    return ROW_END;
  if (result != JSON_LINE_GIVEN) {
    rows_refuse (row->line, error, "%s", said->message);
    return result == JSON_LINE_FAULTY ? ROW_FAULTY : ROW_BROKEN;
  }
  if (names->len == 0)
    take_names (object, names);
  return take_object (json, object, names, row, error);
}

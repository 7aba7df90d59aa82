/* json-glib recurses for each bracket, takes comments, and of two members with one name
 * keeps the last: none of that is for data that decide who gets a letter. */
#include "mail/json-line.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>

static void
count_member (JsonParser *parser, JsonObject *object, const char *name, gpointer data)
{
  JsonLines *lines = data;
  lines->members++;
}

static void
count_distinct (JsonParser *parser, JsonObject *object, gpointer data)
{
  JsonLines *lines = data;
  lines->distinct += json_object_get_size (object);
}

void
json_lines_init (JsonLines *lines, TextInput *input, gsize limit)
{
  *lines = (JsonLines){ .input = input, .parser = json_parser_new (), .limit = limit };
  g_signal_connect (lines->parser, "object-member", G_CALLBACK (count_member), lines);
  g_signal_connect (lines->parser, "object-end", G_CALLBACK (count_distinct), lines);
}

void
json_lines_clear (JsonLines *lines)
{
  g_clear_object (&lines->parser);
}

/* The code unit of "\\uXXXX" at TEXT; -1: it isn't one. */
static int
code_unit (const char *text, gsize length)
{
  int unit = 0;
  if (length < 6 || text[0] != '\\' || text[1] != 'u')
    return -1;
  for (guint i = 2; i < 6; i++) {
    if (!g_ascii_isxdigit (text[i]))
      return -1;
    unit = unit * 16 + g_ascii_xdigit_value (text[i]);
  }
  return unit;
}

/* The length of the escape at TEXT; 0: one that is no character, or NUL, which ends our
 * strings. */
static gsize
escape_length (const char *text, gsize length)
{
  int unit = code_unit (text, length);
  if (unit < 0)
    return 2;
  if (unit < 0xD800 || unit > 0xDFFF)
    return unit == 0 ? 0 : 6;
  int second = length > 6 ? code_unit (text + 6, length - 6) : -1;
  return unit < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF ? 12 : 0;
}

/* Between strings, only JSON's own octets; brackets not too deep (RFC 8259, section 2). */
static const char *
find_fault (const char *text, gsize length)
{
  guint depth = 0;
  gboolean quoted = FALSE;
  if (memchr (text, '\0', length) != NULL || !g_utf8_validate_len (text, length, NULL))
    return _ ("it isn't UTF-8 text");
  for (gsize i = 0; i < length; i++) {
    guchar octet = (guchar)text[i];
    if (quoted) {
      quoted = octet != '"';
      gsize escape = octet == '\\' ? escape_length (text + i, length - i) : 1;
      i += escape - 1;
      if (escape == 0)
        return _ ("an escape in a string that is no character");
      if (octet < ' ')
        return _ ("a control character in a string");
    } else if (octet == '"') {
      quoted = TRUE;
    } else if (octet == '{' || octet == '[') {
      if (depth++ == JSON_LINE_DEPTH_LIMIT)
        return _ ("it is nested too deeply");
    } else if (octet == '}' || octet == ']') {
      depth -= depth > 0;
    } else if (!g_ascii_isalnum (octet) && strchr (" \t\r,:+-.", octet) == NULL) {
      return _ ("it isn't JSON");
    }
  }
  return NULL;
}

static gboolean
refuse (const char *reason, GError **error)
{
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, reason);
  return FALSE;
}

static gboolean
parse (JsonLines *lines, const char *text, gsize length, JsonObject **ret_object, GError **error)
{
  g_autoptr (GError) said = NULL;
  const char *fault = find_fault (text, length);
  if (fault != NULL)
    return refuse (fault, error);
  lines->members = lines->distinct = 0;
  if (!json_parser_load_from_data (lines->parser, text, (gssize)length, &said))
    return refuse (_ ("it isn't JSON"), error);
  JsonNode *root = json_parser_get_root (lines->parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return refuse (_ ("it isn't a JSON object"), error);
  if (lines->members != lines->distinct)
    return refuse (_ ("a name is there twice"), error);
  *ret_object = json_node_get_object (root);
  return TRUE;
}

static gboolean
is_blank (const char *text, gsize length)
{
  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;
  return length == 0;
}

JsonLineResult
json_lines_next (JsonLines *lines, JsonObject **ret_object, GError **error)
{
  for (;;) {
    const char *text;
    gsize length, whole;
    lines->line++;
    int got = text_input_line (lines->input, lines->limit, &text, &length, &whole, error);
    if (got <= 0)
      return got == 0 ? JSON_LINE_END : JSON_LINE_BROKEN;
    gboolean blank = is_blank (text, length);
    gboolean good = blank || parse (lines, text, length, ret_object, error);
    text_input_take (lines->input, whole);
    if (!blank)
      return good ? JSON_LINE_GIVEN : JSON_LINE_FAULTY;
  }
}

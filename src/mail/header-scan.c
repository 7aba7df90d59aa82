/* Knows lines and field names, nothing of what is in them. */
#include "mail/header-scan.h"

#include <string.h>

gsize
header_line_length (const char *octets, gsize length, gsize at)
{
  gsize end = at;
  while (end < length && octets[end] != '\n' && octets[end] != '\r')
    end++;
  if (end + 1 < length && octets[end] == '\r' && octets[end + 1] == '\n')
    end++;
  return MIN (end + 1, length) - at;
}

gsize
header_length (const char *octets, gsize length)
{
  gsize at = 0;
  while (at < length && octets[at] != '\n' && octets[at] != '\r')
    at += header_line_length (octets, length, at);
  return at;
}

gboolean
header_line_is_field (const char *line, gsize length, HeaderField *ret_field)
{
  gsize name = 0;
  while (name < length && line[name] > ' ' && line[name] <= '~' && line[name] != ':')
    name++;
  gsize colon = name;
  /* RFC 5322, 4.5: white space before the colon was allowed once. */
  while (colon < length && (line[colon] == ' ' || line[colon] == '\t'))
    colon++;
  if (name == 0 || colon == length || line[colon] != ':')
    return FALSE;
  ret_field->name_length = name;
  ret_field->value = ret_field->start + colon + 1;
  return TRUE;
}

GArray *
header_scan (const char *octets, gsize length)
{
  GArray *fields = g_array_new (FALSE, FALSE, sizeof (HeaderField));
  for (gsize at = 0, line; at < length; at += line) {
    line = header_line_length (octets, length, at);
    gboolean continued = octets[at] == ' ' || octets[at] == '\t';
    if (continued && fields->len > 0) {
      g_array_index (fields, HeaderField, fields->len - 1).length += line;
      continue;
    }
    HeaderField field = { .start = at, .length = line, .value = at };
    header_line_is_field (octets + at, line, &field);
    g_array_append_val (fields, field);
  }
  return fields;
}

gboolean
header_field_is (const char *octets, const HeaderField *field, const char *name)
{
  return strlen (name) == field->name_length
         && g_ascii_strncasecmp (octets + field->start, name, field->name_length) == 0;
}

gboolean
header_field_is_one_of (const char *octets, const HeaderField *field, const char *const *names)
{
  for (; *names != NULL; names++)
    if (header_field_is (octets, field, *names))
      return TRUE;
  return FALSE;
}

char *
header_field_value (const char *octets, const HeaderField *field)
{
  g_autoptr (GString) value = g_string_new (NULL);
  for (gsize at = field->value; at < field->start + field->length; at++)
    if (octets[at] != '\r' && octets[at] != '\n')
      g_string_append_c (value, octets[at] != '\0' ? octets[at] : '\001');
  char *text = g_utf8_validate_len (value->str, value->len, NULL)
                   ? g_strndup (value->str, value->len)
                   : g_convert (value->str, (gssize)value->len, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
  return g_strstrip (text);
}

void
header_value_put_spaces (char *value)
{
  for (; *value != '\0'; value++)
    if (*value == '\001')
      *value = ' ';
}

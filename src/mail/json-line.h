/* One line of JSON Lines: an object, read more strictly than json-glib does by itself. */
#pragma once

#include "mail/text-input.h"

#include <json-glib/json-glib.h>

/* Octets of one line, and deepest nesting. */
#define JSON_LINE_LIMIT ((gsize) 64 * 1024 * 1024)
#define JSON_LINE_DEPTH_LIMIT 16

typedef struct {
  TextInput  *input; /* the caller's */
  JsonParser *parser;
  gsize       limit; /* octets of one line */
  guint64     line;  /* of what was given last, from 1 */
  guint64     members;  /* of all objects of one line, those that are there twice counted twice */
  guint64     distinct;
} JsonLines;

typedef enum {
  JSON_LINE_END,
  JSON_LINE_GIVEN,
  JSON_LINE_FAULTY, /* ERROR says why, without the line's number; the next may be good */
  JSON_LINE_BROKEN,
} JsonLineResult;

void json_lines_init (JsonLines *lines, TextInput *input, gsize limit);
void json_lines_clear (JsonLines *lines);

/* The next line that isn't empty. The object stays until the next call. */
JsonLineResult json_lines_next (JsonLines *lines, JsonObject **ret_object, GError **error);

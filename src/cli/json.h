/* Members of the JSON objects that verbs print. */
#pragma once

#include "core/outcome.h"
#include "core/path.h"
#include <json-glib/json-glib.h>

/* TEXT may come from outside and be anything; NULL becomes null. */
void json_add_text (JsonObject *object, const char *name, const char *text);

/* The symbolic name of ERROR; null for 0. */
void json_add_errno (JsonObject *object, int error);

/* In the form of RFC 5952. */
void json_add_address (JsonObject *object, const IpAddress *address);

/* "kind", "stage", "cause", and what else there is. */
void json_add_verdict (JsonObject *object, const Verdict *verdict);

/* The object on one line, without its line break; OBJECT is taken. Free with g_free(). */
char *json_line (JsonObject *object);

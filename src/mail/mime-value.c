/* Tolerant: it must read what other programs wrote well enough to know a boundary. */
#include "mail/mime-value.h"

#include <string.h>

/* White space and comments. */
static const char *
skip_space (const char *at)
{
  for (guint depth = 0;; at++) {
    if (depth > 0 && *at == '\\' && at[1] != '\0')
      at++;
    else if (*at == '(')
      depth++;
    else if (*at == ')' && depth > 0)
      depth--;
    else if (*at == '\0' || (depth == 0 && !g_ascii_isspace (*at)))
      return at;
  }
}

/* A quoted string, or all up to white space or one of STOPS. */
static const char *
read_word (const char *at, const char *stops, GString *word)
{
  g_string_truncate (word, 0);
  if (*at != '"') {
    while (*at != '\0' && !g_ascii_isspace (*at) && strchr (stops, *at) == NULL)
      g_string_append_c (word, *at++);
    return at;
  }
  for (at++; *at != '\0' && *at != '"'; at++) {
    if (*at == '\\' && at[1] != '\0')
      at++;
    g_string_append_c (word, *at);
  }
  return *at == '"' ? at + 1 : at;
}

char *
mime_value_main (const char *value)
{
  g_autoptr (GString) main = g_string_new (NULL);
  read_word (skip_space (value), ";(", main);
  return g_ascii_strdown (main->str, (gssize)main->len);
}

void
mime_parameters_init (MimeParameters *parameters, const char *value)
{
  parameters->name = g_string_new (NULL);
  parameters->value = g_string_new (NULL);
  parameters->at = read_word (skip_space (value), ";(", parameters->value);
}

void
mime_parameters_clear (MimeParameters *parameters)
{
  g_string_free (parameters->name, TRUE);
  g_string_free (parameters->value, TRUE);
}

gboolean
mime_parameters_next (MimeParameters *parameters)
{
  const char *at = parameters->at;
  for (;;) {
    at = skip_space (at);
    while (*at != '\0' && *at != ';')
      at = skip_space (*at == '"' ? read_word (at, ";", parameters->value) : at + 1);
    if (*at == '\0')
      return FALSE;
    at = skip_space (read_word (skip_space (at + 1), "=;(", parameters->name));
    if (*at != '=')
      continue;
    parameters->at = read_word (skip_space (at + 1), ";(", parameters->value);
    return TRUE;
  }
}

/* Is NAMED this parameter, in either form? */
static gboolean
is_named (const char *named, const char *name)
{
  gsize length = strlen (name);
  return g_ascii_strncasecmp (named, name, length) == 0 && (named[length] == '\0' || named[length] == '*');
}

char *
mime_value_parameter (const char *value, const char *name)
{
  g_auto (MimeParameters) parameters;
  mime_parameters_init (&parameters, value);
  while (mime_parameters_next (&parameters))
    if (is_named (parameters.name->str, name))
      return g_strdup (strchr (parameters.name->str, '*') == NULL ? parameters.value->str : "");
  return NULL;
}

/* What EHLO announced. A server's word is no command: what can't be understood is
 * left out, and what is understood is bounded. */
#include "core/capabilities.h"

#include <string.h>

#include "core/future-release.h"

/* More mechanisms than any server has; beyond them the list is noise. */
#define MECHANISM_LIMIT 64

typedef void (*ParametersParse) (Capabilities *capabilities, char **parameters);

static void size_parse (Capabilities *capabilities, char **parameters);
static void auth_parse (Capabilities *capabilities, char **parameters);
static void limits_parse (Capabilities *capabilities, char **parameters);
static void future_release_parse (Capabilities *capabilities, char **parameters);

static const struct {
  CapabilityFlag flag;
  const char *name;
  ParametersParse parse; /* NULL: parameters mean nothing to us */
} table[] = {
  { CAPABILITY_PIPELINING, "PIPELINING", NULL },
  { CAPABILITY_SIZE, "SIZE", size_parse },
  { CAPABILITY_8BITMIME, "8BITMIME", NULL },
  { CAPABILITY_SMTPUTF8, "SMTPUTF8", NULL },
  { CAPABILITY_DSN, "DSN", NULL },
  { CAPABILITY_CHUNKING, "CHUNKING", NULL },
  { CAPABILITY_BINARYMIME, "BINARYMIME", NULL },
  { CAPABILITY_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES", NULL },
  { CAPABILITY_STARTTLS, "STARTTLS", NULL },
  { CAPABILITY_AUTH, "AUTH", auth_parse },
  { CAPABILITY_LIMITS, "LIMITS", limits_parse },
  { CAPABILITY_REQUIRETLS, "REQUIRETLS", NULL },
  { CAPABILITY_FUTURERELEASE, "FUTURERELEASE", future_release_parse },
};

/* ---- parameters ---------------------------------------------------------- */

/* A number of digits alone; 0 when TEXT is none or runs over. */
static guint64
decimal (const char *text, guint64 most)
{
  guint64 number = 0;
  return g_ascii_string_to_unsigned (text, 10, 0, most, &number, NULL) ? number : 0;
}

static void
size_parse (Capabilities *capabilities, char **parameters)
{
  capabilities->size = parameters[0] != NULL ? decimal (parameters[0], G_MAXUINT64) : 0;
}

/* A mechanism's name as RFC 4422, section 3.1, allows it, after upper-casing. */
static gboolean
is_mechanism_name (const char *name)
{
  gsize length = strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
  return length >= 1 && length <= 20 && name[length] == '\0';
}

/* AUTH may come twice, as "AUTH X Y" and as the old "AUTH=X Y": one list. */
static void
auth_parse (Capabilities *capabilities, char **parameters)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (gsize i = 0; capabilities->mechanisms[i] != NULL; i++)
    g_ptr_array_add (names, capabilities->mechanisms[i]);

  for (gsize i = 0; parameters[i] != NULL && names->len < MECHANISM_LIMIT; i++) {
    g_autofree char *name = g_ascii_strup (parameters[i], -1);
    if (is_mechanism_name (name) && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  g_ptr_array_add (names, NULL);
  g_free (capabilities->mechanisms);
  capabilities->mechanisms = (char **)g_ptr_array_steal (names, NULL);
}

static void
limits_parse (Capabilities *capabilities, char **parameters)
{
  const struct {
    const char *name;
    guint *value;
  } limits[] = {
    { "MAILMAX=", &capabilities->mail_max },
    { "RCPTMAX=", &capabilities->rcpt_max },
    { "RCPTDOMAINMAX=", &capabilities->rcpt_domain_max },
  };
  for (gsize i = 0; parameters[i] != NULL; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (limits); j++) {
      gsize length = strlen (limits[j].name);
      if (g_ascii_strncasecmp (parameters[i], limits[j].name, length) == 0)
        *limits[j].value = (guint)decimal (parameters[i] + length, 999999); /* 1*6DIGIT */
    }
}

static void
future_release_parse (Capabilities *capabilities, char **parameters)
{
  capabilities->future_release_interval = 0;
  capabilities->future_release_until = 0;
  if (parameters[0] == NULL)
    return;
  capabilities->future_release_interval = decimal (parameters[0], FUTURE_RELEASE_LONGEST);
  if (parameters[1] != NULL)
    future_release_read_time (parameters[1], &capabilities->future_release_until);
}

/* ---- the reply ----------------------------------------------------------- */

static void
keyword_parse (Capabilities *capabilities, const char *line)
{
  g_autofree char *spaced = g_strdup (line);
  /* "AUTH=X" of servers before RFC 2554; no other keyword may hold a '='. */
  if (g_ascii_strncasecmp (spaced, "AUTH=", 5) == 0)
    spaced[4] = ' ';
  g_strdelimit (spaced, "\t", ' ');
  g_auto (GStrv) words = g_strsplit (spaced, " ", -1);
  gsize kept = 0;
  for (gsize i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      words[kept++] = words[i];
    else
      g_free (words[i]);
  words[kept] = NULL;

  for (gsize i = 0; kept > 0 && i < G_N_ELEMENTS (table); i++)
    if (g_ascii_strcasecmp (words[0], table[i].name) == 0) {
      capabilities->flags |= table[i].flag;
      if (table[i].parse != NULL)
        table[i].parse (capabilities, words + 1);
    }
}

Capabilities *
capabilities_new_empty (void)
{
  Capabilities *capabilities = g_new0 (Capabilities, 1);
  capabilities->mechanisms = g_new0 (char *, 1);
  capabilities->keywords = g_new0 (char *, 1);
  capabilities->server_name = g_strdup ("");
  return capabilities;
}

Capabilities *
capabilities_parse (const Reply *reply)
{
  Capabilities *capabilities = capabilities_new_empty ();
  if (reply->n_lines == 0)
    return capabilities;
  g_free (capabilities->server_name);
  capabilities->server_name = g_strndup (reply->lines[0], strcspn (reply->lines[0], " \t"));
  g_free (capabilities->keywords);
  capabilities->keywords = g_strdupv (reply->lines + 1);
  for (gsize i = 1; i < reply->n_lines; i++)
    keyword_parse (capabilities, reply->lines[i]);
  return capabilities;
}

Capabilities *
capabilities_copy (const Capabilities *capabilities)
{
  Capabilities *copy = g_new (Capabilities, 1);
  *copy = *capabilities;
  copy->mechanisms = g_strdupv (capabilities->mechanisms);
  copy->keywords = g_strdupv (capabilities->keywords);
  copy->server_name = g_strdup (capabilities->server_name);
  return copy;
}

void
capabilities_free (Capabilities *capabilities)
{
  if (capabilities == NULL)
    return;
  g_strfreev (capabilities->mechanisms);
  g_strfreev (capabilities->keywords);
  g_free (capabilities->server_name);
  g_free (capabilities);
}

gboolean
capabilities_have (const Capabilities *capabilities, CapabilityFlag flag)
{
  return (capabilities->flags & flag) != 0;
}

gboolean
capabilities_have_mechanism (const Capabilities *capabilities, const char *mechanism)
{
  for (gsize i = 0; capabilities->mechanisms[i] != NULL; i++)
    if (g_ascii_strcasecmp (capabilities->mechanisms[i], mechanism) == 0)
      return TRUE;
  return FALSE;
}

const char *
capability_name (CapabilityFlag flag)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].flag == flag)
      return table[i].name;
  g_assert_not_reached ();
}

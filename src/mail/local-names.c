/* gethostname() and /etc/hosts are all that is asked: a resolver would wait for a network
 * that isn't there, and a machine's own name is in that file where it has a domain. */
#include "mail/local-names.h"

#include <string.h>
#include <unistd.h>

#define HOSTS_FILE "/etc/hosts"
#define HOST_NAME_LIMIT 256

gboolean
local_names_hold (const char *const *names, const char *domain)
{
  for (; names != NULL && *names != NULL; names++)
    if (g_ascii_strcasecmp (*names, domain) == 0)
      return TRUE;
  return g_ascii_strcasecmp (domain, LOCAL_DOMAIN) == 0
         || g_ascii_strcasecmp (domain, LOCAL_DOMAIN ".localdomain") == 0;
}

gboolean
local_names_bare (const char *const *names, const char *domain)
{
  return local_names_hold (NULL, domain)
         || (strchr (domain, '.') == NULL && local_names_hold (names, domain));
}

/* NAME is "HOST.something". */
static gboolean
is_host_with_domain (const char *name, const char *host)
{
  gsize length = strlen (host);
  return g_ascii_strncasecmp (name, host, length) == 0 && name[length] == '.' && name[length + 1] != '\0';
}

static void
add_name (GStrvBuilder *names, const char *name)
{
  g_autofree char *plain = g_strdup (name);
  if (g_str_has_suffix (plain, "."))
    plain[strlen (plain) - 1] = '\0';
  g_strv_builder_add (names, plain);
}

/* One line of a hosts file: an address, then names of one machine. */
static void
add_from_line (GStrvBuilder *names, const char *line, const char *host)
{
  g_autofree char *text = g_strndup (line, strcspn (line, "#"));
  g_auto (GStrv) words = g_strsplit_set (text, " \t\r", -1);
  gboolean ours = FALSE;
  for (char **word = words; *word != NULL; word++)
    ours = ours || g_ascii_strcasecmp (*word, host) == 0;
  for (char **word = words; ours && *word != NULL; word++)
    if (is_host_with_domain (*word, host))
      add_name (names, *word);
}

GStrv
local_names_parse (const char *host, const char *hosts)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  if (host[0] != '\0') {
    g_auto (GStrv) lines = g_strsplit (hosts, "\n", -1);
    g_autofree char *first_label = g_strndup (host, strcspn (host, "."));
    add_name (names, host);
    add_name (names, first_label);
    for (char **line = lines; *line != NULL; line++)
      add_from_line (names, *line, host);
  }
  return g_strv_builder_end (names);
}

GStrv
local_names_of_host (void)
{
  char host[HOST_NAME_LIMIT + 1] = "";
  g_autofree char *hosts = NULL;
  if (gethostname (host, HOST_NAME_LIMIT) != 0)
    host[0] = '\0';
  g_file_get_contents (HOSTS_FILE, &hosts, NULL, NULL);
  return local_names_parse (host, hosts != NULL ? hosts : "");
}

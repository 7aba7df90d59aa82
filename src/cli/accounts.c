/* Configurations are read when the first message asks, and once for all that have the same
 * overrides. */
#include "cli/accounts.h"

#include <string.h>

struct Accounts {
  const Config *base;  /* NULL: none */
  GHashTable *configs; /* overrides, joined, to Config; NULL: it has faults */
};

static void
free_config (gpointer config)
{
  if (config)
    config_free (config);
}

Accounts *
accounts_new (void)
{
  Accounts *accounts = g_new0 (Accounts, 1);

  accounts->configs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_config);
  return accounts;
}

void
accounts_free (Accounts *accounts)
{
  if (!accounts)
    return;
  g_hash_table_unref (accounts->configs);
  g_free (accounts);
}

void
accounts_set_base (Accounts *accounts, const Config *config)
{
  accounts->base = config;
}

guint
accounts_count (const Accounts *accounts)
{
  return g_hash_table_size (accounts->configs);
}

static const Config *
config_with (Accounts *accounts, const char *const *overrides)
{
  g_autofree char *key = overrides ? g_strjoinv ("\n", (GStrv)overrides) : g_strdup ("");
  gpointer known = NULL;

  if (accounts->base && *key == '\0')
    return accounts->base;
  if (!g_hash_table_lookup_extended (accounts->configs, key, NULL, &known)) {
    known = config_load (overrides, NULL);
    g_hash_table_insert (accounts->configs, g_steal_pointer (&key), known);
  }
  return known;
}

const Account *
accounts_find (const char *name, const char *const *overrides, gpointer data)
{
  const Config *config = config_with (data, overrides);

  return config ? config_account (config, name, NULL, NULL) : NULL;
}

static gboolean
is_secret (const char *override)
{
  const char *equals = strchr (override, '=');
  g_autofree char *name = g_strndup (override, equals ? (gsize)(equals - override) : strlen (override));
  const Option *option = option_find (g_strstrip (name));

  return option && option->type == OPTION_SECRET;
}

GStrv
accounts_keepable (const char *const *overrides)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean some = FALSE;

  for (; overrides && *overrides; overrides++)
    if (!is_secret (*overrides)) {
      g_strv_builder_add (builder, *overrides);
      some = TRUE;
    }
  return some ? g_strv_builder_end (builder) : NULL;
}

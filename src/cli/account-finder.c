/* Options of a message's own are read with the configuration as it is on disk; each set once. */
#include "cli/account-finder.h"

struct AccountFinder {
  const Config *config;
  GHashTable *with_overrides; /* the overrides, joined -> Config, or NULL where they can't be used */
};

static void
free_config (gpointer config)
{
  if (config)
    config_free (config);
}

AccountFinder *
account_finder_new (const Config *config)
{
  AccountFinder *finder = g_new0 (AccountFinder, 1);

  finder->config = config;
  finder->with_overrides = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_config);
  return finder;
}

void
account_finder_free (AccountFinder *finder)
{
  if (!finder)
    return;
  g_hash_table_unref (finder->with_overrides);
  g_free (finder);
}

static const Config *
config_with (AccountFinder *finder, const char *const *overrides)
{
  g_autofree char *key = NULL;
  gpointer config;

  if (!overrides || !overrides[0])
    return finder->config;
  key = g_strjoinv ("\n", (char **)overrides);
  if (!g_hash_table_lookup_extended (finder->with_overrides, key, NULL, &config)) {
    config = config_load (overrides, NULL);
    g_hash_table_insert (finder->with_overrides, g_steal_pointer (&key), config);
  }
  return config;
}

const Account *
account_finder_find (const char *name, const char *const *overrides, gpointer finder)
{
  const Config *config = config_with (finder, overrides);

  return config ? config_account (config, name, NULL, NULL) : NULL;
}

guint
account_finder_size (const AccountFinder *finder)
{
  return g_hash_table_size (finder->with_overrides);
}

/* The path memory, from account to disk. */
#include "engine/state.h"

#include <stdio.h>

#include "base/i18n.h"
#include "net/clock.h"

gboolean
state_choose_account (const Config *config, const char *name, const Account **ret_account, GError **error)
{
  const char *const *names = config_account_names (config);

  *ret_account = config_account (config, name, NULL, name ? error : NULL);
  if (!*ret_account && !name && names[0])
    *ret_account = config_account_named (config, names[0]);
  return *ret_account || !name;
}

char *
state_directory (const Account *account)
{
  if (account && account->state_dir)
    return g_strdup (account->state_dir);
  return g_build_filename (g_get_user_state_dir (), "toukan", NULL);
}

PathStore *
state_open (const Account *account)
{
  g_autofree char *directory = state_directory (account);

  return account->path_memory ? path_store_new (directory) : NULL;
}

PathMemory *
state_load (PathStore *store)
{
  PathMemory *memory = path_memory_new ();

  if (store)
    path_store_load (store, memory, clock_instant ());
  return memory;
}

Identity *
state_identity (PathStore *store)
{
  guint8 salt[PATH_STORE_SALT];

  return store && path_store_salt (store, salt) ? identity_new (salt, sizeof salt)
                                                : identity_new_transient ();
}

void
state_save (PathStore *store, PathMemory *memory)
{
  if (!store)
    return;
  path_store_save (store, memory, clock_instant ());
  state_warn (store);
}

void
state_warn (const PathStore *store)
{
  const char *warning = path_store_warning (store);

  if (warning)
    fprintf (stderr, _ ("toukan: warning: path memory: %s\n"), warning);
}

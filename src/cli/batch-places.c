/* From accounts to folders, each once. */
#include "cli/batch-places.h"

#include <stdio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/state.h"

static void
add_directory (GPtrArray *directories, const Account *account)
{
  g_autofree char *directory = state_directory (account);
  if (!g_ptr_array_find_with_equal_func (directories, directory, g_str_equal, NULL))
    g_ptr_array_add (directories, g_steal_pointer (&directory));
}

static GPtrArray *
list_directories (const Config *config, const char *name, GError **error)
{
  g_autoptr (GPtrArray) directories = g_ptr_array_new_with_free_func (g_free);
  const char *const *names = config_account_names (config);
  const Account *only = name ? config_account (config, name, NULL, error) : NULL;
  if (name && !only)
    return NULL;
  add_directory (directories, only);
  for (gsize i = 0; !only && names[i]; i++)
    add_directory (directories, config_account_named (config, names[i]));
  return g_steal_pointer (&directories);
}

GPtrArray *
batch_places_list (const Config *config, const char *account, GError **error)
{
  g_autoptr (GPtrArray) directories = list_directories (config, account, error);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_info_free);
  if (!directories)
    return NULL;
  for (guint i = 0; i < directories->len; i++) {
    g_autofree char *complaint = NULL;
    g_autoptr (GPtrArray) infos = batch_list (directories->pdata[i], &complaint, error);
    if (complaint)
      fprintf (stderr, _ ("toukan: warning: %s\n"), complaint);
    if (!infos)
      return NULL;
    g_ptr_array_extend_and_steal (all, g_steal_pointer (&infos));
  }
  return g_steal_pointer (&all);
}

Batch *
batch_places_find (const Config *config, const char *account, const char *name, char **ret_directory,
                   GError **error)
{
  g_autoptr (GPtrArray) directories = list_directories (config, account, error);
  g_autofree char *shown = visible_text (name, -1);
  g_autoptr (GError) cause = NULL;
  if (!directories)
    return NULL;
  for (guint i = 0; i < directories->len && batch_name_is_good (name); i++) {
    Batch *batch = batch_open (directories->pdata[i], name, FALSE, &cause);
    if (batch && ret_directory)
      *ret_directory = g_strdup (directories->pdata[i]);
    if (batch)
      return batch;
    if (cause) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  }
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               _ ("there is no batch %s; `toukan batch status` lists them"), shown);
  return NULL;
}

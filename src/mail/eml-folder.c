/* Listed at once and sorted, so that a batch that goes on finds the same order again. */
#include "mail/eml-folder.h"

#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
eml_folder_list (const char *folder, GError **error)
{
  g_autoptr (GError) said = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &said);
  if (dir == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("can't read a folder: %s"), said->message);
    return NULL;
  }
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    if (name[0] != '.' && g_str_has_suffix (name, ".eml") && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      g_ptr_array_add (paths, g_steal_pointer (&path));
  }
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

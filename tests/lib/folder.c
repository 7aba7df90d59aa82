/* A folder of the test's own. */
#include "tests/lib/folder.h"

#include <glib/gstdio.h>

static char *folder;

void
test_folder_make (void)
{
  g_autoptr (GError) error = NULL;
  folder = g_dir_make_tmp ("toukan-test-XXXXXX", &error);
  g_assert_no_error (error);
}

const char *
test_folder (void)
{
  return folder;
}

const char *
test_file (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  return g_intern_string (path);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries)) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    if (g_file_test (inner, G_FILE_TEST_IS_DIR) && !g_file_test (inner, G_FILE_TEST_IS_SYMLINK))
      remove_all (inner);
    else
      g_unlink (inner);
  }
  g_rmdir (path);
}

void
test_folder_remove (void)
{
  remove_all (folder);
  g_clear_pointer (&folder, g_free);
}

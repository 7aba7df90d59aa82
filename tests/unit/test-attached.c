/* Folders of attachments: who holds one keeps it, and so does a draft that names it. */
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include <glib/gstdio.h>

#include "store/attached.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

static char *
directory_new (const char *name)
{
  return g_build_filename (test_folder (), name, NULL);
}

/* A folder with a file in it, as old as it must be to go; the file's name. */
static char *
folder_with_file (Attached *attached)
{
  g_autofree char *folder = attached_folder (attached, NULL);
  const struct utimbuf long_ago = { 1, 1 };

  g_assert_nonnull (folder);
  char *file = g_build_filename (folder, "plan.pdf", NULL);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_cmpint (utime (folder, &long_ago), ==, 0);
  return file;
}

static gboolean
is_there (const char *file)
{
  return g_file_test (file, G_FILE_TEST_EXISTS);
}

static void
test_private (void)
{
  g_autofree char *directory = directory_new ("private");
  g_autoptr (Attached) attached = attached_new (directory);
  GStatBuf status;

  g_assert_false (attached_any (directory));
  g_autofree char *folder = attached_folder (attached, NULL);
  g_assert_cmpint (g_stat (folder, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0700);
  g_assert_true (attached_any (directory));
}

static void
test_held (void)
{
  g_autofree char *directory = directory_new ("held");
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  Attached *attached = attached_new (directory);
  g_autofree char *file = folder_with_file (attached);

  attached_sweep (directory, none);
  g_assert_true (is_there (file));
  Attached *other = attached_new (directory);
  attached_hold (other, file);
  attached_free (attached);
  attached_sweep (directory, none);
  g_assert_true (is_there (file));
  attached_free (other);
  attached_sweep (directory, none);
  g_assert_false (is_there (file));
  g_assert_false (attached_any (directory));
}

static void
test_named (void)
{
  g_autofree char *directory = directory_new ("named");
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  Attached *attached = attached_new (directory);
  g_autofree char *file = folder_with_file (attached);

  attached_free (attached);
  g_ptr_array_add (files, file);
  attached_sweep (directory, files);
  g_assert_true (is_there (file));
  g_ptr_array_set_size (files, 0);
  attached_sweep (directory, files);
  g_assert_false (is_there (file));
}

static void
test_new (void)
{
  g_autofree char *directory = directory_new ("new");
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  Attached *attached = attached_new (directory);
  g_autofree char *folder = attached_folder (attached, NULL);

  attached_free (attached);
  attached_sweep (directory, none);
  g_assert_true (is_there (folder));
}

/* What isn't ours is let alone. */
static void
test_others (void)
{
  g_autofree char *directory = directory_new ("others");
  g_autofree char *target = directory_new ("target");
  g_autofree char *file = g_build_filename (target, "precious", NULL);
  g_autofree char *link = g_build_filename (directory, "attached-link", NULL);
  g_autofree char *plain = g_build_filename (directory, "attached-plain", NULL);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  g_assert_cmpint (g_mkdir (directory, 0700) | g_mkdir (target, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_true (g_file_set_contents (plain, "x", 1, NULL));
  g_assert_cmpint (symlink (target, link), ==, 0);
  attached_sweep (directory, none);
  g_assert_true (is_there (file));
  g_assert_true (is_there (plain));
}

static void
test_no_place (void)
{
  g_autoptr (Attached) attached = attached_new ("/proc/none");
  g_autoptr (GError) error = NULL;

  g_assert_null (attached_folder (attached, &error));
  g_assert_nonnull (strstr (error->message, "can't make a folder in /proc/none"));
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  tap_init (&argc, &argv);
  g_test_add_func ("/attached/private", test_private);
  g_test_add_func ("/attached/held", test_held);
  g_test_add_func ("/attached/named", test_named);
  g_test_add_func ("/attached/new", test_new);
  g_test_add_func ("/attached/others", test_others);
  g_test_add_func ("/attached/no place", test_no_place);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}

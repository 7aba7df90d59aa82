/* Letters that only a file could take. */
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tui/rescue.h"

/* Two folders, the first of which can be taken away. */
static const char *folders[3];

static Letter *
letter_about (const char *subject)
{
  Letter *letter = letter_new ();

  g_free (letter->subject);
  letter->subject = g_strdup (subject);
  return letter;
}

static void
put (Rescue *rescue, const char *subject)
{
  g_autoptr (Letter) letter = letter_about (subject);

  g_assert_true (rescue_write (rescue, letter));
}

static void
test_write (void)
{
  Rescue *rescue = rescue_new (folders);
  GStatBuf status;

  g_assert_null (rescue_file (rescue));
  put (rescue, "one");
  g_autofree char *file = g_strdup (rescue_file (rescue));
  put (rescue, "two");
  g_assert_cmpstr (rescue_file (rescue), ==, file);
  g_assert_cmpint (g_stat (file, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  rescue_remove (rescue);
  g_assert_null (rescue_file (rescue));
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  rescue_free (rescue);
}

/* By whoever comes next, and by nobody while its writer lives. */
static void
test_find (void)
{
  Rescue *rescue = rescue_new (folders);
  Letter *letter = NULL;

  put (rescue, "one");
  put (rescue, "two");
  g_assert_null (rescue_find (folders, &letter));
  rescue_free (rescue);
  Rescue *found = rescue_find (folders, &letter);
  g_assert_nonnull (found);
  g_assert_cmpstr (letter->subject, ==, "two");
  letter_free (letter);
  g_assert_null (rescue_find (folders, &letter));
  put (found, "three");
  rescue_free (found);
  found = rescue_find (folders, &letter);
  g_assert_cmpstr (letter->subject, ==, "three");
  letter_free (letter);
  rescue_remove (found);
  rescue_free (found);
  g_assert_null (rescue_find (folders, &letter));
}

/* The first folder can't take it, the next one can; what isn't a letter isn't found. */
static void
test_places (void)
{
  g_autofree char *other = g_build_filename (folders[1], "toukan-unsaved-nonsense", NULL);
  Letter *letter = NULL;
  Rescue *rescue = rescue_new (folders);

  g_assert_cmpint (g_mkdir (other, 0700), ==, 0);
  g_assert_null (rescue_find (folders, &letter));
  g_rmdir (other);
  put (rescue, "one");
  g_assert_cmpint (g_unlink (rescue_file (rescue)), ==, 0);
  g_assert_cmpint (g_rename (folders[0], test_file ("away")), ==, 0);
  put (rescue, "two");
  g_assert_cmpint (g_rename (test_file ("away"), folders[0]), ==, 0);
  g_assert_true (g_str_has_prefix (rescue_file (rescue), folders[1]));
  rescue_free (rescue);
  rescue = rescue_find (folders, &letter);
  g_assert_cmpstr (letter->subject, ==, "two");
  letter_free (letter);
  rescue_remove (rescue);
  rescue_free (rescue);
}

/* No disk has room: what was kept before stays. */
static void
test_no_room (void)
{
  Rescue *rescue = rescue_new (folders);
  g_autoptr (Letter) letter = letter_about ("two");
  Letter *found = NULL;

  put (rescue, "one");
  g_assert_cmpint (g_chmod (folders[0], 0500) | g_chmod (folders[1], 0500), ==, 0);
  const gboolean written = rescue_write (rescue, letter);
  g_assert_cmpint (g_chmod (folders[0], 0700) | g_chmod (folders[1], 0700), ==, 0);
  rescue_free (rescue);
  rescue = rescue_find (folders, &found);
  g_assert_cmpstr (found->subject, ==, written ? "two" : "one"); /* root may write anywhere */
  letter_free (found);
  rescue_remove (rescue);
  rescue_free (rescue);
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  tap_init (&argc, &argv);
  folders[0] = test_file ("home");
  folders[1] = test_file ("state");
  g_assert_cmpint (g_mkdir (folders[0], 0700) | g_mkdir (folders[1], 0700), ==, 0);
  g_test_add_func ("/rescue/write", test_write);
  g_test_add_func ("/rescue/find", test_find);
  g_test_add_func ("/rescue/places", test_places);
  g_test_add_func ("/rescue/no room", test_no_room);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}

/* Files that are written, replaced, removed, by ourselves as by others. */
#include "engine/file-watch.h"

#include <glib/gstdio.h>

#include "net/clock.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

static void
on_change (gpointer data)
{
  (*(guint *)data)++;
}

static void
put (const char *name, const char *text)
{
  const char *path = test_file (name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static gboolean
stop (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_ms (guint span)
{
  gboolean over = FALSE;

  g_timeout_add (span, stop, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

typedef void (*Deed) (void);

static void
write_it (void)
{
  put ("box", "more");
}

static void
write_beside (void)
{
  put ("box-wal", "more");
}

static void
replace_it (void)
{
  put ("new", "more");
  g_assert_cmpint (g_rename (test_file ("new"), test_file ("box")), ==, 0);
}

static void
remove_it (void)
{
  g_assert_cmpint (g_unlink (test_file ("box")), ==, 0);
}

static void
write_another (void)
{
  put ("another", "more");
}

typedef struct {
  const char *about;
  Deed deed;
  gboolean told;
} Row;

static const Row rows[] = {
  { "written", write_it, TRUE },
  { "written beside, with the prefix", write_beside, TRUE },
  { "replaced", replace_it, TRUE },
  { "removed", remove_it, TRUE },
  { "another is written", write_another, FALSE },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  guint n = 0;

  put ("box", "");
  FileWatch *watch = file_watch_new (test_folder (), "box", on_change, &n);
  g_assert_nonnull (watch);
  row->deed ();
  g_assert_cmpuint (n, ==, 0);
  wait_ms (3 * FILE_WATCH_PAUSE);
  g_assert_cmpuint (n > 0, ==, row->told);
  file_watch_free (watch);
}

static void
test_burst (void)
{
  guint n = 0;
  put ("box", "");
  FileWatch *watch = file_watch_new (test_folder (), "box", on_change, &n);

  put ("box", "1");
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 20; i++) {
    put ("box", "2");
    g_main_context_iteration (NULL, FALSE);
  }
  g_assert_cmpuint (n, ==, 1);
  wait_ms (3 * FILE_WATCH_PAUSE);
  g_assert_cmpuint (n, ==, 2);
  file_watch_free (watch);
}

static FileWatch *to_free;

static void
free_it (gpointer data)
{
  g_clear_pointer (&to_free, file_watch_free);
}

static void
test_free_inside (void)
{
  put ("box", "");
  to_free = file_watch_new (test_folder (), "box", free_it, NULL);
  put ("box", "1");
  while (to_free)
    g_main_context_iteration (NULL, TRUE);
  wait_ms (2 * FILE_WATCH_PAUSE);
  file_watch_free (NULL);
}

static void
test_no_directory (void)
{
  g_assert_null (file_watch_new (test_file ("missing"), "box", on_change, NULL));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/file-watch/%s", rows[i].about);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/file-watch/a burst is told at once and at its end", test_burst);
  g_test_add_func ("/file-watch/it may go while it is told", test_free_inside);
  g_test_add_func ("/file-watch/a directory that isn't there", test_no_directory);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

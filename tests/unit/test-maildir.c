/* A Maildir: whole or not there, LF at the ends of lines, and nothing left behind. */
#include "store/maildir.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

/* The names in FOLDER of the Maildir; the only one goes to *RET_NAME. */
static guint
count (const char *dir, const char *folder, char **ret_name)
{
  g_autofree char *path = g_build_filename (dir, folder, NULL);
  g_autoptr (GDir) open = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (open);
  while ((name = g_dir_read_name (open)) != NULL) {
    n++;
    if (ret_name != NULL)
      *ret_name = g_build_filename (path, name, NULL);
  }
  return n;
}

static const struct {
  const char *name;
  const char *pieces[4];
  const char *kept;
} rows[] = {
  { "lf", { "a: b\n", "\n", "text\n" }, "a: b\n\ntext\n" },
  { "crlf", { "a: b\r\n\r\ntext\r\n" }, "a: b\n\ntext\n" },
  { "crlf-cut", { "a: b\r", "\n\r", "\ntext\r\n" }, "a: b\n\ntext\n" },
  { "lone-cr", { "a\rb", "\r", "\rc" }, "a\rb\r\rc" },
  { "cr-at-the-end", { "a\r" }, "a\r" },
  { "nothing", { "" }, "" },
};

static void
test_octets (gconstpointer data)
{
  const gsize row = (gsize)GPOINTER_TO_SIZE (data);
  g_autofree char *dir = g_strdup (test_file (rows[row].name));
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL, *text = NULL;
  gsize length = 0;

  maildir_prepare (dir, &error);
  g_assert_no_error (error);
  g_autoptr (MaildirFile) file = maildir_file_new (dir, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 4 && rows[row].pieces[i] != NULL; i++)
    maildir_file_write (file, (const guint8 *)rows[row].pieces[i], strlen (rows[row].pieces[i]));
  g_assert_cmpuint (count (dir, "new", NULL), ==, 0);
  g_assert_null (maildir_file_path (file));
  g_assert_true (maildir_file_finish (file, MAILDIR_NEW, MAILDIR_DURABLE, &error));
  g_assert_cmpuint (count (dir, "tmp", NULL), ==, 0);
  g_assert_cmpuint (count (dir, "new", &name), ==, 1);
  g_assert_cmpstr (name, ==, maildir_file_path (file));
  g_assert_true (g_file_get_contents (name, &text, &length, NULL));
  g_assert_cmpmem (text, length, rows[row].kept, strlen (rows[row].kept));
}

static void
test_seen (void)
{
  g_autofree char *dir = g_strdup (test_file ("deep/down/seen"));
  g_autofree char *name = NULL;
  GStatBuf status;

  g_assert_true (maildir_prepare (dir, NULL));
  g_autoptr (MaildirFile) file = maildir_file_new (dir, NULL);
  maildir_file_write (file, (const guint8 *)"x\n", 2);
  g_assert_true (maildir_file_finish (file, MAILDIR_SEEN, MAILDIR_DURABLE, NULL));
  g_assert_cmpuint (count (dir, "cur", &name), ==, 1);
  g_assert_true (g_str_has_suffix (name, ":2,S"));
  g_assert_cmpint (g_stat (name, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (dir, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0700);
}

static void
test_given_up (void)
{
  g_autofree char *dir = g_strdup (test_file ("given-up"));

  g_assert_true (maildir_prepare (dir, NULL));
  MaildirFile *file = maildir_file_new (dir, NULL);
  maildir_file_write (file, (const guint8 *)"x\n", 2);
  g_assert_cmpuint (count (dir, "tmp", NULL), ==, 1);
  maildir_file_free (file);
  g_assert_cmpuint (count (dir, "tmp", NULL) + count (dir, "new", NULL), ==, 0);
}

/* Its place is gone: an error, and nothing left in tmp. */
static void
test_no_place (void)
{
  g_autofree char *dir = g_strdup (test_file ("no-place"));
  g_autofree char *place = g_build_filename (dir, "new", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (maildir_prepare (dir, NULL));
  MaildirFile *file = maildir_file_new (dir, NULL);
  g_assert_cmpint (g_rmdir (place), ==, 0);
  g_assert_false (maildir_file_finish (file, MAILDIR_NEW, MAILDIR_DURABLE, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
  maildir_file_free (file);
  g_assert_cmpuint (count (dir, "tmp", NULL), ==, 0);
}

static void
test_no_directory (void)
{
  g_autofree char *file = g_strdup (test_file ("a-file"));
  g_autofree char *below = g_build_filename (file, "maildir", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_false (maildir_prepare (below, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (maildir_file_new (below, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

/* Made within one microsecond or many, no two have the same name. */
static void
test_many (void)
{
  g_autofree char *dir = g_strdup (test_file ("many"));

  g_assert_true (maildir_prepare (dir, NULL));
  for (guint i = 0; i < 200; i++) {
    g_autoptr (MaildirFile) file = maildir_file_new (dir, NULL);
    g_assert_true (maildir_file_finish (file, MAILDIR_NEW, MAILDIR_QUICK, NULL));
  }
  g_assert_cmpuint (count (dir, "new", NULL), ==, 200);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/maildir/octets/%s", rows[i].name);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_octets);
  }
  g_test_add_func ("/maildir/seen", test_seen);
  g_test_add_func ("/maildir/given-up", test_given_up);
  g_test_add_func ("/maildir/no-place", test_no_place);
  g_test_add_func ("/maildir/no-directory", test_no_directory);
  g_test_add_func ("/maildir/many", test_many);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

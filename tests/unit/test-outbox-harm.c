/* The outbox on a bad day: a damaged, newer, moved or missing file, a full disk. Nothing is
 * lost silently, and what can't be read is kept for somebody who can. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/lib/folder.h"
#include "tests/lib/mounts.h"
#include "tests/lib/table.h"
#include "tests/unit/outbox-fixture.h"

/* --- rights ---------------------------------------------------------------------------------- */

static void
test_rights (void)
{
  static const char *const names[] = { OUTBOX_NAME, OUTBOX_NAME "-wal", OUTBOX_NAME "-shm", "outbox.leases" };
  struct stat place;
  state_begin ();
  umask (0);
  g_autoptr (Outbox) outbox = open_outbox ();
  add (outbox, (Wish){ .state = OUTBOX_SENDING });
  g_assert_cmpint (stat (state_directory (), &place), ==, 0);
  g_assert_cmpint (place.st_mode & 0777, ==, 0700);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = state_file (names[i]);
    g_assert_cmpint (stat (name, &place), ==, 0);
    g_assert_cmpint (place.st_mode & 0777, ==, 0600);
  }
  umask (022);
}

static void
test_no_file (void)
{
  g_autoptr (GError) error = NULL;
  state_begin ();
  g_assert_null (outbox_open (state_directory (), FALSE, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (state_directory (), G_FILE_TEST_EXISTS));
}

static void
test_newer (void)
{
  g_autoptr (GError) error = NULL;
  gint64 id;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  run_sql ("PRAGMA user_version = 99");
  g_assert_null (outbox_open (state_directory (), TRUE, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_false (try_add (outbox, (Wish){ .state = OUTBOX_QUEUED }, &id, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE);
}

static void
test_not_a_file (void)
{
  g_autoptr (GError) error = NULL;
  state_begin ();
  g_autofree char *name = state_file (OUTBOX_NAME);
  g_assert_cmpint (g_mkdir_with_parents (name, 0700), ==, 0);
  g_assert_null (outbox_open (state_directory (), TRUE, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

static void
test_directory_is_a_file (void)
{
  g_autoptr (GError) error = NULL;
  state_begin ();
  g_assert_true (g_file_set_contents (state_directory (), "", 0, NULL));
  g_assert_null (outbox_open (state_directory (), TRUE, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

/* --- damage ---------------------------------------------------------------------------------- */

#define PAGE 4096
#define N_ITEMS 40

/* A file of many pages, with nothing left in its journal. */
static char *
make_file (gsize *ret_size)
{
  char *contents = NULL;
  state_begin ();
  Outbox *outbox = open_outbox ();
  for (guint i = 0; i < N_ITEMS; i++)
    add (outbox, (Wish){ .state = OUTBOX_QUEUED, .recipients = 8, .size = 300 * (i + 1), .seed = i });
  outbox_close (outbox);
  run_sql ("PRAGMA wal_checkpoint (TRUNCATE)");
  g_autofree char *name = state_file (OUTBOX_NAME);
  g_assert_true (g_file_get_contents (name, &contents, ret_size, NULL));
  return contents;
}

static void
put_file (const char *contents, gsize size)
{
  state_begin ();
  g_autofree char *name = state_file (OUTBOX_NAME);
  g_assert_cmpint (g_mkdir_with_parents (state_directory (), 0700), ==, 0);
  g_assert_true (g_file_set_contents (name, contents, (gssize)size, NULL));
}

static guint
count_aside (void)
{
  guint n = 0;
  g_autoptr (GDir) entries = g_dir_open (state_directory (), 0, NULL);
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries))
    n += g_str_has_prefix (name, OUTBOX_NAME ".damaged-") && !g_str_has_suffix (name, "-wal");
  return n;
}

static void
look_at_all (const OutboxItem *item, gpointer data)
{
  Outbox *outbox = data;
  guint8 buffer[512];
  g_autoptr (OutboxReader) reader = outbox_open_message (outbox, item->id, NULL);
  while (reader && outbox_read (reader, buffer, sizeof buffer, NULL) > 0)
    ;
}

/* Whatever is in the file: what is put in now is kept, and if the file was set aside the
 * user hears of it. Returns whether it was. */
static gboolean
live_with_it (void)
{
  const OutboxFilter all = { .owner = OUTBOX_ANYBODY };
  const Wish wish = { .state = OUTBOX_HELD, .size = 5000, .seed = 99 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Outbox) outbox = outbox_open (state_directory (), TRUE, &error);
  g_assert_no_error (error);
  outbox_list (outbox, &all, look_at_all, outbox, NULL);
  outbox_item_free (claim (outbox, NOW));
  gint64 id = add (outbox, wish);
  assert_message (outbox, id, wish);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_HELD);
  const char *warning = outbox_warning (outbox);
  g_assert_cmpint (count_aside () > 0, ==, warning != NULL);
  g_assert_true (!warning || (strstr (warning, ".damaged-") && strstr (warning, ".recover")));
  return warning != NULL;
}

static void
test_damaged_pages (gconstpointer data)
{
  gsize size;
  guint n_aside = 0;
  g_autofree char *sound = make_file (&size);
  g_assert_cmpuint (size, >, 20 * PAGE);
  for (gsize at = 0; at < size; at += PAGE) {
    g_autofree char *bad = g_memdup2 (sound, size);
    if (GPOINTER_TO_INT (data) >= 0)
      memset (bad + at, GPOINTER_TO_INT (data), PAGE);
    else
      for (gsize i = at; i < at + PAGE; i++)
        bad[i] = (char)g_test_rand_int ();
    put_file (bad, size);
    gboolean aside = live_with_it ();
    g_assert_true (at > 0 || aside);
    n_aside += aside;
  }
  g_assert_cmpuint (n_aside, >, 3);
}

static void
test_truncated (void)
{
  gsize size;
  g_autofree char *sound = make_file (&size);
  for (gsize length = 0; length < size; length += 2999) {
    put_file (sound, length);
    gboolean aside = live_with_it ();
    g_assert_true (aside == (length > 0) || length > size - PAGE);
  }
}

static void
test_stranger (gconstpointer data)
{
  state_begin ();
  outbox_close (open_outbox ());
  run_sql (data);
  g_assert_true (live_with_it ());
}

/* Nothing of the damaged file is touched: it is what it was, and its journal with it. */
static void
test_kept (void)
{
  gsize size, found_size;
  char *found = NULL;
  g_autofree char *bad = make_file (&size);
  g_autofree char *journal = state_file (OUTBOX_NAME "-wal");
  memset (bad, 'x', PAGE);
  put_file (bad, size);
  g_free (journal);
  journal = state_file (OUTBOX_NAME "-wal");
  g_assert_true (g_file_set_contents (journal, "the journal", -1, NULL));
  g_assert_true (live_with_it ());
  g_autoptr (GDir) entries = g_dir_open (state_directory (), 0, NULL);
  guint n = 0;
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries)) {
    if (!g_str_has_prefix (name, OUTBOX_NAME ".damaged-"))
      continue;
    g_autofree char *path = state_file (name);
    gboolean is_journal = g_str_has_suffix (name, "-wal");
    g_assert_true (g_file_get_contents (path, &found, &found_size, NULL));
    g_assert_cmpmem (found, found_size, is_journal ? "the journal" : bad, is_journal ? 11 : size);
    g_clear_pointer (&found, g_free);
    n++;
  }
  g_assert_cmpuint (n, ==, 2);
}

/* One has it open and something leased while another finds the damage. */
static void
test_moved_under_another (void)
{
  g_autoptr (GError) error = NULL;
  state_begin ();
  g_autoptr (Outbox) first = open_outbox ();
  gint64 id = add (first, (Wish){ .state = OUTBOX_SENDING });
  run_sql ("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'hold'");
  g_assert_true (live_with_it ());
  const OutboxChange change = { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = id };
  g_assert_false (outbox_record (first, &change, 1, NOW, &error)); /* so its end isn't permitted */
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY);
  gint64 second = add (first, (Wish){ .state = OUTBOX_SENDING });
  g_assert_cmpint (second, >, id + 1000); /* no number comes again */
  permit (first, second, 0);
}

/* A journal that another file left behind, when whoever moved it died over it. */
static void
test_orphan_journal (void)
{
  gsize size;
  char *contents = NULL;
  state_begin ();
  Outbox *outbox = open_outbox ();
  add (outbox, (Wish){ .state = OUTBOX_QUEUED });
  outbox_close (outbox);
  g_autofree char *name = state_file (OUTBOX_NAME);
  g_assert_cmpint (g_unlink (name), ==, 0);
  g_autoptr (Outbox) second = open_outbox ();
  g_assert_cmpuint (count_items (second), ==, 0);
  g_autoptr (GDir) entries = g_dir_open (state_directory (), 0, NULL);
  for (const char *entry = g_dir_read_name (entries); entry; entry = g_dir_read_name (entries))
    if (g_str_has_prefix (entry, OUTBOX_NAME ".damaged-") && !contents) {
      g_autofree char *path = state_file (entry);
      g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
    }
  g_assert_nonnull (contents); /* it was kept */
  g_free (contents);
}

/* --- a disk that is full --------------------------------------------------------------------- */

#define CANNOT 77

/* Until nothing fits any more; then something leaves, and there is room again. */
static int
fill_disk (gsize size_of_message)
{
  gint64 id = 0;
  guint n = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (Outbox) outbox = open_outbox ();
  const Wish wish = { .state = OUTBOX_QUEUED, .size = size_of_message };
  while (try_add (outbox, wish, &id, &error))
    n++;
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY);
  g_assert_cmpuint (n, >, 1);
  g_assert_cmpstr (outbox_warning (outbox), ==, NULL);
  g_assert_cmpuint (count_items (outbox), ==, n);
  for (guint i = 1; i <= n; i++)
    assert_message (outbox, i, wish);
  return 0;
}

static int
use_full_disk (gsize size_of_message)
{
  const char *directory = state_directory ();
  if (!mounts_make_own () || g_mkdir (directory, 0700) != 0
      || mount ("tmpfs", directory, "tmpfs", 0, "size=16384k") != 0)
    return CANNOT;
  return fill_disk (size_of_message);
}

static void
test_full_disk (gconstpointer data)
{
  state_begin ();
  pid_t child = fork ();
  if (child == 0)
    _exit (use_full_disk (GPOINTER_TO_SIZE (data)));
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == CANNOT)
    g_test_skip ("no namespaces here");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* --- who reads fails ------------------------------------------------------------------------- */

static gssize
read_and_fail (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  gsize *left = data;
  if (*left == 0) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, "the pipe broke");
    return -1;
  }
  gsize n = MIN (length, *left);
  memset (buffer, 'x', n);
  *left -= n;
  return (gssize)n;
}

static void
test_broken_pipe (gconstpointer data)
{
  gsize left = GPOINTER_TO_SIZE (data);
  gint64 id;
  g_autoptr (GError) error = NULL;
  g_autoptr (Envelope) envelope = envelope_new ("a@example.org");
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  const OutboxAddition addition = {
    .state = OUTBOX_QUEUED, .account = "home", .envelope = envelope, .read = read_and_fail, .data = &left
  };
  g_assert_false (outbox_add (outbox, &addition, &id, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_assert_cmpuint (count_items (outbox), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 0);
}

/* Who writes a large message is killed in the middle of it. */
static gssize
read_and_die (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  gssize n = read_and_fail (data, buffer, length, NULL);
  if (n < 0)
    kill (getpid (), SIGKILL);
  return n;
}

static void
add_and_die (void)
{
  gsize left = 5 << 20;
  gint64 id;
  g_autoptr (Envelope) envelope = envelope_new ("a@example.org");
  Outbox *outbox = open_outbox ();
  const OutboxAddition addition = {
    .state = OUTBOX_QUEUED, .account = "home", .envelope = envelope, .read = read_and_die, .data = &left
  };
  outbox_add (outbox, &addition, &id, NULL);
  _exit (1);
}

static void
test_killed_writer (void)
{
  guint n = 0;
  int status;
  state_begin ();
  pid_t child = fork ();
  if (child == 0)
    add_and_die ();
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_autoptr (Outbox) outbox = open_outbox ();
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), >, 60);
  g_assert_cmpuint (count_items (outbox), ==, 0);
  g_assert_true (outbox_prune (outbox, NOW, &n, NULL));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 0);
  g_assert_cmpint (ask_sql ("PRAGMA page_count"), <, 1100); /* the room was given back */
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/outbox-harm/rights", test_rights);
  g_test_add_func ("/outbox-harm/no-file", test_no_file);
  g_test_add_func ("/outbox-harm/newer", test_newer);
  g_test_add_func ("/outbox-harm/not-a-file", test_not_a_file);
  g_test_add_func ("/outbox-harm/directory-is-a-file", test_directory_is_a_file);
  g_test_add_data_func ("/outbox-harm/damaged/zeroes", GINT_TO_POINTER (0), test_damaged_pages);
  g_test_add_data_func ("/outbox-harm/damaged/ones", GINT_TO_POINTER (255), test_damaged_pages);
  g_test_add_data_func ("/outbox-harm/damaged/noise", GINT_TO_POINTER (-1), test_damaged_pages);
  g_test_add_func ("/outbox-harm/truncated", test_truncated);
  g_test_add_data_func ("/outbox-harm/stranger/no-table", "DROP TABLE attempt", test_stranger);
  g_test_add_data_func ("/outbox-harm/stranger/no-column", "ALTER TABLE item DROP COLUMN wish",
                        test_stranger);
  g_test_add_data_func ("/outbox-harm/stranger/negative-version", "PRAGMA user_version = -3", test_stranger);
  g_test_add_func ("/outbox-harm/kept", test_kept);
  g_test_add_func ("/outbox-harm/moved-under-another", test_moved_under_another);
  g_test_add_func ("/outbox-harm/orphan-journal", test_orphan_journal);
  g_test_add_data_func ("/outbox-harm/full-disk/small", GSIZE_TO_POINTER (50000), test_full_disk);
  g_test_add_data_func ("/outbox-harm/full-disk/large", GSIZE_TO_POINTER (3 << 20), test_full_disk);
  g_test_add_data_func ("/outbox-harm/broken-pipe/at-once", GSIZE_TO_POINTER (0), test_broken_pipe);
  g_test_add_data_func ("/outbox-harm/broken-pipe/small", GSIZE_TO_POINTER (100000), test_broken_pipe);
  g_test_add_data_func ("/outbox-harm/broken-pipe/large", GSIZE_TO_POINTER (7 << 20), test_broken_pipe);
  g_test_add_func ("/outbox-harm/killed-writer", test_killed_writer);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

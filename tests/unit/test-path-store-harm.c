/* The path memory on a bad day: many at once, a locked, full, read-only, damaged or newer
 * file. Whatever happens, a process gets a memory that it can use, and the user a warning. */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/mounts.h"
#include "tests/lib/tap.h"
#include "tests/unit/path-store-fixture.h"

#define PROCESSES 50
#define UPDATES 20

/* --- processes of their own ------------------------------------------------------------------ */

/* What a child returns is its exit status. */
static pid_t
begin_child (int (*work) (int), int argument)
{
  pid_t child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (work (argument));
  return child;
}

static int
status_of (pid_t child)
{
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static int
in_child (int (*work) (int), int argument)
{
  return status_of (begin_child (work, argument));
}

/* --- many at once ------------------------------------------------------------------------------- */

static int
update_often (int number)
{
  int lost = 0;
  for (int i = 0; i < UPDATES; i++) {
    g_autofree char *host = g_strdup_printf ("h%d-%d.example", number, i);
    const Path own = { .host = host, .port = 587, .family = FAMILY_IPV4 };
    g_auto (Process) process = process_begin (start);
    path_memory_note_seen (process.memory, HOME, &v6, PATH_SEEN_SILENT, start.ticks);
    path_memory_note_success (process.memory, HOME, &own, start.ticks);
    lost += !process_save (&process, start) || path_store_warning (process.store) ? 1 : 0;
  }
  return lost;
}

static void
add_count (const PathHistory *history, gpointer data)
{
  g_assert_cmpint (history->seen, ==, PATH_SEEN_SILENT);
  *(guint64 *)data += history->count;
}

static void
test_many (void)
{
  pid_t children[PROCESSES];
  guint64 count = 0;
  int lost = 0;
  state_begin ();
  for (int i = 0; i < PROCESSES; i++)
    children[i] = begin_child (update_often, i);
  for (int i = 0; i < PROCESSES; i++)
    lost += status_of (children[i]);
  g_auto (Process) process = process_begin (start);
  assert_sound (&process);
  g_assert_cmpint (lost, ==, 0);
  g_assert_true (path_store_history (process.store, add_count, &count));
  g_assert_cmpuint (count, ==, PROCESSES * UPDATES);
  g_assert_cmpuint (count_entries (process.memory), ==, PROCESSES * UPDATES);
}

static int
read_salt (int number)
{
  guint8 salt[PATH_STORE_SALT];
  g_autoptr (PathStore) store = path_store_new (state_directory ());
  return path_store_salt (store, salt) ? salt[0] & 0x7f : 0xff;
}

static void
test_many_salts (void)
{
  pid_t children[PROCESSES];
  state_begin ();
  for (int i = 0; i < PROCESSES; i++)
    children[i] = begin_child (read_salt, i);
  int expected = in_child (read_salt, 0);
  g_assert_cmpint (expected, !=, 0xff);
  for (int i = 0; i < PROCESSES; i++)
    g_assert_cmpint (status_of (children[i]), ==, expected);
}

/* Killed at any moment, a process leaves a sound file. */
static int
update_for_ever (int number)
{
  for (;;) {
    g_auto (Process) process = process_begin (start);
    path_memory_note_seen (process.memory, HOME, &v6, PATH_SEEN_SILENT, start.ticks);
    process_save (&process, start);
  }
  return 0;
}

static void
test_killed (void)
{
  int status;
  state_begin ();
  for (guint i = 0; i < 40; i++) {
    pid_t child = begin_child (update_for_ever, 0);
    g_usleep (1000 + 700 * i);
    kill (child, SIGKILL);
    waitpid (child, &status, 0);
    learn_silence (start); /* asserts that all is well */
  }
}

/* --- locked --------------------------------------------------------------------------------------- */

static sqlite3 *
open_raw (void)
{
  g_autofree char *name = state_file ("paths.sqlite3");
  sqlite3 *sqlite = NULL;
  g_assert_cmpint (sqlite3_open (name, &sqlite), ==, SQLITE_OK);
  return sqlite;
}

static void
run_raw (sqlite3 *sqlite, const char *sql)
{
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
}

static void
assert_warns (const Process *process, const char *words)
{
  const char *warning = path_store_warning (process->store);
  g_assert_nonnull (warning);
  if (!strstr (warning, words))
    g_error ("\"%s\" isn't in \"%s\"", words, warning);
}

static void
test_locked (void)
{
  state_begin ();
  learn_silence (start);
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, "BEGIN IMMEDIATE");
  g_auto (Process) process = process_begin (later (MINUTE));
  assert_sound (&process); /* who writes doesn't stand in a reader's way */
  g_assert_true (demoted (&process, &v6, later (MINUTE)));
  path_memory_note_success (process.memory, HOME, &v4, later (MINUTE).ticks);
  gint64 began = g_get_monotonic_time ();
  g_assert_false (process_save (&process, later (MINUTE)));
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_USEC_PER_SEC);
  assert_warns (&process, "paths.sqlite3 is locked by another program");
  run_raw (sqlite, "COMMIT");
  sqlite3_close (sqlite);
  g_assert_true (process_save (&process, later (MINUTE))); /* the notes were kept */
  g_auto (Process) second = process_begin (later (MINUTE));
  g_assert_nonnull (entry_of (&second, &v4));
}

static void
test_locked_for_all (void)
{
  state_begin ();
  learn_silence (start);
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  run_raw (sqlite, "UPDATE path SET weak = 0");
  g_auto (Process) process = process_begin (start);
  g_assert_false (process.loaded);
  assert_warns (&process, "is locked by another program");
  g_assert_false (demoted (&process, &v6, start));
  sqlite3_close (sqlite);
}

/* --- what this machine refuses ------------------------------------------------------------------------ */

#define CANNOT 77

static int
use_read_only (int unused)
{
  const char *directory = state_directory ();
  if (!mounts_make_own () || mount (directory, directory, NULL, MS_BIND, NULL) != 0
      || mount (NULL, directory, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
    return CANNOT;
  g_auto (Process) process = process_begin (later (MINUTE));
  assert_sound (&process);
  g_assert_true (demoted (&process, &v6, later (MINUTE)));
  path_memory_note_success (process.memory, HOME, &v4, later (MINUTE).ticks);
  g_assert_false (process_save (&process, later (MINUTE)));
  assert_warns (&process, "paths.sqlite3 can't be used: attempt to write a readonly database");
  return 0;
}

static int
use_unwritable_place (int unused)
{
  const char *folder = test_folder ();
  if (!mounts_make_own () || mount (folder, folder, NULL, MS_BIND, NULL) != 0
      || mount (NULL, folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
    return CANNOT;
  g_auto (Process) process = process_begin (start);
  assert_sound (&process);
  path_memory_note_success (process.memory, HOME, &v4, start.ticks);
  g_assert_false (process_save (&process, start));
  assert_warns (&process, "can't be written: Read-only file system");
  return 0;
}

static int
use_full_disk (int kilobytes)
{
  const char *directory = state_directory ();
  g_autofree char *size = g_strdup_printf ("size=%dk", kilobytes);
  if (!mounts_make_own () || g_mkdir (directory, 0700) != 0
      || mount ("tmpfs", directory, "tmpfs", 0, size) != 0)
    return CANNOT;
  g_auto (Process) process = process_begin (start);
  path_memory_note_success (process.memory, HOME, &v4, start.ticks);
  gboolean saved = process_save (&process, start);
  g_assert_true (saved == (path_store_warning (process.store) == NULL));
  g_assert_nonnull (entry_of (&process, &v4));
  g_auto (Process) second = process_begin (start);
  g_assert_true (!saved || entry_of (&second, &v4));
  return saved ? 1 : 0;
}

static void
in_namespace (int (*work) (int), int argument, int expected)
{
  int status = in_child (work, argument);
  if (status == CANNOT)
    g_test_skip ("no namespaces here");
  else
    g_assert_cmpint (status, ==, expected);
}

static void
test_read_only (void)
{
  state_begin ();
  learn_silence (start);
  in_namespace (use_read_only, 0, 0);
}

static void
test_unwritable_place (void)
{
  state_begin ();
  in_namespace (use_unwritable_place, 0, 0);
}

static void
test_full_disk (gconstpointer data)
{
  state_begin ();
  in_namespace (use_full_disk, GPOINTER_TO_INT (data), 0);
}

static void
test_disk_large_enough (void)
{
  state_begin ();
  in_namespace (use_full_disk, 1024, 1);
}

static int
use_limited (int octets)
{
  struct rlimit limit = { (rlim_t)octets, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_auto (Process) process = process_begin (start);
  path_memory_note_success (process.memory, HOME, &v4, start.ticks);
  gboolean saved = process_save (&process, start);
  g_assert_true (saved == (path_store_warning (process.store) == NULL));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &none), ==, 0);
  g_assert_true (process_save (&process, start)); /* the notes were kept */
  g_auto (Process) second = process_begin (start);
  assert_sound (&second);
  g_assert_nonnull (entry_of (&second, &v4));
  return saved ? 1 : 0;
}

static void
test_size_limit (void)
{
  int n_saved = 0, n = 0;
  for (int octets = 0; octets < 80000; octets += 3511, n++) {
    state_begin ();
    n_saved += in_child (use_limited, octets);
  }
  g_assert_cmpint (n_saved, >, 0);
  g_assert_cmpint (n_saved, <, n);
}

static void
test_not_a_file (void)
{
  state_begin ();
  g_autofree char *name = state_file ("paths.sqlite3");
  g_assert_cmpint (g_mkdir_with_parents (name, 0700), ==, 0);
  g_auto (Process) process = process_begin (start);
  g_assert_false (process.loaded);
  assert_warns (&process, "can't be used: unable to open database file");
  note_silence (&process, &v6, start);
  g_assert_false (process_save (&process, start));
  g_assert_true (demoted (&process, &v6, start));
}

/* Networks whose names mean nothing to others aren't written. */
static void
test_unsalted (void)
{
  guint8 salt[PATH_STORE_SALT];
  state_begin ();
  learn_silence (start);
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, "BEGIN IMMEDIATE");
  g_auto (Process) process = process_begin (start);
  g_assert_false (path_store_salt (process.store, salt));
  run_raw (sqlite, "COMMIT");
  sqlite3_close (sqlite);
  path_memory_note_success (process.memory, "transient", &v4, start.ticks);
  g_assert_false (process_save (&process, start));
  g_auto (Process) second = process_begin (start);
  g_assert_cmpuint (count_entries (second.memory), ==, 1);
}

static void
test_directory_is_a_file (void)
{
  state_begin ();
  g_assert_true (g_file_set_contents (state_directory (), "", 0, NULL));
  g_auto (Process) process = process_begin (start);
  note_silence (&process, &v6, start);
  g_assert_false (process_save (&process, start));
  assert_warns (&process, "state-");
}

static void
test_newer (void)
{
  state_begin ();
  learn_silence (start);
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, "PRAGMA user_version = 2");
  g_auto (Process) process = process_begin (start);
  g_assert_false (process.loaded);
  assert_warns (&process, "belongs to a newer version of toukan");
  note_silence (&process, &v4, start);
  g_assert_false (process_save (&process, start));
  run_raw (sqlite, "PRAGMA user_version = 1"); /* it was left alone */
  sqlite3_close (sqlite);
  g_auto (Process) second = process_begin (start);
  assert_sound (&second);
  g_assert_true (demoted (&second, &v6, start));
  g_assert_false (demoted (&second, &v4, start));
}

/* --- damage --------------------------------------------------------------------------------------------- */

/* A file of many pages, with nothing left in its journal. */
static char *
make_large_file (gsize *ret_size)
{
  char *contents = NULL;
  state_begin ();
  g_auto (Process) process = process_begin (start);
  for (guint i = 0; i < 300; i++) {
    g_autofree char *host = g_strdup_printf ("a-host-with-quite-a-long-name-%u.example", i);
    const Path path = { .host = host, .port = 587, .family = FAMILY_IPV6 };
    note_silence (&process, &path, start);
    path_memory_note_seen (process.memory, HOME, &path, PATH_SEEN_SILENT, start.ticks);
  }
  g_assert_true (process_save (&process, start));
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, "PRAGMA wal_checkpoint (TRUNCATE)");
  sqlite3_close (sqlite);
  g_autofree char *name = state_file ("paths.sqlite3");
  g_assert_true (g_file_get_contents (name, &contents, ret_size, NULL));
  return contents;
}

/* A new directory with that file. */
static void
put_file (const char *contents, gsize size)
{
  state_begin ();
  g_autofree char *name = state_file ("paths.sqlite3");
  g_assert_cmpint (g_mkdir_with_parents (state_directory (), 0700), ==, 0);
  g_assert_true (g_file_set_contents (name, contents, (gssize)size, NULL));
}

static gboolean
has_aside (void)
{
  g_autoptr (GDir) entries = g_dir_open (state_directory (), 0, NULL);
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries))
    if (g_str_has_prefix (name, "paths.sqlite3.corrupt-"))
      return TRUE;
  return FALSE;
}

/* Whatever is in the file: it can be loaded, saved to, and what was saved comes back.
 * Returns whether there was a warning. */
static gboolean
live_with_it (void)
{
  gboolean warned;
  {
    g_auto (Process) process = process_begin (start);
    path_memory_note_success (process.memory, HOME, &v4, start.ticks);
    path_memory_note_seen (process.memory, HOME, &v4, PATH_SEEN_WORKED, start.ticks);
    g_assert_true (process_save (&process, start));
    warned = path_store_warning (process.store) != NULL;
    g_assert_true (warned == has_aside ());
    if (warned)
      assert_warns (&process, "was damaged; it is now ");
  }
  g_auto (Process) second = process_begin (start);
  g_assert_nonnull (entry_of (&second, &v4));
  return warned;
}

static void
test_damaged_pages (gconstpointer data)
{
  gsize size, page = 4096;
  guint n_warned = 0;
  g_autofree char *sound = make_large_file (&size);
  g_assert_cmpuint (size, >, 10 * page);
  for (gsize at = 0; at < size; at += page) {
    g_autofree char *bad = g_memdup2 (sound, size);
    if (GPOINTER_TO_INT (data) >= 0)
      memset (bad + at, GPOINTER_TO_INT (data), page);
    else
      for (gsize i = at; i < at + page; i++)
        bad[i] = (char)g_test_rand_int ();
    put_file (bad, size);
    gboolean warned = live_with_it ();
    g_assert_true (at > 0 || warned);
    n_warned += warned ? 1 : 0;
  }
  g_assert_cmpuint (n_warned, >, size / page / 4);
}

static void
test_truncated (void)
{
  gsize size;
  g_autofree char *sound = make_large_file (&size);
  for (gsize length = 0; length < size; length += 2999) {
    put_file (sound, length);
    gboolean warned = live_with_it ();
    /* Nothing at all is a new file; and the last page may never be read. */
    g_assert_true (warned == (length > 0) || length > size - 4096);
  }
}

static void
test_flipped_octets (void)
{
  gsize size;
  g_autofree char *sound = make_large_file (&size);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *bad = g_memdup2 (sound, size);
    for (guint j = 0; j < 8; j++)
      bad[g_test_rand_int_range (0, (gint32)(i % 2 ? size : 200))] ^= (char)g_test_rand_int_range (1, 256);
    put_file (bad, size);
    g_auto (Process) process = process_begin (start); /* a crash is the only failure */
    path_memory_note_success (process.memory, HOME, &v4, start.ticks);
    process_save (&process, start);
    g_assert_nonnull (entry_of (&process, &v4));
  }
}

static void
test_damaged_journal (void)
{
  char *journal = NULL;
  gsize size;
  state_begin ();
  learn_silence (start);
  g_autofree char *name = state_file ("paths.sqlite3-wal");
  g_assert_true (g_file_get_contents (name, &journal, &size, NULL));
  g_assert_cmpuint (size, >, 0);
  for (gsize at = 0; at < size; at += 1021) {
    g_autofree char *bad = g_memdup2 (journal, size);
    bad[at] ^= 0x55;
    g_assert_true (g_file_set_contents (name, bad, (gssize)size, NULL));
    live_with_it ();
  }
  for (gsize length = 0; length < size; length += 1021) {
    g_assert_true (g_file_set_contents (name, journal, (gssize)length, NULL));
    live_with_it ();
  }
  g_free (journal);
}

static const struct {
  const char *name, *sql;
} strangers[] = {
  { "other-tables", "CREATE TABLE path (colour TEXT); PRAGMA user_version = 1" },
  { "no-tables", "CREATE TABLE colour (name TEXT); PRAGMA user_version = 1" },
  { "no-version", "CREATE TABLE path (colour TEXT)" },
  { "a-negative-version", "PRAGMA user_version = -5" },
};

static void
test_stranger (gconstpointer sql)
{
  state_begin ();
  g_assert_cmpint (g_mkdir_with_parents (state_directory (), 0700), ==, 0);
  sqlite3 *sqlite = open_raw ();
  run_raw (sqlite, sql);
  sqlite3_close (sqlite);
  g_assert_true (live_with_it ());
}

static int
meet_damage (int number)
{
  g_auto (Process) process = process_begin (start);
  path_memory_note_seen (process.memory, HOME, &v6, PATH_SEEN_SILENT, start.ticks);
  return process_save (&process, start) ? 0 : 1;
}

/* Many find the same damage: the file is moved once, and none moves the new one. */
static void
test_damage_met_by_many (void)
{
  pid_t children[PROCESSES];
  guint64 count = 0;
  int lost = 0;
  g_autofree char *nonsense = g_strnfill (9000, 'x');
  put_file (nonsense, 9000);
  for (int i = 0; i < PROCESSES; i++)
    children[i] = begin_child (meet_damage, i);
  for (int i = 0; i < PROCESSES; i++)
    lost += status_of (children[i]);
  g_autoptr (PathStore) store = path_store_new (state_directory ());
  g_assert_true (path_store_history (store, add_count, &count));
  g_assert_cmpuint (count + (guint)lost, ==, PROCESSES);
  g_assert_cmpuint (count, >, 0);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/path-store/many", test_many);
  g_test_add_func ("/path-store/many-salts", test_many_salts);
  g_test_add_func ("/path-store/killed", test_killed);
  g_test_add_func ("/path-store/locked", test_locked);
  g_test_add_func ("/path-store/locked-for-all", test_locked_for_all);
  g_test_add_func ("/path-store/read-only", test_read_only);
  g_test_add_func ("/path-store/unwritable-place", test_unwritable_place);
  for (int kilobytes = 4; kilobytes <= 40; kilobytes += 12) {
    g_autofree char *name = g_strdup_printf ("/path-store/full-disk/%d", kilobytes);
    g_test_add_data_func (name, GINT_TO_POINTER (kilobytes), test_full_disk);
  }
  g_test_add_func ("/path-store/disk-large-enough", test_disk_large_enough);
  g_test_add_func ("/path-store/size-limit", test_size_limit);
  g_test_add_func ("/path-store/not-a-file", test_not_a_file);
  g_test_add_func ("/path-store/directory-is-a-file", test_directory_is_a_file);
  g_test_add_func ("/path-store/unsalted", test_unsalted);
  g_test_add_func ("/path-store/newer", test_newer);
  g_test_add_data_func ("/path-store/damaged/zeroes", GINT_TO_POINTER (0), test_damaged_pages);
  g_test_add_data_func ("/path-store/damaged/ones", GINT_TO_POINTER (255), test_damaged_pages);
  g_test_add_data_func ("/path-store/damaged/noise", GINT_TO_POINTER (-1), test_damaged_pages);
  g_test_add_func ("/path-store/damaged/truncated", test_truncated);
  g_test_add_func ("/path-store/damaged/flipped-octets", test_flipped_octets);
  g_test_add_func ("/path-store/damaged/journal", test_damaged_journal);
  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++) {
    g_autofree char *name = g_strdup_printf ("/path-store/stranger/%s", strangers[i].name);
    g_test_add_data_func (name, strangers[i].sql, test_stranger);
  }
  g_test_add_func ("/path-store/damaged/met-by-many", test_damage_met_by_many);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

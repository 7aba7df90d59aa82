/* The path memory on disk: what comes back, by which clock, shared by how many; and what
 * happens when the disk has nothing good to offer. */
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/path-store-fixture.h"

/* --- there and back ---------------------------------------------------------------------------- */

static void
test_nothing (void)
{
  state_begin ();
  g_auto (Process) process = process_begin (start);
  assert_sound (&process);
  g_assert_true (process_save (&process, start));
  g_assert_false (g_file_test (state_directory (), G_FILE_TEST_EXISTS)); /* nothing learnt, nothing touched */
}

static void
compare_entry (const PathMemoryEntry *entry, gpointer data)
{
  const Path path = { .host = entry->host, .port = entry->port, .family = entry->family };
  const PathMemoryEntry *twin = path_memory_find (data, entry->network, &path);
  g_assert_nonnull (twin);
  g_assert_cmpint (entry->cost, ==, twin->cost);
  g_assert_cmpuint (entry->repetitions, ==, twin->repetitions);
  g_assert_cmpuint (entry->weak_in_a_row, ==, twin->weak_in_a_row);
  g_assert_cmpint (entry->since, ==, twin->since);
  g_assert_cmpint (entry->until, ==, twin->until);
  g_assert_cmpint (entry->last_success, ==, twin->last_success);
  g_assert_true (entry->no_bdat == twin->no_bdat && entry->failed_fast == twin->failed_fast);
  g_assert_cmpint (entry->fast_end, ==, twin->fast_end);
}

static void
learn_everything (PathMemory *memory, Ticks now)
{
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_TLS_STALL, now - 5, now);
  path_memory_note_weak (memory, HOME, &v4, PATH_COST_NO_GREETING, now - 5, now);
  path_memory_note_fast_failure (memory, HOME, &v4_25, ATTEMPT_PROHIBITED, now);
  path_memory_note_no_bdat (memory, "café", &v6, now);
  path_memory_note_success (memory, "café", &other, now);
}

static void
test_roundtrip (void)
{
  state_begin ();
  g_auto (Process) process = process_begin (start);
  learn_everything (process.memory, start.ticks);
  g_assert_true (process_save (&process, later (5)));
  g_auto (Process) second = process_begin (later (7));
  assert_sound (&second);
  g_assert_cmpuint (count_entries (second.memory), ==, 5);
  path_memory_foreach (process.memory, compare_entry, second.memory);
}

/* Of the paths that it speaks of, a process learns what others have learnt meanwhile. */
static void
test_save_brings_what_others_learnt (void)
{
  state_begin ();
  g_auto (Process) first = process_begin (start);
  g_auto (Process) second = process_begin (start);
  path_memory_note_no_bdat (first.memory, HOME, &v4, start.ticks);
  path_memory_note_success (first.memory, HOME, &other, start.ticks);
  g_assert_true (process_save (&first, start));
  path_memory_note_success (second.memory, HOME, &v4, later (5).ticks);
  g_assert_true (process_save (&second, later (5)));
  g_assert_true (entry_of (&second, &v4)->no_bdat);
  g_assert_cmpint (entry_of (&second, &v4)->last_success, ==, later (5).ticks);
  g_assert_null (entry_of (&second, &other));
  g_assert_true (path_store_load (second.store, second.memory, later (6)));
  g_assert_nonnull (entry_of (&second, &other));
}

static void
test_rights (void)
{
  static const char *const names[] = { "paths.sqlite3", "paths.sqlite3-wal", "paths.sqlite3-shm" };
  struct stat place;
  state_begin ();
  learn_silence (start);
  g_assert_cmpint (stat (state_directory (), &place), ==, 0);
  g_assert_cmpint (place.st_mode & 0777, ==, 0700);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = state_file (names[i]);
    g_assert_cmpint (stat (name, &place), ==, 0);
    g_assert_cmpint (place.st_mode & 0777, ==, 0600);
  }
}

/* The same silence seen by two processes counts once; a later one counts. */
static void
test_parallel_evidence (void)
{
  state_begin ();
  g_auto (Process) first = process_begin (start);
  g_auto (Process) second = process_begin (start);
  note_silence (&first, &v6, later (TICKS_PER_SECOND));
  note_silence (&second, &v6, later (2 * TICKS_PER_SECOND));
  g_assert_true (process_save (&first, later (3 * TICKS_PER_SECOND)));
  g_assert_true (process_save (&second, later (3 * TICKS_PER_SECOND)));
  g_assert_cmpuint (entry_of (&second, &v6)->repetitions, ==, 1);
  learn_silence (later (HOUR));
  g_auto (Process) third = process_begin (later (HOUR));
  g_assert_cmpuint (entry_of (&third, &v6)->repetitions, ==, 2);
  g_assert_true (demoted (&third, &v6, later (HOUR + 19 * MINUTE)));
  g_assert_false (demoted (&third, &v6, later (HOUR + 20 * MINUTE)));
}

/* --- clocks -------------------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  Ticks ticks, wall; /* how far each clock has gone since the silence was learnt */
  Ticks left;        /* the path is demoted for so long from then on; 0: not at all */
} ClockRow;

static const ClockRow clock_rows[] = {
  { "at once", 0, 0, 10 * MINUTE },
  { "a minute later", MINUTE, MINUTE, 9 * MINUTE },
  { "just before its end", 10 * MINUTE - 1, 10 * MINUTE - 1, 1 },
  { "at its end", 10 * MINUTE, 10 * MINUTE, 0 },
  { "after a reboot", -HOUR, MINUTE, 9 * MINUTE },
  { "after a reboot, long ago", -HOUR, 3 * HOUR, 0 },
  { "the machine slept", MINUTE, 3 * HOUR, 0 },
  { "the wall clock leapt forward", MINUTE, 400 * TICKS_PER_DAY, 0 },
  { "the wall clock was put back by a second", MINUTE, -TICKS_PER_SECOND, 10 * MINUTE + TICKS_PER_SECOND },
  { "the wall clock was put back by an hour", MINUTE, -HOUR, 0 },
  { "the wall clock was put back by a year", MINUTE, -365 * TICKS_PER_DAY, 0 },
  { "the wall clock began anew, with the machine", -HOUR, -WALL + 1, 0 },
  { "a wall clock out of its mind", MINUTE, G_MAXINT64 - WALL, 0 },
};

static void
test_clock (gconstpointer data)
{
  const ClockRow *row = data;
  const Instant now = { start.ticks + row->ticks, start.wall + row->wall };
  state_begin ();
  learn_silence (start);
  g_auto (Process) process = process_begin (now);
  assert_sound (&process);
  const PathMemoryEntry *entry = entry_of (&process, &v6);
  g_assert_nonnull (entry);
  g_assert_cmpint (entry->since, <=, now.ticks);
  g_assert_cmpint (demoted (&process, &v6, now), ==, row->left > 0);
  if (row->left > 0) {
    g_assert_true (path_memory_demoted (process.memory, HOME, &v6, now.ticks + row->left - 1, NULL));
    g_assert_false (path_memory_demoted (process.memory, HOME, &v6, now.ticks + row->left, NULL));
  }
  /* It can be written with such a clock, too. */
  path_memory_note_success (process.memory, HOME, &v4, now.ticks);
  g_assert_true (process_save (&process, now));
  assert_sound (&process);
}

static void
run_sql (const char *sql)
{
  g_autofree char *name = state_file ("paths.sqlite3");
  sqlite3 *sqlite = NULL;
  g_assert_cmpint (sqlite3_open (name, &sqlite), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (sqlite);
}

typedef struct {
  const char *name, *sql;
  guint n; /* entries that remain */
} StrangeRow;

static const StrangeRow strange_rows[] = {
  { "an end in a thousand years", "UPDATE path SET until = until + 31536000000000000", 1 },
  { "the greatest numbers",
    "UPDATE path SET since = 9223372036854775807, until = 9223372036854775807,"
    " last_success = 9223372036854775807, repetitions = 9223372036854775807, weak = 9223372036854775807",
    1 },
  { "the least numbers",
    "UPDATE path SET since = -9223372036854775808, until = -9223372036854775808,"
    " last_success = -9223372036854775808, repetitions = -1, weak = -9223372036854775808",
    1 },
  { "words for numbers",
    "UPDATE path SET since = 'x', until = 'y', repetitions = x'00', last_success = 1e300", 1 },
  { "a port that is none", "UPDATE path SET port = 70000", 0 },
  { "a negative port", "UPDATE path SET port = -1", 0 },
  { "an unknown family", "UPDATE path SET family = 'IPv8'", 0 },
  { "an unknown cost", "UPDATE path SET cost = 'patience'", 0 },
  { "an end that isn't fast", "UPDATE path SET fast_end = 'silent'", 1 },
  { "a host without end", "UPDATE path SET host = hex(zeroblob(1000))", 0 },
  { "a host that is no text", "UPDATE path SET host = x'ff00ff'", 1 },
};

static void
test_strange (gconstpointer data)
{
  const StrangeRow *row = data;
  state_begin ();
  learn_silence (start);
  run_sql (row->sql);
  g_auto (Process) process = process_begin (start);
  assert_sound (&process);
  g_assert_cmpuint (count_entries (process.memory), ==, row->n);
  g_assert_false (demoted (&process, &v6, later (PATH_MEMORY_LONGEST)));
  path_memory_note_success (process.memory, HOME, &v4, start.ticks);
  g_assert_true (process_save (&process, start));
}

static void
test_pruned (void)
{
  state_begin ();
  learn_silence (start);
  learn_silence (later (-1000 * TICKS_PER_DAY)); /* a clock that was wrong then */
  g_auto (Process) process = process_begin (later (91 * TICKS_PER_DAY));
  g_assert_nonnull (entry_of (&process, &v6));
  path_memory_note_success (process.memory, HOME, &v4, later (91 * TICKS_PER_DAY).ticks);
  g_assert_true (process_save (&process, later (91 * TICKS_PER_DAY)));
  g_auto (Process) second = process_begin (later (91 * TICKS_PER_DAY));
  g_assert_null (entry_of (&second, &v6));
  g_assert_nonnull (entry_of (&second, &v4));
}

static void
test_limit (void)
{
  state_begin ();
  for (guint i = 0; i < 3; i++) {
    g_auto (Process) process = process_begin (later (i));
    for (guint j = 0; j < 500; j++) {
      g_autofree char *host = g_strdup_printf ("h%u-%u.example", i, j);
      const Path path = { .host = host, .port = 25, .family = FAMILY_IPV4 };
      path_memory_note_success (process.memory, HOME, &path, later (i).ticks);
    }
    g_assert_true (process_save (&process, later (i)));
  }
  g_auto (Process) process = process_begin (later (5));
  const Path newest = { .host = "h2-499.example", .port = 25, .family = FAMILY_IPV4 };
  g_assert_cmpuint (count_entries (process.memory), ==, 1024);
  g_assert_nonnull (entry_of (&process, &newest));
}

/* --- history ------------------------------------------------------------------------------------- */

static void
add_history (const PathHistory *history, gpointer data)
{
  g_string_append_printf (
      data, "%s %s/%u/%s %s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
      history->network, history->path.host, history->path.port, family_name (history->path.family),
      path_seen_name (history->seen), history->count, history->first - WALL, history->last - WALL);
}

static void
test_history (void)
{
  state_begin ();
  for (guint i = 0; i < 3; i++) {
    g_auto (Process) process = process_begin (later (i));
    path_memory_note_seen (process.memory, HOME, &v4_25, PATH_SEEN_WORKED, later (i).ticks);
    path_memory_note_seen (process.memory, HOME, &v6, i == 1 ? PATH_SEEN_TLS_STALL : PATH_SEEN_SILENT,
                           later (i).ticks);
    path_memory_note_seen (process.memory, "café", &v6, PATH_SEEN_REFUSED, later (i).ticks);
    g_assert_true (process_save (&process, later (i)));
  }
  g_autoptr (PathStore) store = path_store_new (state_directory ());
  g_autoptr (GString) found = g_string_new (NULL);
  g_assert_true (path_store_history (store, add_history, found));
  g_assert_cmpstr (found->str, ==,
                   "café mail.example/587/IPv6 refused 3 0 2\n"
                   "home mail.example/587/IPv6 silent 2 0 2\n"
                   "home mail.example/587/IPv6 tls-stall 1 1 1\n"
                   "home mail.example/25/IPv4 worked 3 0 2\n");
}

static void
test_forget (void)
{
  guint n = 99;
  state_begin ();
  g_autoptr (PathStore) store = path_store_new (state_directory ());
  g_autoptr (GString) found = g_string_new (NULL);
  g_auto (Process) process = process_begin (start);
  learn_everything (process.memory, start.ticks);
  path_memory_note_seen (process.memory, HOME, &other, PATH_SEEN_WORKED, start.ticks);
  path_memory_note_seen (process.memory, HOME, &v6, PATH_SEEN_WORKED, start.ticks);
  g_assert_true (process_save (&process, start));
  g_assert_true (path_store_forget (store, "nobody.example", &n));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (path_store_forget (store, "mail.example", &n));
  g_assert_cmpuint (n, ==, 4);
  g_assert_true (path_store_history (store, add_history, found));
  g_assert_cmpstr (found->str, ==, "home other.example/587/IPv6 worked 1 0 0\n");
  g_assert_true (path_store_forget (store, NULL, &n));
  g_assert_cmpuint (n, ==, 1);
  g_auto (Process) second = process_begin (start);
  g_assert_cmpuint (count_entries (second.memory), ==, 0);
}

static void
test_salt (void)
{
  guint8 salt[PATH_STORE_SALT], again[PATH_STORE_SALT], third[PATH_STORE_SALT];
  state_begin ();
  g_autoptr (PathStore) store = path_store_new (state_directory ());
  g_autoptr (PathStore) second = path_store_new (state_directory ());
  g_assert_true (path_store_salt (store, salt));
  g_assert_true (path_store_salt (store, again));
  g_assert_true (path_store_salt (second, third));
  g_assert_cmpmem (salt, sizeof salt, again, sizeof again);
  g_assert_cmpmem (salt, sizeof salt, third, sizeof third);
  state_begin ();
  g_autoptr (PathStore) elsewhere = path_store_new (state_directory ());
  g_assert_true (path_store_salt (elsewhere, again));
  g_assert_cmpint (memcmp (salt, again, sizeof salt), !=, 0);
  g_assert_cmpstr (path_store_warning (elsewhere), ==, NULL);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/path-store/nothing", test_nothing);
  g_test_add_func ("/path-store/roundtrip", test_roundtrip);
  g_test_add_func ("/path-store/save-brings-what-others-learnt", test_save_brings_what_others_learnt);
  g_test_add_func ("/path-store/rights", test_rights);
  g_test_add_func ("/path-store/parallel-evidence", test_parallel_evidence);
  for (gsize i = 0; i < G_N_ELEMENTS (clock_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/path-store/clock/%s", clock_rows[i].name);
    g_test_add_data_func (name, &clock_rows[i], test_clock);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (strange_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/path-store/strange/%s", strange_rows[i].name);
    g_test_add_data_func (name, &strange_rows[i], test_strange);
  }
  g_test_add_func ("/path-store/pruned", test_pruned);
  g_test_add_func ("/path-store/limit", test_limit);
  g_test_add_func ("/path-store/history", test_history);
  g_test_add_func ("/path-store/forget", test_forget);
  g_test_add_func ("/path-store/salt", test_salt);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

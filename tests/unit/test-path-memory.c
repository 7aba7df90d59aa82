/* The path memory's arithmetic: what is believed, for how long, and what ends it. */
#include "core/path-memory.h"

#include "../lib/tap.h"

#define HOME "home"
#define START (100 * TICKS_PER_DAY)

static const Path v6 = { .host = "mail.example", .port = 587, .family = FAMILY_IPV6 };
static const Path v4 = { .host = "mail.example", .port = 587, .family = FAMILY_IPV4 };
static const Path v6_25 = { .host = "mail.example", .port = 25, .family = FAMILY_IPV6 };
static const Path other_host = { .host = "other.example", .port = 587, .family = FAMILY_IPV6 };

static gboolean
demoted (PathMemory *memory, const Path *path, Ticks now)
{
  return path_memory_demoted (memory, HOME, path, now, NULL);
}

static void
test_empty (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  g_assert_false (demoted (memory, &v6, START));
  g_assert_null (path_memory_find (memory, HOME, &v6));
  path_memory_free (NULL);
}

static void
test_key (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  g_assert_true (demoted (memory, &v6, START));
  g_assert_false (demoted (memory, &v4, START));
  g_assert_false (demoted (memory, &v6_25, START));
  g_assert_false (demoted (memory, &other_host, START));
  g_assert_false (path_memory_demoted (memory, "café", &v6, START, NULL));
}

static void
test_names_are_copied (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  char network[] = "home", host[] = "mail.example";
  Path path = { .host = host, .port = 587, .family = FAMILY_IPV6 };
  path_memory_note_cost (memory, network, &path, PATH_COST_SILENCE, START, START);
  network[0] = host[0] = 'X';
  g_assert_true (demoted (memory, &v6, START));
}

typedef struct {
  guint repetitions;
  Ticks span;
} SpanRow;

static const SpanRow span_rows[] = {
  { 1, 10 * TICKS_PER_MINUTE },  { 2, 20 * TICKS_PER_MINUTE },   { 3, 40 * TICKS_PER_MINUTE },
  { 4, 80 * TICKS_PER_MINUTE },  { 5, 160 * TICKS_PER_MINUTE },  { 6, 320 * TICKS_PER_MINUTE },
  { 7, 640 * TICKS_PER_MINUTE }, { 8, 1280 * TICKS_PER_MINUTE }, { 9, TICKS_PER_DAY },
  { 10, TICKS_PER_DAY },         { 200, TICKS_PER_DAY },
};

static void
test_span (gconstpointer data)
{
  const SpanRow *row = data;
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (guint i = 0; i < row->repetitions; i++)
    path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_cmpuint (entry->repetitions, ==, row->repetitions);
  g_assert_cmpint (entry->until, ==, START + row->span);
  g_assert_true (demoted (memory, &v6, START + row->span - 1));
  g_assert_false (demoted (memory, &v6, START + row->span));
}

static void
test_repetition_after_expiry (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  Ticks later = START + TICKS_PER_HOUR;
  g_assert_false (demoted (memory, &v6, later));
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_TLS_STALL, later, later);
  const PathMemoryEntry *entry = NULL;
  g_assert_true (path_memory_demoted (memory, HOME, &v6, later, &entry));
  g_assert_cmpint (entry->until, ==, later + 20 * TICKS_PER_MINUTE);
  g_assert_cmpint (entry->since, ==, later);
  g_assert_cmpint (entry->cost, ==, PATH_COST_TLS_STALL);
}

static void
test_success (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_no_bdat (memory, HOME, &v6, START);
  path_memory_note_success (memory, HOME, &v6, START + 1);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_false (demoted (memory, &v6, START + 1));
  g_assert_cmpint (entry->last_success, ==, START + 1);
  g_assert_cmpuint (entry->weak_in_a_row, ==, 0);
  g_assert_true (entry->no_bdat);
  /* Afterwards it begins anew with ten minutes. */
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START + 2, START + 2);
  g_assert_cmpint (entry->until, ==, START + 2 + PATH_MEMORY_FIRST);
}

static void
test_weak (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START + 1, START + 1);
  g_assert_false (demoted (memory, &v6, START + 1));
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_cmpuint (entry->weak_in_a_row, ==, 2);
  g_assert_cmpint (entry->since, ==, START + 1);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START + 2, START + 2);
  g_assert_true (demoted (memory, &v6, START + 2));
  g_assert_cmpuint (entry->repetitions, ==, 1);
  g_assert_cmpuint (entry->weak_in_a_row, ==, 0);
}

static void
test_weak_needs_the_same_network (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_weak (memory, "café", &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  g_assert_false (demoted (memory, &v6, START));
  g_assert_false (path_memory_demoted (memory, "café", &v6, START, NULL));
}

static void
test_weak_row_is_broken (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (guint i = 0; i < 6; i++) {
    if (i == 2)
      path_memory_note_success (memory, HOME, &v6, START);
    if (i == 4)
      path_memory_note_fast_failure (memory, HOME, &v6, ATTEMPT_REFUSED, START);
    path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
    g_assert_false (demoted (memory, &v6, START));
  }
}

static void
test_weak_keeps_the_reason (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_TLS_STALL, START, START);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START + 1, START + 1);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_cmpint (entry->cost, ==, PATH_COST_TLS_STALL);
  g_assert_cmpint (entry->until, ==, START + PATH_MEMORY_FIRST);
}

static void
test_fast_failure (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_fast_failure (memory, HOME, &v6, ATTEMPT_PROHIBITED, START);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_false (demoted (memory, &v6, START));
  g_assert_true (entry->failed_fast);
  g_assert_cmpint (entry->fast_end, ==, ATTEMPT_PROHIBITED);
  g_assert_cmpint (entry->since, ==, START);
  path_memory_note_success (memory, HOME, &v6, START);
  g_assert_false (entry->failed_fast);
  /* It neither lengthens nor ends what is held against a path. */
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_fast_failure (memory, HOME, &v6, ATTEMPT_REFUSED, START + 1);
  g_assert_cmpint (entry->until, ==, START + PATH_MEMORY_FIRST);
  g_assert_cmpint (entry->since, ==, START);
}

static void
count_visit (const PathMemoryEntry *entry, gpointer data)
{
  g_assert_nonnull (entry->host);
  ++*(guint *)data;
}

static guint
count_entries (const PathMemory *memory)
{
  guint n = 0;
  path_memory_foreach (memory, count_visit, &n);
  return n;
}

static void
test_unknown_network (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, NULL, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_weak (memory, NULL, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_success (memory, NULL, &v6, START);
  path_memory_note_fast_failure (memory, NULL, &v6, ATTEMPT_REFUSED, START);
  path_memory_note_no_bdat (memory, NULL, &v6, START);
  g_assert_cmpuint (count_entries (memory), ==, 0);
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  g_assert_false (path_memory_demoted (memory, NULL, &v6, START, NULL));
  g_assert_null (path_memory_find (memory, NULL, &v6));
}

static void
restore_visit (const PathMemoryEntry *entry, gpointer data)
{
  path_memory_restore (data, entry, START + 1);
}

static void
test_restore (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  g_autoptr (PathMemory) again = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_NO_GREETING, START, START);
  path_memory_note_no_bdat (memory, HOME, &v4, START);
  path_memory_note_weak (memory, "café", &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_success (memory, HOME, &other_host, START);
  path_memory_note_fast_failure (memory, HOME, &v6_25, ATTEMPT_REFUSED, START);
  path_memory_foreach (memory, restore_visit, again);
  path_memory_foreach (memory, restore_visit, again); /* replaces, adds nothing */
  g_assert_cmpuint (count_entries (again), ==, 5);
  const PathMemoryEntry *entry = NULL;
  g_assert_true (path_memory_demoted (again, HOME, &v6, START + 1, &entry));
  g_assert_cmpint (entry->cost, ==, PATH_COST_NO_GREETING);
  g_assert_cmpint (entry->until, ==, START + PATH_MEMORY_FIRST);
  g_assert_true (path_memory_find (again, HOME, &v4)->no_bdat);
  g_assert_cmpuint (path_memory_find (again, "café", &v6)->weak_in_a_row, ==, 1);
  g_assert_cmpint (path_memory_find (again, HOME, &other_host)->last_success, ==, START);
  g_assert_true (path_memory_find (again, HOME, &v6_25)->failed_fast);
}

static void
test_restore_from_a_clock_that_jumped (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  const PathMemoryEntry entry = {
    .network = HOME,
    .host = "mail.example",
    .port = 587,
    .family = FAMILY_IPV6,
    .repetitions = 3,
    .since = START + 50 * TICKS_PER_DAY,
    .until = START + 60 * TICKS_PER_DAY,
    .last_success = START + 40 * TICKS_PER_DAY,
  };
  path_memory_restore (memory, &entry, START);
  const PathMemoryEntry *ours = path_memory_find (memory, HOME, &v6);
  g_assert_cmpint (ours->until, ==, START + PATH_MEMORY_LONGEST);
  g_assert_cmpint (ours->since, ==, START);
  g_assert_cmpint (ours->last_success, ==, START);
  g_assert_true (demoted (memory, &v6, START));
  g_assert_false (demoted (memory, &v6, START + PATH_MEMORY_LONGEST));
}

static void
test_restore_refuses_nonsense (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  const PathMemoryEntry good = { .network = HOME, .host = "h", .port = 25, .family = FAMILY_IPV4 };
  PathMemoryEntry bad[5] = { good, good, good, good, good };
  bad[0].network = NULL;
  bad[1].host = NULL;
  bad[2].family = (Family)FAMILY_COUNT;
  bad[3].cost = (PathCost)(PATH_COST_TLS_STALL + 1);
  bad[4].fast_end = (AttemptEnd)(ATTEMPT_OWN_HOST + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    path_memory_restore (memory, &bad[i], START);
  g_assert_cmpuint (count_entries (memory), ==, 0);
  path_memory_restore (memory, &good, START);
  g_assert_cmpuint (count_entries (memory), ==, 1);
}

static void
test_forget (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_cost (memory, HOME, &other_host, PATH_COST_SILENCE, START, START);
  path_memory_note_cost (memory, "café", &v6, PATH_COST_SILENCE, START, START);
  path_memory_note_cost (memory, HOME, &v4, PATH_COST_SILENCE, START, START);
  path_memory_forget (memory, "mail.example");
  g_assert_cmpuint (count_entries (memory), ==, 1);
  g_assert_true (demoted (memory, &other_host, START));
  path_memory_forget (memory, NULL);
  g_assert_cmpuint (count_entries (memory), ==, 0);
}

static void
test_limit (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (guint i = 0; i < 5000; i++) {
    g_autofree char *host = g_strdup_printf ("h%u.example", i);
    Path path = { .host = host, .port = 25, .family = FAMILY_IPV4 };
    path_memory_note_cost (memory, HOME, &path, PATH_COST_SILENCE, START + i, START + i);
    /* What goes on being news stays. */
    path_memory_note_success (memory, HOME, &v6, START + i);
  }
  g_assert_cmpuint (count_entries (memory), ==, 1024);
  g_assert_nonnull (path_memory_find (memory, HOME, &v6));
  const Path latest = { .host = "h4999.example", .port = 25, .family = FAMILY_IPV4 };
  const Path first = { .host = "h0.example", .port = 25, .family = FAMILY_IPV4 };
  g_assert_nonnull (path_memory_find (memory, HOME, &latest));
  g_assert_null (path_memory_find (memory, HOME, &first));
}

/* --- the same evidence, seen by many -------------------------------------------------- */

static void
test_strong_evidence_counts_once (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (guint i = 0; i < 16; i++)
    path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START + 3 + i);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_cmpuint (entry->repetitions, ==, 1);
  g_assert_cmpint (entry->since, ==, START + 3);
  path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START + 20);
  g_assert_cmpuint (entry->weak_in_a_row, ==, 0);
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START + 3, START + 30);
  g_assert_cmpuint (entry->repetitions, ==, 2);
}

static void
test_weak_evidence_counts_once (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (guint i = 0; i < 16; i++)
    path_memory_note_weak (memory, HOME, &v6, PATH_COST_SILENCE, START, START + 1 + i);
  const PathMemoryEntry *entry = path_memory_find (memory, HOME, &v6);
  g_assert_cmpuint (entry->weak_in_a_row, ==, 1);
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_SILENCE, START, START + 20);
  g_assert_cmpuint (entry->repetitions, ==, 1); /* what is stronger counts */
}

/* --- notes ------------------------------------------------------------------------------ */

static void
learn_everything (PathMemory *memory)
{
  path_memory_note_cost (memory, HOME, &v6, PATH_COST_NO_GREETING, START, START + 5);
  path_memory_note_weak (memory, HOME, &v4, PATH_COST_TLS_STALL, START, START + 6);
  path_memory_note_fast_failure (memory, HOME, &v6_25, ATTEMPT_PROHIBITED, START + 7);
  path_memory_note_no_bdat (memory, "café", &v6, START + 8);
  path_memory_note_success (memory, "café", &other_host, START + 9);
  path_memory_note_seen (memory, "café", &other_host, PATH_SEEN_LATE, START + 10);
}

static void
assert_equal_entry (const PathMemoryEntry *entry, gpointer data)
{
  const Path path = { .host = entry->host, .port = entry->port, .family = entry->family };
  const PathMemoryEntry *other = path_memory_find (data, entry->network, &path);
  g_assert_nonnull (other);
  g_assert_cmpint (entry->cost, ==, other->cost);
  g_assert_cmpuint (entry->repetitions, ==, other->repetitions);
  g_assert_cmpuint (entry->weak_in_a_row, ==, other->weak_in_a_row);
  g_assert_cmpint (entry->since, ==, other->since);
  g_assert_cmpint (entry->until, ==, other->until);
  g_assert_cmpint (entry->last_success, ==, other->last_success);
  g_assert_true (entry->no_bdat == other->no_bdat && entry->failed_fast == other->failed_fast);
  g_assert_cmpint (entry->fast_end, ==, other->fast_end);
}

static void
test_notes_replayed (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  g_autoptr (PathMemory) again = path_memory_new ();
  path_memory_keep_notes (memory);
  learn_everything (memory);
  g_autoptr (GPtrArray) notes = path_memory_take_notes (memory);
  g_assert_cmpuint (notes->len, ==, 6);
  for (guint i = 0; i < notes->len; i++)
    path_memory_apply (again, notes->pdata[i]);
  g_assert_cmpuint (count_entries (again), ==, 5);
  path_memory_foreach (memory, assert_equal_entry, again);
  const PathMemoryNote *seen = notes->pdata[5];
  g_assert_cmpint (seen->kind, ==, PATH_NOTE_SEEN);
  g_assert_cmpint (seen->seen, ==, PATH_SEEN_LATE);
  g_assert_cmpint (seen->at, ==, START + 10);
  g_assert_cmpstr (seen->network, ==, "café");
  g_assert_cmpstr (seen->path.host, ==, "other.example");
}

static void
test_notes_taken_and_returned (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_note_seen (memory, HOME, &v6, PATH_SEEN_WORKED, START); /* nobody keeps them yet */
  path_memory_keep_notes (memory);
  path_memory_note_seen (memory, HOME, &v6, PATH_SEEN_WORKED, START + 1);
  GPtrArray *first = path_memory_take_notes (memory);
  g_assert_cmpuint (first->len, ==, 1);
  path_memory_note_seen (memory, HOME, &v6, PATH_SEEN_WORKED, START + 2);
  path_memory_note_seen (memory, NULL, &v6, PATH_SEEN_WORKED, START + 3);
  path_memory_return_notes (memory, first);
  g_autoptr (GPtrArray) both = path_memory_take_notes (memory);
  g_assert_cmpuint (both->len, ==, 2);
  g_assert_cmpint (((PathMemoryNote *)both->pdata[0])->at, ==, START + 1);
  g_assert_cmpint (((PathMemoryNote *)both->pdata[1])->at, ==, START + 2);
  g_autoptr (GPtrArray) none = path_memory_take_notes (memory);
  g_assert_cmpuint (none->len, ==, 0);
}

static void
test_notes_limit (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  path_memory_keep_notes (memory);
  for (guint i = 0; i < 3 * PATH_MEMORY_NOTES; i++)
    path_memory_note_seen (memory, HOME, &v6, PATH_SEEN_WORKED, START + i);
  GPtrArray *notes = path_memory_take_notes (memory);
  g_assert_cmpuint (notes->len, <=, PATH_MEMORY_NOTES);
  g_assert_cmpuint (notes->len, >=, PATH_MEMORY_NOTES / 2);
  const PathMemoryNote *latest = notes->pdata[notes->len - 1];
  g_assert_cmpint (latest->at, ==, START + 3 * PATH_MEMORY_NOTES - 1);
  path_memory_return_notes (memory, notes);
}

/* A memory from disk speaks of times before this clock began. */
static void
test_limit_before_the_clock_began (void)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  for (int i = 0; i < 1024; i++) {
    g_autofree char *host = g_strdup_printf ("h%d.example", i);
    const PathMemoryEntry entry = { .network = HOME, .host = host, .port = 25, .since = -2000 + i };
    path_memory_restore (memory, &entry, START);
  }
  path_memory_note_success (memory, HOME, &v6, START);
  const Path oldest = { .host = "h0.example", .port = 25, .family = FAMILY_IPV6 };
  const Path second = { .host = "h1.example", .port = 25, .family = FAMILY_IPV6 };
  g_assert_nonnull (path_memory_find (memory, HOME, &v6));
  g_assert_null (path_memory_find (memory, HOME, &oldest));
  g_assert_nonnull (path_memory_find (memory, HOME, &second));
}

static void
test_seen_names (void)
{
  for (guint i = 0; i < PATH_SEEN_COUNT; i++) {
    PathSeen seen = PATH_SEEN_WORKED;
    g_assert_true (path_seen_parse (path_seen_name ((PathSeen)i), &seen));
    g_assert_cmpint (seen, ==, i);
  }
  PathSeen untouched = PATH_SEEN_CLOSED;
  g_assert_false (path_seen_parse ("nonsense", &untouched));
  g_assert_cmpint (untouched, ==, PATH_SEEN_CLOSED);
  g_assert_cmpstr (path_seen_name (PATH_SEEN_INSECURE), ==, "insecure");
  g_assert_cmpstr (path_seen_name (PATH_SEEN_TLS_STALL), ==, "tls-stall");
}

static void
test_names (void)
{
  g_assert_cmpstr (path_cost_name (PATH_COST_SILENCE), ==, "silence");
  g_assert_cmpstr (path_cost_name (PATH_COST_NO_GREETING), ==, "no greeting");
  g_assert_cmpstr (path_cost_name (PATH_COST_TLS_STALL), ==, "TLS stall");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/path-memory/empty", test_empty);
  g_test_add_func ("/path-memory/key", test_key);
  g_test_add_func ("/path-memory/names-are-copied", test_names_are_copied);
  for (gsize i = 0; i < G_N_ELEMENTS (span_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/path-memory/span/%u", span_rows[i].repetitions);
    g_test_add_data_func (name, &span_rows[i], test_span);
  }
  g_test_add_func ("/path-memory/repetition-after-expiry", test_repetition_after_expiry);
  g_test_add_func ("/path-memory/success", test_success);
  g_test_add_func ("/path-memory/weak", test_weak);
  g_test_add_func ("/path-memory/weak-needs-the-same-network", test_weak_needs_the_same_network);
  g_test_add_func ("/path-memory/weak-row-is-broken", test_weak_row_is_broken);
  g_test_add_func ("/path-memory/weak-keeps-the-reason", test_weak_keeps_the_reason);
  g_test_add_func ("/path-memory/fast-failure", test_fast_failure);
  g_test_add_func ("/path-memory/unknown-network", test_unknown_network);
  g_test_add_func ("/path-memory/restore", test_restore);
  g_test_add_func ("/path-memory/restore-from-a-clock-that-jumped", test_restore_from_a_clock_that_jumped);
  g_test_add_func ("/path-memory/restore-refuses-nonsense", test_restore_refuses_nonsense);
  g_test_add_func ("/path-memory/forget", test_forget);
  g_test_add_func ("/path-memory/limit", test_limit);
  g_test_add_func ("/path-memory/strong-evidence-counts-once", test_strong_evidence_counts_once);
  g_test_add_func ("/path-memory/weak-evidence-counts-once", test_weak_evidence_counts_once);
  g_test_add_func ("/path-memory/notes/replayed", test_notes_replayed);
  g_test_add_func ("/path-memory/notes/taken-and-returned", test_notes_taken_and_returned);
  g_test_add_func ("/path-memory/notes/limit", test_notes_limit);
  g_test_add_func ("/path-memory/limit-before-the-clock-began", test_limit_before_the_clock_began);
  g_test_add_func ("/path-memory/seen-names", test_seen_names);
  g_test_add_func ("/path-memory/names", test_names);
  return g_test_run ();
}

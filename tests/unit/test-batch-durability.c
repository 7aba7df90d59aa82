/* The power fails at every moment of a batch's life: rows are there when loading has ended, permits
 * before they are given, fates when they are told; and nothing is there in part. Then the same with
 * one fsync left out, for each: the loss must show, or the test proves nothing. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "store/batch.h"
#include "tests/lib/cut-vfs.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

#define NOW (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)
#define N_ROWS 40
#define WINDOW 4
#define N_WINDOWS (N_ROWS / WINDOW)
/* Together more than the journal holds before it is written back. */
#define CONTENT 112000

/* Promises: 1: all is loaded; 2 + W: the permits of window W, and the fates of the one before. */
#define N_PROMISES (2 + N_WINDOWS)

/* --- the life --------------------------------------------------------------------------------- */

static char *
state_new (void)
{
  static guint n;
  g_autofree char *name = g_strdup_printf ("state-%u", n++);

  return g_build_filename (test_folder (), name, NULL);
}

static void
load (Batch *batch)
{
  g_autofree char *content = g_malloc (CONTENT);

  g_assert_true (batch_load_begin (batch, &(BatchLoading){ 0 }, NULL));
  for (guint i = 0; i < N_ROWS; i++) {
    g_autofree char *key = g_strdup_printf ("row %u", i);
    const char *recipients[] = { "you@example.net" };
    BatchRowInput row
        = { .key = key, .recipients = recipients, .n_recipients = 1, .octets = content, .length = CONTENT };
    memset (content, (int)i, CONTENT);
    g_assert_true (batch_load_row (batch, &row, NULL));
  }
  g_assert_true (batch_load_end (batch, FALSE, NULL));
}

static void
send_window (Batch *batch, guint window)
{
  static const Verdict accepted = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_END };
  BatchChange changes[2 * WINDOW] = { 0 };
  gsize n = 0;

  for (guint i = 0; i < WINDOW && window > 0; i++)
    changes[n++] = (BatchChange){ .row = 1 + (window - 1) * WINDOW + i,
                                  .fate = BATCH_ACCEPTED,
                                  .verdict = &accepted,
                                  .path = "25/IPv4 mail" };
  for (guint i = 0; i < WINDOW && window < N_WINDOWS; i++)
    changes[n++] = (BatchChange){ .row = 1 + window * WINDOW + i, .fate = BATCH_IN_DOUBT };
  g_assert_true (batch_record (batch, changes, n, NULL, NOW, NULL));
}

static CutRecord *
live (void)
{
  g_autofree char *state = state_new ();
  g_autofree char *folder = g_build_filename (state, BATCH_FOLDER, NULL);
  g_autoptr (Batch) batch = batch_open (state, "t", TRUE, NULL);
  gint64 holder;

  g_assert_true (batch_take (batch, &holder, NULL));
  cut_vfs_begin (folder);
  load (batch);
  cut_vfs_mark (1);
  for (guint window = 0; window <= N_WINDOWS; window++) {
    send_window (batch, window);
    cut_vfs_mark ((int)window + 2);
  }
  return cut_vfs_end ();
}

/* --- after the cut ------------------------------------------------------------------------------ */

static BatchFate
fate_after (guint row, int promised)
{
  int window = (int)(row / WINDOW);

  if (promised >= window + 3)
    return BATCH_ACCEPTED;
  return promised >= window + 2 ? BATCH_IN_DOUBT : BATCH_WAITING;
}

typedef struct {
  int promised;
  guint n;
  gboolean kept;
} Survey;

/* What was promised, or what the commit under way would make of it. */
static gboolean
check_row (const BatchRow *row, gpointer data)
{
  Survey *survey = data;
  guint number = survey->n++;
  BatchFate fate = row->recipients[0].fate;

  survey->kept = survey->kept && row->size == CONTENT && row->n_recipients == 1
                 && (fate == fate_after (number, survey->promised)
                     || fate == fate_after (number, survey->promised + 1));
  return survey->kept;
}

static gboolean
content_is_whole (Batch *batch, gint64 id)
{
  g_autoptr (BatchReader) reader = batch_read_content (batch, id, NULL);
  guint8 buffer[CONTENT / 10];
  gsize size = 0;

  for (gssize n = 1; n != 0;) {
    n = reader ? batch_reader_read (reader, buffer, sizeof buffer, NULL) : -1;
    if (n < 0)
      return FALSE;
    for (gssize i = 0; i < n; i++)
      if (buffer[i] != (guint8)(id - 1))
        return FALSE;
    size += (gsize)n;
  }
  return size == CONTENT;
}

static gboolean
is_as_promised (Batch *batch, int promised, guint at)
{
  Survey survey = { .promised = promised, .kept = TRUE };
  BatchState state;

  if (!batch_get_state (batch, &state, NULL))
    return FALSE;
  if (state == BATCH_LOADING)
    return promised < 1;
  return batch_visit (batch, 0, check_row, &survey, NULL) && survey.kept && survey.n == N_ROWS
         && content_is_whole (batch, 1 + at % N_ROWS);
}

static gboolean
try_cut (const CutRecord *record, const Cut *cut)
{
  static const char *const names[] = { "t.sqlite3", "t.sqlite3-wal", "t.sqlite3-shm", "batches.leases" };
  g_autofree char *state = state_new ();
  g_autofree char *folder = g_build_filename (state, BATCH_FOLDER, NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  cut_record_restore (record, cut, folder);
  Batch *batch = batch_open (state, "t", FALSE, NULL);
  gboolean kept = batch && !batch_warning (batch)
                  && is_as_promised (batch, cut_record_promised (record, cut->at), cut->at)
                  && !batch_warning (batch);
  batch_close (batch);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = g_build_filename (folder, names[i], NULL);
    g_unlink (name);
  }
  return kept;
}

/* --- all cuts ------------------------------------------------------------------------------------- */

static CutRecord *record;

/* Of the many equal moments of loading some are as good as all. */
static gboolean
is_worth_it (guint at)
{
  return cut_record_promised (record, at) > 0 || at % 41 == 0;
}

static void
test_cuts (gconstpointer data)
{
  CutLoss loss = (CutLoss)GPOINTER_TO_INT (data);
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)g_test_rand_int ());
  guint n = 0;

  for (guint at = 0; at <= cut_record_length (record); at++) {
    const Cut cut = { .at = at, .loss = loss, .random = random, .ignored = -1 };
    if (!is_worth_it (at))
      continue;
    n++;
    if (!try_cut (record, &cut))
      g_error ("a cut before event %u of %u loses what was promised, or breaks the file", at,
               cut_record_length (record));
  }
  g_test_message ("%u cuts of %u events tried", n, cut_record_length (record));
  g_assert_cmpuint (n, >, 100);
}

static gboolean
shows_loss (int ignored, guint first, guint last)
{
  for (guint at = first; at <= last; at++)
    if (at == last || cut_record_promised (record, at) != cut_record_promised (record, at + 1)
        || cut_record_promised (record, at) != cut_record_promised (record, MAX (at, 1) - 1)) {
      const Cut all = { .at = at, .loss = CUT_LOSES_ALL, .ignored = ignored };
      if (!try_cut (record, &all))
        return TRUE;
    }
  return FALSE;
}

static void
test_each_sync (void)
{
  guint promising = 0;

  g_assert_true (shows_loss (CUT_ALL_SYNCS, 0, cut_record_length (record)));
  for (guint sync = 0; sync < cut_record_syncs (record); sync++) {
    guint first, last;
    if (!cut_record_sync_promises (record, sync))
      continue;
    cut_record_sync_range (record, sync, &first, &last);
    promising++;
    if (!shows_loss ((int)sync, first, last))
      g_error ("nothing is lost without sync %u", sync);
  }
  g_assert_cmpuint (promising, >=, N_PROMISES - 1);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  cut_vfs_register ();
  test_folder_make ();
  record = live ();
  g_test_add_data_func ("/batch-durability/all-is-lost", GINT_TO_POINTER (CUT_LOSES_ALL), test_cuts);
  g_test_add_data_func ("/batch-durability/some-is-lost", GINT_TO_POINTER (CUT_LOSES_SOME), test_cuts);
  g_test_add_data_func ("/batch-durability/nothing-is-lost", GINT_TO_POINTER (CUT_LOSES_NONE), test_cuts);
  g_test_add_func ("/batch-durability/each-sync", test_each_sync);
  int result = g_test_run ();
  cut_record_free (record);
  test_folder_remove ();
  return result;
}

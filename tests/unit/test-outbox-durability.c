/* The power fails at every moment of a message's life: what the outbox said was durable is
 * there afterwards, and nothing is there in part. Then the same with one fsync left out, for
 * each fsync: the loss must show, or the test proves nothing. */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/lib/cut-vfs.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/outbox-fixture.h"

/* --- the life -------------------------------------------------------------------------------- */

/* How far an item has come. Each step is durable before the next begins, but for the claim,
 * which nobody can tell from what was before. */
typedef enum { ABSENT, ADDED, IN_DOUBT, DECIDED, RELEASED } Phase;

typedef struct {
  guint item;  /* index into items */
  Phase phase; /* that it reaches with this step */
} Step;

#define N_ITEMS 40
#define LARGE (N_ITEMS - 1)
#define N_STEPS (N_ITEMS * 4)

typedef struct {
  Wish wish;
  gint64 id;
} Item;

static Item items[N_ITEMS];
static Step steps[N_STEPS]; /* promise N is step N - 1 */
static guint n_steps;

static void
plan_step (guint item, Phase phase)
{
  steps[n_steps++] = (Step){ item, phase };
}

/* One is large, every third goes out at once, and the others begin before the first ends; so
 * many that the journal is written back and begun anew. */
static void
plan (void)
{
  for (guint i = 0; i < N_ITEMS; i++)
    items[i].wish = (Wish){ .state = i % 3 == 0 ? OUTBOX_SENDING : OUTBOX_QUEUED,
                            .size = i == LARGE ? (2 << 20) + 70000 : 500 + 400 * (i % 8),
                            .seed = i };
  for (guint i = 0; i < N_ITEMS; i++) {
    plan_step (i, ADDED);
    if (i % 2 == 0)
      for (Phase phase = IN_DOUBT; phase <= RELEASED; phase++)
        plan_step (i / 2, phase);
  }
}

static void
take (Outbox *outbox, Item *item)
{
  g_autoptr (OutboxItem) claimed = NULL;
  const OutboxClaim wanted = { .now = NOW, .only = item->id };
  gint64 next;
  g_assert_true (outbox_claim (outbox, &wanted, &claimed, &next, NULL));
  g_assert_nonnull (claimed);
}

static void
perform (Outbox *outbox, const Step *step)
{
  Item *item = &items[step->item];
  if (step->phase == ADDED)
    item->id = add (outbox, item->wish);
  else if (step->phase == IN_DOUBT && item->wish.state == OUTBOX_QUEUED)
    take (outbox, item);
  if (step->phase == IN_DOUBT)
    permit (outbox, item->id, 0);
  else if (step->phase == DECIDED)
    give_fate (outbox, item->id, 0, OUTCOME_ACCEPTED, FALSE);
  else if (step->phase == RELEASED)
    release (outbox, item->id, OUTBOX_FINISHED, 0);
}

static CutRecord *
live (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  cut_vfs_begin (state_directory ());
  for (guint i = 0; i < n_steps; i++) {
    perform (outbox, &steps[i]);
    cut_vfs_mark ((int)i + 1);
  }
  return cut_vfs_end ();
}

/* --- after the cut --------------------------------------------------------------------------- */

static Phase
phase_of (const OutboxItem *item)
{
  if (!item)
    return ABSENT;
  if (item->state == OUTBOX_FINISHED)
    return RELEASED;
  if (item->verdicts[0].kind == OUTCOME_IN_DOUBT)
    return IN_DOUBT;
  return item->verdicts[0].kind == OUTCOME_ACCEPTED ? DECIDED : ADDED;
}

/* By item: what was promised, and what the step under way at the cut would make of it. */
static void
expect (int promised, Phase lowest[N_ITEMS], Phase highest[N_ITEMS])
{
  memset (lowest, 0, N_ITEMS * sizeof *lowest);
  for (int i = 0; i < promised; i++)
    lowest[steps[i].item] = steps[i].phase;
  memcpy (highest, lowest, N_ITEMS * sizeof *lowest);
  if ((guint)promised < n_steps)
    highest[steps[promised].item] = steps[promised].phase;
}

static gboolean
is_whole (Outbox *outbox, const OutboxItem *item)
{
  g_autoptr (GByteArray) found = g_byte_array_new ();
  g_autoptr (GByteArray) expected = message_of (items[item->id - 1].wish);
  g_autoptr (OutboxReader) reader = outbox_open_message (outbox, item->id, NULL);
  guint8 buffer[65536];
  gssize n = -1;
  while (reader && (n = outbox_read (reader, buffer, sizeof buffer, NULL)) > 0)
    g_byte_array_append (found, buffer, (guint)n);
  return n == 0 && found->len == expected->len && memcmp (found->data, expected->data, found->len) == 0;
}

/* Whole messages are compared only of what the cut may have touched. */
static gboolean
is_kept (Outbox *outbox, guint index, Phase lowest, Phase highest, gboolean touched)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxItem) item = outbox_find (outbox, (gint64)index + 1, &error);
  Phase phase = phase_of (item);
  return !error && phase >= lowest && phase <= highest
         && (phase == ABSENT || phase == RELEASED || !touched || is_whole (outbox, item));
}

/* TRUE: all that was promised is there, and nothing that wasn't begun. */
static gboolean
survives (const CutRecord *record, const Cut *cut)
{
  Phase lowest[N_ITEMS], highest[N_ITEMS];
  int promised = cut_record_promised (record, cut->at);
  gboolean kept = TRUE;

  state_begin ();
  g_assert_cmpint (g_mkdir (state_directory (), 0700), ==, 0);
  cut_record_restore (record, cut, state_directory ());
  g_autoptr (Outbox) outbox = outbox_open (state_directory (), TRUE, NULL);
  if (!outbox || outbox_warning (outbox))
    return FALSE;
  expect (promised, lowest, highest);
  for (guint i = 0; i < N_ITEMS && kept; i++)
    kept = is_kept (outbox, i, lowest[i], highest[i], lowest[i] != highest[i] || i % 16 == cut->at % 16);
  return kept && !outbox_warning (outbox);
}

static void
forget_state (void)
{
  static const char *const names[] = { OUTBOX_NAME, OUTBOX_NAME "-wal", OUTBOX_NAME "-shm", "outbox.leases" };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = state_file (names[i]);
    g_unlink (name);
  }
}

static gboolean
try_cut (const CutRecord *record, const Cut *cut)
{
  gboolean survived = survives (record, cut);
  forget_state ();
  return survived;
}

/* --- all cuts -------------------------------------------------------------------------------- */

static CutRecord *record;

/* Among the many equal moments of a large message some are as good as all. */
static gboolean
is_worth_it (guint at)
{
  int promised = cut_record_promised (record, at);
  gboolean large
      = (guint)promised < n_steps && steps[promised].item == LARGE && steps[promised].phase == ADDED;
  return !large || at % 41 == 0;
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
  g_assert_cmpuint (n, >, 500);
}

/* With the moments right after each promise: the first loss is enough. */
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
test_no_sync (void)
{
  g_assert_true (shows_loss (CUT_ALL_SYNCS, 0, cut_record_length (record)));
}

/* The others belong to the writing back, where SQLite syncs what is durable already. */
static void
test_each_sync (void)
{
  guint needed = 0, promising = 0;
  for (guint sync = 0; sync < cut_record_syncs (record); sync++) {
    guint first, last;
    cut_record_sync_range (record, sync, &first, &last);
    gboolean loses = shows_loss ((int)sync, first, last);
    needed += loses;
    if (!cut_record_sync_promises (record, sync))
      continue;
    promising++;
    if (!loses)
      g_error ("nothing is lost without sync %u", sync);
  }
  g_test_message ("%u of %u syncs are needed; %u come right before a promise", needed,
                  cut_record_syncs (record), promising);
  g_assert_cmpuint (promising, >, n_steps * 3 / 4);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  cut_vfs_register ();
  test_folder_make ();
  plan ();
  record = live ();
  g_test_add_data_func ("/outbox-durability/all-is-lost", GINT_TO_POINTER (CUT_LOSES_ALL), test_cuts);
  g_test_add_data_func ("/outbox-durability/some-is-lost", GINT_TO_POINTER (CUT_LOSES_SOME), test_cuts);
  g_test_add_data_func ("/outbox-durability/nothing-is-lost", GINT_TO_POINTER (CUT_LOSES_NONE), test_cuts);
  g_test_add_func ("/outbox-durability/no-sync-at-all", test_no_sync);
  g_test_add_func ("/outbox-durability/each-sync", test_each_sync);
  int result = g_test_run ();
  cut_record_free (record);
  test_folder_remove ();
  return result;
}

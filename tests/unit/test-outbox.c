/* The outbox on disk: what goes in comes out, whose it is, and what becomes of it. */
#include <string.h>

#include "tests/lib/folder.h"
#include "tests/lib/table.h"
#include "tests/unit/outbox-fixture.h"

static void
test_life (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  const Wish wish = { .state = OUTBOX_QUEUED, .recipients = 2 };
  gint64 id = add (outbox, wish);
  assert_message (outbox, id, wish);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_nonnull (item);
  g_assert_cmpint (item->id, ==, id);
  g_assert_cmpint (item->state, ==, OUTBOX_SENDING);
  g_assert_null (claim (outbox, NOW));
  permit (outbox, id, 0);
  permit (outbox, id, 1);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_IN_DOUBT);
  give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  give_fate (outbox, id, 1, OUTCOME_ACCEPTED, FALSE);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_SENDING);
  release (outbox, id, OUTBOX_FINISHED, 0);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_FINISHED);
  g_assert_false (has_message (outbox, id));
  g_assert_cmpint (act (outbox, id, OUTBOX_REMOVE), ==, OUTBOX_DONE);
  g_assert_cmpuint (count_items (outbox), ==, 0);
}

static void
test_large (gconstpointer data)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  const Wish wish = { .state = OUTBOX_QUEUED, .size = (gsize)GPOINTER_TO_SIZE (data) };
  gint64 id = add (outbox, wish);
  assert_message (outbox, id, wish);
  g_assert_cmpint (act (outbox, id, OUTBOX_CANCEL), ==, OUTBOX_DONE);
  g_assert_false (has_message (outbox, id));
  guint n = 0;
  g_assert_true (outbox_prune (outbox, NOW + 1, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 0);
}

static void
test_acts (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_DRAFT });
  g_assert_cmpint (act (outbox, id, OUTBOX_RELEASE), ==, OUTBOX_DONE);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_QUEUED);
  g_assert_cmpint (act (outbox, id, OUTBOX_HOLD), ==, OUTBOX_DONE);
  g_assert_null (claim (outbox, NOW));
  g_assert_cmpint (act (outbox, id, OUTBOX_RETRY), ==, OUTBOX_DONE);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_nonnull (item);
  g_assert_cmpint (act (outbox, id, OUTBOX_CANCEL), ==, OUTBOX_BUSY);
  g_autoptr (GArray) wishes = outbox_cancel_wishes (outbox, NULL);
  g_assert_cmpuint (wishes->len, ==, 1);
}

int
main (int argc, char **argv)
{
  static const gsize sizes[] = { 1, 65535, 65536, 65537, 2 << 20, (2 << 20) + 1, 9 << 20 };
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/outbox/life", test_life);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *name = g_strdup_printf ("/outbox/size/%" G_GSIZE_FORMAT, sizes[i]);
    g_test_add_data_func (name, GSIZE_TO_POINTER (sizes[i]), test_large);
  }
  g_test_add_func ("/outbox/acts", test_acts);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

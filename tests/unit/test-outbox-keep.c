/* The octets of what is over: there while copies are made of them, and for no longer. */
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/outbox-fixture.h"

#define BIG ((gsize)3 * 1024 * 1024) /* more chunks than go within one transaction */

static gint64
finish_keeping (Outbox *outbox, Wish wish)
{
  gint64 id = add (outbox, wish);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  const OutboxChange change
      = { .kind = OUTBOX_CHANGE_RELEASE, .id = id, .state = OUTBOX_FINISHED, .keeps_message = TRUE };

  g_assert_cmpint (item->id, ==, id);
  give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  g_assert_true (outbox_record (outbox, &change, 1, NOW, NULL));
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_FINISHED);
  return id;
}

static void
test_kept (gconstpointer data)
{
  Wish wish = { .state = OUTBOX_QUEUED, .size = (gsize)GPOINTER_TO_SIZE (data) };
  guint n;

  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = finish_keeping (outbox, wish);
  assert_message (outbox, id, wish);
  g_assert_true (outbox_prune (outbox, 0, &n, NULL));
  assert_message (outbox, id, wish);
  g_assert_true (outbox_forget_message (outbox, id, NULL));
  g_assert_false (has_message (outbox, id));
  g_assert_true (outbox_forget_message (outbox, id, NULL));
  g_assert_true (outbox_prune (outbox, 0, &n, NULL));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 0);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_FINISHED);
}

/* Whoever dies before his copies are made leaves nothing behind. */
static void
test_keeper_gone (void)
{
  Wish wish = { .state = OUTBOX_QUEUED };
  guint n;

  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  Outbox *keeper = open_outbox ();
  gint64 id = finish_keeping (keeper, wish);
  g_assert_true (outbox_prune (outbox, 0, &n, NULL));
  assert_message (outbox, id, wish);
  outbox_close (keeper);
  g_assert_true (outbox_prune (outbox, 0, &n, NULL));
  g_assert_false (has_message (outbox, id));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
}

/* What isn't over is nobody's to forget, and removing what is takes its octets along. */
static void
test_not_over (void)
{
  Wish wish = { .state = OUTBOX_QUEUED };

  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 over = finish_keeping (outbox, wish);
  gint64 id = add (outbox, wish);
  g_assert_true (outbox_forget_message (outbox, id, NULL));
  assert_message (outbox, id, wish);
  g_assert_cmpint (act (outbox, over, OUTBOX_REMOVE), ==, OUTBOX_DONE);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 1);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_data_func ("/outbox-keep/small", GSIZE_TO_POINTER (0), test_kept);
  g_test_add_data_func ("/outbox-keep/big", GSIZE_TO_POINTER (BIG), test_kept);
  g_test_add_func ("/outbox-keep/keeper-gone", test_keeper_gone);
  g_test_add_func ("/outbox-keep/not-over", test_not_over);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

/* The outbox: what waits, and what can be done about it. */
#include <locale.h>
#include <string.h>

#include "../lib/fake-desk.h"
#include "../lib/tap.h"
#include "tui/outbox-screen.h"

static OutboxItem *
item_new (gint64 id, OutboxState state, const char *reason, const char *subject)
{
  OutboxItem *item = g_new0 (OutboxItem, 1);

  item->id = id;
  item->state = state;
  item->reason = g_strdup (reason);
  item->subject = g_strdup (subject);
  item->envelope = envelope_new ("hanako@work.example");
  if (state != OUTBOX_DRAFT)
    envelope_add (item->envelope, "taro@example.net");
  item->pending = g_new0 (gboolean, 1);
  item->verdicts = g_new0 (Verdict, 1);
  return item;
}

static GPtrArray *
some_items (gint64 wall)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  OutboxItem *scheduled = item_new (4, OUTBOX_QUEUED, "scheduled", "Birthday");

  scheduled->not_before = wall + 20 * TICKS_PER_MINUTE;
  g_ptr_array_add (items, item_new (3, OUTBOX_HELD, "user", "Lunch"));
  g_ptr_array_add (items, scheduled);
  g_ptr_array_add (items, item_new (5, OUTBOX_IN_DOUBT, NULL, "年賀状"));
  g_ptr_array_add (items, item_new (6, OUTBOX_DRAFT, NULL, "Half"));
  return items;
}

static Screen *
open_outbox (FakeDesk *fake)
{
  Screen *screen = outbox_screen_new (&fake->desk);

  board_open (fake->board, screen);
  outbox_screen_set (screen, 0, some_items (fake->wall));
  return screen;
}

static void
test_rows (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_outbox (fake);
  g_assert_true (fake_desk_shows (fake, "4 messages"));
  g_assert_true (fake_desk_shows (fake, "held"));
  g_assert_true (fake_desk_shows (fake, "in 20 min"));
  g_assert_true (fake_desk_shows (fake, "IN DOUBT"));
  g_assert_true (fake_desk_shows (fake, "年賀状"));
  g_assert_true (fake_desk_shows (fake, "somebody holds it"));
}

static void
test_nothing (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (40, 12);
  Screen *screen = outbox_screen_new (&fake->desk);

  board_open (fake->board, screen);
  outbox_screen_set (screen, 0, g_ptr_array_new ());
  g_assert_true (fake_desk_shows (fake, "Nothing waits to be sent."));
  fake_desk_press (fake, "r");
  g_assert_cmpstr (fake->log->str, ==, "");
}

typedef struct {
  const char *name;
  guint down;
  const char *key, *expected;
} Act;

static const Act acts[] = {
  { "retry", 0, "r", "act 0/3 0" },
  { "hold", 1, "h", "act 0/4 1" },
  { "release", 0, "l", "act 0/3 2" },
  { "arrived", 2, "a", "act 0/5 4" },
  { "not arrived", 2, "n", "act 0/5 5" },
  { "show", 1, "s", "show 0/4" },
  { "edit", 1, "e", "edit 0/4" },
  { "a draft goes on", 3, "Enter", "edit 0/6" },
  { "enter shows", 0, "Enter", "show 0/3" },
};

static void
test_act (gconstpointer data)
{
  const Act *act = data;
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_outbox (fake);
  fake_desk_draw (fake);
  for (guint i = 0; i < act->down; i++)
    fake_desk_press (fake, "Down");
  fake_desk_press (fake, act->key);
  g_assert_true (fake_desk_was_asked (fake, act->expected));
}

/* What is lost for good is asked for. */
static void
test_drop (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_outbox (fake);
  fake_desk_press (fake, "d");
  g_assert_cmpstr (fake->log->str, ==, "");
  g_assert_true (fake_desk_shows (fake, "Cancel the message? Lunch"));
  fake_desk_press (fake, "n");
  g_assert_cmpstr (fake->log->str, ==, "");
  fake_desk_press (fake, "d");
  fake_desk_press (fake, "y");
  g_assert_true (fake_desk_was_asked (fake, "act 0/3 3"));
}

static void
test_draft_is_not_let_go (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_outbox (fake);
  fake_desk_press (fake, "Ctrl-End");
  fake_desk_press (fake, "l");
  g_assert_cmpstr (fake->log->str, ==, "");
  g_assert_true (fake_desk_shows (fake, "It is a draft"));
}

/* What others change leaves the choice where it is. */
static void
test_follow (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_outbox (fake);
  GPtrArray *items = some_items (fake->wall);

  fake_desk_press (fake, "Down");
  fake_desk_press (fake, "Down");
  g_ptr_array_remove_index (items, 0);
  outbox_screen_set (screen, 0, items);
  fake_desk_press (fake, "s");
  g_assert_true (fake_desk_was_asked (fake, "show 0/5"));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  g_test_add_func ("/outbox/rows", test_rows);
  g_test_add_func ("/outbox/nothing", test_nothing);
  for (gsize i = 0; i < G_N_ELEMENTS (acts); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox/key/%s", acts[i].name);
    g_test_add_data_func (path, &acts[i], test_act);
  }
  g_test_add_func ("/outbox/drop asks", test_drop);
  g_test_add_func ("/outbox/a draft is not let go", test_draft_is_not_let_go);
  g_test_add_func ("/outbox/follows the file", test_follow);
  return g_test_run ();
}

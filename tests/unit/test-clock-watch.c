/* Two clocks: what counts as a jump of one against the other. */
#include "net/clock-watch.h"

#include "tests/lib/tap.h"

typedef struct {
  const char *about;
  Ticks passed; /* by the clock of the main loop */
  gint64 wall;  /* by the time of day, meanwhile */
  gboolean jumped;
} Row;

static const Row rows[] = {
  { "nothing", 0, 0, FALSE },
  { "a minute", TICKS_PER_MINUTE, TICKS_PER_MINUTE, FALSE },
  { "a minute, slewed forward", TICKS_PER_MINUTE, TICKS_PER_MINUTE + 30 * TICKS_PER_MS, FALSE },
  { "a day, slewed by 500 ppm", TICKS_PER_DAY, TICKS_PER_DAY + TICKS_PER_DAY / 2000, FALSE },
  { "a day, slewed back by 500 ppm", TICKS_PER_DAY, TICKS_PER_DAY - TICKS_PER_DAY / 2000, FALSE },
  { "an hour asleep", TICKS_PER_MS, TICKS_PER_HOUR, TRUE },
  { "two seconds asleep", TICKS_PER_MINUTE, TICKS_PER_MINUTE + 2 * TICKS_PER_SECOND, TRUE },
  { "set forward by an hour", TICKS_PER_MINUTE, TICKS_PER_HOUR, TRUE },
  { "set back by an hour", TICKS_PER_MINUTE, -TICKS_PER_HOUR, TRUE },
  { "set back by two seconds", TICKS_PER_MINUTE, TICKS_PER_MINUTE - 2 * TICKS_PER_SECOND, TRUE },
  { "set back to 1970", TICKS_PER_MINUTE, -1700000000 * TICKS_PER_SECOND, TRUE },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  Instant before = { .ticks = 77 * TICKS_PER_DAY, .wall = 1700000000 * TICKS_PER_SECOND };
  Instant now = { .ticks = before.ticks + row->passed, .wall = before.wall + row->wall };

  g_assert_cmpint (clock_has_jumped (&before, &now), ==, row->jumped);
}

static void
never (gpointer data)
{
  g_assert_not_reached ();
}

static gboolean
stop (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_quiet (void)
{
  ClockWatch *watch = clock_watch_new (never, NULL);
  gboolean over = FALSE;

  g_timeout_add (100, stop, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  clock_watch_free (watch);
  clock_watch_free (NULL);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/clock-watch/%s", rows[i].about);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/clock-watch/says nothing when nothing happens", test_quiet);
  return g_test_run ();
}

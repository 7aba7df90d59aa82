/* Durations as people write them, and sums that never run over. */
#include "base/ticks.h"
#include "tests/lib/tap.h"

static const struct {
  const char *text;
  gboolean good;
  Ticks span;
} parse_rows[] = {
  { "0", TRUE, 0 },
  { "0s", TRUE, 0 },
  { "00", TRUE, 0 },
  { "250ms", TRUE, 250 * TICKS_PER_MS },
  { "10us", TRUE, 10 },
  { "3s", TRUE, 3 * TICKS_PER_SECOND },
  { "3 s", TRUE, 3 * TICKS_PER_SECOND },
  { "5min", TRUE, 5 * TICKS_PER_MINUTE },
  { "2h", TRUE, 2 * TICKS_PER_HOUR },
  { "5d", TRUE, 5 * TICKS_PER_DAY },
  { "9223372036854775807us", TRUE, G_MAXINT64 },
  { "9223372036854775808us", FALSE, 0 },
  { "106751992d", FALSE, 0 },
  { "99999999999999999999999s", FALSE, 0 },
  { "", FALSE, 0 },
  { " 3s", FALSE, 0 },
  { "3", FALSE, 0 },
  { "3 ", FALSE, 0 },
  { "s", FALSE, 0 },
  { "-3s", FALSE, 0 },
  { "+3s", FALSE, 0 },
  { "1.5s", FALSE, 0 },
  { "3m", FALSE, 0 },
  { "3S", FALSE, 0 },
  { "3sec", FALSE, 0 },
  { "3s ", FALSE, 0 },
  { "3s4ms", FALSE, 0 },
  { "0x3s", FALSE, 0 },
};

static void
test_parse (gconstpointer data)
{
  const gsize row = GPOINTER_TO_SIZE (data);
  Ticks span = -42;
  g_assert_cmpint (ticks_parse (parse_rows[row].text, &span), ==, parse_rows[row].good);
  g_assert_cmpint (span, ==, parse_rows[row].good ? parse_rows[row].span : -42);
}

static const struct {
  Ticks span;
  const char *text;
} show_rows[] = {
  { 0, "0" },
  { 1, "1us" },
  { 250 * TICKS_PER_MS, "250ms" },
  { 1500 * TICKS_PER_MS, "1500ms" },
  { 3 * TICKS_PER_SECOND, "3s" },
  { 90 * TICKS_PER_SECOND, "90s" },
  { 60 * TICKS_PER_SECOND, "1min" },
  { 10 * TICKS_PER_MINUTE, "10min" },
  { 36 * TICKS_PER_HOUR, "36h" },
  { 5 * TICKS_PER_DAY, "5d" },
  { TICKS_NEVER, "9223372036854775807us" },
};

static void
test_show (gconstpointer data)
{
  const gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *text = ticks_to_string (show_rows[row].span);
  g_assert_cmpstr (text, ==, show_rows[row].text);
  Ticks again = -1;
  g_assert_true (ticks_parse (text, &again));
  g_assert_cmpint (again, ==, show_rows[row].span);
}

static void
test_after (void)
{
  g_assert_cmpint (ticks_after (5, 7), ==, 12);
  g_assert_cmpint (ticks_after (5, -7), ==, -2);
  g_assert_cmpint (ticks_after (TICKS_NEVER, -1), ==, TICKS_NEVER);
  g_assert_cmpint (ticks_after (-1, TICKS_NEVER), ==, TICKS_NEVER);
  g_assert_cmpint (ticks_after (TICKS_NEVER - 1, 2), ==, TICKS_NEVER);
  g_assert_cmpint (ticks_after (G_MININT64, -1), ==, G_MININT64);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (parse_rows); i++) {
    g_autofree char *name
        = g_strdup_printf ("/ticks/parse/%" G_GSIZE_FORMAT " \"%s\"", i, parse_rows[i].text);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_parse);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (show_rows); i++) {
    g_autofree char *name = g_strconcat ("/ticks/show/", show_rows[i].text, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_show);
  }
  g_test_add_func ("/ticks/after", test_after);
  return g_test_run ();
}

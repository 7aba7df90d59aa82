/* Moments as people write and read them, at two times of the year and in zones with and
 * without summer time. */
#include "base/error.h"
#include "cli/when.h"
#include "tests/lib/table.h"

/* Wednesday. */
#define NOW "2026-11-25T14:05:30+09:00"
#define ZONE "Asia/Tokyo"

static GTimeZone *
zone_named (const char *name)
{
  GTimeZone *zone = g_time_zone_new_identifier (name);
  g_assert_nonnull (zone);
  return zone;
}

static gint64
wall (const char *iso)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (iso, NULL);
  g_assert_nonnull (date);
  return g_date_time_to_unix (date) * TICKS_PER_SECOND + g_date_time_get_microsecond (date);
}

static const struct parse {
  const char *about; /* what is written */
  const char *then;  /* NULL: refused */
  const char *zone, *now;
} parses[] = {
  { "9:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "09:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "14:05", "2026-11-26T14:05:00+09", ZONE, NOW },
  { "14:06", "2026-11-25T14:06:00+09", ZONE, NOW },
  { "17:30", "2026-11-25T17:30:00+09", ZONE, NOW },
  { "17:30:15", "2026-11-25T17:30:15+09", ZONE, NOW },
  { "  17:30 ", "2026-11-25T17:30:00+09", ZONE, NOW },
  { "at 17:30", "2026-11-25T17:30:00+09", ZONE, NOW },
  { "today 18:00", "2026-11-25T18:00:00+09", ZONE, NOW },
  { "18:00 today", "2026-11-25T18:00:00+09", ZONE, NOW },
  { "TODAY  at 18:00", "2026-11-25T18:00:00+09", ZONE, NOW },
  { "tomorrow", "2026-11-26T14:05:30+09", ZONE, NOW },
  { "Tomorrow 9:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "tomorrow, 9:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "tomorrow noon", "2026-11-26T12:00:00+09", ZONE, NOW },
  { "noon", "2026-11-26T12:00:00+09", ZONE, NOW },
  { "noon (in the morning)", NULL, ZONE, NOW },
  { "midnight", "2026-11-26T00:00:00+09", ZONE, NOW },
  { "tomorrow midnight", "2026-11-26T00:00:00+09", ZONE, NOW },
  { "wednesday 15:00", "2026-11-25T15:00:00+09", ZONE, NOW },
  { "wednesday 9:00", "2026-12-02T09:00:00+09", ZONE, NOW },
  { "wednesday", "2026-12-02T14:05:30+09", ZONE, NOW },
  { "next wednesday 15:00", "2026-12-02T15:00:00+09", ZONE, NOW },
  { "monday 8:30", "2026-11-30T08:30:00+09", ZONE, NOW },
  { "next friday", "2026-11-27T14:05:30+09", ZONE, NOW },
  { "NEXT Friday 9:00", "2026-11-27T09:00:00+09", ZONE, NOW },
  { "sunday midnight", "2026-11-29T00:00:00+09", ZONE, NOW },
  { "in 2 hours", "2026-11-25T16:05:30+09", ZONE, NOW },
  { "in 1 hour", "2026-11-25T15:05:30+09", ZONE, NOW },
  { "in 30 minutes", "2026-11-25T14:35:30+09", ZONE, NOW },
  { "in 90 s", "2026-11-25T14:07:00+09", ZONE, NOW },
  { "in 3 days", "2026-11-28T14:05:30+09", ZONE, NOW },
  { "in 2 weeks", "2026-12-09T14:05:30+09", ZONE, NOW },
  { "in 1 hour 30 minutes", "2026-11-25T15:35:30+09", ZONE, NOW },
  { "IN 2 Hours", "2026-11-25T16:05:30+09", ZONE, NOW },
  { "+2h", "2026-11-25T16:05:30+09", ZONE, NOW },
  { "+30min", "2026-11-25T14:35:30+09", ZONE, NOW },
  { "+ 1d12h", "2026-11-27T02:05:30+09", ZONE, NOW },
  { "+0s", "2026-11-25T14:05:30+09", ZONE, NOW },
  { "2026-11-26", "2026-11-26T14:05:30+09", ZONE, NOW },
  { "2026-11-26 9:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "2026-11-26 09:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "2026-11-26T09:00", "2026-11-26T09:00:00+09", ZONE, NOW },
  { "2026-11-26t09:00:10", "2026-11-26T09:00:10+09", ZONE, NOW },
  { "2026-11-26T09:00:10.5", "2026-11-26T09:00:10.5+09", ZONE, NOW },
  { "2026-11-26T09:00Z", "2026-11-26T18:00:00+09", ZONE, NOW },
  { "2026-11-26 09:00 z", "2026-11-26T18:00:00+09", ZONE, NOW },
  { "2026-11-26 09:00:00 +01:00", "2026-11-26T17:00:00+09", ZONE, NOW },
  { "2026-11-26T09:00-0500", "2026-11-26T23:00:00+09", ZONE, NOW },
  { "2026-11-26T09:00+01", "2026-11-26T17:00:00+09", ZONE, NOW },
  { "2028-02-29 12:00", "2028-02-29T12:00:00+09", ZONE, NOW },
  /* past */
  { "today 9:00", NULL, ZONE, NOW },
  { "today midnight", NULL, ZONE, NOW },
  { "2026-11-25 14:05", NULL, ZONE, NOW },
  { "2026-11-25T05:00Z", NULL, ZONE, NOW },
  { "1969-01-01 00:00", NULL, ZONE, NOW },
  /* nonsense */
  { "", NULL, ZONE, NOW },
  { "  ", NULL, ZONE, NOW },
  { "9", NULL, ZONE, NOW },
  { "9:0", NULL, ZONE, NOW },
  { "24:00", NULL, ZONE, NOW },
  { "9:60", NULL, ZONE, NOW },
  { "9:00:60", NULL, ZONE, NOW },
  { "9:00:00:00", NULL, ZONE, NOW },
  { "009:00", NULL, ZONE, NOW },
  { "9:00 10:00", NULL, ZONE, NOW },
  { "today tomorrow", NULL, ZONE, NOW },
  { "next", NULL, ZONE, NOW },
  { "next 9:00", NULL, ZONE, NOW },
  { "next tomorrow", NULL, ZONE, NOW },
  { "next next friday", NULL, ZONE, NOW },
  { "in", NULL, ZONE, NOW },
  { "in 2", NULL, ZONE, NOW },
  { "in hours", NULL, ZONE, NOW },
  { "in -2 hours", NULL, ZONE, NOW },
  { "in 2 fortnights", NULL, ZONE, NOW },
  { "in 1234567 days", NULL, ZONE, NOW },
  { "+", NULL, ZONE, NOW },
  { "2h", NULL, ZONE, NOW },
  { "2026-02-30 09:00", NULL, ZONE, NOW },
  { "2026-13-01", NULL, ZONE, NOW },
  { "2026-11-26T25:00", NULL, ZONE, NOW },
  { "2026-11-26T09:00+99:99", NULL, ZONE, NOW },
  { "99999-11-26", NULL, ZONE, NOW },
  /* The clocks change: 2027-03-28 2:00 becomes 3:00, 2026-10-25 3:00 becomes 2:00. */
  { "tomorrow 2:30", "2027-03-28T03:00:00+02:00", "Europe/Berlin", "2027-03-27T12:00:00+01:00" },
  { "tomorrow 12:00", "2027-03-28T12:00:00+02:00", "Europe/Berlin", "2027-03-27T12:00:00+01:00" },
  { "in 1 day", "2027-03-28T12:00:00+02:00", "Europe/Berlin", "2027-03-27T12:00:00+01:00" },
  { "in 24 hours", "2027-03-28T13:00:00+02:00", "Europe/Berlin", "2027-03-27T12:00:00+01:00" },
  { "2027-03-28T02:30", "2027-03-28T03:00:00+02:00", "Europe/Berlin", "2027-03-27T12:00:00+01:00" },
  { "3:00", "2026-10-25T03:00:00+01:00", "Europe/Berlin", "2026-10-24T23:00:00+02:00" },
  { "in 3 hours", "2026-10-25T02:00:00+01:00", "Europe/Berlin", "2026-10-25T00:00:00+02:00" },
};

static void
test_parse (gconstpointer data)
{
  const struct parse *row = data;
  g_autoptr (GTimeZone) zone = zone_named (row->zone);
  g_autoptr (GError) error = NULL;
  gint64 time = -42;
  const gboolean good = when_parse_in (row->about, wall (row->now), zone, &time, &error);
  g_assert_cmpint (good, ==, row->then != NULL);
  g_assert_cmpint (time, ==, row->then ? wall (row->then) : -42);
  if (!good)
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE);
}

/* A time that the clocks show twice is one of the two. */
static void
test_twice (void)
{
  g_autoptr (GTimeZone) zone = zone_named ("Europe/Berlin");
  gint64 time = 0;
  g_assert_true (when_parse_in ("2:30", wall ("2026-10-24T23:00:00+02:00"), zone, &time, NULL));
  g_assert_true (time == wall ("2026-10-25T02:30:00+02:00") || time == wall ("2026-10-25T02:30:00+01:00"));
}

static void
test_words (void)
{
  g_autoptr (GTimeZone) zone = zone_named (ZONE);
  g_autoptr (GError) past = NULL, nonsense = NULL, hostile = NULL;
  gint64 time;
  g_assert_false (when_parse_in ("today 9:00", wall (NOW), zone, &time, &past));
  g_assert_cmpstr (past->message, ==,
                   "\"today 9:00\" is past: that was today 9:00, and now it is today 14:05");
  g_assert_false (when_parse_in ("soon", wall (NOW), zone, &time, &nonsense));
  g_assert_cmpstr (nonsense->message, ==,
                   "\"soon\" is no time; write for example \"17:30\", \"tomorrow 9:00\", \"monday 8:30\", "
                   "\"in 2 hours\" or \"2026-11-25 09:00\"");
  g_assert_false (when_parse_in ("\033[2J", wall (NOW), zone, &time, &hostile));
  g_assert_null (strchr (hostile->message, '\033'));
  g_assert_false (when_parse_in ("\xff\xfe 9:00", wall (NOW), zone, &time, NULL));
}

static const struct format {
  const char *about; /* the moment */
  const char *plain, *near;
} formats[] = {
  { "2026-11-25T14:05:30+09:00", "today 14:05", "now" },
  { "2026-11-25T14:05:50+09:00", "today 14:05", "in 20 s" },
  { "2026-11-25T14:10:30+09:00", "today 14:10", "in 5 min" },
  { "2026-11-25T15:04:59+09:00", "today 15:04", "in 59 min" },
  { "2026-11-25T15:05:00+09:00", "today 15:05", "today 15:05" },
  { "2026-11-25T14:05:00+09:00", "today 14:05", "1 min ago" },
  { "2026-11-25T14:05:10+09:00", "today 14:05", "20 s ago" },
  { "2026-11-25T09:00:00+09:00", "today 9:00", "today 9:00" },
  { "2026-11-26T09:00:00+09:00", "tomorrow 9:00", "tomorrow 9:00" },
  { "2026-11-24T23:59:59+09:00", "yesterday 23:59", "yesterday 23:59" },
  { "2026-11-27T09:00:00+09:00", "2026-11-27 09:00", "2026-11-27 09:00" },
  { "2026-11-25T15:00:00Z", "tomorrow 0:00", "tomorrow 0:00" },
};

static void
test_format (gconstpointer data)
{
  const struct format *row = data;
  g_autoptr (GTimeZone) zone = zone_named (ZONE);
  g_autofree char *plain = when_format_in (wall (row->about), wall (NOW), zone);
  g_autofree char *near = when_format_near_in (wall (row->about), wall (NOW), zone);
  g_assert_cmpstr (plain, ==, row->plain);
  g_assert_cmpstr (near, ==, row->near);
}

static void
test_never (void)
{
  g_autofree char *plain = when_format (0, wall (NOW)), *near = when_format_near (0, wall (NOW));
  g_autofree char *far = when_format (G_MAXINT64, wall (NOW));
  g_assert_cmpstr (plain, ==, "-");
  g_assert_cmpstr (near, ==, "-");
  g_assert_cmpstr (far, ==, "?");
  g_assert_null (when_format_iso (0));
  g_autofree char *iso = when_format_iso (wall (NOW));
  g_assert_cmpstr (iso, ==, "2026-11-25T05:05:30Z");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/when/parse", parses, test_parse);
  TABLE_ADD ("/when/format", formats, test_format);
  g_test_add_func ("/when/twice", test_twice);
  g_test_add_func ("/when/words", test_words);
  g_test_add_func ("/when/never", test_never);
  return g_test_run ();
}

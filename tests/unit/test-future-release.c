/* Future release: its times, and which parameter a server is given. */
#include "core/command.h"
#include "core/future-release.h"
#include "tests/lib/table.h"

#define SECOND G_GINT64_CONSTANT (1000000)

static const struct time_row {
  const char *about; /* what is read */
  gint64 seconds;    /* -1: refused */
  const char *again; /* NULL: written as it was read */
} time_rows[] = {
  { "1970-01-01T00:00:00Z", 0, NULL },
  { "1970-12-31T23:59:59Z", 31535999, NULL },
  { "1999-12-31T23:59:59Z", 946684799, NULL },
  { "2000-02-29T12:00:00Z", 951825600, NULL },
  { "2000-03-01T00:00:00Z", 951868800, NULL },
  { "2026-11-25T09:00:00Z", 1795597200, NULL },
  { "2028-02-29T00:00:00Z", 1835395200, NULL },
  { "2028-12-31T23:59:59Z", 1861919999, NULL },
  { "2100-03-01T00:00:00Z", 4107542400, NULL },
  { "9999-12-31T23:59:59Z", 253402300799, NULL },
  { "2026-11-25t09:00:00z", 1795597200, "2026-11-25T09:00:00Z" },
  { "2026-11-25T18:00:00+09:00", 1795597200, "2026-11-25T09:00:00Z" },
  { "2026-11-25T03:30:00-05:30", 1795597200, "2026-11-25T09:00:00Z" },
  { "2026-11-25T08:59:60Z", 1795597200, "2026-11-25T09:00:00Z" },
  { "1970-01-01T00:00:00-00:01", 60, "1970-01-01T00:01:00Z" },
  { "1970-01-01T00:00:00+00:01", -1, NULL },
  { "1969-12-31T23:59:59Z", -1, NULL },
  { "2026-02-29T00:00:00Z", -1, NULL },
  { "2100-02-29T00:00:00Z", -1, NULL },
  { "2026-00-01T00:00:00Z", -1, NULL },
  { "2026-13-01T00:00:00Z", -1, NULL },
  { "2026-11-00T00:00:00Z", -1, NULL },
  { "2026-11-31T00:00:00Z", -1, NULL },
  { "2026-11-25T24:00:00Z", -1, NULL },
  { "2026-11-25T09:60:00Z", -1, NULL },
  { "2026-11-25T09:00:61Z", -1, NULL },
  { "2026-11-25T09:00:00", -1, NULL },
  { "2026-11-25T09:00:00ZZ", -1, NULL },
  { "2026-11-25T09:00:00.Z", -1, NULL },
  { "2026-11-25T09:00Z", -1, NULL },
  { "2026-11-25 09:00:00Z", -1, NULL },
  { "2026-11-25T09:00:00+0900", -1, NULL },
  { "2026-11-25T09:00:00+24:00", -1, NULL },
  { "2026-11-25T09:00:00+09:60", -1, NULL },
  { "26-11-25T09:00:00Z", -1, NULL },
  { "2026-1-25T09:00:00Z", -1, NULL },
  { "+026-11-25T09:00:00Z", -1, NULL },
  { "", -1, NULL },
};

static void
test_time (gconstpointer data)
{
  const struct time_row *row = data;
  gint64 time = -42;
  g_assert_cmpint (future_release_read_time (row->about, &time), ==, row->seconds >= 0);
  g_assert_cmpint (time, ==, row->seconds >= 0 ? row->seconds * SECOND : -42);
  if (row->seconds < 0)
    return;
  g_autofree char *again = future_release_write_time (time);
  g_assert_cmpstr (again, ==, row->again ? row->again : row->about);
}

static void
test_fraction (void)
{
  gint64 time = 0;
  g_assert_true (future_release_read_time ("2026-11-25T09:00:00.25Z", &time));
  g_assert_cmpint (time, ==, 1795597200 * SECOND + 250000);
  g_autofree char *later = future_release_write_time (time);
  g_assert_cmpstr (later, ==, "2026-11-25T09:00:01Z");
  g_assert_true (future_release_read_time ("2026-11-25T09:00:00.1234567890123456789012345Z", &time));
  g_assert_cmpint (time, ==, 1795597200 * SECOND + 123456);
}

/* Every day of four hundred years, which is all that the calendar has. */
static void
test_every_day (void)
{
  for (gint64 day = 0; day < 146097; day++) {
    gint64 time = 0;
    g_autofree char *text = future_release_write_time (day * 86400 * SECOND);
    g_assert_true (future_release_read_time (text, &time));
    g_assert_cmpint (time, ==, day * 86400 * SECOND);
  }
}

#define OFFER "FUTURERELEASE 604800 2026-11-30T00:00:00Z"
#define NINE (1795597200 * SECOND) /* 2026-11-25T09:00:00Z */

static const struct parameter_row {
  const char *about;
  const char *offer;
  gint64 until;
  guint64 span;
  gboolean possible;
  const char *parameter;
} parameter_rows[] = {
  { "no wish", OFFER, 0, 0, TRUE, "" },
  { "no wish, nothing offered", "", 0, 0, TRUE, "" },
  { "nothing offered", "", NINE, 60, FALSE, "" },
  { "the moment", OFFER, NINE, 60, TRUE, " HOLDUNTIL=2026-11-25T09:00:00Z" },
  { "the last moment", OFFER, NINE + 4 * 86400 * SECOND + 15 * 3600 * SECOND, 604801, TRUE,
    " HOLDUNTIL=2026-11-30T00:00:00Z" },
  { "past the last moment", OFFER, NINE + 4 * 86400 * SECOND + 15 * 3600 * SECOND + 1, 604801, FALSE, "" },
  { "past the last moment, by a clock that is wrong", OFFER, NINE + 5 * 86400 * SECOND, 604800, TRUE,
    " HOLDFOR=604800" },
  { "no last moment", "FUTURERELEASE 60", NINE, 60, TRUE, " HOLDFOR=60" },
  { "too long", "FUTURERELEASE 60", NINE, 61, FALSE, "" },
  { "a last moment that is none", "FUTURERELEASE 60 tomorrow", NINE, 60, TRUE, " HOLDFOR=60" },
  { "no limits at all", "FUTURERELEASE", NINE, 60, FALSE, "" },
  { "a limit that is none", "FUTURERELEASE 1234567890 x", NINE, 60, FALSE, "" },
};

static void
test_parameter (gconstpointer data)
{
  const struct parameter_row *row = data;
  g_autofree char *text = g_strdup_printf ("mx\n%s", row->offer);
  g_autoptr (Reply) reply = reply_new (250, text);
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  g_autoptr (Envelope) plain = envelope_new ("a@b");
  plain->hold_until = row->until;
  plain->hold_for = row->span;
  g_autoptr (Envelope) envelope = envelope_copy (plain);
  g_autoptr (GString) mail = g_string_new (NULL);
  const BodyForm form = { 0 };
  g_assert_cmpint (future_release_is_possible (envelope, capabilities), ==, row->possible);
  g_assert_true (command_mail (mail, envelope, &form, capabilities));
  g_autofree char *expected = g_strdup_printf ("MAIL FROM:<a@b>%s\r\n", row->parameter);
  g_assert_cmpstr (mail->str, ==, expected);
}

static void
test_wish (void)
{
  g_autoptr (Envelope) envelope = envelope_new ("a@b");
  g_assert_cmpint (future_release_moment (envelope, NINE), ==, 0);
  future_release_refresh (envelope, NINE);
  g_assert_cmpint (envelope->hold_until, ==, 0);

  envelope->hold_for = 60;
  g_assert_cmpint (future_release_moment (envelope, NINE), ==, NINE + 60 * SECOND);
  future_release_refresh (envelope, NINE);
  g_assert_cmpint (envelope->hold_until, ==, NINE + 60 * SECOND);
  g_assert_cmpuint (envelope->hold_for, ==, 60);
  future_release_refresh (envelope, NINE + 58 * SECOND + 1);
  g_assert_cmpuint (envelope->hold_for, ==, 2);
  g_assert_cmpint (future_release_moment (envelope, NINE), ==, NINE + 60 * SECOND);
  future_release_refresh (envelope, NINE + 60 * SECOND);
  g_assert_cmpint (envelope->hold_until, ==, 0);
  g_assert_cmpuint (envelope->hold_for, ==, 0);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/future-release/time", time_rows, test_time);
  TABLE_ADD ("/future-release/parameter", parameter_rows, test_parameter);
  g_test_add_func ("/future-release/fraction", test_fraction);
  g_test_add_func ("/future-release/every day", test_every_day);
  g_test_add_func ("/future-release/wish", test_wish);
  return g_test_run ();
}

/* Dates by arithmetic alone, since the library's would ask for time zones; and which of
 * the two parameters a server understands. */
#include "core/future-release.h"

#include <string.h>

#include "base/ticks.h"

#define SECONDS_PER_DAY ((gint64)86400)
#define FIRST_YEAR 1970

/* --- the calendar ------------------------------------------------------------------------- */

static gboolean
is_leap_year (gint64 year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static gint64
days_of_month (gint64 year, gint64 month)
{
  static const guint8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  return days[month - 1] + (month == 2 && is_leap_year (year) ? 1 : 0);
}

/* From 1970-01-01 to the first day of YEAR. */
static gint64
days_before_year (gint64 year)
{
  const gint64 before = year - 1;
  const gint64 first = FIRST_YEAR - 1;
  return (year - FIRST_YEAR) * 365 + (before / 4 - first / 4) - (before / 100 - first / 100)
         + (before / 400 - first / 400);
}

/* --- RFC 3339 ------------------------------------------------------------------------------ */

/* Numbers of SHAPE ("0000-00-00T00:00:00": a run of 0 is a number, T goes without case) at
 * the start of TEXT; how many octets, or 0. */
static gsize
read_shape (const char *text, const char *shape, gint64 *numbers)
{
  gsize at = 0;
  for (; shape[at] != '\0'; at++) {
    if (shape[at] != '0') {
      if (g_ascii_toupper (text[at]) != shape[at])
        return 0;
      continue;
    }
    if (!g_ascii_isdigit (text[at]))
      return 0;
    if (at == 0 || shape[at - 1] != '0')
      *numbers++ = 0;
    numbers[-1] = numbers[-1] * 10 + g_ascii_digit_value (text[at]);
  }
  return at;
}

/* "Z" or "+09:00", to the end of TEXT; in seconds. */
static gboolean
read_zone (const char *text, gint64 *ret_offset)
{
  gint64 numbers[2] = { 0 };
  *ret_offset = 0;
  if (g_ascii_toupper (*text) == 'Z')
    return text[1] == '\0';
  if (*text != '+' && *text != '-')
    return FALSE;
  const gsize length = read_shape (text + 1, "00:00", numbers);
  if (length == 0 || text[1 + length] != '\0' || numbers[0] > 23 || numbers[1] > 59)
    return FALSE;
  *ret_offset = (numbers[0] * 60 + numbers[1]) * 60 * (*text == '-' ? -1 : 1);
  return TRUE;
}

/* ".25": µs; *AT moves behind it. */
static gboolean
read_fraction (const char **at, gint64 *ret_fraction)
{
  gint64 unit = TICKS_PER_SECOND;
  *ret_fraction = 0;
  if (**at != '.')
    return TRUE;
  for ((*at)++; g_ascii_isdigit (**at); (*at)++)
    *ret_fraction += g_ascii_digit_value (**at) * (unit /= 10);
  return (*at)[-1] != '.';
}

gboolean
future_release_read_time (const char *text, gint64 *ret_time)
{
  enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, N_NUMBERS };
  gint64 n[N_NUMBERS] = { 0 }, fraction, offset;
  const gsize length = read_shape (text, "0000-00-00T00:00:00", n);
  const char *rest = text + length;
  if (length == 0 || !read_fraction (&rest, &fraction) || !read_zone (rest, &offset))
    return FALSE;
  /* A leap second is the one after it. */
  if (n[YEAR] < FIRST_YEAR || n[MONTH] < 1 || n[MONTH] > 12 || n[DAY] < 1
      || n[DAY] > days_of_month (n[YEAR], n[MONTH]) || n[HOUR] > 23 || n[MINUTE] > 59 || n[SECOND] > 60)
    return FALSE;
  gint64 days = days_before_year (n[YEAR]) + n[DAY] - 1;
  for (gint64 month = 1; month < n[MONTH]; month++)
    days += days_of_month (n[YEAR], month);
  const gint64 seconds = days * SECONDS_PER_DAY + (n[HOUR] * 60 + n[MINUTE]) * 60 + n[SECOND] - offset;
  if (seconds < 0)
    return FALSE;
  *ret_time = seconds * TICKS_PER_SECOND + fraction;
  return TRUE;
}

char *
future_release_write_time (gint64 time)
{
  g_assert (time >= 0);
  const gint64 seconds = time / TICKS_PER_SECOND + (time % TICKS_PER_SECOND != 0 ? 1 : 0);
  const gint64 of_day = seconds % SECONDS_PER_DAY;
  gint64 days = seconds / SECONDS_PER_DAY;
  gint64 year = FIRST_YEAR + days / 366, month = 1;
  while (days_before_year (year + 1) <= days)
    year++;
  for (days -= days_before_year (year); days >= days_of_month (year, month); month++)
    days -= days_of_month (year, month);
  return g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)days + 1,
                          (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

/* --- the wish --------------------------------------------------------------------------------- */

gint64
future_release_moment (const Envelope *envelope, gint64 now)
{
  if (envelope->hold_until != 0 || envelope->hold_for == 0)
    return envelope->hold_until;
  return now + (gint64)envelope->hold_for * TICKS_PER_SECOND;
}

void
future_release_refresh (Envelope *envelope, gint64 now)
{
  const gint64 moment = future_release_moment (envelope, now);
  const gboolean ahead = moment > now;
  envelope->hold_until = ahead ? moment : 0;
  envelope->hold_for = ahead ? (guint64)((moment - now + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND) : 0;
}

/* --- what a server can do -------------------------------------------------------------------- */

typedef enum { HOLD_NOT, HOLD_UNTIL, HOLD_FOR } HoldParameter;

/* The moment is said rather than the span, where the server names its last one: it stays
 * true however long the command is on its way. */
static HoldParameter
choose_parameter (const Envelope *envelope, const Capabilities *capabilities)
{
  if (!capabilities_have (capabilities, CAPABILITY_FUTURERELEASE))
    return HOLD_NOT;
  if (envelope->hold_until != 0 && envelope->hold_until <= capabilities->future_release_until)
    return HOLD_UNTIL;
  if (envelope->hold_for != 0 && envelope->hold_for <= capabilities->future_release_interval)
    return HOLD_FOR;
  return HOLD_NOT;
}

gboolean
future_release_is_possible (const Envelope *envelope, const Capabilities *capabilities)
{
  return (envelope->hold_until == 0 && envelope->hold_for == 0)
         || choose_parameter (envelope, capabilities) != HOLD_NOT;
}

void
future_release_append (GString *out, const Envelope *envelope, const Capabilities *capabilities)
{
  g_autofree char *until = NULL;
  switch (choose_parameter (envelope, capabilities)) {
  case HOLD_UNTIL:
    until = future_release_write_time (envelope->hold_until);
    g_string_append_printf (out, " HOLDUNTIL=%s", until);
    break;
  case HOLD_FOR:
    g_string_append_printf (out, " HOLDFOR=%" G_GUINT64_FORMAT, envelope->hold_for);
    break;
  case HOLD_NOT:
    break;
  }
}

/* A moment is a span from now, a date of ISO 8601, or words for a day and a time of day.
 * Days are counted by the calendar, so that "in 3 days" keeps the time of day when the
 * clocks change meanwhile. A time of day that the change leaves out is the moment of
 * the change. */
#include "engine/when.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#define LONGEST_TEXT 100 /* octets */
#define LONGEST_COUNT 6  /* digits: a thousand years of days */

typedef struct {
  const char *text; /* in lower case */
  gint64 now;
  GTimeZone *zone;
  GDateTime *today; /* NOW in ZONE */
} Moment;

static gint64
wall_of (GDateTime *date)
{
  return g_date_time_to_unix (date) * TICKS_PER_SECOND + g_date_time_get_microsecond (date);
}

static GDateTime *
date_of (gint64 wall, GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall / TICKS_PER_SECOND);
  g_autoptr (GDateTime) local = utc ? g_date_time_to_timezone (utc, zone) : NULL;
  return local ? g_date_time_add (local, wall % TICKS_PER_SECOND) : NULL;
}

/* --- spans ------------------------------------------------------------------------------ */

static const struct {
  const char *name;
  Ticks span; /* 0: days of the calendar */
  int days;
} units[] = {
  /* clang-format off */
  { "ms", TICKS_PER_MS, 0 },
  { "s", TICKS_PER_SECOND, 0 },   { "sec", TICKS_PER_SECOND, 0 },
  { "second", TICKS_PER_SECOND, 0 }, { "seconds", TICKS_PER_SECOND, 0 },
  { "min", TICKS_PER_MINUTE, 0 }, { "mins", TICKS_PER_MINUTE, 0 },
  { "minute", TICKS_PER_MINUTE, 0 }, { "minutes", TICKS_PER_MINUTE, 0 },
  { "h", TICKS_PER_HOUR, 0 },     { "hour", TICKS_PER_HOUR, 0 }, { "hours", TICKS_PER_HOUR, 0 },
  { "d", 0, 1 },                  { "day", 0, 1 },               { "days", 0, 1 },
  { "week", 0, 7 },               { "weeks", 0, 7 },
  /* clang-format on */
};

/* One count with its unit, from *AT on. */
static gboolean
take_span (const char **at, Ticks *span, int *days)
{
  const gsize digits = strspn (*at, "0123456789");
  if (digits == 0 || digits > LONGEST_COUNT)
    return FALSE;
  const gint64 count = g_ascii_strtoll (*at, NULL, 10);
  *at += digits;
  *at += strspn (*at, " ");
  const gsize length = strspn (*at, "abcdefghijklmnopqrstuvwxyz");
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (strlen (units[i].name) == length && strncmp (units[i].name, *at, length) == 0) {
      *span += count * units[i].span;
      *days += (int)count * units[i].days;
      *at += length;
      *at += strspn (*at, " ");
      return TRUE;
    }
  return FALSE;
}

/* "in 2 hours", "+2h", "in 1 day 12 hours" */
static gboolean
parse_span (const Moment *moment, gint64 *ret_time)
{
  const char *at = moment->text;
  Ticks span = 0;
  int days = 0, n = 0;
  if (*at == '+')
    at++;
  else if (g_str_has_prefix (at, "in "))
    at += strlen ("in ");
  else
    return FALSE;
  at += strspn (at, " ");
  for (; *at != '\0' && n < (int)G_N_ELEMENTS (units); n++)
    if (!take_span (&at, &span, &days))
      return FALSE;
  if (n == 0 || *at != '\0')
    return FALSE;
  g_autoptr (GDateTime) day = g_date_time_add_days (moment->today, days);
  g_autoptr (GDateTime) date = day ? g_date_time_add (day, span) : NULL;
  if (!date)
    return FALSE;
  *ret_time = wall_of (date);
  return TRUE;
}

/* --- ISO 8601 ---------------------------------------------------------------------------- */

/* GLib reads it, but not without seconds, nor a blank before the zone. */
static gboolean
parse_iso (const Moment *moment, gint64 *ret_time)
{
  g_autoptr (GRegex) regex = g_regex_new (
      "^(\\d{4}-\\d\\d-\\d\\d)[t ] *(\\d\\d:\\d\\d)(:\\d\\d([.,]\\d{1,6})?)? *(z|[+-]\\d\\d(:?\\d\\d)?)?$",
      G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_assert (regex != NULL);
  if (!g_regex_match (regex, moment->text, G_REGEX_MATCH_DEFAULT, &match))
    return FALSE;
  g_autofree char *day = g_match_info_fetch (match, 1), *minute = g_match_info_fetch (match, 2);
  g_autofree char *second = g_match_info_fetch (match, 3), *zone = g_match_info_fetch (match, 5);
  g_autofree char *upper = zone ? g_ascii_strup (zone, -1) : NULL;
  g_autofree char *whole
      = g_strconcat (day, "T", minute, second && *second ? second : ":00", upper ? upper : "", NULL);
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (whole, moment->zone);
  if (!date)
    return FALSE;
  *ret_time = wall_of (date);
  return TRUE;
}

/* --- words ------------------------------------------------------------------------------- */

typedef enum {
  DAY_NONE,
  DAY_OFFSET, /* .days from today */
  DAY_OF_WEEK,
  DAY_DATE,
} DayKind;

typedef struct {
  DayKind kind;
  int days;    /* DAY_OFFSET */
  int weekday; /* DAY_OF_WEEK: 1 is Monday, as GDateTime has it */
  gboolean next;
  int year, month, day; /* DAY_DATE */
  gboolean timed;
  int hour, minute, second;
} Words;

/* Each in one word; the translation is understood beside the English. */
static const struct {
  const char *word;
  DayKind kind;
  int value;
} day_words[] = {
  /* clang-format off */
  { N_ ("today"), DAY_OFFSET, 0 },      { N_ ("tomorrow"), DAY_OFFSET, 1 },
  { N_ ("monday"), DAY_OF_WEEK, 1 },    { N_ ("tuesday"), DAY_OF_WEEK, 2 },
  { N_ ("wednesday"), DAY_OF_WEEK, 3 }, { N_ ("thursday"), DAY_OF_WEEK, 4 },
  { N_ ("friday"), DAY_OF_WEEK, 5 },    { N_ ("saturday"), DAY_OF_WEEK, 6 },
  { N_ ("sunday"), DAY_OF_WEEK, 7 },
  /* clang-format on */
};

static const struct {
  const char *word;
  int hour;
} time_words[] = { { N_ ("noon"), 12 }, { N_ ("midnight"), 0 } };

static char *
fold (const char *text)
{
  return g_utf8_validate (text, -1, NULL) ? g_utf8_strdown (text, -1) : g_ascii_strdown (text, -1);
}

static gboolean
word_is (const char *word, const char *english)
{
  g_autofree char *translated = fold (_ (english));
  return strcmp (word, english) == 0 || strcmp (word, translated) == 0;
}

static gboolean
take_day_word (const char *word, Words *words)
{
  for (gsize i = 0; i < G_N_ELEMENTS (day_words); i++)
    if (word_is (word, day_words[i].word)) {
      words->kind = day_words[i].kind;
      words->days = words->weekday = day_words[i].value;
      return TRUE;
    }
  return FALSE;
}

/* WORD as "N:NN" or "N-NN-NN"; *RET_N is how many numbers there are. */
static gboolean
read_numbers (const char *word, char separator, int *numbers, int *ret_n)
{
  int n = 0;
  for (;;) {
    const gsize digits = strspn (word, "0123456789");
    if (n == 3 || digits == 0 || digits > 4 || (n > 0 && digits != 2))
      return FALSE;
    numbers[n++] = (int)g_ascii_strtoll (word, NULL, 10);
    word += digits;
    if (*word == '\0')
      break;
    if (*word++ != separator)
      return FALSE;
  }
  *ret_n = n;
  return TRUE;
}

static gboolean
take_date (const char *word, Words *words)
{
  int numbers[3], n;
  if (strlen (word) != strlen ("2026-11-25") || !read_numbers (word, '-', numbers, &n) || n != 3)
    return FALSE;
  words->kind = DAY_DATE;
  words->year = numbers[0];
  words->month = numbers[1];
  words->day = numbers[2];
  return TRUE;
}

static gboolean
take_time (const char *word, Words *words)
{
  int numbers[3] = { 0 }, n;
  for (gsize i = 0; i < G_N_ELEMENTS (time_words); i++)
    if (word_is (word, time_words[i].word)) {
      words->hour = time_words[i].hour;
      return TRUE;
    }
  if (!read_numbers (word, ':', numbers, &n) || n < 2 || strcspn (word, ":") > 2)
    return FALSE;
  words->hour = numbers[0];
  words->minute = numbers[1];
  words->second = numbers[2];
  return words->hour < 24 && words->minute < 60 && words->second < 60;
}

/* A day, a time, or both in either order; "next" before a day of the week, "at" before a time. */
static gboolean
read_words (const char *text, Words *words)
{
  g_auto (GStrv) list = g_strsplit_set (text, " ,", -1);
  for (gsize i = 0; list[i]; i++) {
    if (*list[i] == '\0' || word_is (list[i], "at"))
      continue;
    if (!words->next && words->kind == DAY_NONE && word_is (list[i], N_ ("next"))) {
      words->next = TRUE;
      continue;
    }
    if (words->kind == DAY_NONE && (take_day_word (list[i], words) || take_date (list[i], words)))
      continue;
    if (words->timed || !take_time (list[i], words))
      return FALSE;
    words->timed = TRUE;
  }
  if (words->next && words->kind != DAY_OF_WEEK)
    return FALSE;
  return words->timed || words->kind != DAY_NONE;
}

/* The moment of WORDS on the day that is DAYS from today. */
static gboolean
moment_on_day (const Moment *moment, const Words *words, int days, gint64 *ret_time)
{
  g_autoptr (GDateTime) day = g_date_time_add_days (moment->today, days);
  if (!day)
    return FALSE;
  const gboolean dated = words->kind == DAY_DATE;
  g_autoptr (GDateTime) date
      = g_date_time_new (moment->zone, dated ? words->year : g_date_time_get_year (day),
                         dated ? words->month : g_date_time_get_month (day),
                         dated ? words->day : g_date_time_get_day_of_month (day),
                         words->timed ? words->hour : g_date_time_get_hour (day),
                         words->timed ? words->minute : g_date_time_get_minute (day),
                         words->timed ? words->second : g_date_time_get_second (day));
  if (!date)
    return FALSE;
  *ret_time = wall_of (date);
  return TRUE;
}

static gboolean
parse_words (const Moment *moment, gint64 *ret_time)
{
  Words words = { .kind = DAY_NONE };
  int days = 0, again = 0; /* where that is past: so many days later */
  if (!read_words (moment->text, &words))
    return FALSE;
  if (words.kind == DAY_NONE) {
    again = 1;
  } else if (words.kind == DAY_OFFSET) {
    days = words.days;
  } else if (words.kind == DAY_OF_WEEK) {
    days = (words.weekday - g_date_time_get_day_of_week (moment->today) + 7) % 7;
    days = days == 0 && words.next ? 7 : days;
    again = 7;
  }
  if (!moment_on_day (moment, &words, days, ret_time))
    return FALSE;
  return *ret_time > moment->now || again == 0 || moment_on_day (moment, &words, days + again, ret_time);
}

/* --- reading ----------------------------------------------------------------------------- */

static gboolean
refuse_unknown (const char *text, GError **error)
{
  g_autofree char *shown = visible_text (text, MIN ((gssize)strlen (text), LONGEST_TEXT));
  g_set_error (
      error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
      _ ("\"%s\" is no time; write for example \"17:30\", \"tomorrow 9:00\", \"monday 8:30\", \"in 2 hours\" "
         "or \"2026-11-25 09:00\""),
      shown);
  return FALSE;
}

static gboolean
refuse_past (const char *text, const Moment *moment, gint64 time, GError **error)
{
  g_autofree char *shown = visible_text (text, -1);
  g_autofree char *then = when_format_in (time, moment->now, moment->zone);
  g_autofree char *now = when_format_in (moment->now, moment->now, moment->zone);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("\"%s\" is past: that was %s, and now it is %s"),
               shown, then, now);
  return FALSE;
}

gboolean
when_parse_in (const char *text, gint64 now, GTimeZone *zone, gint64 *ret_time, GError **error)
{
  static gboolean (*const forms[]) (const Moment *, gint64 *) = { parse_span, parse_iso, parse_words };
  g_autofree char *lower = fold (text);
  g_autoptr (GDateTime) today = date_of (now, zone);
  const Moment moment = { g_strstrip (lower), now, zone, today };
  gint64 time;

  g_assert (today != NULL);
  if (strlen (text) > LONGEST_TEXT)
    return refuse_unknown (text, error);
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    if (forms[i](&moment, &time)) {
      if (time < now)
        return refuse_past (text, &moment, time, error);
      *ret_time = time;
      return TRUE;
    }
  return refuse_unknown (text, error);
}

gboolean
when_parse (const char *text, gint64 now, gint64 *ret_time, GError **error)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  return when_parse_in (text, now, zone, ret_time, error);
}

/* --- writing ----------------------------------------------------------------------------- */

/* Days of the calendar from ONE to OTHER. */
static int
days_between (GDateTime *one, GDateTime *other)
{
  GDate from, to;
  g_date_set_dmy (&from, (GDateDay)g_date_time_get_day_of_month (one),
                  (GDateMonth)g_date_time_get_month (one), (GDateYear)g_date_time_get_year (one));
  g_date_set_dmy (&to, (GDateDay)g_date_time_get_day_of_month (other),
                  (GDateMonth)g_date_time_get_month (other), (GDateYear)g_date_time_get_year (other));
  return g_date_days_between (&from, &to);
}

char *
when_format_in (gint64 time, gint64 now, GTimeZone *zone)
{
  if (time == 0)
    return g_strdup ("-");
  g_autoptr (GDateTime) date = date_of (time, zone);
  g_autoptr (GDateTime) today = date_of (now, zone);
  if (!date || !today)
    return g_strdup ("?");
  g_autofree char *clock = g_date_time_format (date, "%-H:%M");
  switch (days_between (today, date)) {
  case -1:
    return g_strdup_printf (_ ("yesterday %s"), clock);
  case 0:
    return g_strdup_printf (_ ("today %s"), clock);
  case 1:
    return g_strdup_printf (_ ("tomorrow %s"), clock);
  default:
    return g_date_time_format (date, "%Y-%m-%d %H:%M");
  }
}

char *
when_format (gint64 time, gint64 now)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  return when_format_in (time, now, zone);
}

char *
when_format_near_in (gint64 time, gint64 now, GTimeZone *zone)
{
  const gint64 away = time - now;
  const int minutes = (int)((ABS (away) + TICKS_PER_MINUTE / 2) / TICKS_PER_MINUTE);
  if (time == 0 || ABS (away) >= TICKS_PER_HOUR - TICKS_PER_MINUTE / 2)
    return when_format_in (time, now, zone);
  if (ABS (away) < TICKS_PER_SECOND)
    return g_strdup (_ ("now"));
  if (minutes == 0)
    return g_strdup_printf (away > 0 ? _ ("in %d s") : _ ("%d s ago"), (int)(ABS (away) / TICKS_PER_SECOND));
  return g_strdup_printf (away > 0 ? _ ("in %d min") : _ ("%d min ago"), minutes);
}

char *
when_format_near (gint64 time, gint64 now)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  return when_format_near_in (time, now, zone);
}

char *
when_format_iso (gint64 time)
{
  g_autoptr (GDateTime) date = time != 0 ? g_date_time_new_from_unix_utc (time / TICKS_PER_SECOND) : NULL;
  return date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

/* Moments as people write them (`--at`) and read them. Times are of the wall clock, µs
 * since 1970; what is written without a zone is meant in the local one, or in ZONE for the
 * functions …_in(), which are pure. */
#pragma once

#include "base/ticks.h"

/* TEXT, as seen at NOW: "9:00", "tomorrow 9:00", "monday 8:30", "next friday", "noon", "in 2
 * hours", "+30min", "2026-11-25 09:00", "2026-11-25T09:00:00+01:00". A day without a time
 * keeps the present time of day; a time without a day is the next one. FALSE with
 * TOUKAN_ERROR_USAGE: it is none of these, or past. */
gboolean when_parse (const char *text, gint64 now, gint64 *ret_time, GError **error);
gboolean when_parse_in (const char *text, gint64 now, GTimeZone *zone, gint64 *ret_time, GError **error);

/* TIME as seen at NOW: "today 14:05", "tomorrow 9:00", "yesterday 9:00", "2026-11-25 09:00";
 * "-" for 0. Free with g_free(). */
char    *when_format (gint64 time, gint64 now);
char    *when_format_in (gint64 time, gint64 now, GTimeZone *zone);

/* The same, but "in 5 min", "now", "5 min ago" for what is less than an hour away. Free
 * with g_free(). */
char    *when_format_near (gint64 time, gint64 now);
char    *when_format_near_in (gint64 time, gint64 now, GTimeZone *zone);

/* For programs: ISO 8601 in UTC; NULL for 0. Free with g_free(). */
char    *when_format_iso (gint64 time);

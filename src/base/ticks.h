/* Time as the whole program counts it: microseconds of a clock that never goes
 * back. Pure rooms are handed the present as a Ticks and hand back the Ticks at
 * which they want to be asked again; only net/clock reads a clock. */
#pragma once

#include <glib.h>

typedef gint64 Ticks;

#define TICKS_PER_MS     ((Ticks) 1000)
#define TICKS_PER_SECOND ((Ticks) 1000000)
#define TICKS_PER_MINUTE (60 * TICKS_PER_SECOND)
#define TICKS_PER_HOUR   (60 * TICKS_PER_MINUTE)
#define TICKS_PER_DAY    (24 * TICKS_PER_HOUR)

/* "No deadline": later than any time. */
#define TICKS_NEVER      G_MAXINT64

/* One moment by both clocks, for times that outlive the process: by the other clock of
 * this computer, which people set and which may go back. */
typedef struct {
  Ticks  ticks;
  gint64 wall; /* µs since 1970, UTC */
} Instant;

/* now + span without running over; TICKS_NEVER stays TICKS_NEVER. */
Ticks ticks_after (Ticks now, Ticks span);

/* Reads a duration with its unit ("250ms", "3s", "5min", "2h", "5d", "10us"; a
 * number without a unit is refused, except "0"). Returns FALSE and leaves *ret_span
 * alone when TEXT isn't one. */
gboolean ticks_parse (const char *text, Ticks *ret_span);

/* SPAN (not negative) in the greatest unit that divides it, as ticks_parse() reads it
 * back: "250ms", "90s", "5min". Free with g_free(). */
char *ticks_to_string (Ticks span);

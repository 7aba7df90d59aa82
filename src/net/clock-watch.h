/* Says when the time of day went another way than the main loop's clock: somebody set it, or this
 * machine slept, and deadlines by the time of day have to be looked at anew. */
#pragma once

#include "base/ticks.h"

typedef struct ClockWatch ClockWatch;

typedef void (*ClockChanged) (gpointer data);

/* CHANGED comes from the thread's default main context, never before this returns. */
ClockWatch *clock_watch_new (ClockChanged changed, gpointer data);

/* Accepts NULL; allowed inside CHANGED. */
void        clock_watch_free (ClockWatch *watch);

/* Between BEFORE and NOW the time of day was set, or the other clock stood still. What a clock that
 * is slewed gains or loses (RFC 5905 allows 500 ppm) is no change. */
gboolean clock_has_jumped (const Instant *before, const Instant *now);

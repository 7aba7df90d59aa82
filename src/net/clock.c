/* The only place that reads a clock, so that every decision elsewhere can be simulated. */
#include "net/clock.h"

Ticks
clock_now (void)
{
  return g_get_monotonic_time ();
}

Instant
clock_instant (void)
{
  return (Instant){ .ticks = clock_now (), .wall = g_get_real_time () };
}

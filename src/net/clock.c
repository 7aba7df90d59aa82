/* The only place that reads a clock, so that every decision elsewhere can be simulated. */
#include "net/clock.h"

Ticks
clock_now (void)
{
  return g_get_monotonic_time ();
}

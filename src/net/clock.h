/* The one reader of the clock. */
#pragma once

#include "base/ticks.h"

/* Monotonic time, µs. */
Ticks clock_now (void);

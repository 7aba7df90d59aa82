/* The one reader of the clocks. */
#pragma once

#include "base/ticks.h"

/* Monotonic time, µs. */
Ticks   clock_now (void);

/* The same moment by both clocks. */
Instant clock_instant (void);

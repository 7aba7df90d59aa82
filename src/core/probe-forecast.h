/* What would become of a message now: the ladder itself is asked, with the answers that
 * the probe got and a clock that doesn't wait. */
#pragma once

#include "core/probe-report.h"

typedef enum {
  FORECAST_LEAVES,  /* by .result */
  FORECAST_STOPS,   /* at .result, for its finding: nothing is sent, and nothing else tried */
  FORECAST_NO_PATH, /* every path fails */
} ForecastKind;

typedef struct {
  ForecastKind       kind;
  const ProbeResult *result; /* owned by the report */
  Ticks              at;     /* from the start until the path was chosen */
} Forecast;

/* MEMORY: what is remembered, and what would be learnt is written into it, so that a
 * second forecast is that of a second message; NOW: its time. */
Forecast probe_forecast (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now);

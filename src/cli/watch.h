/* The events of a delivery as lines: for people (-v) and for programs (--json). */
#pragma once

#include "engine/engine.h"

/* EngineWatch; DATA is the Envelope. Prints to standard error. */
void watch_verbose (const EngineEvent *event, gpointer data);

/* EngineWatch; DATA is the Envelope. Prints one JSON object a line to standard output. */
void watch_json (const EngineEvent *event, gpointer data);

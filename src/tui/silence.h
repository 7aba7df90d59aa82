/* ask-on-silence: a path that says nothing is pointed out once, and may come last on this network
 * from then on. The race goes on all the while. */
#pragma once

#include "tui/desk.h"

typedef struct Silence Silence;

/* DESK outlives it. */
Silence *silence_new (Desk *desk, Screen *screen, Ticks patience);
void     silence_free (Silence *silence);

void     silence_take (Silence *silence, const EngineEvent *event, Ticks now);

/* Asks if there is something to ask. */
void     silence_ask (Silence *silence, Ticks now);

/* One deadline on the main loop, in Ticks. */
#pragma once

#include "base/ticks.h"

typedef struct Timer Timer;

typedef void (*TimerFired) (gpointer data);

/* Not set at first. */
Timer *timer_new (TimerFired fired, gpointer data);

/* FIRED is called once, when clock_now() has reached AT; an earlier setting is
 * forgotten. TICKS_NEVER: not at all. */
void timer_set (Timer *timer, Ticks at);

/* Accepts NULL; allowed inside FIRED. */
void timer_free (Timer *timer);

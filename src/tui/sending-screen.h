/* A letter on its way: what the engine tells is drawn as it comes. */
#pragma once

#include "engine/outbox-source.h"
#include "tui/desk.h"

typedef struct {
  const char     *subject, *account;
  const Envelope *envelope;
  Ticks           leaves;        /* it can be taken back until then; 0: it leaves now */
  gboolean        ask_on_silence;
  Ticks           patience;      /* a path that is silent for so long is asked about */
} SendingFacts;

/* All of FACTS is copied. DESK outlives it. */
Screen *sending_screen_new (Desk *desk, const SendingFacts *facts, Ticks now);

/* An event of this delivery. */
void sending_screen_take (Screen *screen, const EngineEvent *event, Ticks now);

/* This try is over, and what comes next is known. WALL: the time of day. */
void sending_screen_settle (Screen *screen, const OutboxSettled *settled, gint64 wall);

/* TRUE: nothing more will happen. */
gboolean sending_screen_is_over (const Screen *screen);

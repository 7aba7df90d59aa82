/* All that waits: why, and until when. */
#pragma once

#include "tui/desk.h"

/* DESK outlives it. Empty until it is told. */
Screen *outbox_screen_new (Desk *desk);

/* ITEMS (of OutboxItem, taken) are what waits now in outbox number PLACE, oldest first. What was chosen
 * stays so. */
void outbox_screen_set (Screen *screen, guint place, GPtrArray *items);

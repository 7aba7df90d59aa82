/* The keys of a place in one row. */
#pragma once

#include "config/keymap.h"
#include "tui/surface.h"

/* Whether COMMAND would do something now: what wouldn't isn't offered. */
typedef gboolean (*KeyApplies) (gconstpointer data, KeyCommand command);

/* As many as fit of those that apply (APPLIES NULL: all of PLACE), the most important first. */
void key_line_draw (const Keymap *keymap, KeyPlace place, KeyApplies applies, gconstpointer data,
                    Surface *surface, guint y);

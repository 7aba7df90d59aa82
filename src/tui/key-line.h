/* The keys of a place in one row. */
#pragma once

#include "config/keymap.h"
#include "tui/surface.h"

/* As many as fit, the most important first. */
void key_line_draw (const Keymap *keymap, KeyPlace place, Surface *surface, guint y);

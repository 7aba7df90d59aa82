/* The keys of a place in one row. */
#pragma once

#include "config/keymap.h"
#include "tui/screen.h"

/* As many as fit and apply on SCREEN (NULL: all of PLACE), the most important first. */
void key_line_draw (const Keymap *keymap, KeyPlace place, const Screen *screen, Surface *surface, guint y);

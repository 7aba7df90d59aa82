/* The keys of one place, and what they do. */
#pragma once

#include "tui/desk.h"

Screen *help_screen_new (Desk *desk, const Keymap *keymap, KeyPlace place);

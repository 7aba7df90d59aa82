/* A text to be read, under a title: scrolled and searched. */
#pragma once

#include "tui/desk.h"

/* All is copied. */
Screen *text_screen_new (Desk *desk, const char *title, const char *text);

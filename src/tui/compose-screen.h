/* The letter on one screen: fields, attachments, text. */
#pragma once

#include "tui/desk.h"

/* DESK outlives it. LETTER is copied. */
Screen *compose_screen_new (Desk *desk, const Letter *letter);

/* The letter as it is now; the caller's. */
Letter *compose_screen_letter (Screen *screen);

/* The name of its account, which is the screen's; NULL: it has none. */
const char *compose_screen_account (const Screen *screen);

/* Another number after each change of the letter. */
guint64 compose_screen_version (const Screen *screen);

/* A folder, and what is in it: to choose a file from. */
#pragma once

#include "tui/desk.h"

/* DONE once, with the file's path or NULL; then the screen is closed. */
Screen *file_screen_new (Desk *desk, const char *folder, DeskAnswer done, gpointer data);

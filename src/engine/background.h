/* Work that goes on when the command has ended. */
#pragma once

#include "base/ticks.h"

/* Starts `toukan agent --once` for the outbox in DIRECTORY, apart from this terminal and
 * session; it stays for what leaves within UNDO_WINDOW. FALSE with ERROR; the message is safe
 * all the same. */
gboolean background_start (const char *directory, Ticks undo_window, GError **error);

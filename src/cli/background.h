/* Work that goes on when the command has ended. */
#pragma once

#include <glib.h>

/* Starts `toukan agent --once` for the outbox in DIRECTORY, apart from this terminal and
 * session. FALSE with ERROR; the message is safe all the same. */
gboolean background_start (const char *directory, GError **error);

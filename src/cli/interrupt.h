/* Ctrl-C and SIGTERM as events of the main loop, so that a message is never left half
 * cancelled. */
#pragma once

#include <glib.h>

typedef void (*Interrupted) (int signal_number, gpointer data);

/* From now on SIGINT, SIGTERM and SIGHUP come as calls of INTERRUPTED from the main
 * loop. One at a time in a process. */
void interrupt_watch (Interrupted interrupted, gpointer data);
void interrupt_unwatch (void);

/* One thread that does what would keep the main loop waiting for a disk: in order, one after the
 * other. The answers come from the main context. */
#pragma once

#include <glib.h>

typedef struct Worker Worker;
typedef void (*WorkerFunction) (gpointer data);

Worker *worker_new (const char *name);

/* Does all that was asked, and tells everybody who waits to be told. Accepts NULL. */
void    worker_free (Worker *worker);

/* WORK on the thread, after all that was asked before; then DONE (NULL: nobody) on the main context,
 * with the same DATA. */
void    worker_run (Worker *worker, WorkerFunction work, WorkerFunction done, gpointer data);

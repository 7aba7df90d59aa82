/* A batch is sent while somebody watches, or a script waits. */
#pragma once

#include "cli/batch-options.h"
#include "config/config.h"

/* Sends what waits in BATCH, which this process has taken, under DIRECTORY, and says what became of
 * it; BATCH is gone then. Returns the exit status. */
int batch_serve (Batch *batch, const char *directory, const Account *account, const BatchOptions *options);

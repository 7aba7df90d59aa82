/* `toukan batch` with something to send: looked at, tried out, or sent. */
#pragma once

#include "cli/batch-options.h"

/* Returns the exit status. */
int batch_start (const BatchOptions *options);

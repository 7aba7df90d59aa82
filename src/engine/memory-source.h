/* A WorkSource that keeps everything in memory: for one process and one sitting. */
#pragma once

#include "engine/work.h"

WorkSource *memory_source_new (void);

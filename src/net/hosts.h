/* Private to the net room: the hosts file, read by ourselves: c-ares would stop at a name's
 * first line, and wants its configuration read first. */
#pragma once

#include "core/path.h"

/* All addresses that FILE has for NAME, in its order, each once: GArray of IpAddress. Empty:
 * the name isn't there, or the file isn't. Free with g_array_unref(). */
GArray *hosts_look_up (const char *file, const char *name);

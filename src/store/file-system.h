/* Whether a directory is on a file system that other computers use as well: there SQLite's
 * WAL, which lives in shared memory, and locks can't be relied on. */
#pragma once

#include <glib.h>

/* The name of what DIRECTORY (or, where it isn't made yet, what it will be in) is on, when
 * that is a network; NULL: it is local, or can't be told. Free
 * with g_free(). */
char *file_system_network (const char *directory);

/* Parts of the above, for tests. MAGIC of statfs(2); NAME as in /proc/self/mountinfo. */
const char *file_system_magic_network (guint64 magic);
gboolean    file_system_fuse_is_local (const char *name);

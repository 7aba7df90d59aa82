/* Root passes every permission, but not a file system that is read-only or full. Both are
 * made in a mount namespace of a child's own, as a user who is root there alone. */
#pragma once

#include <glib.h>

/* FALSE: this machine has no namespaces for us. From here on mount() concerns this process alone. */
gboolean mounts_make_own (void);

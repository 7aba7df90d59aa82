/* Small files of the user's, of which nobody knows what stands under their names: a signature may be
 * a pipe with a program at its end, an alias file a device. */
#pragma once

#include <glib.h>

/* What PATH holds. NULL with *RET_REASON, for people (static, or g_strerror()'s), and *RET_ERRNO (0: the
 * system had nothing against it): it can't be opened, isn't a plain file, or is longer than LIMIT octets. */
GString *small_file_read (const char *path, gsize limit, int *ret_errno, const char **ret_reason);

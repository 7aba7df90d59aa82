/* Names of files as they are typed. */
#pragma once

#include <glib.h>

/* PATH with ~ for the home folder, and "file:" URLs, as an absolute path. Free with g_free(). */
char *path_expand (const char *path);

/* What TYPED can only go on with, as typed; NULL: nothing begins like it. Folders end in "/".
 * *RET_REMARK: the names that begin so, where there are several; or that there is none; else NULL.
 * Both are the caller's. */
char *path_complete (const char *typed, char **ret_remark);

/* The messages of a folder: its files NAME.eml. */
#pragma once

#include <glib.h>

/* Their paths, of char *, in the order of their names' octets, the caller's. Hidden files and
 * what is no plain file stay out. NULL with TOUKAN_ERROR_NO_INPUT when the folder can't be read. */
GPtrArray *eml_folder_list (const char *folder, GError **error);

/* Address fields that hold raw 8-bit text, for servers that take ASCII only. */
#pragma once

#include <glib.h>

/* VALUE (UTF-8, on one line) with names and comments as encoded words and domains as
 * A-labels; everything else as it is, groups and odd forms included. NULL with
 * TOUKAN_ERROR_DATA when a local part isn't ASCII: no encoding exists for it. */
char *header_encode_addresses (const char *value, GError **error);

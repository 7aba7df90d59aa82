/* "Did you mean": the known name nearest to one that isn't known. */
#pragma once

#include <glib.h>

/* The best of the N names that NAME_AT gives, or NULL when none is near: at most two
 * slips of the typing hand away (one for short words), else one that begins as NAME
 * does, else one that holds NAME. Case doesn't count. */
typedef const char *(*NearestNameAt) (gsize index, gconstpointer data);
const char *nearest_name (const char *name, gsize n, NearestNameAt name_at, gconstpointer data);

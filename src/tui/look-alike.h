/* Domains that are easily taken for another. Pure. */
#pragma once

#include <glib.h>

/* The one of KNOWN (of char *) that DOMAIN could be a slip of, or a trick with: one letter off, or
 * the same but for letters that look alike. NULL: none, or DOMAIN is itself known. */
const char *look_alike_find (const char *domain, const GPtrArray *known);

/* A domain that isn't the one that was meant, or pretends to be it: one letter off, or looking the
 * same. Pure. */
#pragma once

#include <glib.h>

/* The one of KNOWN (char *: domains in any form) that DOMAIN could be taken for and isn't; NULL:
 * none, or DOMAIN is known itself. Owned by KNOWN. */
const char *lookalike_find (const char *domain, const GPtrArray *known);

/* The functions of c-ares: see net/library.h. */
#include "net/ares.h"

#include "config.h"

static ares_functions functions;
static const char *const names[] = { ARES_FUNCTION_NAMES };

Library ares_library = { .file = CARES_SONAME, .names = names, .functions = functions.all };

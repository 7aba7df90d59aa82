/* libgsasl's functions: see net/library.h. */
#include "engine/gsasl.h"

#include "config.h"

static gsasl_functions functions;
static const char *const names[] = { GSASL_FUNCTION_NAMES };

Library gsasl_library = { .file = GSASL_SONAME, .names = names, .functions = functions.all };

/* OpenSSL's functions: see net/library.h. */
#include "net/openssl.h"

#include "config.h"

static openssl_functions functions;
static const char *const names[] = { OPENSSL_FUNCTION_NAMES };

Library openssl_library = { .file = OPENSSL_SONAME, .names = names, .functions = functions.all };

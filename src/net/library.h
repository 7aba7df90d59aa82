/* A shared library that is loaded by the first call into it. Most commands never speak TLS, and
 * loading OpenSSL alone takes longer than keeping a message does.
 *
 * The functions of such a library are called by their own names. Those that are called are
 * listed, a name a line, in a file NAME.functions; on-demand.awk makes a header of it, in which
 * each name is a macro that goes through library_functions(). A function that isn't listed
 * can't be linked, and so isn't forgotten. From the main thread only. */
#pragma once

#include <glib.h>

typedef struct {
  const char        *file;      /* its soname */
  const char *const *names;     /* ends with NULL */
  gpointer          *functions; /* by name; all NULL until it is loaded */
} Library;

/* Where the library or a function of it is missing, the program ends with one line and status
 * 127, as it would have at its start if it were linked with it. */
void library_load (Library *library);

static inline gpointer
library_functions (Library *library)
{
  if (G_UNLIKELY (library->functions[0] == NULL))
    library_load (library);
  return library->functions;
}

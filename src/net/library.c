/* Shared libraries, loaded late. */
#include "net/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* The dynamic linker's own. */
#define EXIT_UNLOADABLE 127

static void
end_without (const Library *library)
{
  fprintf (stderr, "%s: %s: %s\n", g_get_prgname () ? g_get_prgname () : "toukan", library->file, dlerror ());
  exit (EXIT_UNLOADABLE);
}

/* The first function comes last: it says that all are there. */
void
library_load (Library *library)
{
  void *handle = dlopen (library->file, RTLD_NOW | RTLD_LOCAL);

  if (handle == NULL)
    end_without (library);
  for (guint i = g_strv_length ((char **)library->names); i-- > 0;) {
    library->functions[i] = dlsym (handle, library->names[i]);
    if (library->functions[i] == NULL)
      end_without (library);
  }
}

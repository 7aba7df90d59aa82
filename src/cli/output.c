/* The last look at standard output. */
#include "cli/output.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"

int
output_flush (int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  fprintf (stderr, _ ("toukan: standard output can't be written\n"));
  return EX_IOERR;
}

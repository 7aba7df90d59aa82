/* The last look at standard output. */
#include "cli/output.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/i18n.h"
#include "engine/cell.h"

#define FEWEST_COLUMNS 40

gsize
output_columns (void)
{
  return output_columns_of (STDOUT_FILENO);
}

gsize
output_columns_of (int fd)
{
  const char *told = g_getenv ("COLUMNS");
  struct winsize size = { 0 };
  guint64 columns = 0;
  if (told && g_ascii_string_to_unsigned (told, 10, FEWEST_COLUMNS, G_MAXUSHORT, &columns, NULL))
    return columns;
  if (!isatty (fd))
    return G_MAXSIZE;
  if (ioctl (fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return CELL_COLUMNS;
  return MAX (size.ws_col, FEWEST_COLUMNS);
}

int
output_flush (int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  fprintf (stderr, _ ("toukan: standard output can't be written\n"));
  return EX_IOERR;
}

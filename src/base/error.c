/* The error domain, and which exit status belongs to which code: one table, so that
 * every front end ends in the same way. */
#include "base/error.h"

#include <sysexits.h>

G_DEFINE_QUARK (toukan - error - quark, toukan_error)

static const int exit_statuses[] = {
  [TOUKAN_ERROR_USAGE] = EX_USAGE,          [TOUKAN_ERROR_DATA] = EX_DATAERR,
  [TOUKAN_ERROR_NO_INPUT] = EX_NOINPUT,     [TOUKAN_ERROR_UNAVAILABLE] = EX_UNAVAILABLE,
  [TOUKAN_ERROR_SYSTEM] = EX_OSERR,         [TOUKAN_ERROR_IO] = EX_IOERR,
  [TOUKAN_ERROR_TEMPORARY] = EX_TEMPFAIL,   [TOUKAN_ERROR_PERMISSION] = EX_NOPERM,
  [TOUKAN_ERROR_CONFIGURATION] = EX_CONFIG,
};

int
toukan_error_exit_status (const GError *error)
{
  g_assert (error != NULL);
  if (error->domain != TOUKAN_ERROR)
    return EX_SOFTWARE;
  g_assert (error->code >= 0 && (gsize)error->code < G_N_ELEMENTS (exit_statuses));
  return exit_statuses[error->code];
}

/* The one error domain. A code says whose turn it is to mend things, and the
 * front ends turn it into an exit status of sysexits.h. What a server or a
 * network says is never a GError: it is an Outcome (core/outcome.h). */
#pragma once

#include <glib.h>

#define TOUKAN_ERROR (toukan_error_quark ())
GQuark toukan_error_quark (void);

typedef enum {
  TOUKAN_ERROR_USAGE,         /* the command line: EX_USAGE 64 */
  TOUKAN_ERROR_DATA,          /* the message or an address: EX_DATAERR 65 */
  TOUKAN_ERROR_NO_INPUT,      /* a file that can't be read: EX_NOINPUT 66 */
  TOUKAN_ERROR_UNAVAILABLE,   /* something that this system lacks: EX_UNAVAILABLE 69 */
  TOUKAN_ERROR_SYSTEM,        /* the operating system refused: EX_OSERR 71 */
  TOUKAN_ERROR_IO,            /* reading or writing failed: EX_IOERR 74 */
  TOUKAN_ERROR_TEMPORARY,     /* try again: EX_TEMPFAIL 75 */
  TOUKAN_ERROR_PERMISSION,    /* a login, a certificate, a secret: EX_NOPERM 77 */
  TOUKAN_ERROR_CONFIGURATION, /* the configuration: EX_CONFIG 78 */
} ToukanError;

/* The exit status of sysexits.h for ERROR; EX_SOFTWARE (70) for another domain. */
int toukan_error_exit_status (const GError *error);

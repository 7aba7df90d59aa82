/* What `sendmail -bv` and `-bi` print. */
#pragma once

#include "config/account.h"
#include "core/envelope.h"

/* Where a message with ENVELOPE would go, on standard output. */
void sendmail_show_route (const Account *account, const Envelope *envelope);

/* Reads the system's aliases and those of FILE (NULL: none), and lists what is wrong with
 * them on standard error. Returns the exit status; -1 with ERROR when one can't be read. */
int sendmail_show_aliases (const char *file, GError **error);

/* Passwords and tokens from the user's own commands (GSubprocess, no waiting in
 * place), fetched once per process. */
#pragma once

#include "config/account.h"
#include <gio/gio.h>

typedef enum { SECRET_PASSWORD, SECRET_TOKEN } SecretKind;

/* SECRET (secret_ref() keeps it) is NULL when it failed; then ERROR (owned by the caller
 * of the callback) says why: the command's status and the first line that it wrote to
 * stderr; G_IO_ERROR_CANCELLED after CANCELLABLE. */
typedef void (*SecretDone) (Secret *secret, const GError *error, gpointer data);

/* Fetches ACCOUNT's password (from `password`, else `password-command`) or token.
 * DONE is called once: from the thread-default main context, or before this returns for
 * what is known already or can't be had. Those who ask while the command runs share its
 * answer; it is stopped when all of them have cancelled. A token may be asked for anew
 * with FRESH (it had expired). */
void secret_fetch (const Account *account, SecretKind kind, gboolean fresh,
                   GCancellable *cancellable, SecretDone done, gpointer data);

/* WATCH is told TRUE just before commands begin to run, where none did, and FALSE when none runs any
 * more: whoever draws on the terminal gives way to what they ask there. NULL: nobody. */
typedef void (*SecretWatch) (gboolean running, gpointer data);
void secret_watch (SecretWatch watch, gpointer data);

/* Drops and wipes everything fetched, and stops the commands that still run, whose
 * askers are not told; at exit. */
void secret_forget_all (void);

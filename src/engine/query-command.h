/* The user's own address books, by a command in mutt's query format (khard, abook, notmuch-address,
 * lbdbq …): its first line isn't read, then come lines of address, tab, name, tab, anything. */
#pragma once

#include <gio/gio.h>

/* What a command may print, and how long it may take (ms), before it is ended. */
#define QUERY_OUTPUT_LIMIT ((gsize) 256 * 1024)
#define QUERY_PATIENCE_MS 5000
#define QUERY_RESULTS_LIMIT 100

typedef struct Query Query;

/* MAILBOXES (of Mailbox; the caller of the callback's) may be empty; NULL with ERROR when the command
 * failed. */
typedef void (*QueryDone) (const GPtrArray *mailboxes, const GError *error, gpointer data);

/* Runs COMMAND by the shell for what was TYPED, in a session of its own without a terminal. DONE once,
 * from the thread-default main context, unless query_free() comes first. NULL with
 * TOUKAN_ERROR_SYSTEM when it can't be run; with TOUKAN_ERROR_DATA when TYPED is nothing that a
 * command should be given (empty, an option, control characters). */
Query *query_run (const char *command, const char *typed, QueryDone done, gpointer data, GError **error);

/* After DONE, or before: then the command is ended, and DONE isn't called. Accepts NULL. */
void query_free (Query *query);

/* --- pure --------------------------------------------------------------------------------- */

/* COMMAND as a shell script to whom what was typed is $1: it is never part of the script, so no
 * quoting, ours or the user's, has to hold. %s in or out of quotes, %% a per cent sign; at the end
 * when there is no %s. Free with g_free(). */
char *query_script (const char *command);

/* What of OUTPUT is addresses: an array of Mailbox, the caller's. */
GPtrArray *query_parse (const char *output, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Query, query_free)

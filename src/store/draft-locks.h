/* Which drafts of an outbox are being written, so that two composers don't write the same one: locks
 * of the kernel's, that end with their process. */
#pragma once

#include <glib.h>

typedef struct DraftLocks DraftLocks;

/* Of the outbox in DIRECTORY, where nothing is touched yet. */
DraftLocks *draft_locks_new (const char *directory);
/* Lets go of all. Accepts NULL. */
void        draft_locks_free (DraftLocks *locks);

/* FALSE: another process is writing draft ID. Where there are no locks, nobody is. */
gboolean    draft_locks_take (DraftLocks *locks, gint64 id);
/* The same, and nothing is taken. */
gboolean    draft_locks_is_free (DraftLocks *locks, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DraftLocks, draft_locks_free)

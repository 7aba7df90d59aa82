/* A letter that the outbox can't take: in a file of its own on any disk that has room, until the outbox
 * can. The next composer finds it. */
#pragma once

#include "mail/letter.h"

typedef struct Rescue Rescue;

/* FOLDERS: where it may lie, best first, up to NULL. Nothing is touched yet. */
Rescue     *rescue_new (const char *const *folders);
/* The file stays. Accepts NULL. */
void        rescue_free (Rescue *rescue);

/* Writes LETTER in place of what was written before. FALSE: no disk takes it, and what was there
 * stays. From any thread, one at a time. */
gboolean    rescue_write (Rescue *rescue, const Letter *letter);

/* NULL: nothing is written. */
const char *rescue_file (const Rescue *rescue);

/* The letter is safe elsewhere. */
void        rescue_remove (Rescue *rescue);

/* What an earlier composer left, the newest, and nobody has in hand: this one has, from now on. NULL:
 * there is none. */
Rescue     *rescue_find (const char *const *folders, Letter **ret_letter);

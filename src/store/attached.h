/* Files that come out of a message and aren't the user's own yet: attachments of what is forwarded or
 * edited, in folders beside the outbox. A folder stays while a draft names files in it, or a process
 * that lives may. */
#pragma once

#include <glib.h>

typedef struct Attached Attached;

/* Beside the outbox in DIRECTORY, where nothing is touched yet. */
Attached *attached_new (const char *directory);
/* The folders stay. Accepts NULL. */
void      attached_free (Attached *attached);

/* A new folder that this process holds; the caller's. NULL with TOUKAN_ERROR_SYSTEM. */
char     *attached_folder (Attached *attached, GError **error);

/* Holds the folder that FILE is in, where that is one of these. */
void      attached_hold (Attached *attached, const char *file);

/* TRUE: there are folders. */
gboolean  attached_any (const char *directory);

/* Removes the folders that nobody holds and none of FILES (of char *) is in, unless they are new. */
void      attached_sweep (const char *directory, const GPtrArray *files);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attached, attached_free)

/* Who is at work on something in a shared file, and whether he still lives: a lock of the
 * kernel's on one byte of a file beside it, at a place that nobody picks twice. It ends with
 * its process, however that dies, and knows nothing of process ids that come again. Where
 * the file system has no such locks, process id, start and boot have to do. */
#pragma once

#include <glib.h>

typedef struct Lease Lease;

/* Nothing is touched yet. FILE is made when the first lease is taken, or looked at. */
Lease *lease_new  (const char *file);
void   lease_free (Lease *lease);

/* What others need to know of a holder. */
typedef struct {
  gint64 token;   /* the byte; 0: none */
  gint64 process; /* id in the space, */
  gint64 started; /*   clock ticks after the boot */
  char  *boot, *space; /* ids; NULL: unknown */
  char  *place;   /* of the file with the lock; NULL: there is none */
} LeaseHolder;

void lease_holder_clear (LeaseHolder *holder);

/* This process's, taken at the first call, held until lease_free(). Never fails. */
const LeaseHolder *lease_take (Lease *lease);

/* Of this Lease; 0: not taken yet. */
gint64 lease_token (const Lease *lease);

gboolean lease_is_alive (Lease *lease, const LeaseHolder *holder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lease, lease_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LeaseHolder, lease_holder_clear)

/* What the files of the outbox share. Each of them is one thing that is done with it, as
 * work inside a transaction of store/database.h. */
#pragma once

#include "store/database.h"
#include "store/lease.h"
#include "store/lease-row.h"
#include "store/outbox.h"
#include "store/verdict-row.h"

struct Outbox {
  Database *database;
  Lease    *lease;
  guint64   commits;  /* by this one */
  GArray   *orphans;  /* of gint64: messages whose writing failed, still to be dropped */
};

/* Beside the file: the locks of those who have something leased. */
#define OUTBOX_LEASES "outbox.leases"

extern const DatabaseSchema outbox_schema;

/* Runs WORK, and says in ERROR what went wrong. */
gboolean outbox_run (Outbox *outbox, DatabaseMode mode, DatabaseWork work, gpointer data, GError **error);

/* --- words ---------------------------------------------------------------------------- */

gboolean outbox_state_parse (const char *name, OutboxState *ret_state);

/* --- inside a transaction --------------------------------------------------------------- */

/* Of ID; SQLITE_DONE where there is none. */
int outbox_load (Outbox *outbox, sqlite3 *sqlite, gint64 id, OutboxItem **ret_item);

/* Appends the first column of all rows, of gint64. */
int outbox_collect (sqlite3 *sqlite, GArray *numbers, const char *sql, const char *format, gint64 value);

/* Takes this process's lease and writes it down, for others. */
int outbox_write_lease (Outbox *outbox, sqlite3 *sqlite, gint64 now);

/* Lets go of what processes hold that are gone. */
int outbox_bury_dead (Outbox *outbox, sqlite3 *sqlite, gint64 now);

/* Lets go of all that TOKEN holds. */
int outbox_bury (sqlite3 *sqlite, gint64 token, gint64 now);

/* Ends the lease on ID and puts it in STATE; unless somebody is in doubt, still waits, or
 * somebody wished it to be cancelled: nothing is lost by a word. KEEPER: a token whose the
 * octets are from then on if it is over; 0: they go. */
int outbox_settle (sqlite3 *sqlite, gint64 id, OutboxState state, gint64 now, gint64 keeper);

/* With all that there is of it. */
int outbox_remove (sqlite3 *sqlite, gint64 id);

/* What follows for a state from the fates of its recipients, as SQL over table item. */
#define ANYBODY_IN_DOUBT                                                                                     \
  "EXISTS (SELECT 1 FROM recipient WHERE recipient.item = item.id AND kind = 'in-doubt' AND NOT pending)"
#define ANYBODY_PENDING "EXISTS (SELECT 1 FROM recipient WHERE recipient.item = item.id AND pending)"

/* --- messages ------------------------------------------------------------------------------ */

#define CHUNK_SIZE 65536
/* The key of a chunk: its message's, and its number. */
#define CHUNK_BITS 20
#define CHUNK_KEY(message, number) ((message) << CHUNK_BITS | (gint64)(number))

/* Of table message, in column lease: nobody needs it. */
#define NOBODY ((gint64)-1)

/* Octets that nobody needs: those of a small message at once, of a large one bit by bit later. */
int      outbox_drop_message (sqlite3 *sqlite, gint64 message);
gboolean outbox_sweep (Outbox *outbox, GError **error);

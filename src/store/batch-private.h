/* What the files of the batch share. Each of them is one thing that is done with it, as work
 * inside a transaction of store/database.h. */
#pragma once

#include "store/batch.h"
#include "store/database.h"
#include "store/lease-row.h"
#include "store/verdict-row.h"

typedef struct BatchLoad BatchLoad;

struct Batch {
  char          *name;
  char          *folder;
  DatabaseSchema schema;   /* the file's own name in it */
  Database      *database;
  Lease         *lease;
  gboolean       taken;
  BatchLoad     *load;     /* NULL: not loading */
};

#define BATCH_SUFFIX ".sqlite3"
/* Beside the files: the locks of those who have one. */
#define BATCH_LEASES "batches.leases"

/* The schema of a batch's file, but for the name of it. */
DatabaseSchema batch_schema (const char *file);

gboolean batch_run (Batch *batch, DatabaseMode mode, DatabaseWork work, gpointer data, GError **error);

/* What is only done by the process that has taken it: SQLITE_DONE where it hasn't. */
int batch_check_taken (const Batch *batch, sqlite3 *sqlite);

/* Id of the living process that has it; 0: nobody, or the kernel has forgotten him. */
int batch_find_holder (Batch *batch, sqlite3 *sqlite, gint64 *ret_holder, gboolean *ret_own);

gboolean batch_state_parse (const char *name, BatchState *ret_state);
int      batch_read_state (sqlite3 *sqlite, BatchState *ret_state);
BatchFate batch_fate_parse (const char *name); /* what nobody knows is LEFT_OUT: not sent */

/* Who waits, as SQL over a recipient. */
#define FATE_WAITS "fate IN ('waiting', 'deferred')"

/* Rows come to the due when somebody waits, at the time in the first parameter. */
#define ROW_SET_DUE                                                                                          \
  "UPDATE row SET due = CASE WHEN EXISTS (SELECT 1 FROM recipient WHERE recipient.row = row.id AND "         \
  FATE_WAITS ") THEN ? END"

/* --- content ------------------------------------------------------------------------------ */

#define BATCH_CHUNK_SIZE 65536
#define BATCH_CHUNK_BITS 20
#define BATCH_CHUNK_KEY(content, number) ((content) << BATCH_CHUNK_BITS | (gint64)(number))

/* --- rows --------------------------------------------------------------------------------- */

#define BATCH_ROW_COLUMNS "id, key, line, sender, message_id, due, tries, size, content"

/* Of the columns above, with its recipients; without content. */
int batch_row_load (sqlite3 *sqlite, sqlite3_stmt *statement, BatchRow **ret_row);

void batch_load_forget (Batch *batch);

/* The tables of a batch. Enumerations are written as words. What is updated often (row, recipient)
 * is apart from what is large (chunk). */
#include "store/batch-private.h"

/* batch: its one row is the batch as a whole; holder is the lease of who has it. row: due is NULL
 * when nobody waits; twin counts rows of one key, loading is when it was seen last, digest stands for
 * all that a loading could change. chunk: id is BATCH_CHUNK_KEY(). tally: how many recipients have a
 * fate, kept by the triggers, since a million rows are not counted in passing; nor are those looked
 * through for the few (recipient_open) that a person wants to see. */
static const char *const migrations[] = {
  "CREATE TABLE batch (state TEXT NOT NULL, former TEXT NOT NULL, reason TEXT, kind TEXT NOT NULL,"
  " stage TEXT NOT NULL, cause TEXT NOT NULL, code INTEGER NOT NULL, enhanced TEXT, reply BLOB, detail TEXT,"
  " created INTEGER NOT NULL, changed INTEGER NOT NULL, loading INTEGER NOT NULL, n_rows INTEGER NOT NULL,"
  " holder INTEGER, account TEXT, overrides BLOB, sender TEXT, at_once INTEGER NOT NULL,"
  " resend_in_doubt INTEGER NOT NULL, connections INTEGER NOT NULL, rates TEXT NOT NULL,"
  " per_connection INTEGER NOT NULL, per_domain INTEGER NOT NULL, max_recipients INTEGER NOT NULL,"
  " stop_after INTEGER NOT NULL, pacing TEXT);"
  "CREATE TABLE part (name TEXT NOT NULL, number INTEGER NOT NULL, octets BLOB NOT NULL,"
  " PRIMARY KEY (name, number)) WITHOUT ROWID;"
  "CREATE TABLE row (id INTEGER PRIMARY KEY, key TEXT NOT NULL, twin INTEGER NOT NULL,"
  " line INTEGER NOT NULL, sender TEXT, message_id TEXT, digest BLOB NOT NULL, loading INTEGER NOT NULL,"
  " due INTEGER, tries INTEGER NOT NULL, size INTEGER NOT NULL, content INTEGER NOT NULL);"
  "CREATE UNIQUE INDEX row_key ON row (key, twin);"
  "CREATE INDEX row_due ON row (due, id) WHERE due IS NOT NULL;"
  "CREATE TABLE recipient (row INTEGER NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL,"
  " fate TEXT NOT NULL, at INTEGER NOT NULL, path INTEGER, kind TEXT NOT NULL, stage TEXT NOT NULL,"
  " cause TEXT NOT NULL, code INTEGER NOT NULL, enhanced TEXT, reply BLOB, detail TEXT,"
  " PRIMARY KEY (row, number)) WITHOUT ROWID;"
  "CREATE INDEX recipient_open ON recipient (fate, row)"
  " WHERE fate = 'deferred' OR fate = 'in-doubt' OR fate = 'refused';"
  "CREATE TABLE path (id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE);"
  "CREATE TABLE chunk (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);"
  "CREATE TABLE tally (fate TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE TRIGGER recipient_more AFTER INSERT ON recipient BEGIN"
  " UPDATE tally SET n = n + 1 WHERE fate = NEW.fate; END;"
  "CREATE TRIGGER recipient_less AFTER DELETE ON recipient BEGIN"
  " UPDATE tally SET n = n - 1 WHERE fate = OLD.fate; END;"
  "CREATE TRIGGER recipient_else AFTER UPDATE OF fate ON recipient WHEN OLD.fate != NEW.fate BEGIN"
  " UPDATE tally SET n = n - 1 WHERE fate = OLD.fate; UPDATE tally SET n = n + 1 WHERE fate = NEW.fate; "
  "END;" LEASE_TABLE,
};

#define CHECK                                                                                                \
  "SELECT batch.pacing, part.octets, row.content, recipient.detail, path.words, chunk.octets, tally.n, "     \
  "lease.since FROM batch, part, row, recipient, path, chunk, tally, lease"

static int
begin_batch (sqlite3 *sqlite, gpointer data)
{
  BatchPlan plan;
  int code = SQLITE_OK;

  batch_plan_init (&plan);
  for (BatchFate fate = BATCH_WAITING; fate < BATCH_FATES && code == SQLITE_OK; fate++)
    code
        = database_execute (sqlite, "INSERT INTO tally (fate, n) VALUES (?, 0)", "s", batch_fate_name (fate));
  if (code == SQLITE_OK)
    code = database_execute (
        sqlite,
        "INSERT INTO batch (state, former, kind, stage, cause, code, created, changed, loading, n_rows, "
        "at_once,"
        " resend_in_doubt, connections, rates, per_connection, per_domain, max_recipients, stop_after)"
        " VALUES ('loading', 'ready', 'none', '', '', 0, ?1, ?1, 0, 0, ?2, 0, ?3, '', 0, 0, 0, ?4)",
        "iiii", g_get_real_time (), (gint64)plan.window, (gint64)plan.pacing.connections,
        (gint64)plan.pacing.stop_after);
  batch_plan_clear (&plan);
  return code;
}

DatabaseSchema
batch_schema (const char *file)
{
  return (DatabaseSchema){
    .name = file,
    .check = CHECK,
    .migrations = migrations,
    .n_migrations = G_N_ELEMENTS (migrations),
    .populate = begin_batch,
    .precious = TRUE,
    .busy = TRUE,
    .read_patience = 60000,
    .write_patience = 60000,
  };
}

/* Writing down what happened to recipients: a window's worth in one commit. */
#include "store/batch-private.h"

typedef struct {
  Batch *batch;
  const BatchChange *changes;
  gsize n;
  const char *pacing;
  gint64 now;
} Recording;

typedef struct {
  sqlite3_stmt *fate, *verdict, *row, *path;
  gboolean cancelled; /* nobody waits any more */
  const char *last_path;
} Writing;

static int
note_path (Writing *writing, const char *path)
{
  if (!path || g_strcmp0 (path, writing->last_path) == 0)
    return SQLITE_OK;
  writing->last_path = path;
  return database_again (writing->path, "s", path);
}

static int
write_change (Writing *writing, const BatchChange *change, gint64 now)
{
  gboolean waits = change->fate == BATCH_WAITING || change->fate == BATCH_DEFERRED;
  const char *fate = batch_fate_name (waits && writing->cancelled ? BATCH_LEFT_OUT : change->fate);
  int code = note_path (writing, change->path);

  if (code == SQLITE_OK && change->verdict) {
    VerdictRow row;
    verdict_row_init (&row, change->verdict);
    code = database_again (writing->verdict, "sis" VERDICT_FORMAT "ii", fate, now, change->path,
                           VERDICT_VALUES (&row), change->row, (gint64)change->recipient);
    verdict_row_clear (&row);
  } else if (code == SQLITE_OK) {
    code = database_again (writing->fate, "siii", fate, now, change->row, (gint64)change->recipient);
  }
  return code == SQLITE_OK
             ? database_again (writing->row, "iii", change->due, (gint64)change->counts, change->row)
             : code;
}

static gboolean
prepare_writing (Writing *writing, sqlite3 *sqlite)
{
  writing->fate
      = database_keep (sqlite, "UPDATE recipient SET fate = ?, at = ? WHERE row = ? AND number = ?");
  writing->verdict
      = database_keep (sqlite, "UPDATE recipient SET (fate, at, path, " VERDICT_COLUMNS ") = (?, ?,"
                               " (SELECT id FROM path WHERE words = ?), ?, ?, ?, ?, ?, ?, ?)"
                               " WHERE row = ? AND number = ?");
  writing->row = database_keep (sqlite, ROW_SET_DUE ", tries = tries + ? WHERE id = ?");
  writing->path = database_keep (sqlite, "INSERT OR IGNORE INTO path (words) VALUES (?)");
  return writing->fate && writing->verdict && writing->row && writing->path;
}

static int
write_pacing (sqlite3 *sqlite, const Recording *recording)
{
  if (!recording->pacing)
    return database_execute (sqlite, "UPDATE batch SET changed = ?", "i", recording->now);
  return database_execute (sqlite, "UPDATE batch SET changed = ?, pacing = ?", "is", recording->now,
                           recording->pacing);
}

static int
record_all (sqlite3 *sqlite, gpointer data)
{
  const Recording *recording = data;
  Writing writing = { 0 };
  BatchState state = BATCH_READY;
  int code = batch_check_taken (recording->batch, sqlite);

  if (code == SQLITE_OK)
    code = batch_read_state (sqlite, &state);
  writing.cancelled = state == BATCH_CANCELLED;
  if (code == SQLITE_OK && !prepare_writing (&writing, sqlite))
    code = sqlite3_extended_errcode (sqlite);
  for (gsize i = 0; i < recording->n && code == SQLITE_OK; i++)
    code = write_change (&writing, &recording->changes[i], recording->now);
  return code == SQLITE_OK ? write_pacing (sqlite, recording) : code;
}

gboolean
batch_record (Batch *batch, const BatchChange *changes, gsize n, const char *pacing, gint64 now,
              GError **error)
{
  Recording recording = { batch, changes, n, pacing, now };

  return batch_run (batch, DATABASE_WRITE, record_all, &recording, error);
}

static int
read_pacing (sqlite3 *sqlite, gpointer data)
{
  char **pacing = data;
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT pacing FROM batch", "");
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  g_clear_pointer (pacing, g_free);
  if (code == SQLITE_ROW) {
    *pacing = column_string (row, 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

char *
batch_get_pacing (Batch *batch, GError **error)
{
  char *pacing = NULL;

  batch_run (batch, DATABASE_READ, read_pacing, &pacing, error);
  return pacing;
}

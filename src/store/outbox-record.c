/* Writing down what happened to items that this process has. */
#include "store/outbox-private.h"

#include "base/error.h"
#include "base/i18n.h"

/* Of one item; a network that comes and goes must not fill the disk. */
#define ATTEMPTS_LIMIT 200

typedef struct {
  Outbox *outbox;
  const OutboxChange *changes;
  gsize n;
  gint64 now;
  gint64 lost; /* this item isn't ours; 0: all are */
} Recording;

static int
record_recipient (sqlite3 *sqlite, const OutboxChange *change)
{
  static const Verdict in_doubt = { .kind = OUTCOME_IN_DOUBT, .stage = STAGE_END };
  gboolean doubted = change->kind == OUTBOX_CHANGE_IN_DOUBT;
  VerdictRow row;

  verdict_row_init (&row, doubted ? &in_doubt : change->verdict);
  int code
      = database_execute (sqlite,
                          "UPDATE recipient SET (" VERDICT_COLUMNS ", pending) = (?, ?, ?, ?, ?, ?, ?, ?)"
                          " WHERE item = ? AND number = ?",
                          VERDICT_FORMAT "iii", VERDICT_VALUES (&row), (gint64)(!doubted && change->pending),
                          change->id, (gint64)change->recipient);
  verdict_row_clear (&row);
  g_assert (code != SQLITE_OK || sqlite3_changes (sqlite) == 1); /* else there is no such recipient */
  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "UPDATE item SET state = CASE WHEN " ANYBODY_IN_DOUBT
                             " THEN 'in-doubt' ELSE 'sending' END WHERE id = ?",
                             "i", change->id);
  return code;
}

static int
record_attempt (sqlite3 *sqlite, const OutboxChange *change)
{
  const OutboxAttempt *attempt = change->attempt;
  gint64 number = 0;
  VerdictRow row;
  int code = database_get (
      sqlite, &number, "SELECT coalesce (max (number), 0) + 1 FROM attempt WHERE item = ?", "i", change->id);

  verdict_row_init (&row, &attempt->verdict);
  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "INSERT INTO attempt (item, number, at, lasted, network, path, tls, mechanism,"
                             " " VERDICT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                             "iiiissss" VERDICT_FORMAT, change->id, number, attempt->at,
                             (gint64)attempt->lasted, attempt->network, attempt->path, attempt->tls,
                             attempt->mechanism, VERDICT_VALUES (&row));
  verdict_row_clear (&row);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM attempt WHERE item = ? AND number <= ?", "ii", change->id,
                             number - ATTEMPTS_LIMIT);
  return code;
}

static int
record_release (sqlite3 *sqlite, const OutboxChange *change, gint64 now)
{
  int code
      = database_execute (sqlite,
                          "UPDATE item SET reason = ?, not_before = ?, with_network = ?, tries = tries + ?"
                          " WHERE id = ?",
                          "siiii", change->reason, change->not_before, (gint64)change->with_network,
                          (gint64)change->counts, change->id);

  return code == SQLITE_OK ? outbox_settle (sqlite, change->id, change->state, now) : code;
}

static int
record_one (Recording *recording, sqlite3 *sqlite, const OutboxChange *change)
{
  gint64 token = 0;
  int code
      = database_get (sqlite, &token, "SELECT coalesce (lease, 0) FROM item WHERE id = ?", "i", change->id);

  if (code == SQLITE_DONE
      || (code == SQLITE_OK && (token == 0 || token != lease_token (recording->outbox->lease)))) {
    recording->lost = change->id;
    return SQLITE_DONE;
  }
  if (code != SQLITE_OK)
    return code;
  switch (change->kind) {
  case OUTBOX_CHANGE_RECIPIENT:
  case OUTBOX_CHANGE_IN_DOUBT:
    return record_recipient (sqlite, change);
  case OUTBOX_CHANGE_ATTEMPT:
    return record_attempt (sqlite, change);
  case OUTBOX_CHANGE_RELEASE:
    return record_release (sqlite, change, recording->now);
  }
  g_assert_not_reached ();
}

static int
record_all (sqlite3 *sqlite, gpointer data)
{
  Recording *recording = data;
  int code = SQLITE_OK;

  recording->lost = 0;
  for (gsize i = 0; i < recording->n && code == SQLITE_OK; i++)
    code = record_one (recording, sqlite, &recording->changes[i]);
  return code;
}

gboolean
outbox_record (Outbox *outbox, const OutboxChange *changes, gsize n, gint64 now, GError **error)
{
  Recording recording = { .outbox = outbox, .changes = changes, .n = n, .now = now };

  if (!outbox_run (outbox, DATABASE_WRITE, record_all, &recording, error))
    return FALSE;
  if (recording.lost == 0)
    return TRUE;
  g_autofree char *lost = g_strdup_printf ("%" G_GINT64_FORMAT, recording.lost);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY,
               _ ("message %s of the outbox isn't this process's any more"), lost);
  return FALSE;
}

/* --- letting go -------------------------------------------------------------------------------- */

static int
release_permitted_by_nobody (sqlite3 *sqlite, gpointer data)
{
  const Outbox *outbox = data;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 now = g_get_real_time ();
  int code = outbox_collect (sqlite, ids, "SELECT id FROM item WHERE lease = ? AND state = 'sending'", "i",
                             lease_token (outbox->lease));

  for (guint i = 0; i < ids->len && code == SQLITE_OK; i++) {
    gint64 id = g_array_index (ids, gint64, i);
    code = database_execute (sqlite, "UPDATE item SET not_before = min (not_before, ?) WHERE id = ?", "ii",
                             now, id);
    if (code == SQLITE_OK)
      code = outbox_settle (sqlite, id, OUTBOX_QUEUED, now);
  }
  return code;
}

gboolean
outbox_release_all (Outbox *outbox, GError **error)
{
  return lease_token (outbox->lease) == 0
         || outbox_run (outbox, DATABASE_WRITE, release_permitted_by_nobody, outbox, error);
}

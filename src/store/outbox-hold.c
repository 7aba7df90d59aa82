/* Accounts whose login was refused, for all processes to know. */
#include "store/outbox-private.h"

void
outbox_hold_free (OutboxHold *hold)
{
  if (!hold)
    return;
  g_free (hold->account);
  g_free (hold->fingerprint);
  verdict_clear (&hold->verdict);
  g_free (hold);
}

/* --- holding --------------------------------------------------------------------------------------- */

typedef struct {
  const char *account, *fingerprint;
  const Verdict *verdict;
  gint64 now;
  gboolean first;
} Holding;

/* The same fault found again by another process is no news. */
static int
write_hold (sqlite3 *sqlite, gpointer data)
{
  const Holding *holding = data;
  VerdictRow row;

  verdict_row_init (&row, holding->verdict);
  int code = database_execute (
      sqlite,
      "INSERT INTO hold (account, fingerprint, since, told, " VERDICT_COLUMNS ")"
      " VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET"
      " since = CASE WHEN fingerprint = excluded.fingerprint THEN since ELSE excluded.since END,"
      " told = CASE WHEN fingerprint = excluded.fingerprint THEN told ELSE 0 END,"
      " (fingerprint, " VERDICT_COLUMNS
      ") = (excluded.fingerprint, excluded.kind, excluded.stage, excluded.cause,"
      " excluded.code, excluded.enhanced, excluded.reply, excluded.detail)",
      "ssi" VERDICT_FORMAT, holding->account, holding->fingerprint, holding->now, VERDICT_VALUES (&row));
  verdict_row_clear (&row);
  return code;
}

gboolean
outbox_hold_account (Outbox *outbox, const char *account, const char *fingerprint, const Verdict *verdict,
                     gint64 now, GError **error)
{
  Holding holding = { .account = account, .fingerprint = fingerprint, .verdict = verdict, .now = now };

  return outbox_run (outbox, DATABASE_WRITE, write_hold, &holding, error);
}

static int
write_told (sqlite3 *sqlite, gpointer data)
{
  Holding *holding = data;
  int code = database_execute (sqlite, "UPDATE hold SET told = 1 WHERE account = ? AND NOT told", "s",
                               holding->account);

  holding->first = code == SQLITE_OK && sqlite3_changes (sqlite) > 0;
  return code;
}

gboolean
outbox_tell_hold (Outbox *outbox, const char *account, gboolean *ret_first, GError **error)
{
  Holding holding = { .account = account };
  gboolean written = outbox_run (outbox, DATABASE_WRITE, write_told, &holding, error);

  *ret_first = written && holding.first;
  return written;
}

static int
remove_hold (sqlite3 *sqlite, gpointer data)
{
  return database_execute (sqlite, "DELETE FROM hold WHERE account = ?", "s", (const char *)data);
}

gboolean
outbox_free_account (Outbox *outbox, const char *account, GError **error)
{
  return outbox_run (outbox, DATABASE_WRITE, remove_hold, (gpointer)account, error);
}

/* --- looking ------------------------------------------------------------------------------------------ */

static OutboxHold *
read_hold (sqlite3_stmt *row)
{
  OutboxHold *hold = g_new0 (OutboxHold, 1);

  hold->account = column_string (row, 0);
  hold->fingerprint = column_string (row, 1);
  hold->since = sqlite3_column_int64 (row, 2);
  hold->told = sqlite3_column_int (row, 3) != 0;
  verdict_read (row, 4, &hold->verdict);
  return hold;
}

static int
load_holds (sqlite3 *sqlite, gpointer data)
{
  GPtrArray *holds = data;
  sqlite3_stmt *row = database_prepare (
      sqlite, "SELECT account, fingerprint, since, told, " VERDICT_COLUMNS " FROM hold ORDER BY account", "");
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  g_ptr_array_set_size (holds, 0);
  while (row && (code = sqlite3_step (row)) == SQLITE_ROW)
    g_ptr_array_add (holds, read_hold (row));
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

GPtrArray *
outbox_holds (Outbox *outbox, GError **error)
{
  g_autoptr (GPtrArray) holds = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_hold_free);

  return outbox_run (outbox, DATABASE_READ, load_holds, holds, error) ? g_steal_pointer (&holds) : NULL;
}

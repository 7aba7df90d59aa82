/* Leases in the file: who has what, and what becomes of it when he is gone. */
#include "store/outbox-private.h"

int
outbox_write_lease (Outbox *outbox, sqlite3 *sqlite, gint64 now)
{
  return lease_row_write (sqlite, lease_take (outbox->lease), now);
}

/* --- the end of a lease ----------------------------------------------------------------------- */

/* Those that were being put in, and those that were kept for copies. */
static int
disown_messages (sqlite3 *sqlite, gint64 token)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code = outbox_collect (sqlite, ids, "SELECT id FROM message WHERE lease = ?", "i", token);

  for (guint i = 0; i < ids->len && code == SQLITE_OK; i++)
    code = database_execute (sqlite, "UPDATE item SET message = NULL WHERE message = ?", "i",
                             g_array_index (ids, gint64, i));
  if (code != SQLITE_OK || ids->len == 0)
    return code;
  return database_execute (sqlite, "UPDATE message SET lease = ? WHERE lease = ?", "ii", NOBODY, token);
}

int
outbox_bury (sqlite3 *sqlite, gint64 token, gint64 now)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code = outbox_collect (sqlite, ids, "SELECT id FROM item WHERE lease = ?", "i", token);

  for (guint i = 0; i < ids->len && code == SQLITE_OK; i++) {
    gint64 id = g_array_index (ids, gint64, i);
    code = database_execute (sqlite, "UPDATE item SET not_before = min(not_before, ?) WHERE id = ?", "ii",
                             now, id);
    if (code == SQLITE_OK)
      code = outbox_settle (sqlite, id, OUTBOX_QUEUED, now, 0);
  }
  if (code == SQLITE_OK)
    code = disown_messages (sqlite, token);
  return code == SQLITE_OK ? database_execute (sqlite, "DELETE FROM lease WHERE token = ?", "i", token)
                           : code;
}

int
outbox_bury_dead (Outbox *outbox, sqlite3 *sqlite, gint64 now)
{
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code = outbox_collect (sqlite, tokens,
                             "SELECT token FROM lease"
                             " UNION SELECT lease FROM item WHERE lease IS NOT NULL"
                             " UNION SELECT lease FROM message WHERE lease IS NOT NULL AND lease != ?",
                             "i", NOBODY);

  for (guint i = 0; i < tokens->len && code == SQLITE_OK; i++) {
    g_auto (LeaseHolder) holder = { .token = g_array_index (tokens, gint64, i) };
    code = lease_row_read (sqlite, &holder);
    if (code == SQLITE_DONE || (code == SQLITE_OK && !lease_is_alive (outbox->lease, &holder)))
      code = outbox_bury (sqlite, holder.token, now);
  }
  return code;
}

/* --- what an item is when nobody has it any more ------------------------------------------------- */

typedef struct {
  gboolean in_doubt, pending, wish;
  gint64 message;
} Facts;

static int
read_facts (sqlite3 *sqlite, gint64 id, Facts *ret_facts)
{
  sqlite3_stmt *row = database_prepare (sqlite,
                                        "SELECT " ANYBODY_IN_DOUBT ", " ANYBODY_PENDING
                                        ", wish > 0, coalesce (message, 0) FROM item WHERE id = ?",
                                        "i", id);
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    *ret_facts = (Facts){ .in_doubt = sqlite3_column_int (row, 0) != 0,
                          .pending = sqlite3_column_int (row, 1) != 0,
                          .wish = sqlite3_column_int (row, 2) != 0,
                          .message = sqlite3_column_int64 (row, 3) };
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

static OutboxState
state_by_facts (OutboxState state, const Facts *facts)
{
  if (facts->in_doubt)
    return OUTBOX_IN_DOUBT;
  if (!facts->pending && state != OUTBOX_CANCELLED)
    return OUTBOX_FINISHED;
  return state == OUTBOX_FINISHED || state == OUTBOX_SENDING || state == OUTBOX_IN_DOUBT ? OUTBOX_QUEUED
                                                                                         : state;
}

/* Whoever still waits will not have it. */
static int
cancel_pending (sqlite3 *sqlite, gint64 id)
{
  return database_execute (
      sqlite,
      "UPDATE recipient SET pending = 0, kind = 'cancelled', cause = 'cancelled', code = 0,"
      " enhanced = NULL, reply = NULL, detail = NULL WHERE item = ? AND pending",
      "i", id);
}

/* The octets of what is over: gone, or KEEPER's, with whose end they go. */
static int
let_go_of_message (sqlite3 *sqlite, gint64 message, gint64 keeper)
{
  if (keeper == 0)
    return outbox_drop_message (sqlite, message);
  return database_execute (sqlite, "UPDATE message SET lease = ? WHERE id = ?", "ii", keeper, message);
}

int
outbox_settle (sqlite3 *sqlite, gint64 id, OutboxState state, gint64 now, gint64 keeper)
{
  Facts facts = { 0 };
  int code = read_facts (sqlite, id, &facts);

  if (code == SQLITE_OK && facts.pending && (state == OUTBOX_CANCELLED || facts.wish)) {
    state = OUTBOX_CANCELLED;
    facts.pending = FALSE;
    code = cancel_pending (sqlite, id);
  }
  state = state_by_facts (state, &facts);
  gboolean over = state == OUTBOX_FINISHED || state == OUTBOX_CANCELLED;
  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "UPDATE item SET state = ?1, lease = NULL, wish = 0, changed = ?2,"
                             " finished = CASE WHEN ?3 THEN ?2 ELSE 0 END,"
                             " message = CASE WHEN ?4 THEN NULL ELSE message END WHERE id = ?5",
                             "siiii", outbox_state_name (state), now, (gint64)over,
                             (gint64)(over && keeper == 0), id);
  return code == SQLITE_OK && over && facts.message != 0 ? let_go_of_message (sqlite, facts.message, keeper)
                                                         : code;
}

/* Looking at items and their history, which changes nothing. */
#include "store/outbox-private.h"

/* --- all of them ---------------------------------------------------------------------------------------- */

/* So many are in memory at once, and no transaction is open while they are looked at: who
 * looks may write to a pager that a person reads at leisure. */
#define BATCH 64

typedef struct {
  Outbox *outbox;
  const OutboxFilter *filter;
  gint64 after; /* this id */
  GPtrArray *items;
} Listing;

static int
collect_batch (sqlite3 *sqlite, const Listing *listing, GArray *ids)
{
  const OutboxFilter *filter = listing->filter;
  sqlite3_stmt *row = database_prepare (
      sqlite, "SELECT id, state FROM item WHERE id > ?1 AND (?2 < 0 OR owner = ?2) ORDER BY id", "ii",
      listing->after, filter->owner);
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  while (row && ids->len < BATCH && (code = sqlite3_step (row)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (row, 0);
    OutboxState state = OUTBOX_DRAFT;
    if (!outbox_state_parse ((const char *)sqlite3_column_text (row, 1), &state)) {
      code = SQLITE_CORRUPT;
      break;
    }
    if (filter->states == 0 || filter->states & 1u << state)
      g_array_append_val (ids, id);
  }
  sqlite3_finalize (row);
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int
load_batch (sqlite3 *sqlite, gpointer data)
{
  Listing *listing = data;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code = collect_batch (sqlite, listing, ids);

  g_ptr_array_set_size (listing->items, 0);
  for (guint i = 0; i < ids->len && code == SQLITE_OK; i++) {
    OutboxItem *item = NULL;
    code = outbox_load (listing->outbox, sqlite, g_array_index (ids, gint64, i), &item);
    if (item)
      g_ptr_array_add (listing->items, item);
  }
  return code;
}

gboolean
outbox_list (Outbox *outbox, const OutboxFilter *filter, OutboxVisit visit, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  Listing listing = { .outbox = outbox, .filter = filter, .items = items };

  do {
    if (!outbox_run (outbox, DATABASE_READ, load_batch, &listing, error))
      return FALSE;
    for (guint i = 0; i < items->len; i++) {
      const OutboxItem *item = items->pdata[i];
      listing.after = item->id;
      visit (item, data);
    }
  } while (items->len == BATCH);
  return TRUE;
}

typedef struct {
  Outbox *outbox;
  gint64 id;
  OutboxItem *item;
} Finding;

static int
find_item (sqlite3 *sqlite, gpointer data)
{
  Finding *finding = data;

  return outbox_load (finding->outbox, sqlite, finding->id, &finding->item);
}

OutboxItem *
outbox_find (Outbox *outbox, gint64 id, GError **error)
{
  Finding finding = { .outbox = outbox, .id = id };

  outbox_run (outbox, DATABASE_READ, find_item, &finding, error);
  return finding.item;
}

/* --- attempts ---------------------------------------------------------------------------------------------
 */

void
outbox_attempt_free (OutboxAttempt *attempt)
{
  if (!attempt)
    return;
  g_free (attempt->network);
  g_free (attempt->path);
  g_free (attempt->tls);
  g_free (attempt->mechanism);
  verdict_clear (&attempt->verdict);
  g_free (attempt);
}

static OutboxAttempt *
read_attempt (sqlite3_stmt *row)
{
  OutboxAttempt *attempt = g_new0 (OutboxAttempt, 1);

  attempt->at = sqlite3_column_int64 (row, 0);
  attempt->lasted = sqlite3_column_int64 (row, 1);
  attempt->network = column_string (row, 2);
  attempt->path = column_string (row, 3);
  attempt->tls = column_string (row, 4);
  attempt->mechanism = column_string (row, 5);
  verdict_read (row, 6, &attempt->verdict);
  return attempt;
}

typedef struct {
  gint64 id;
  GPtrArray *attempts;
} Recalling;

static int
load_attempts (sqlite3 *sqlite, gpointer data)
{
  const Recalling *recalling = data;
  sqlite3_stmt *row = database_prepare (sqlite,
                                        "SELECT at, lasted, network, path, tls, mechanism, " VERDICT_COLUMNS
                                        " FROM attempt WHERE item = ? ORDER BY number",
                                        "i", recalling->id);
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  g_ptr_array_set_size (recalling->attempts, 0);
  while (row && (code = sqlite3_step (row)) == SQLITE_ROW)
    g_ptr_array_add (recalling->attempts, read_attempt (row));
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

GPtrArray *
outbox_attempts (Outbox *outbox, gint64 id, GError **error)
{
  g_autoptr (GPtrArray) attempts = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_attempt_free);
  Recalling recalling = { .id = id, .attempts = attempts };

  return outbox_run (outbox, DATABASE_READ, load_attempts, &recalling, error) ? g_steal_pointer (&attempts)
                                                                              : NULL;
}

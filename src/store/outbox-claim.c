/* Handing out what is due. A claim needs no disk: when the power fails, its lease is gone
 * as well, and the next process finds the item as it was. */
#include "store/outbox-private.h"

#include <string.h>

/* Nobody is told when another process dies: so often one looks while others have something. */
#define OTHERS_PATIENCE TICKS_PER_MINUTE

typedef struct {
  Outbox *outbox;
  const OutboxClaim *claim;
  OutboxItem *item;
  gint64 id, next;
} Claiming;

static gboolean
account_fits (const OutboxClaim *claim, const char *account)
{
  if (claim->account && g_strcmp0 (claim->account, account) != 0)
    return FALSE;
  return !account || !claim->not_accounts || !g_strv_contains (claim->not_accounts, account);
}

/* Rows come in the order of not_before. TRUE: no later one matters. */
static gboolean
consider (Claiming *claiming, sqlite3_stmt *row)
{
  const OutboxClaim *claim = claiming->claim;
  gint64 not_before = sqlite3_column_int64 (row, 1);
  gboolean new_network
      = sqlite3_column_int (row, 3) != 0 && sqlite3_column_int64 (row, 4) < claim->new_network;
  gboolean due = not_before <= claim->now || claim->only != 0 || new_network;

  if (!account_fits (claim, (const char *)sqlite3_column_text (row, 2)))
    return FALSE;
  if (due)
    claiming->id = sqlite3_column_int64 (row, 0);
  else
    claiming->next = MIN (claiming->next, not_before);
  return due || claim->new_network == 0;
}

#define SELECT_WAITING                                                                                       \
  "SELECT id, not_before, account, with_network, changed FROM item WHERE lease IS NULL AND state = "
#define IN_ORDER " AND (?1 = 0 OR id = ?1) ORDER BY not_before"

/* Those whom the server has put off while it left others in doubt aren't kept waiting. */
static const char *const waiting[] = {
  SELECT_WAITING "'queued'" IN_ORDER,
  SELECT_WAITING "'in-doubt' AND " ANYBODY_PENDING IN_ORDER,
};

static int
choose (Claiming *claiming, sqlite3 *sqlite)
{
  int code = SQLITE_DONE;

  for (gsize i = 0; i < G_N_ELEMENTS (waiting) && claiming->id == 0 && code == SQLITE_DONE; i++) {
    sqlite3_stmt *row = database_prepare (sqlite, waiting[i], "i", claiming->claim->only);
    if (!row)
      return sqlite3_extended_errcode (sqlite);
    while ((code = sqlite3_step (row)) == SQLITE_ROW)
      if (consider (claiming, row)) {
        code = SQLITE_DONE;
        break;
      }
    sqlite3_finalize (row);
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
look_at_others (Claiming *claiming, sqlite3 *sqlite)
{
  gint64 others = 0;
  int code = database_get (sqlite, &others,
                           "SELECT EXISTS (SELECT 1 FROM item WHERE lease IS NOT NULL AND lease != ?)", "i",
                           lease_token (claiming->outbox->lease));

  if (others != 0)
    claiming->next = MIN (claiming->next, ticks_after (claiming->claim->now, OTHERS_PATIENCE));
  return code;
}

static int
take (Claiming *claiming, sqlite3 *sqlite)
{
  gint64 now = claiming->claim->now;
  int code = outbox_write_lease (claiming->outbox, sqlite, now);

  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "UPDATE item SET state = CASE state WHEN 'queued' THEN 'sending' ELSE state END,"
                             " lease = ?, wish = 0, changed = ? WHERE id = ?",
                             "iii", lease_token (claiming->outbox->lease), now, claiming->id);
  return code == SQLITE_OK ? outbox_load (claiming->outbox, sqlite, claiming->id, &claiming->item) : code;
}

static int
claim_one (sqlite3 *sqlite, gpointer data)
{
  Claiming *claiming = data;

  g_clear_pointer (&claiming->item, outbox_item_free);
  claiming->id = 0;
  claiming->next = G_MAXINT64;
  int code = outbox_bury_dead (claiming->outbox, sqlite, claiming->claim->now);
  if (code == SQLITE_OK)
    code = choose (claiming, sqlite);
  if (code == SQLITE_OK && claiming->id != 0)
    return take (claiming, sqlite);
  return code == SQLITE_OK ? look_at_others (claiming, sqlite) : code;
}

gboolean
outbox_claim (Outbox *outbox, const OutboxClaim *claim, OutboxItem **ret_item, gint64 *ret_next,
              GError **error)
{
  Claiming claiming = { .outbox = outbox, .claim = claim };
  gboolean claimed = outbox_run (outbox, DATABASE_WRITE_LAZILY, claim_one, &claiming, error);

  if (!claimed)
    g_clear_pointer (&claiming.item, outbox_item_free);
  *ret_item = claiming.item;
  *ret_next = claiming.item ? claim->now : claiming.next;
  return claimed;
}

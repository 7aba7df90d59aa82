/* Forgetting what is over, and giving back the room that it took. */
#include "store/outbox-private.h"

/* All that there is of it. */
int
outbox_remove (sqlite3 *sqlite, gint64 id)
{
  gint64 message = 0;
  int code = database_get (sqlite, &message, "SELECT coalesce (message, 0) FROM item WHERE id = ?", "i", id);

  if (code == SQLITE_OK && message != 0)
    code = outbox_drop_message (sqlite, message);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM recipient WHERE item = ?", "i", id);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM attempt WHERE item = ?", "i", id);
  return code == SQLITE_OK ? database_execute (sqlite, "DELETE FROM item WHERE id = ?", "i", id) : code;
}

/* In one transaction. */
#define FORGET_AT_ONCE 100

/* Pages of 4 KiB that are free before the file is made smaller, and how many at once. */
#define FREE_PAGES 1024
#define VACUUM "PRAGMA incremental_vacuum (1024)"

typedef struct {
  Outbox *outbox;
  gint64 before, now;
  guint n;
  gboolean more;
} Pruning;

static int
prune_some (sqlite3 *sqlite, gpointer data)
{
  Pruning *pruning = data;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code = outbox_bury_dead (pruning->outbox, sqlite, pruning->now);

  if (code == SQLITE_OK)
    code = outbox_collect (sqlite, ids,
                           "SELECT id FROM item WHERE state IN ('finished', 'cancelled') AND finished < ?"
                           " LIMIT " G_STRINGIFY (FORGET_AT_ONCE),
                           "i", pruning->before);
  for (guint i = 0; i < ids->len && code == SQLITE_OK; i++)
    code = outbox_remove (sqlite, g_array_index (ids, gint64, i));
  pruning->more = ids->len == FORGET_AT_ONCE;
  if (code == SQLITE_OK)
    pruning->n += ids->len;
  return code;
}

static int
shrink (sqlite3 *sqlite, gpointer data)
{
  Pruning *pruning = data;
  gint64 n = 0;
  int code = database_get (sqlite, &n, "PRAGMA freelist_count", "");

  pruning->more = n > FREE_PAGES;
  if (code != SQLITE_OK || !pruning->more)
    return code == SQLITE_OK ? SQLITE_DONE : code;
  return sqlite3_exec (sqlite, VACUUM, NULL, NULL, NULL);
}

gboolean
outbox_prune (Outbox *outbox, gint64 before, guint *ret_n, GError **error)
{
  Pruning pruning = { .outbox = outbox, .before = before, .now = g_get_real_time (), .more = TRUE };
  gboolean done = TRUE;

  while (pruning.more && done)
    done = outbox_run (outbox, DATABASE_WRITE, prune_some, &pruning, error);
  done = done && outbox_sweep (outbox, error);
  pruning.more = TRUE;
  while (pruning.more && done)
    done = outbox_run (outbox, DATABASE_WRITE_LAZILY, shrink, &pruning, error);
  *ret_n = pruning.n;
  return done;
}

/* Opening and closing the outbox, and what its errors mean. */
#include "store/outbox-private.h"


#include "base/error.h"
#include "base/i18n.h"
#include "store/file-system.h"

gboolean
outbox_run (Outbox *outbox, DatabaseMode mode, DatabaseWork work, gpointer data, GError **error)
{
  int code = database_run (outbox->database, mode, work, data);

  if (code == SQLITE_OK && mode != DATABASE_READ)
    outbox->commits++;
  return database_succeeded (outbox->database, code, error);
}

int
outbox_collect (sqlite3 *sqlite, GArray *numbers, const char *sql, const char *format, gint64 value)
{
  sqlite3_stmt *row = database_prepare (sqlite, sql, format, value);
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  while (row && (code = sqlite3_step (row)) == SQLITE_ROW) {
    gint64 number = sqlite3_column_int64 (row, 0);
    g_array_append_val (numbers, number);
  }
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* --- opening --------------------------------------------------------------------------------- */

static Outbox *
outbox_new (const char *directory)
{
  Outbox *outbox = g_new0 (Outbox, 1);
  g_autofree char *leases = g_build_filename (directory, OUTBOX_LEASES, NULL);

  outbox->database = database_new (directory, &outbox_schema);
  outbox->lease = lease_new (leases);
  outbox->orphans = g_array_new (FALSE, FALSE, sizeof (gint64));
  return outbox;
}

static void
outbox_free (Outbox *outbox)
{
  database_free (outbox->database);
  lease_free (outbox->lease); /* last: what is closed above holds nothing any more */
  g_array_unref (outbox->orphans);
  g_free (outbox);
}

Outbox *
outbox_open (const char *directory, gboolean create, GError **error)
{
  if (!database_place_is_sound (directory, error))
    return NULL;
  Outbox *outbox = outbox_new (directory);
  int code = database_open (outbox->database, create);

  if (code == SQLITE_OK)
    return outbox;
  if (code != SQLITE_DONE || create)
    database_succeeded (outbox->database, code, error);
  outbox_free (outbox);
  return NULL;
}

static int
leave (sqlite3 *sqlite, gpointer data)
{
  const Outbox *outbox = data;

  return outbox_bury (sqlite, lease_token (outbox->lease), g_get_real_time ());
}

void
outbox_close (Outbox *outbox)
{
  if (!outbox)
    return;
  /* Who comes next would find out by himself. Who sent something large tidies up. */
  if (lease_token (outbox->lease) != 0 && outbox_run (outbox, DATABASE_WRITE_LAZILY, leave, outbox, NULL))
    outbox_sweep (outbox, NULL);
  outbox_free (outbox);
}

const char *
outbox_warning (const Outbox *outbox)
{
  return database_damage (outbox->database);
}

gint64
outbox_version (Outbox *outbox)
{
  return database_version (outbox->database) << 20 ^ (gint64)outbox->commits;
}

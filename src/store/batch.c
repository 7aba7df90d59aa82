/* Opening and closing a batch, its name, and whose it is. */
#include "store/batch-private.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

/* --- names ------------------------------------------------------------------------------- */

static gboolean
octet_is_good (guchar octet)
{
  return g_ascii_isalnum (octet) || octet >= 0x80 || strchr ("._-+@", octet) != NULL;
}

gboolean
batch_name_is_good (const char *name)
{
  gsize length = strlen (name);

  if (length == 0 || length > BATCH_NAME_LIMIT || name[0] == '.' || name[0] == '-'
      || !g_utf8_validate (name, (gssize)length, NULL))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!octet_is_good ((guchar)name[i]))
      return FALSE;
  return TRUE;
}

char *
batch_name_of_file (const char *file)
{
  g_autofree char *base = g_path_get_basename (file);
  g_autofree char *text = g_utf8_make_valid (base, -1);
  char *dot = strrchr (text, '.');
  char *first = text;

  if (dot && dot != text)
    *dot = '\0';
  for (char *at = text; *at; at++)
    *at = octet_is_good ((guchar)*at) ? *at : '_';
  while (*first == '.' || *first == '-')
    first++;
  if (strlen (first) > BATCH_NAME_LIMIT)
    *g_utf8_find_prev_char (first, first + BATCH_NAME_LIMIT + 1) = '\0';
  return batch_name_is_good (first) ? g_strdup (first) : NULL;
}

const char *
batch_name (const Batch *batch)
{
  return batch->name;
}

char *
batch_directory (const Batch *batch)
{
  return g_path_get_dirname (batch->folder);
}

/* --- opening ----------------------------------------------------------------------------- */

gboolean
batch_run (Batch *batch, DatabaseMode mode, DatabaseWork work, gpointer data, GError **error)
{
  return database_succeeded (batch->database, database_run (batch->database, mode, work, data), error);
}

static Batch *
batch_new (const char *directory, const char *name)
{
  Batch *batch = g_new0 (Batch, 1);
  g_autofree char *leases = NULL;

  batch->name = g_strdup (name);
  batch->folder = g_build_filename (directory, BATCH_FOLDER, NULL);
  batch->schema = batch_schema (g_strconcat (name, BATCH_SUFFIX, NULL));
  batch->database = database_new (batch->folder, &batch->schema);
  leases = g_build_filename (batch->folder, BATCH_LEASES, NULL);
  batch->lease = lease_new (leases);
  return batch;
}

static void
batch_free (Batch *batch)
{
  batch_load_forget (batch);
  database_free (batch->database);
  lease_free (batch->lease); /* last: what is closed above holds nothing any more */
  g_free ((char *)batch->schema.name);
  g_free (batch->folder);
  g_free (batch->name);
  g_free (batch);
}

Batch *
batch_open (const char *directory, const char *name, gboolean create, GError **error)
{
  g_autofree char *shown = visible_text (name, -1);

  if (!batch_name_is_good (name)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("\"%s\" is no name for a batch: letters, digits and . _ - + @ make one"), shown);
    return NULL;
  }
  if (!database_place_is_sound (directory, error))
    return NULL;
  Batch *batch = batch_new (directory, name);
  int code = database_open (batch->database, create);
  if (code == SQLITE_OK)
    return batch;
  if (code != SQLITE_DONE || create)
    database_succeeded (batch->database, code, error);
  batch_free (batch);
  return NULL;
}

const char *
batch_warning (const Batch *batch)
{
  return database_damage (batch->database);
}

gint64
batch_version (Batch *batch)
{
  return database_version (batch->database);
}

/* --- whose it is ----------------------------------------------------------------------------- */

int
batch_find_holder (Batch *batch, sqlite3 *sqlite, gint64 *ret_holder, gboolean *ret_own)
{
  g_auto (LeaseHolder) holder = { 0 };
  int code = database_get (sqlite, &holder.token, "SELECT coalesce (holder, 0) FROM batch", "");

  *ret_holder = 0;
  *ret_own = FALSE;
  if (code != SQLITE_OK || holder.token == 0)
    return code;
  *ret_own = holder.token == lease_token (batch->lease);
  code = lease_row_read (sqlite, &holder);
  if (code == SQLITE_OK && (*ret_own || lease_is_alive (batch->lease, &holder)))
    *ret_holder = holder.process;
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

typedef struct {
  Batch *batch;
  gint64 holder;
} Taking;

static int
take (sqlite3 *sqlite, gpointer data)
{
  Taking *taking = data;
  gboolean own;
  int code = batch_find_holder (taking->batch, sqlite, &taking->holder, &own);

  if (code != SQLITE_OK || own || taking->holder != 0) {
    taking->holder = own ? 0 : taking->holder;
    return code == SQLITE_OK ? SQLITE_DONE : code;
  }
  code = database_execute (sqlite, "DELETE FROM lease", "");
  if (code == SQLITE_OK)
    code = lease_row_write (sqlite, lease_take (taking->batch->lease), g_get_real_time ());
  return code == SQLITE_OK ? database_execute (sqlite, "UPDATE batch SET holder = ?", "i",
                                               lease_token (taking->batch->lease))
                           : code;
}

gboolean
batch_take (Batch *batch, gint64 *ret_holder, GError **error)
{
  Taking taking = { .batch = batch };
  gboolean done = batch_run (batch, DATABASE_WRITE, take, &taking, error);

  *ret_holder = taking.holder;
  batch->taken = done && taking.holder == 0;
  return done;
}

int
batch_check_taken (const Batch *batch, sqlite3 *sqlite)
{
  gint64 token = 0;
  int code = database_get (sqlite, &token, "SELECT coalesce (holder, 0) FROM batch", "");

  return code == SQLITE_OK && (token == 0 || token != lease_token (batch->lease)) ? SQLITE_ABORT : code;
}

static int
leave (sqlite3 *sqlite, gpointer data)
{
  const Batch *batch = data;
  int code = batch_check_taken (batch, sqlite);

  if (code != SQLITE_OK)
    return SQLITE_DONE;
  code = database_execute (sqlite, "UPDATE batch SET holder = NULL", "");
  return code == SQLITE_OK ? database_execute (sqlite, "DELETE FROM lease", "") : code;
}

void
batch_close (Batch *batch)
{
  if (!batch)
    return;
  if (batch->taken) /* else whoever comes next would find out by himself */
    batch_run (batch, DATABASE_WRITE_LAZILY, leave, batch, NULL);
  batch_free (batch);
}

gboolean
batch_remove (Batch *batch, GError **error)
{
  static const char *const suffixes[] = { "", "-wal", "-shm" };
  g_autofree char *file = g_build_filename (batch->folder, batch->schema.name, NULL);

  g_assert (batch->taken);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *name = g_strconcat (file, suffixes[i], NULL);
    if (g_unlink (name) != 0 && i == 0) {
      g_autofree char *shown = visible_text (name, -1);
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("%s can't be removed"), shown);
      batch_close (batch);
      return FALSE;
    }
  }
  batch_free (batch);
  return TRUE;
}

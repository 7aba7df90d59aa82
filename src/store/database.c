/* Transactions on a file that many processes share, and statements. What SQLite needs to
 * know of files is in database-file.c. */
#include "store/database-private.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "store/file-system.h"

/* So often a file may take another's place while one transaction begins. */
#define OPENINGS 4

Database *
database_new (const char *directory, const DatabaseSchema *schema)
{
  Database *database = g_new0 (Database, 1);

  database->schema = schema;
  database->directory = g_strdup (directory);
  database->file = g_build_filename (directory, schema->name, NULL);
  database->folder = -1;
  return database;
}

void
database_free (Database *database)
{
  if (!database)
    return;
  database_file_close (database);
  g_free (database->directory);
  g_free (database->file);
  g_free (database->failure);
  g_free (database->warning);
  g_free (database->damage);
  g_free (database);
}

gint64
database_version (Database *database)
{
  gint64 others = 0;

  if (!database->sqlite || !database_file_is_in_place (database))
    return -(gint64)database->generation;
  database_get (database->sqlite, &others, "PRAGMA data_version", "");
  return (gint64)database->generation << 40 ^ others;
}

int
database_errno (const Database *database)
{
  return database->sqlite ? sqlite3_system_errno (database->sqlite) : 0;
}

/* --- what went wrong ------------------------------------------------------------------- */

const char *
database_failure (const Database *database)
{
  return database->failure;
}

const char *
database_warning (const Database *database)
{
  return database->warning;
}

const char *
database_damage (const Database *database)
{
  return database->damage;
}

void
database_warn (Database *database, char *text)
{
  if (database->warning)
    g_free (text);
  else
    database->warning = text;
}

void
database_fail (Database *database, char *text)
{
  database_warn (database, g_strdup (text));
  g_free (database->failure);
  database->failure = text;
}

void
database_fail_with (Database *database, int code)
{
  g_autofree char *file = visible_text (database->file, -1);
  gboolean latest = database->sqlite && sqlite3_extended_errcode (database->sqlite) == code;
  const char *why = latest ? sqlite3_errmsg (database->sqlite) : sqlite3_errstr (code);
  int number = database_errno (database);

  if ((code & 0xff) == SQLITE_BUSY)
    database_fail (database, g_strdup_printf (_ ("%s is locked by another program"), file));
  else if (number != 0)
    database_fail (database,
                   g_strdup_printf (_ ("%s can't be used: %s (%s)"), file, why, g_strerror (number)));
  else
    database_fail (database, g_strdup_printf (_ ("%s can't be used: %s"), file, why));
}

/* --- statements ------------------------------------------------------------------------ */

/* A blob takes two of VALUES. */
static int
bind_values (sqlite3_stmt *statement, const char *format, va_list values)
{
  int code = SQLITE_OK;

  for (int i = 0; format[i] != '\0' && code == SQLITE_OK; i++) {
    switch (format[i]) {
    case 's':
      code = sqlite3_bind_text (statement, i + 1, va_arg (values, const char *), -1, SQLITE_TRANSIENT);
      break;
    case 'i':
      code = sqlite3_bind_int64 (statement, i + 1, va_arg (values, gint64));
      break;
    case 'b': {
      const void *octets = va_arg (values, const void *);
      gint64 length = va_arg (values, gint64);
      code = sqlite3_bind_blob64 (statement, i + 1, octets, (sqlite3_uint64)length, SQLITE_STATIC);
      break;
    }
    default:
      g_assert_not_reached ();
    }
  }
  return code;
}

static sqlite3_stmt *
prepare (sqlite3 *sqlite, const char *sql, const char *format, va_list values)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
    return NULL;
  if (bind_values (statement, format, values) != SQLITE_OK)
    g_clear_pointer (&statement, sqlite3_finalize);
  return statement;
}

sqlite3_stmt *
database_prepare (sqlite3 *sqlite, const char *sql, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  sqlite3_stmt *statement = prepare (sqlite, sql, format, values);
  va_end (values);
  return statement;
}

/* SQL is short, and so is the list: what SQLite itself knows of is all that there is to keep. */
static sqlite3_stmt *
find_kept (sqlite3 *sqlite, const char *sql)
{
  for (sqlite3_stmt *kept = sqlite3_next_stmt (sqlite, NULL); kept; kept = sqlite3_next_stmt (sqlite, kept))
    if (!sqlite3_stmt_busy (kept) && g_str_equal (sqlite3_sql (kept), sql))
      return kept;
  return NULL;
}

sqlite3_stmt *
database_keep (sqlite3 *sqlite, const char *sql)
{
  sqlite3_stmt *kept = find_kept (sqlite, sql);

  if (!kept && sqlite3_prepare_v3 (sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept, NULL) != SQLITE_OK)
    return NULL;
  return kept;
}

void
database_forget_kept (sqlite3 *sqlite)
{
  for (sqlite3_stmt *kept; (kept = sqlite3_next_stmt (sqlite, NULL));)
    sqlite3_finalize (kept);
}

/* SQLITE_ROW with the first number of the first row, or SQLITE_DONE without one. */
static int
step_once (sqlite3 *sqlite, gint64 *ret_number, const char *sql, const char *format, va_list values)
{
  sqlite3_stmt *statement = database_keep (sqlite, sql);
  int code = statement ? bind_values (statement, format, values) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW && ret_number)
    *ret_number = sqlite3_column_int64 (statement, 0);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    code = sqlite3_extended_errcode (sqlite);
  if (statement) {
    sqlite3_reset (statement);
    sqlite3_clear_bindings (statement); /* blobs are the caller's */
  }
  return code;
}

int
database_execute (sqlite3 *sqlite, const char *sql, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  int code = step_once (sqlite, NULL, sql, format, values);
  va_end (values);
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int
bind_anew (sqlite3_stmt *statement, const char *format, va_list values)
{
  sqlite3_reset (statement);
  return bind_values (statement, format, values);
}

int
database_bind (sqlite3_stmt *statement, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  int code = bind_anew (statement, format, values);
  va_end (values);
  return code;
}

int
database_again (sqlite3_stmt *statement, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  int code = bind_anew (statement, format, values);
  va_end (values);
  while (code == SQLITE_OK || code == SQLITE_ROW)
    code = sqlite3_step (statement);
  sqlite3_reset (statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int
database_get (sqlite3 *sqlite, gint64 *ret_number, const char *sql, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  int code = step_once (sqlite, ret_number, sql, format, values);
  va_end (values);
  return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* --- versions ---------------------------------------------------------------------------- */

int
database_migrate (Database *database, int version)
{
  const DatabaseSchema *schema = database->schema;
  g_autofree char *stamp = g_strdup_printf ("PRAGMA user_version = %d", schema->n_migrations);
  int code = SQLITE_OK;

  for (int i = version; i < schema->n_migrations && code == SQLITE_OK; i++)
    code = sqlite3_exec (database->sqlite, schema->migrations[i], NULL, NULL, NULL);
  return code == SQLITE_OK ? sqlite3_exec (database->sqlite, stamp, NULL, NULL, NULL) : code;
}

static int
look_over (Database *database)
{
  sqlite3_stmt *statement = NULL;
  int code = database->checked
                 ? SQLITE_OK
                 : sqlite3_prepare_v2 (database->sqlite, database->schema->check, -1, &statement, NULL);

  sqlite3_finalize (statement);
  database->checked = code == SQLITE_OK;
  return code;
}

/* SQLITE_DONE: there is nothing to work on; what an older version left is read when
 * somebody has written. */
static int
bring_up_to_date (Database *database, gboolean writing)
{
  gint64 version = 0;
  int code = database_get (database->sqlite, &version, "PRAGMA user_version", "");

  if (code != SQLITE_OK)
    return code;
  if (version < 0)
    return SQLITE_CORRUPT;
  if (version > database->schema->n_migrations) {
    g_autofree char *file = visible_text (database->file, -1);
    database_fail (database, g_strdup_printf (_ ("%s belongs to a newer version of toukan"), file));
    return DATABASE_NEWER;
  }
  if (version < database->schema->n_migrations && !writing)
    return SQLITE_DONE;
  if (version < database->schema->n_migrations)
    code = database_migrate (database, (int)version);
  if (code == SQLITE_OK)
    code = look_over (database);
  /* These statements are constant: only tables that aren't ours make them wrong. */
  return code == SQLITE_ERROR ? SQLITE_CORRUPT : code;
}

/* --- transactions ------------------------------------------------------------------------ */

static void
set_laziness (Database *database, gboolean lazy)
{
  if (!database->schema->precious || database->lazy == lazy)
    return;
  sqlite3_exec (database->sqlite, lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL,
                NULL, NULL);
  database->lazy = lazy;
}

/* SQLITE_READONLY_DBMOVED: another file has taken this one's place. */
static int
begin (Database *database, DatabaseMode mode)
{
  if (mode != DATABASE_READ)
    set_laziness (database, mode == DATABASE_WRITE_LAZILY);
  int code = database_execute (database->sqlite, mode == DATABASE_READ ? "BEGIN" : "BEGIN IMMEDIATE", "");
  if (code == SQLITE_OK && database->schema->precious && !database_file_is_in_place (database))
    code = SQLITE_READONLY_DBMOVED;
  return code;
}

/* A commit that failed at its fsync may stand in the journal whole, and whoever reads that
 * when all of us are gone takes it for true. Its failure is told, so it must not come to life:
 * another commit takes its place there. */
static void
bury_failed_commit (Database *database)
{
  g_autofree char *stamp = NULL;
  gint64 version = 0;

  set_laziness (database, TRUE);
  if (sqlite3_exec (database->sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
    return;
  if (database_get (database->sqlite, &version, "PRAGMA user_version", "") == SQLITE_OK) {
    stamp = g_strdup_printf ("PRAGMA user_version = %d; COMMIT", (int)version);
    sqlite3_exec (database->sqlite, stamp, NULL, NULL, NULL);
  }
  if (!sqlite3_get_autocommit (database->sqlite))
    sqlite3_exec (database->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static int
transact (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data)
{
  sqlite3 *sqlite = database->sqlite;
  gboolean writing = mode != DATABASE_READ;

  int code = begin (database, mode);
  if (code == SQLITE_OK)
    code = bring_up_to_date (database, writing);
  if (code == SQLITE_OK)
    code = work (sqlite, data);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "COMMIT", "");
  if (code == SQLITE_OK && writing)
    database_file_write_back (database);
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_READONLY_DBMOVED
      && !database_is_damage (code) && !database->failure)
    database_fail_with (database, code);
  if (!sqlite3_get_autocommit (sqlite))
    sqlite3_exec (sqlite, "ROLLBACK", NULL, NULL, NULL);
  if (writing && (code & 0xff) == SQLITE_IOERR)
    bury_failed_commit (database);
  return code;
}

static gboolean
is_missing (const Database *database)
{
  return access (database->file, F_OK) != 0 && errno == ENOENT;
}

static int
open_and_transact (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data)
{
  gboolean writing = mode != DATABASE_READ;
  int code = SQLITE_OK;

  if (!writing && !database->sqlite && is_missing (database))
    return SQLITE_DONE;
  if (!database->sqlite)
    code = database_file_open (database, writing);
  if (code == SQLITE_OK) {
    if (writing)
      database_gate_enter (database);
    code = transact (database, mode, work, data);
    if (writing)
      database_gate_leave (database);
    return code;
  }
  if (!database_is_damage (code) && !database->failure)
    database_fail_with (database, code);
  database_file_close (database);
  return code;
}

static int
run (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data)
{
  int code = SQLITE_READONLY_DBMOVED;

  for (guint i = 0; i < OPENINGS && code == SQLITE_READONLY_DBMOVED; i++) {
    code = open_and_transact (database, mode, work, data);
    if (code == SQLITE_READONLY_DBMOVED)
      database_file_close (database);
  }
  return code;
}

/* SQLite says of a read that failed with EIO that the file is damaged. A disk that fails now
 * must not cost what is on it: only what can be read whole, and makes no sense, is damaged. */
static int
run_again (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data)
{
  database_file_close (database);
  int number = database_file_try_reading (database);
  if (number == 0)
    return run (database, mode, work, data);
  g_autofree char *file = visible_text (database->file, -1);
  database_fail (database, g_strdup_printf (_ ("%s can't be read: %s"), file, g_strerror (number)));
  return SQLITE_IOERR_READ;
}

int
database_run (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data)
{
  const DatabaseSchema *schema = database->schema;

  g_clear_pointer (&database->failure, g_free);
  database->patience = mode == DATABASE_READ ? schema->read_patience : schema->write_patience;
  int code = run (database, mode, work, data);
  if (database_is_damage (code))
    code = run_again (database, mode, work, data);
  if (database_is_damage (code) && database_file_set_aside (database))
    code = run (database, mode, work, data);
  if (code != SQLITE_OK && code != SQLITE_DONE && !database->failure)
    database_fail_with (database, code);
  return code;
}

gboolean
database_read (Database *database, DatabaseWork work, gpointer data)
{
  int code = database_run (database, DATABASE_READ, work, data);

  return code == SQLITE_OK || code == SQLITE_DONE;
}

gboolean
database_write (Database *database, DatabaseWork work, gpointer data)
{
  int code = database_run (database, DATABASE_WRITE, work, data);

  return code == SQLITE_OK || code == SQLITE_DONE;
}

static int
do_nothing (sqlite3 *sqlite, gpointer data)
{
  *(gboolean *)data = TRUE;
  return SQLITE_OK;
}

static int
make_and_open (Database *database)
{
  g_clear_pointer (&database->failure, g_free);
  database->patience = database->schema->write_patience;
  int code = database_file_open (database, TRUE);
  if (code != SQLITE_OK && !database->failure)
    database_fail_with (database, code);
  if (code != SQLITE_OK)
    database_file_close (database);
  return code;
}

int
database_open (Database *database, gboolean make)
{
  gboolean current = FALSE;
  int code = make && is_missing (database) ? make_and_open (database) : SQLITE_OK;

  if (code == SQLITE_OK)
    code = database_run (database, DATABASE_READ, do_nothing, &current);
  /* Of an older version, or removed this moment. */
  if (code == SQLITE_DONE && (make || !is_missing (database)))
    code = database_run (database, DATABASE_WRITE, do_nothing, &current);
  return code;
}

/* --- for those who say it as a GError ------------------------------------------------------ */

/* Whose turn it is. */
static ToukanError
error_of_code (const Database *database, int code)
{
  int number = database_errno (database);

  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_FULL:
  case SQLITE_NOMEM:
  case SQLITE_PROTOCOL:
    return TOUKAN_ERROR_TEMPORARY;
  case DATABASE_NEWER:
    return TOUKAN_ERROR_UNAVAILABLE;
  default:
    return number == ENOSPC || number == EDQUOT ? TOUKAN_ERROR_TEMPORARY : TOUKAN_ERROR_IO;
  }
}

gboolean
database_succeeded (const Database *database, int code, GError **error)
{
  const char *failure = database_failure (database);

  if (code == SQLITE_OK || code == SQLITE_DONE)
    return TRUE;
  g_set_error_literal (error, TOUKAN_ERROR, (gint)error_of_code (database, code),
                       failure ? failure : sqlite3_errstr (code));
  return FALSE;
}

gboolean
database_place_is_sound (const char *directory, GError **error)
{
  g_autofree char *network = file_system_network (directory);

  if (!network)
    return TRUE;
  g_autofree char *shown = visible_text (directory, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
               _ ("%s is on a network file system (%s), where the outbox isn't safe; set state-dir to a "
                  "directory on a disk of this computer"),
               shown, network);
  return FALSE;
}

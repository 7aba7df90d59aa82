/* What the rest needn't know of SQLite: how a file is opened, brought up to date, locked
 * for a short time, and set aside when it is damaged. */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"

/* A reader stands between the user and the first packet; a writer comes when the user
 * knows the outcome. */
#define READ_PATIENCE_MS 300
#define WRITE_PATIENCE_MS 2000

/* What a file of ours can hold as one value; SQLite's own limit is a gigabyte. */
#define VALUE_LIMIT (1 << 20)

/* Pages in the WAL, 4 KiB each, before it is written back: every reader goes through it. */
#define WAL_PAGES "64"

struct Database {
  const DatabaseSchema *schema;
  char *directory;
  char *file;
  sqlite3 *sqlite; /* NULL: not open */
  dev_t device;    /* of what was opened; */
  ino_t inode;     /*   0: it was not there before */
  guint patience;  /* milliseconds that are left to wait for others */
  char *warning;
};

Database *
database_new (const char *directory, const DatabaseSchema *schema)
{
  Database *database = g_new0 (Database, 1);

  database->schema = schema;
  database->directory = g_strdup (directory);
  database->file = g_build_filename (directory, schema->name, NULL);
  return database;
}

static void
close_file (Database *database)
{
  sqlite3_close (g_steal_pointer (&database->sqlite));
}

void
database_free (Database *database)
{
  if (!database)
    return;
  close_file (database);
  g_free (database->directory);
  g_free (database->file);
  g_free (database->warning);
  g_free (database);
}

const char *
database_warning (const Database *database)
{
  return database->warning;
}

/* --- warnings ------------------------------------------------------------------------ */

/* Takes TEXT. The first is the one that explains the others. */
static void
warn (Database *database, char *text)
{
  if (database->warning)
    g_free (text);
  else
    database->warning = text;
}

static void
warn_of_failure (Database *database, int code)
{
  g_autofree char *file = visible_text (database->file, -1);
  const char *why = database->sqlite ? sqlite3_errmsg (database->sqlite) : sqlite3_errstr (code);
  int number = database->sqlite ? sqlite3_system_errno (database->sqlite) : 0;

  if ((code & 0xff) == SQLITE_BUSY)
    warn (database, g_strdup_printf (_ ("%s is locked by another program"), file));
  else if (number != 0)
    warn (database, g_strdup_printf (_ ("%s can't be used: %s (%s)"), file, why, g_strerror (number)));
  else
    warn (database, g_strdup_printf (_ ("%s can't be used: %s"), file, why));
}

/* --- statements ------------------------------------------------------------------------ */

static int
bind_values (sqlite3_stmt *statement, const char *format, va_list values)
{
  int code = SQLITE_OK;

  for (int i = 0; format[i] != '\0' && code == SQLITE_OK; i++) {
    g_assert (format[i] == 's' || format[i] == 'i');
    if (format[i] == 's')
      code = sqlite3_bind_text (statement, i + 1, va_arg (values, const char *), -1, SQLITE_TRANSIENT);
    else
      code = sqlite3_bind_int64 (statement, i + 1, va_arg (values, gint64));
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

int
database_execute (sqlite3 *sqlite, const char *sql, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  sqlite3_stmt *statement = prepare (sqlite, sql, format, values);
  va_end (values);
  if (!statement)
    return sqlite3_extended_errcode (sqlite);
  int code = sqlite3_step (statement);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : sqlite3_extended_errcode (sqlite);
}

/* --- opening --------------------------------------------------------------------------- */

static void
settle (sqlite3 *sqlite)
{
  sqlite3_extended_result_codes (sqlite, 1);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_limit (sqlite, SQLITE_LIMIT_LENGTH, VALUE_LIMIT);
  /* These touch no file, and so can't fail. */
  sqlite3_exec (sqlite,
                "PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
                "PRAGMA wal_autocheckpoint = " WAL_PAGES,
                NULL, NULL, NULL);
}

/* SQLite's own handler sleeps longer and longer, so that who has waited long waits longer
 * still. Nobody holds the lock for more than moments: short sleeps, not in step. */
static int
wait_for_others (void *data, int times)
{
  Database *database = data;
  guint pause = 1 + ((guint)getpid () + (guint)times * 7) % 10;

  if (database->patience < pause)
    return 0;
  database->patience -= pause;
  sqlite3_sleep ((int)pause);
  return 1;
}

static int
open_named (Database *database, const char *name)
{
  int code = sqlite3_open_v2 (name, &database->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

  if (code == SQLITE_OK) {
    settle (database->sqlite);
    sqlite3_busy_handler (database->sqlite, wait_for_others, database);
  }
  return code;
}

static int
open_file (Database *database)
{
  struct stat place = { 0 };

  if (stat (database->file, &place) != 0)
    place = (struct stat){ 0 };
  database->device = place.st_dev;
  database->inode = place.st_ino;
  return open_named (database, database->file);
}

/* --- a new file ------------------------------------------------------------------------- */

static int
migrate (Database *database, int version)
{
  const DatabaseSchema *schema = database->schema;
  g_autofree char *stamp = g_strdup_printf ("PRAGMA user_version = %d", schema->n_migrations);
  int code = SQLITE_OK;

  for (int i = version; i < schema->n_migrations && code == SQLITE_OK; i++)
    code = sqlite3_exec (database->sqlite, schema->migrations[i], NULL, NULL, NULL);
  return code == SQLITE_OK ? sqlite3_exec (database->sqlite, stamp, NULL, NULL, NULL) : code;
}

/* Writes all into the file NAME; nothing is left in a journal. */
static int
build_file (Database *database, const char *name)
{
  int code = open_named (database, name);

  if (code == SQLITE_OK)
    sqlite3_db_config (database->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  /* A file system without shared memory stays with the rollback journal. */
  if (code == SQLITE_OK)
    code = sqlite3_exec (database->sqlite, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (code == SQLITE_OK)
    code = migrate (database, 0);
  if (code == SQLITE_OK)
    code = sqlite3_exec (database->sqlite, "COMMIT", NULL, NULL, NULL);
  if (code != SQLITE_OK)
    warn_of_failure (database, code);
  close_file (database);
  return code;
}

static void
remove_draft (const char *draft)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *name = g_strconcat (draft, suffixes[i], NULL);
    g_unlink (name);
  }
}

static int
refuse_directory (Database *database)
{
  int number = errno;
  g_autofree char *directory = visible_text (database->directory, -1);

  warn (database, g_strdup_printf (_ ("%s can't be written: %s"), directory, g_strerror (number)));
  return SQLITE_CANTOPEN;
}

/* A file appears complete, since of many that make the same file at once SQLite turns
 * some away. Others have no rights to it; what SQLite adds (-wal, -shm) takes that over. */
static int
make_file (Database *database)
{
  g_autofree char *draft = g_strconcat (database->file, ".new-XXXXXX", NULL);

  if (access (database->file, F_OK) == 0)
    return SQLITE_OK;
  if (g_mkdir_with_parents (database->directory, 0700) != 0)
    return refuse_directory (database);
  int fd = g_mkstemp_full (draft, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return refuse_directory (database);
  close (fd);
  int code = build_file (database, draft);
  /* Another may have been quicker: its file stays. Some file systems know no links. */
  if (code == SQLITE_OK && link (draft, database->file) != 0 && errno != EEXIST
      && g_rename (draft, database->file) != 0)
    code = refuse_directory (database);
  remove_draft (draft);
  return code;
}

static int
open_for_writing (Database *database)
{
  int code = make_file (database);

  if (code == SQLITE_OK)
    code = open_file (database);
  /* Of a file that was empty; else it changes nothing. */
  if (code == SQLITE_OK)
    sqlite3_exec (database->sqlite, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
  return code;
}

/* --- transactions ------------------------------------------------------------------------ */

static int
read_version (sqlite3 *sqlite, int *ret_version)
{
  sqlite3_stmt *statement = database_prepare (sqlite, "PRAGMA user_version", "");

  if (!statement)
    return sqlite3_extended_errcode (sqlite);
  int code = sqlite3_step (statement);
  *ret_version = code == SQLITE_ROW ? sqlite3_column_int (statement, 0) : 0;
  sqlite3_finalize (statement);
  return code == SQLITE_ROW ? SQLITE_OK : sqlite3_extended_errcode (sqlite);
}

/* SQLITE_DONE: there is nothing to work on; what an older version left is read when
 * somebody has written. */
static int
bring_up_to_date (Database *database, gboolean writing)
{
  int version = 0;
  int code = read_version (database->sqlite, &version);

  if (code != SQLITE_OK)
    return code;
  if (version < 0)
    return SQLITE_CORRUPT;
  if (version > database->schema->n_migrations) {
    g_autofree char *file = visible_text (database->file, -1);
    warn (database, g_strdup_printf (_ ("%s belongs to a newer version of toukan"), file));
    return SQLITE_CANTOPEN;
  }
  if (version < database->schema->n_migrations)
    return writing ? migrate (database, version) : SQLITE_DONE;
  return SQLITE_OK;
}

static gboolean
is_damage (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static int
transact (Database *database, gboolean writing, DatabaseWork work, gpointer data)
{
  sqlite3 *sqlite = database->sqlite;

  int code = sqlite3_exec (sqlite, writing ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL);
  if (code == SQLITE_OK)
    code = bring_up_to_date (database, writing);
  if (code == SQLITE_OK)
    code = work (sqlite, data);
  /* Our statements are constant: only tables that aren't ours make them wrong. */
  if (code == SQLITE_ERROR)
    code = SQLITE_CORRUPT;
  if (code == SQLITE_OK)
    code = sqlite3_exec (sqlite, "COMMIT", NULL, NULL, NULL);
  if (code != SQLITE_OK && code != SQLITE_DONE && !is_damage (code))
    warn_of_failure (database, code);
  if (!sqlite3_get_autocommit (sqlite))
    sqlite3_exec (sqlite, "ROLLBACK", NULL, NULL, NULL);
  return code;
}

static int
run (Database *database, gboolean writing, DatabaseWork work, gpointer data)
{
  int code = SQLITE_OK;

  if (!writing && !database->sqlite && access (database->file, F_OK) != 0 && errno == ENOENT)
    return SQLITE_DONE;
  database->patience = writing ? WRITE_PATIENCE_MS : READ_PATIENCE_MS;
  if (!database->sqlite)
    code = writing ? open_for_writing (database) : open_file (database);
  if (code == SQLITE_OK)
    return transact (database, writing, work, data);
  if (!is_damage (code))
    warn_of_failure (database, code);
  close_file (database);
  return code;
}

/* --- damage ---------------------------------------------------------------------------- */

/* One of many processes that find the same damage may move the file, and none may move
 * the sound one that took its place. */
static gboolean
is_ours_to_move (const Database *database, int directory)
{
  struct stat place;

  return flock (directory, LOCK_EX | LOCK_NB) == 0 && stat (database->file, &place) == 0
         && place.st_ino == database->inode && place.st_dev == database->device;
}

/* Named after the day of its last change: more than one a day isn't worth keeping. */
static char *
name_aside (const Database *database)
{
  struct stat place = { 0 };

  if (stat (database->file, &place) != 0)
    return NULL;
  g_autoptr (GDateTime) changed = g_date_time_new_from_unix_utc (place.st_mtime);
  g_autofree char *day = changed ? g_date_time_format (changed, "%Y-%m-%d") : g_strdup ("unknown");
  return g_strconcat (database->file, ".corrupt-", day, NULL);
}

/* The journal belongs to it: SQLite finds it by its name. The -shm is made of the journal. */
static gboolean
move_aside (const Database *database, const char *aside)
{
  g_autofree char *journal = g_strconcat (database->file, "-wal", NULL);
  g_autofree char *journal_aside = g_strconcat (aside, "-wal", NULL);
  g_autofree char *shared = g_strconcat (database->file, "-shm", NULL);

  if (g_rename (database->file, aside) != 0)
    return FALSE;
  if (g_rename (journal, journal_aside) != 0)
    g_unlink (journal_aside); /* that of an older one */
  g_unlink (shared);
  return TRUE;
}

/* TRUE: the file is out of the way, by our doing or another's. */
static gboolean
set_aside (Database *database)
{
  g_autofree char *file = visible_text (database->file, -1);
  g_autofree char *aside = name_aside (database);
  int directory = open (database->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean moved
      = aside && directory >= 0 && is_ours_to_move (database, directory) && move_aside (database, aside);

  close_file (database);
  if (directory >= 0)
    close (directory);
  if (moved) {
    g_autofree char *shown = visible_text (aside, -1);
    warn (database, g_strdup_printf (_ ("%s was damaged; it is now %s, and a new one begins"), file, shown));
  } else {
    warn (database, g_strdup_printf (_ ("%s is damaged"), file));
  }
  return moved;
}

static gboolean
perform (Database *database, gboolean writing, DatabaseWork work, gpointer data)
{
  int code = run (database, writing, work, data);

  if (is_damage (code) && set_aside (database))
    code = run (database, writing, work, data);
  return code == SQLITE_OK || code == SQLITE_DONE;
}

gboolean
database_read (Database *database, DatabaseWork work, gpointer data)
{
  return perform (database, FALSE, work, data);
}

gboolean
database_write (Database *database, DatabaseWork work, gpointer data)
{
  return perform (database, TRUE, work, data);
}

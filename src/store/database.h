/* One SQLite file that many short-lived processes share. All work on it is a
 * transaction; what goes wrong never ends the program, it is kept as a warning.
 *
 * The journal is a WAL that is left in place at the end. Measured with fifty processes
 * of twenty transactions each: so none is lost, one waits 0.2 s at most, and one alone
 * takes 0.7 ms, since nothing waits for the disk. With a rollback journal 15 to 23 % were
 * lost to SQLITE_BUSY after 0.3 s of patience, and one alone takes 3 to 16 ms. Power that
 * fails may take the latest transactions with it, but leaves a sound file. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

typedef struct {
  const char        *name;         /* of the file in its directory */
  const char *const *migrations;   /* the Nth is SQL that leads from version N to N + 1 */
  int                n_migrations; /* so the version */
} DatabaseSchema;

typedef struct Database Database;

/* DIRECTORY is made when something is written first. Nothing is touched here. SCHEMA is
 * static. */
Database *database_new (const char *directory, const DatabaseSchema *schema);
void      database_free (Database *database);

/* Work inside a transaction: returns SQLITE_OK to commit, else what SQLite said. It may
 * be called again, on an empty file, when the first was damaged. */
typedef int (*DatabaseWork) (sqlite3 *sqlite, gpointer data);

/* Where there is no file yet WORK isn't called, and TRUE is returned. */
gboolean database_read (Database *database, DatabaseWork work, gpointer data);
gboolean database_write (Database *database, DatabaseWork work, gpointer data);

/* The first thing that went wrong, in words, whether it could be mended or not; NULL:
 * nothing. Owned by DATABASE. */
const char *database_warning (const Database *database);

/* --- statements ------------------------------------------------------------------ */

/* Prepares SQL and binds values: FORMAT has a letter for each, 's' const char * (NULL is
 * SQL's), 'i' gint64. NULL when it fails; sqlite3_errcode() says why. */
sqlite3_stmt *database_prepare (sqlite3 *sqlite, const char *sql, const char *format, ...);

/* The same for what returns no rows, to its end. */
int database_execute (sqlite3 *sqlite, const char *sql, const char *format, ...);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Database, database_free)

/* One SQLite file that many processes share. All work on it is a transaction; what goes
 * wrong never ends the program, it is kept in words.
 *
 * The journal is a WAL that is left in place at the end. Measured with fifty processes
 * of twenty transactions each: so none is lost, one waits 0.2 s at most, and one alone
 * takes 0.7 ms, since nothing waits for the disk. With a rollback journal 15 to 23 % were
 * lost to SQLITE_BUSY after 0.3 s of patience, and one alone takes 3 to 16 ms. Power that
 * fails may take the latest transactions with it, but leaves a sound file; unless the file
 * is precious: then a commit waits for the disk, once. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

/* Work inside a transaction: returns SQLITE_OK to commit, SQLITE_DONE to leave all as it
 * was, else what SQLite said. It may be called again, on an empty file, when the first was
 * damaged. */
typedef int (*DatabaseWork) (sqlite3 *sqlite, gpointer data);

typedef struct {
  const char        *name;         /* of the file in its directory */
  const char        *check;        /* SQL that can't be prepared where the tables aren't ours */
  const char *const *migrations;   /* the Nth is SQL that leads from version N to N + 1 */
  int                n_migrations; /* so the version */
  DatabaseWork       populate;     /* of a new file, with the directory's name; NULL: empty */
  gboolean           precious;     /* a commit is durable, and every damaged file is kept */
  gboolean           busy;         /* one process writes all the time: the journal is left as long as it has grown,
                                      since writing over it costs a third less than making it longer */
  guint              read_patience, write_patience; /* milliseconds to wait for others */
} DatabaseSchema;

typedef struct Database Database;

/* DIRECTORY is made when something is written first. Nothing is touched here. SCHEMA is
 * static. */
Database *database_new (const char *directory, const DatabaseSchema *schema);
void      database_free (Database *database);

typedef enum {
  DATABASE_READ,
  DATABASE_WRITE,
  DATABASE_WRITE_LAZILY, /* durable with the next DATABASE_WRITE, or never: nobody minds */
} DatabaseMode;

/* A code that SQLite doesn't use: a newer version of toukan made the file. */
#define DATABASE_NEWER SQLITE_FORMAT

/* SQLITE_OK: WORK was done; SQLITE_DONE: it said so, or there was nothing to read yet, and WORK wasn't
 * called; else what SQLite said, and database_failure() in words. */
int database_run (Database *database, DatabaseMode mode, DatabaseWork work, gpointer data);

/* TRUE but for failures. */
gboolean database_read (Database *database, DatabaseWork work, gpointer data);
gboolean database_write (Database *database, DatabaseWork work, gpointer data);

/* Opens the file (and makes it where it is missing and MAKE), brings it up to date and
 * looks it over, as the first transaction would. */
int database_open (Database *database, gboolean make);

/* A number that changes with each commit of others, and when another file takes the place
 * of this one. */
gint64 database_version (Database *database);

/* Of the latest failure of the system, 0: none. */
int database_errno (const Database *database);

/* What made the latest database_run() fail. Owned by DATABASE. */
const char *database_failure (const Database *database);

/* The first thing that went wrong, in words, whether it could be mended or not; NULL:
 * nothing. Owned by DATABASE. */
const char *database_warning (const Database *database);

/* The file was damaged: where it is now; NULL: it wasn't. Owned by DATABASE. */
const char *database_damage (const Database *database);

/* --- statements ------------------------------------------------------------------ */

/* Prepares SQL and binds values: FORMAT has a letter for each, 's' const char * (NULL is
 * SQL's), 'i' gint64, 'b' const void * and gint64, octets that outlive the statement (NULL
 * is SQL's). NULL when it fails; sqlite3_errcode() says why. */
sqlite3_stmt *database_prepare (sqlite3 *sqlite, const char *sql, const char *format, ...);

/* The same for what returns no rows, to its end. */
int database_execute (sqlite3 *sqlite, const char *sql, const char *format, ...);

/* The same for one number: SQLITE_DONE where there is no row. */
int database_get (sqlite3 *sqlite, gint64 *ret_number, const char *sql, const char *format, ...);

/* The same statement each time, ready to be bound: prepared once for a connection, and so what
 * database_execute() and database_get() run. Nobody finalizes it; whoever steps it himself resets
 * it. NULL as above. */
sqlite3_stmt *database_keep (sqlite3 *sqlite, const char *sql);

/* Resets STATEMENT and binds it anew. */
int database_bind (sqlite3_stmt *statement, const char *format, ...);

/* Another run to its end of STATEMENT, prepared with the format "", or kept. */
int database_again (sqlite3_stmt *statement, const char *format, ...);

/* --- for those who say it as a GError ---------------------------------------------- */

/* TRUE: CODE is SQLITE_OK or SQLITE_DONE; else ERROR: TOUKAN_ERROR_TEMPORARY when the disk is full or
 * the file locked for too long, _UNAVAILABLE when a newer version made it, else _IO. */
gboolean database_succeeded (const Database *database, int code, GError **error);

/* FALSE with TOUKAN_ERROR_CONFIGURATION: DIRECTORY is on a network file system. */
gboolean database_place_is_sound (const char *directory, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Database, database_free)

/* What database.c (transactions) and database-file.c (the file, from making to setting
 * aside) share. */
#pragma once

#include "store/database.h"

#include <sys/stat.h>

struct Database {
  const DatabaseSchema *schema;
  char    *directory;
  char    *file;
  sqlite3 *sqlite;     /* NULL: not open */
  int      folder;     /* descriptor of the directory, for its lock; -1: not open */
  dev_t    device;     /* of what was opened; */
  ino_t    inode;      /*   0: it was not there before */
  guint    generation; /* files that were opened */
  gboolean checked;    /* the tables are ours */
  gboolean lazy;       /* as SQLite was told last */
  guint    patience;   /* milliseconds that are left to wait for others */
  guint    waited;     /* so many are over, since the lock was first tried */
  int      pages;      /* in the journal after the latest commit */
  char    *failure, *warning, *damage;
};

/* Take TEXT. The first warning is the one that explains the others. */
void database_warn (Database *database, char *text);
void database_fail (Database *database, char *text);
void database_fail_with (Database *database, int code);

/* From VERSION to the schema's. */
int database_migrate (Database *database, int version);

/* A name that is sound to open files of DATABASE with: SQLite's own, without its fsync of the
 * directory for a journal that is there already. */
const char *database_vfs (void);

/* Before the connection is closed. */
void     database_forget_kept (sqlite3 *sqlite);

int      database_file_open (Database *database, gboolean make);
void     database_file_close (Database *database);
gboolean database_file_is_in_place (const Database *database);
/* Reads file and journal from end to end: 0, or an errno. */
int      database_file_try_reading (const Database *database);
/* TRUE: the damaged file is out of the way, by our doing or another's. */
gboolean database_file_set_aside (Database *database);

/* Writes the journal back into the file when it has grown, after a commit. */
void     database_file_write_back (Database *database);

/* While it is held nobody moves the file. Only of precious ones. */
void database_gate_enter (Database *database);
void database_gate_leave (Database *database);

gboolean database_is_damage (int code);

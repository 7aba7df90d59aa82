/* SQLite makes the directory durable at the first fsync of each process's journal, in case
 * it has just made that file. Ours is there from the beginning (database-file.c), so that
 * a short-lived process would pay for a second fsync, each time, and get nothing for it. */
#include "store/database-private.h"

static sqlite3_vfs *parent;
static sqlite3_vfs vfs; /* the parent but for .xOpen */

static int
open_existing (sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
  if (flags & SQLITE_OPEN_WAL
      && parent->xOpen (parent, name, file, flags & ~SQLITE_OPEN_CREATE, ret_flags) == SQLITE_OK)
    return SQLITE_OK;
  return parent->xOpen (parent, name, file, flags, ret_flags);
}

const char *
database_vfs (void)
{
  static gsize ready;

  if (g_once_init_enter (&ready)) {
    parent = sqlite3_vfs_find (NULL);
    g_assert (parent);
    vfs = *parent;
    vfs.zName = "toukan";
    vfs.xOpen = open_existing;
    sqlite3_vfs_register (&vfs, 0);
    g_once_init_leave (&ready, 1);
  }
  return vfs.zName;
}

/* What both of our files share: versions that come and go, locks that take too long, and
 * which errors set a file aside. The rest shows in the tests of path store and outbox. */
#include <glib/gstdio.h>
#include <string.h>

#include "store/database.h"
#include "store/file-system.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

static const char *const migrations[] = {
  "CREATE TABLE thing (name TEXT NOT NULL); INSERT INTO thing VALUES ('first')",
  "ALTER TABLE thing ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; UPDATE thing SET colour = 'red'",
};

static const DatabaseSchema version_1 = {
  .name = "things.sqlite3",
  .check = "SELECT name FROM thing",
  .migrations = migrations,
  .n_migrations = 1,
  .precious = TRUE,
  .read_patience = 50,
  .write_patience = 50,
};

static const DatabaseSchema version_2 = {
  .name = "things.sqlite3",
  .check = "SELECT name, colour FROM thing",
  .migrations = migrations,
  .n_migrations = 2,
  .precious = TRUE,
  .read_patience = 50,
  .write_patience = 50,
};

static const char *
new_directory (void)
{
  static guint n;
  g_autofree char *name = g_strdup_printf ("things-%u", n++);
  return test_file (name);
}

static int
count_things (sqlite3 *sqlite, gpointer data)
{
  return database_get (sqlite, data, "SELECT count(*) FROM thing", "");
}

static int
count_red (sqlite3 *sqlite, gpointer data)
{
  return database_get (sqlite, data, "SELECT count(*) FROM thing WHERE colour = 'red'", "");
}

static int
add_thing (sqlite3 *sqlite, gpointer data)
{
  return database_execute (sqlite, "INSERT INTO thing (name) VALUES (?)", "s", (const char *)data);
}

static int
fail_with (sqlite3 *sqlite, gpointer data)
{
  database_execute (sqlite, "DELETE FROM thing", "");
  return GPOINTER_TO_INT (data);
}

/* --- versions -------------------------------------------------------------------------------- */

static void
test_older (void)
{
  const char *directory = new_directory ();
  gint64 n = 0;
  {
    g_autoptr (Database) old = database_new (directory, &version_1);
    g_assert_cmpint (database_open (old, FALSE), ==, SQLITE_DONE);
    g_assert_cmpint (database_open (old, TRUE), ==, SQLITE_OK);
    g_assert_true (database_write (old, add_thing, (gpointer) "second"));
  }
  g_autoptr (Database) database = database_new (directory, &version_2);
  g_assert_cmpint (database_run (database, DATABASE_READ, count_red, &n), ==, SQLITE_DONE); /* not yet */
  g_assert_cmpint (database_open (database, FALSE), ==, SQLITE_OK);
  g_assert_cmpint (database_run (database, DATABASE_READ, count_red, &n), ==, SQLITE_OK);
  g_assert_cmpint (n, ==, 2);
  g_assert_cmpstr (database_warning (database), ==, NULL);
}

/* Also of a process that has it open since before. */
static void
test_newer (void)
{
  const char *directory = new_directory ();
  gint64 n = 0;
  g_autoptr (Database) old = database_new (directory, &version_1);
  g_assert_cmpint (database_open (old, TRUE), ==, SQLITE_OK);
  g_autoptr (Database) database = database_new (directory, &version_2);
  g_assert_cmpint (database_open (database, TRUE), ==, SQLITE_OK);
  g_assert_cmpint (database_run (old, DATABASE_READ, count_things, &n), ==, DATABASE_NEWER);
  g_assert_cmpint (database_run (old, DATABASE_WRITE, add_thing, (gpointer) "third"), ==, DATABASE_NEWER);
  g_assert_nonnull (strstr (database_failure (old), "newer version"));
  g_autoptr (Database) another = database_new (directory, &version_1);
  g_assert_cmpint (database_open (another, TRUE), ==, DATABASE_NEWER);
  g_assert_true (database_read (database, count_things, &n));
  g_assert_cmpint (n, ==, 1);
}

/* --- errors ---------------------------------------------------------------------------------- */

typedef struct {
  const char *about;
  int code;
  gboolean damage;
} ErrorRow;

static const ErrorRow error_rows[] = {
  { "busy", SQLITE_BUSY, FALSE },
  { "the disk is full", SQLITE_FULL, FALSE },
  { "the disk failed", SQLITE_IOERR, FALSE },
  { "the disk failed to read", SQLITE_IOERR_READ, FALSE },
  { "a short read", SQLITE_IOERR_SHORT_READ, FALSE },
  { "no memory", SQLITE_NOMEM, FALSE },
  { "an error of ours", SQLITE_ERROR, FALSE },
  { "can't be opened", SQLITE_CANTOPEN, FALSE },
  { "nothing to be done", SQLITE_DONE, FALSE },
  { "corrupt", SQLITE_CORRUPT, TRUE },
  { "a corrupt index", SQLITE_CORRUPT_INDEX, TRUE },
  { "no database", SQLITE_NOTADB, TRUE },
};

static void
test_error (gconstpointer data)
{
  const ErrorRow *row = data;
  const char *directory = new_directory ();
  gint64 n = 0;
  g_autoptr (Database) database = database_new (directory, &version_1);
  g_assert_cmpint (database_run (database, DATABASE_WRITE, fail_with, GINT_TO_POINTER (row->code)), ==,
                   row->code);
  g_assert_cmpint (database_damage (database) != NULL, ==, row->damage);
  g_assert_cmpint (database_failure (database) != NULL, ==, row->code != SQLITE_DONE);
  g_assert_true (database_read (database, count_things, &n));
  g_assert_cmpint (n, ==, 1); /* nothing was changed, or the file is a new one */
}

/* --- locks ----------------------------------------------------------------------------------- */

static int
write_from_within (sqlite3 *sqlite, gpointer data)
{
  Database *other = data;
  gint64 n = 0;
  g_assert_cmpint (database_run (other, DATABASE_WRITE, add_thing, (gpointer) "other") & 0xff, ==,
                   SQLITE_BUSY);
  g_assert_nonnull (strstr (database_failure (other), "is locked by another program"));
  g_assert_true (database_read (other, count_things, &n));
  return SQLITE_OK;
}

static void
test_locked (void)
{
  const char *directory = new_directory ();
  g_autoptr (Database) database = database_new (directory, &version_1);
  g_autoptr (Database) other = database_new (directory, &version_1);
  g_assert_cmpint (database_open (database, TRUE), ==, SQLITE_OK);
  g_assert_true (database_write (database, write_from_within, other));
  g_assert_true (database_write (other, add_thing, (gpointer) "other"));
}

/* --- another file in its place -----------------------------------------------------------------------------
 */

static void
test_replaced (void)
{
  const char *directory = new_directory ();
  gint64 n = 0;
  g_autofree char *name = g_build_filename (directory, "things.sqlite3", NULL);
  g_autofree char *journal = g_strconcat (name, "-wal", NULL);
  g_autofree char *away = g_strconcat (name, ".away", NULL);
  g_autoptr (Database) database = database_new (directory, &version_1);
  g_assert_true (database_write (database, add_thing, (gpointer) "second"));
  gint64 version = database_version (database);
  g_assert_cmpint (g_rename (name, away), ==, 0);
  g_assert_cmpint (database_version (database), !=, version);
  /* Its journal stayed, and isn't taken for the new one's. */
  g_assert_true (g_file_test (journal, G_FILE_TEST_EXISTS));
  g_assert_true (database_write (database, add_thing, (gpointer) "third"));
  g_assert_true (database_read (database, count_things, &n));
  g_assert_cmpint (n, ==, 2);
}

/* --- file systems ---------------------------------------------------------------------------- */

typedef struct {
  const char *about;
  guint64 magic;
  const char *network;
} MagicRow;

static const MagicRow magic_rows[] = {
  { "ext4", 0xef53, NULL },       { "btrfs", 0x9123683e, NULL },     { "xfs", 0x58465342, NULL },
  { "tmpfs", 0x01021994, NULL },  { "overlayfs", 0x794c7630, NULL }, { "zfs", 0x2fc12fc1, NULL },
  { "f2fs", 0xf2f52010, NULL },   { "ecryptfs", 0xf15f, NULL },      { "NFS", 0x6969, "NFS" },
  { "CIFS", 0xff534d42, "CIFS" }, { "SMB2", 0xfe534d42, "SMB2" },    { "9P", 0x01021997, "9P" },
  { "AFS", 0x5346414f, "AFS" },   { "Ceph", 0x00c36400, "Ceph" },    { "GFS2", 0x01161970, "GFS2" },
};

static void
test_magic (gconstpointer data)
{
  const MagicRow *row = data;
  g_assert_cmpstr (file_system_magic_network (row->magic), ==, row->network);
}

typedef struct {
  const char *about;
  gboolean local;
} FuseRow;

static const FuseRow fuse_rows[] = {
  { "fuseblk", TRUE },         { "fuse.gocryptfs", TRUE }, { "fuse.fuse-overlayfs", TRUE },
  { "fuse.sshfs", FALSE },     { "fuse.rclone", FALSE },   { "fuse.s3fs", FALSE },
  { "fuse.glusterfs", FALSE }, { "virtiofs", FALSE },      { "fuse.unheard", FALSE },
  { "fuse", FALSE },
};

static void
test_fuse (gconstpointer data)
{
  const FuseRow *row = data;
  g_assert_cmpint (file_system_fuse_is_local (row->about), ==, row->local);
}

static void
test_here (void)
{
  g_autofree char *here = file_system_network (test_folder ());
  g_autofree char *inside = file_system_network (test_file ("not/made/yet"));
  g_assert_cmpstr (here, ==, NULL);
  g_assert_cmpstr (inside, ==, NULL);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/database/older", test_older);
  g_test_add_func ("/database/newer", test_newer);
  TABLE_ADD ("/database/error", error_rows, test_error);
  g_test_add_func ("/database/locked", test_locked);
  g_test_add_func ("/database/replaced", test_replaced);
  TABLE_ADD ("/file-system/magic", magic_rows, test_magic);
  TABLE_ADD ("/file-system/fuse", fuse_rows, test_fuse);
  g_test_add_func ("/file-system/here", test_here);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

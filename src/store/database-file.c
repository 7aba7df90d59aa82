/* The file of a database: how it is made complete before anybody sees it, opened, and set
 * aside when it is damaged. */
#include "store/database-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"

/* What a file of ours can hold as one value; SQLite's own limit is a gigabyte. */
#define VALUE_LIMIT (1 << 20)

/* Pages in the WAL, 4 KiB each, before it is written back: who opens it alone reads it all,
 * and who crosses the mark pays. A precious one costs three fsyncs then, so less often. */
#define WAL_PAGES 64
#define WAL_PAGES_PRECIOUS 256
#define WAL_PAGES_BUSY 1024

#define PUBLISH_PAUSE 5000 /* µs */

/* So long the others are waited for, to begin the journal anew. */
#define WRITE_BACK_PATIENCE_MS 100

/* --- opening --------------------------------------------------------------------------- */

static void
settle (sqlite3 *sqlite)
{
  sqlite3_extended_result_codes (sqlite, 1);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_limit (sqlite, SQLITE_LIMIT_LENGTH, VALUE_LIMIT);
  sqlite3_exec (sqlite, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
}

/* How long to sleep before the lock is tried again: by how long it has been waited for, in
 * milliseconds. Alone one comes by soon. Of hundreds each try costs the one that holds the lock
 * its processor, so they try seldom, and more often the longer they have waited: SQLite's own
 * handler does the opposite, and lets some wait for ever. */
static const struct {
  guint waited, pause;
} pauses[] = { { 20, 4 }, { 100, 20 }, { 2000, 100 }, { 6000, 50 }, { 15000, 25 }, { G_MAXUINT, 12 } };

static guint
pause_after (guint waited)
{
  gsize i = 0;

  while (waited >= pauses[i].waited)
    i++;
  return (guint)g_random_int_range ((gint32)pauses[i].pause / 2, (gint32)pauses[i].pause + 1);
}

static int
wait_for_others (void *data, int times)
{
  Database *database = data;

  if (times == 0)
    database->waited = 0;
  guint pause = pause_after (database->waited);
  if (database->patience < pause)
    return 0;
  database->patience -= pause;
  database->waited += pause;
  sqlite3_sleep ((int)pause);
  return 1;
}

static int
note_pages (void *data, sqlite3 *sqlite, const char *name, int pages)
{
  Database *database = data;

  database->pages = pages;
  return SQLITE_OK;
}

/* SQLite's own way (wal_autocheckpoint) begins a journal anew only when the one that wrote it
 * back is there still: of processes that come one by one none would be, since each that is
 * alone builds the -shm from the journal, and the journal would grow for ever. */
void
database_file_write_back (Database *database)
{
  const DatabaseSchema *schema = database->schema;
  int most = schema->busy ? WAL_PAGES_BUSY : schema->precious ? WAL_PAGES_PRECIOUS : WAL_PAGES;
  int in_journal = 0, written = 0;

  if (database->pages < most)
    return;
  database->pages = 0;
  database->patience = WRITE_BACK_PATIENCE_MS;
  /* First what takes time, beside the others' work, then what keeps them waiting. A failure
   * leaves all to the next. */
  if (sqlite3_wal_checkpoint_v2 (database->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_journal, &written)
          == SQLITE_OK
      && in_journal == written && !schema->busy)
    sqlite3_wal_checkpoint_v2 (database->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static int
open_named (Database *database, const char *name)
{
  int code = sqlite3_open_v2 (name, &database->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                              database_vfs ());

  if (code == SQLITE_OK) {
    sqlite3_busy_handler (database->sqlite, wait_for_others, database);
    sqlite3_wal_hook (database->sqlite, note_pages, database);
    settle (database->sqlite);
    /* This one looks into the file; what is wrong with it comes out at the first transaction. */
    sqlite3_exec (database->sqlite,
                  database->schema->precious ? "PRAGMA synchronous = FULL"
                                             : "PRAGMA secure_delete = ON; PRAGMA synchronous = NORMAL",
                  NULL, NULL, NULL);
  }
  return code;
}

static int
open_directory (const Database *database)
{
  return open (database->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_in_place (Database *database)
{
  struct stat place;

  if (stat (database->file, &place) != 0)
    place = (struct stat){ 0 };
  database->device = place.st_dev;
  database->inode = place.st_ino;
  database->folder = open_directory (database);
  database->generation++;
  return open_named (database, database->file);
}

void
database_file_close (Database *database)
{
  if (database->sqlite)
    database_forget_kept (database->sqlite);
  sqlite3_close (g_steal_pointer (&database->sqlite));
  if (database->folder >= 0)
    close (database->folder);
  database->folder = -1;
  database->checked = FALSE;
  database->lazy = FALSE;
}

gboolean
database_file_is_in_place (const Database *database)
{
  struct stat place;

  return stat (database->file, &place) == 0 && place.st_ino == database->inode
         && place.st_dev == database->device;
}

/* --- the directory's lock ---------------------------------------------------------------- */

static gboolean
lock_folder (int folder, int how)
{
  int result;

  do
    result = flock (folder, how);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

void
database_gate_enter (Database *database)
{
  if (database->schema->precious)
    lock_folder (database->folder, LOCK_SH);
}

void
database_gate_leave (Database *database)
{
  if (database->schema->precious)
    lock_folder (database->folder, LOCK_UN);
}

/* Whoever moves files is alone; nobody waits long for what can be done without. */
static gboolean
lock_for_moving (const Database *database, int folder)
{
  return lock_folder (folder, database->schema->precious ? LOCK_EX : LOCK_EX | LOCK_NB);
}

/* --- a new file ------------------------------------------------------------------------- */

static int
populate (Database *database)
{
  const DatabaseSchema *schema = database->schema;
  int code = sqlite3_exec (database->sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL);

  if (code == SQLITE_OK)
    code = database_migrate (database, 0);
  if (code == SQLITE_OK && schema->populate)
    code = schema->populate (database->sqlite, database->directory);
  return code == SQLITE_OK ? sqlite3_exec (database->sqlite, "COMMIT", NULL, NULL, NULL) : code;
}

/* Writes all into the file NAME, which nobody sees yet; nothing is left in a journal. */
static int
build_file (Database *database, const char *name)
{
  int code = open_named (database, name);

  if (code == SQLITE_OK)
    sqlite3_db_config (database->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  /* A file system without shared memory stays with the rollback journal. */
  if (code == SQLITE_OK)
    code = sqlite3_exec (
        database->sqlite,
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL", NULL, NULL,
        NULL);
  if (code == SQLITE_OK)
    code = populate (database);
  if (code != SQLITE_OK)
    database_fail_with (database, code);
  database_file_close (database);
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

  database_fail (database, g_strdup_printf (_ ("%s can't be written: %s"), directory, g_strerror (number)));
  return number == ENOSPC || number == EDQUOT ? SQLITE_FULL : SQLITE_CANTOPEN;
}

static char *name_aside (const Database *database);

/* The journal is there before the file is, so that nobody has to make it durable later. One
 * that holds something belonged to another file, which was moved by a process that died
 * over it: SQLite would take it for the new one's. */
static gboolean
prepare_journal (const Database *database)
{
  g_autofree char *journal = g_strconcat (database->file, "-wal", NULL);
  struct stat place;

  if (stat (journal, &place) == 0 && place.st_size > 0) {
    g_autofree char *aside = name_aside (database);
    g_autofree char *journal_aside = g_strconcat (aside, "-wal", NULL);
    g_autofree char *shared = g_strconcat (database->file, "-shm", NULL);
    if (g_rename (journal, journal_aside) != 0)
      return FALSE;
    g_unlink (shared);
  }
  int fd = open (journal, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

/* Some file systems know no links. */
static gboolean
move_into_place (Database *database, const char *draft, int folder)
{
  if (access (database->file, F_OK) == 0)
    return TRUE; /* another was quicker: its file stays */
  return prepare_journal (database)
         && (link (draft, database->file) == 0 || errno == EEXIST || g_rename (draft, database->file) == 0)
         && (!database->schema->precious || fsync (folder) == 0);
}

/* Not for longer than the file is missing: those who write into it hold the lock in turn, and
 * hundreds of them never let it go. */
static gboolean
lock_for_publishing (const Database *database, int folder)
{
  while (!lock_folder (folder, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK || access (database->file, F_OK) == 0)
      return FALSE;
    g_usleep (PUBLISH_PAUSE);
  }
  return TRUE;
}

static int
publish (Database *database, const char *draft)
{
  int folder = open_directory (database);
  gboolean placed = FALSE;

  if (folder >= 0 && lock_for_publishing (database, folder))
    placed = move_into_place (database, draft, folder);
  else if (folder >= 0)
    placed = access (database->file, F_OK) == 0;
  int code = placed ? SQLITE_OK : refuse_directory (database);
  if (folder >= 0)
    close (folder);
  return code;
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
  int code = build_file (database, draft);
  if (code == SQLITE_OK && database->schema->precious && fsync (fd) != 0)
    code = refuse_directory (database);
  close (fd);
  if (code == SQLITE_OK)
    code = publish (database, draft);
  remove_draft (draft);
  return code;
}

int
database_file_open (Database *database, gboolean make)
{
  int code = make ? make_file (database) : SQLITE_OK;

  if (code == SQLITE_OK)
    code = open_in_place (database);
  /* Of a file that was empty; else it changes nothing. */
  if (code == SQLITE_OK && make)
    sqlite3_exec (database->sqlite, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
  return code;
}

/* --- damage ---------------------------------------------------------------------------- */

gboolean
database_is_damage (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static int
read_through (const char *name)
{
  guint8 piece[65536];
  gssize got = 1;
  int fd = open (name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    return errno == ENOENT ? 0 : errno;
  while (got > 0 || (got < 0 && errno == EINTR))
    got = read (fd, piece, sizeof piece);
  int number = got < 0 ? errno : 0;
  close (fd);
  return number;
}

int
database_file_try_reading (const Database *database)
{
  g_autofree char *journal = g_strconcat (database->file, "-wal", NULL);
  int number = read_through (database->file);

  return number != 0 ? number : read_through (journal);
}

/* One of many processes that find the same damage may move the file, and none may move
 * the sound one that took its place. */
static gboolean
is_ours_to_move (const Database *database, int folder)
{
  return lock_for_moving (database, folder) && database_file_is_in_place (database);
}

/* What is precious gets a name of its own each time. */
static char *
name_precious_aside (const Database *database)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *moment = g_date_time_format (now, "%Y%m%dT%H%M%SZ");
  g_autofree char *first = g_strconcat (database->file, ".damaged-", moment, NULL);

  for (guint i = 0; i < 1000; i++) {
    g_autofree char *name = i == 0 ? g_strdup (first) : g_strdup_printf ("%s-%u", first, i);
    if (access (name, F_OK) != 0)
      return g_steal_pointer (&name);
  }
  return NULL;
}

/* Named after the day of its last change: more than one a day isn't worth keeping. */
static char *
name_aside (const Database *database)
{
  struct stat place = { 0 };

  if (database->schema->precious)
    return name_precious_aside (database);
  if (stat (database->file, &place) != 0)
    place.st_mtime = time (NULL);
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

static void
tell_of_damage (Database *database, const char *aside)
{
  g_autofree char *file = visible_text (database->file, -1);
  g_autofree char *shown = aside ? visible_text (aside, -1) : NULL;

  if (!aside) {
    database_warn (database, g_strdup_printf (_ ("%s is damaged"), file));
    return;
  }
  database->damage
      = database->schema->precious
            ? g_strdup_printf (
                _ ("%s was damaged; it is now %s, which \"sqlite3 FILE .recover\" may read, and a "
                   "new one begins"),
                file, shown)
            : g_strdup_printf (_ ("%s was damaged; it is now %s, and a new one begins"), file, shown);
  database_warn (database, g_strdup (database->damage));
}

gboolean
database_file_set_aside (Database *database)
{
  int folder = open_directory (database);
  g_autofree char *aside = NULL;
  gboolean moved = FALSE;

  /* Its locks would outlive the move. */
  database_file_close (database);
  if (folder >= 0 && is_ours_to_move (database, folder)) {
    aside = name_aside (database);
    moved = aside && move_aside (database, aside);
  }
  g_clear_pointer (&database->damage, g_free);
  tell_of_damage (database, moved ? aside : NULL);
  if (folder >= 0)
    close (folder);
  return moved || (database->schema->precious && !database_file_is_in_place (database));
}

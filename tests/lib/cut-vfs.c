/* A VFS in front of SQLite's own. Everything goes through to real files, so that locks and
 * shared memory work as ever; the record is kept beside it. */
#include "tests/lib/cut-vfs.h"

#include <sqlite3.h>
#include <string.h>

typedef enum { EVENT_WRITE, EVENT_TRUNCATE, EVENT_SYNC, EVENT_PROMISE } EventKind;

typedef struct {
  EventKind kind;
  const char *name; /* of the file, interned */
  gint64 offset;    /* or size, or promise, or number of the sync */
  GBytes *octets;
} Event;

struct CutRecord {
  GArray *events;
  GHashTable *durable; /* name: GByteArray, as it was at the beginning */
  guint n_syncs;
};

static CutRecord *recording;
static char *recorded_directory;

/* --- recording ------------------------------------------------------------------------------- */

static void
event_clear (gpointer data)
{
  Event *event = data;
  g_clear_pointer (&event->octets, g_bytes_unref);
}

static void
note (EventKind kind, const char *name, gint64 offset, const void *octets, gsize length)
{
  Event event = { .kind = kind, .offset = offset };
  if (!recording || (name && !g_str_has_prefix (name, recorded_directory)))
    return;
  event.name = g_intern_string (name);
  if (octets)
    event.octets = g_bytes_new (octets, length);
  if (kind == EVENT_SYNC)
    event.offset = recording->n_syncs++;
  g_array_append_val (recording->events, event);
}

void
cut_vfs_begin (const char *directory)
{
  recording = g_new0 (CutRecord, 1);
  recording->events = g_array_new (FALSE, FALSE, sizeof (Event));
  g_array_set_clear_func (recording->events, event_clear);
  recording->durable
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
  recorded_directory = g_canonicalize_filename (directory, NULL);
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  for (const char *name = g_dir_read_name (entries); name; name = g_dir_read_name (entries)) {
    g_autofree char *path = g_build_filename (recorded_directory, name, NULL);
    char *contents;
    gsize length;
    if (g_str_has_suffix (name, "-shm") || !g_file_get_contents (path, &contents, &length, NULL))
      continue;
    g_hash_table_insert (recording->durable, g_strdup (path),
                         g_byte_array_new_take ((guint8 *)contents, length));
  }
}

void
cut_vfs_mark (int promise)
{
  note (EVENT_PROMISE, NULL, promise, NULL, 0);
}

CutRecord *
cut_vfs_end (void)
{
  g_clear_pointer (&recorded_directory, g_free);
  return g_steal_pointer (&recording);
}

void
cut_record_free (CutRecord *record)
{
  g_array_unref (record->events);
  g_hash_table_unref (record->durable);
  g_free (record);
}

/* --- what was recorded ----------------------------------------------------------------------- */

static const Event *
event_at (const CutRecord *record, guint index)
{
  return &g_array_index (record->events, Event, index);
}

guint
cut_record_length (const CutRecord *record)
{
  return record->events->len;
}

int
cut_record_promised (const CutRecord *record, guint cut)
{
  for (guint i = cut; i > 0; i--)
    if (event_at (record, i - 1)->kind == EVENT_PROMISE)
      return (int)event_at (record, i - 1)->offset;
  return 0;
}

guint
cut_record_syncs (const CutRecord *record)
{
  return record->n_syncs;
}

static guint
find_sync (const CutRecord *record, guint sync)
{
  for (guint i = 0; i < record->events->len; i++)
    if (event_at (record, i)->kind == EVENT_SYNC && event_at (record, i)->offset == sync)
      return i;
  g_assert_not_reached ();
}

gboolean
cut_record_sync_promises (const CutRecord *record, guint sync)
{
  for (guint i = find_sync (record, sync) + 1; i < record->events->len; i++) {
    EventKind kind = event_at (record, i)->kind;
    if (kind != EVENT_WRITE)
      return kind == EVENT_PROMISE;
  }
  return FALSE;
}

void
cut_record_sync_range (const CutRecord *record, guint sync, guint *ret_first, guint *ret_last)
{
  guint first = find_sync (record, sync), last = first + 1;
  const char *name = event_at (record, first)->name;
  while (last < record->events->len
         && !(event_at (record, last)->kind == EVENT_SYNC && event_at (record, last)->name == name))
    last++;
  *ret_first = first + 1;
  *ret_last = last;
}

/* --- after the cut --------------------------------------------------------------------------- */

#define SECTOR 512

static void
apply_piece (GByteArray *file, gint64 offset, const guint8 *octets, gsize length)
{
  gsize end = (gsize)offset + length, before = file->len;
  if (end > before) {
    g_byte_array_set_size (file, (guint)end);
    memset (file->data + before, 0, end - before);
  }
  memcpy (file->data + offset, octets, length);
}

static void
apply_truncation (GByteArray *file, gint64 size)
{
  gsize before = file->len;
  g_byte_array_set_size (file, (guint)size);
  if ((gsize)size > before)
    memset (file->data + before, 0, (gsize)size - before);
}

static gboolean
is_lost (const Cut *cut, gboolean synced)
{
  return !synced
         && (cut->loss == CUT_LOSES_ALL || (cut->loss == CUT_LOSES_SOME && g_rand_boolean (cut->random)));
}

static void
apply_write (GByteArray *file, const Event *event, const Cut *cut, gboolean synced)
{
  gsize length, used = 0;
  const guint8 *octets = g_bytes_get_data (event->octets, &length);
  while (used < length) {
    gsize n = MIN (length - used, SECTOR - ((gsize)event->offset + used) % SECTOR);
    if (!is_lost (cut, synced))
      apply_piece (file, event->offset + (gint64)used, octets + used, n);
    used += n;
  }
}

/* The index behind the last sync of each file before the cut. */
static GHashTable *
find_last_syncs (const CutRecord *record, const Cut *cut)
{
  GHashTable *last = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < cut->at && cut->ignored != CUT_ALL_SYNCS; i++) {
    const Event *event = event_at (record, i);
    if (event->kind == EVENT_SYNC && event->offset != cut->ignored)
      g_hash_table_insert (last, (gpointer)event->name, GUINT_TO_POINTER (i + 1));
  }
  return last;
}

static GByteArray *
file_of (GHashTable *files, const char *name)
{
  GByteArray *file = g_hash_table_lookup (files, name);
  if (!file) {
    file = g_byte_array_new ();
    g_hash_table_insert (files, g_strdup (name), file);
  }
  return file;
}

static GHashTable *
files_at (const CutRecord *record, const Cut *cut)
{
  g_autoptr (GHashTable) syncs = find_last_syncs (record, cut);
  GHashTable *files
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, record->durable);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const GByteArray *before = value;
    g_byte_array_append (file_of (files, name), before->data, before->len);
  }
  for (guint i = 0; i < cut->at; i++) {
    const Event *event = event_at (record, i);
    gboolean synced = event->name && i < GPOINTER_TO_UINT (g_hash_table_lookup (syncs, event->name));
    if (event->kind == EVENT_WRITE)
      apply_write (file_of (files, event->name), event, cut, synced);
    else if (event->kind == EVENT_TRUNCATE && !is_lost (cut, synced))
      apply_truncation (file_of (files, event->name), event->offset);
  }
  return files;
}

void
cut_record_restore (const CutRecord *record, const Cut *cut, const char *directory)
{
  g_autoptr (GHashTable) files = files_at (record, cut);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, files);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const GByteArray *contents = value;
    g_autofree char *base = g_path_get_basename (name);
    g_autofree char *path = g_build_filename (directory, base, NULL);
    /* Without the fsync of its default. */
    g_assert_true (g_file_set_contents_full (path, (const char *)contents->data, contents->len,
                                             G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  }
}

/* --- the VFS --------------------------------------------------------------------------------- */

typedef struct {
  sqlite3_file base;
  const char *name; /* SQLite's, until it is closed; NULL: temporary */
  sqlite3_file *real;
} CutFile;

static CutFile *
cut_file (sqlite3_file *file)
{
  return (CutFile *)(void *)file;
}

static sqlite3_file *
real_file (sqlite3_file *file)
{
  return cut_file (file)->real;
}

#define REAL(file, method, ...) real_file (file)->pMethods->method (real_file (file), __VA_ARGS__)

static int
file_close (sqlite3_file *file)
{
  return real_file (file)->pMethods->xClose (real_file (file));
}

static int
file_read (sqlite3_file *file, void *octets, int length, sqlite3_int64 offset)
{
  return REAL (file, xRead, octets, length, offset);
}

static int
file_write (sqlite3_file *file, const void *octets, int length, sqlite3_int64 offset)
{
  note (EVENT_WRITE, cut_file (file)->name, offset, octets, (gsize)length);
  return REAL (file, xWrite, octets, length, offset);
}

static int
file_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  note (EVENT_TRUNCATE, cut_file (file)->name, size, NULL, 0);
  return REAL (file, xTruncate, size);
}

/* The real disk needn't be waited for. */
static int
file_sync (sqlite3_file *file, int flags)
{
  note (EVENT_SYNC, cut_file (file)->name, 0, NULL, 0);
  return SQLITE_OK;
}

static int
file_size (sqlite3_file *file, sqlite3_int64 *ret_size)
{
  return REAL (file, xFileSize, ret_size);
}

static int
file_lock (sqlite3_file *file, int level)
{
  return REAL (file, xLock, level);
}

static int
file_unlock (sqlite3_file *file, int level)
{
  return REAL (file, xUnlock, level);
}

static int
file_check_reserved (sqlite3_file *file, int *ret_reserved)
{
  return REAL (file, xCheckReservedLock, ret_reserved);
}

static int
file_control (sqlite3_file *file, int operation, void *argument)
{
  return REAL (file, xFileControl, operation, argument);
}

static int
file_sector_size (sqlite3_file *file)
{
  return real_file (file)->pMethods->xSectorSize (real_file (file));
}

static int
file_characteristics (sqlite3_file *file)
{
  return real_file (file)->pMethods->xDeviceCharacteristics (real_file (file));
}

static int
file_shm_map (sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory)
{
  return REAL (file, xShmMap, page, size, extend, ret_memory);
}

static int
file_shm_lock (sqlite3_file *file, int offset, int n, int flags)
{
  return REAL (file, xShmLock, offset, n, flags);
}

static void
file_shm_barrier (sqlite3_file *file)
{
  real_file (file)->pMethods->xShmBarrier (real_file (file));
}

static int
file_shm_unmap (sqlite3_file *file, int delete)
{
  return REAL (file, xShmUnmap, delete);
}

static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_reserved,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_characteristics,
  .xShmMap = file_shm_map,
  .xShmLock = file_shm_lock,
  .xShmBarrier = file_shm_barrier,
  .xShmUnmap = file_shm_unmap,
};

static sqlite3_vfs *parent;
static sqlite3_vfs vfs;

static int
vfs_open (sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
  CutFile *cut = cut_file (file);
  cut->name = name;
  cut->real = (sqlite3_file *)(void *)(cut + 1);
  int code = parent->xOpen (parent, name, cut->real, flags, ret_flags);
  cut->base.pMethods = code == SQLITE_OK ? &methods : NULL;
  return code;
}

void
cut_vfs_register (void)
{
  parent = sqlite3_vfs_find (NULL);
  vfs = *parent;
  vfs.zName = "cut";
  vfs.szOsFile = (int)sizeof (CutFile) + parent->szOsFile;
  vfs.xOpen = vfs_open;
  g_assert_cmpint (sqlite3_vfs_register (&vfs, 1), ==, SQLITE_OK);
}

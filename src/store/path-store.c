/* The tables of the path memory, and the way from one clock to the other. Enumerations
 * are written as words, so that their order may change. */
#include "store/path-store.h"

#include <string.h>
#include <unistd.h>

#include "store/database.h"

#define NAME_LIMIT 512 /* of a network, a host: longer ones are none of ours */

/* Clocks of processes are read at different moments, and clocks are corrected by a little. */
#define FUTURE_TOLERANCE TICKS_PER_MINUTE

/* So long nothing is forgotten that was of no news. */
#define KEPT_FOR (90 * TICKS_PER_DAY)

#define NEWS "max(since, last_success)"
#define PATHS_LIMIT "1024"
#define HISTORY_LIMIT "10000"

static const char *const migrations[] = {
  "CREATE TABLE path (network TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL, family TEXT NOT NULL,"
  " cost TEXT NOT NULL, repetitions INTEGER NOT NULL, weak INTEGER NOT NULL, since INTEGER NOT NULL,"
  " until INTEGER NOT NULL, last_success INTEGER NOT NULL, no_bdat INTEGER NOT NULL, fast_end TEXT,"
  " PRIMARY KEY (network, host, port, family)) WITHOUT ROWID;"
  "CREATE TABLE history (network TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL, family TEXT NOT "
  "NULL,"
  " seen TEXT NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
  " PRIMARY KEY (network, host, port, family, seen)) WITHOUT ROWID;"
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
};

#define SELECT_PATHS                                                                                         \
  "SELECT network, host, port, family, cost, repetitions, weak, since, until, last_success, no_bdat,"        \
  " fast_end FROM path"

#define CHECK                                                                                                \
  "SELECT path.fast_end, path.no_bdat, path.last_success, path.until, path.since, path.weak, history.seen,"  \
  " history.count, history.first, history.last, setting.name, setting.value FROM path, history, setting"

/* A reader stands between the user and the first packet; a writer comes when the user
 * knows the outcome. */
static const DatabaseSchema schema = {
  .name = "paths.sqlite3",
  .check = CHECK,
  .migrations = migrations,
  .n_migrations = G_N_ELEMENTS (migrations),
  .read_patience = 300,
  .write_patience = 2000,
};

struct PathStore {
  Database *database;
  gboolean unsalted; /* networks bear names that no other process knows */
};

PathStore *
path_store_new (const char *directory)
{
  PathStore *store = g_new0 (PathStore, 1);

  store->database = database_new (directory, &schema);
  return store;
}

void
path_store_free (PathStore *store)
{
  if (!store)
    return;
  database_free (store->database);
  g_free (store);
}

const char *
path_store_warning (const PathStore *store)
{
  return database_warning (store->database);
}

/* --- from words to values ---------------------------------------------------------------- */

static gboolean
name_index (const char *const *names, guint n, const char *text, guint *ret_index)
{
  for (guint i = 0; text && i < n; i++)
    if (strcmp (names[i], text) == 0) {
      *ret_index = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_family (const char *text, Family *ret_family)
{
  const char *names[FAMILY_COUNT];
  guint index;

  for (guint i = 0; i < FAMILY_COUNT; i++)
    names[i] = family_name ((Family)i);
  if (!name_index (names, FAMILY_COUNT, text, &index))
    return FALSE;
  *ret_family = (Family)index;
  return TRUE;
}

static gboolean
parse_cost (const char *text, PathCost *ret_cost)
{
  const char *names[PATH_COST_TLS_STALL + 1];
  guint index;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    names[i] = path_cost_name ((PathCost)i);
  if (!name_index (names, G_N_ELEMENTS (names), text, &index))
    return FALSE;
  *ret_cost = (PathCost)index;
  return TRUE;
}

static gboolean
parse_fast_end (const char *text, AttemptEnd *ret_end)
{
  static const AttemptEnd ends[] = { ATTEMPT_REFUSED, ATTEMPT_PROHIBITED, ATTEMPT_UNREACHABLE };

  for (guint i = 0; text && i < G_N_ELEMENTS (ends); i++)
    if (strcmp (attempt_end_name (ends[i]), text) == 0) {
      *ret_end = ends[i];
      return TRUE;
    }
  return FALSE;
}

static const char *
column_text (sqlite3_stmt *row, int column)
{
  return (const char *)sqlite3_column_text (row, column);
}

/* The columns network, host, port, family, with which every row begins. */
static gboolean
read_place (sqlite3_stmt *row, const char **ret_network, Path *ret_path)
{
  gint64 port = sqlite3_column_int64 (row, 2);

  *ret_network = column_text (row, 0);
  *ret_path = (Path){ .host = column_text (row, 1), .port = (guint16)port };
  return *ret_network && ret_path->host && strlen (*ret_network) <= NAME_LIMIT
         && strlen (ret_path->host) <= NAME_LIMIT && port >= 0 && port <= G_MAXUINT16
         && parse_family (column_text (row, 3), &ret_path->family);
}

/* --- from clock to clock ------------------------------------------------------------------ */

/* 0 is never, by either clock. */
static Ticks
ticks_of_wall (gint64 wall, Instant now)
{
  return wall == 0 ? 0 : ticks_after (wall, now.ticks - now.wall);
}

static gint64
wall_of_ticks (Ticks ticks, Instant now)
{
  return ticks == 0 ? 0 : ticks_after (ticks, now.wall - now.ticks);
}

/* ENTRY's times are the wall clock's, and come out as ticks. */
static void
translate_times (PathMemoryEntry *entry, Instant now)
{
  if (entry->since > ticks_after (now.wall, FUTURE_TOLERANCE))
    entry->until = MIN (entry->until, now.wall); /* the clock was set: what it says isn't believed */
  entry->since = MIN (entry->since, now.wall);
  entry->until = MIN (entry->until, ticks_after (entry->since, PATH_MEMORY_LONGEST));
  entry->last_success = MIN (entry->last_success, now.wall);

  entry->since = ticks_of_wall (entry->since, now);
  entry->until = ticks_of_wall (entry->until, now);
  entry->last_success = ticks_of_wall (entry->last_success, now);
}

/* --- reading -------------------------------------------------------------------------------- */

typedef struct {
  PathMemory *memory;
  Instant now;
} Loading;

static guint
small_number (sqlite3_stmt *row, int column)
{
  return (guint)CLAMP (sqlite3_column_int64 (row, column), 0, G_MAXUINT16);
}

/* FALSE: it can't be ours. */
static gboolean
read_entry (sqlite3_stmt *row, PathMemoryEntry *ret_entry)
{
  const char *network;
  Path path;
  PathMemoryEntry entry = { .repetitions = small_number (row, 5),
                            .weak_in_a_row = small_number (row, 6),
                            .since = sqlite3_column_int64 (row, 7),
                            .until = sqlite3_column_int64 (row, 8),
                            .last_success = sqlite3_column_int64 (row, 9),
                            .no_bdat = sqlite3_column_int (row, 10) != 0 };

  if (!read_place (row, &network, &path) || !parse_cost (column_text (row, 4), &entry.cost))
    return FALSE;
  entry.network = network;
  entry.host = path.host;
  entry.port = path.port;
  entry.family = path.family;
  entry.failed_fast = parse_fast_end (column_text (row, 11), &entry.fast_end);
  *ret_entry = entry;
  return TRUE;
}

/* Finalizes ROW. */
static int
restore_rows (sqlite3_stmt *row, const Loading *loading)
{
  PathMemoryEntry entry;
  int code;

  while ((code = sqlite3_step (row)) == SQLITE_ROW)
    if (read_entry (row, &entry)) {
      translate_times (&entry, loading->now);
      path_memory_restore (loading->memory, &entry, loading->now.ticks);
    }
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
load_paths (sqlite3 *sqlite, gpointer data)
{
  sqlite3_stmt *row
      = database_prepare (sqlite, SELECT_PATHS " ORDER BY " NEWS " DESC LIMIT " PATHS_LIMIT, "");

  return row ? restore_rows (row, data) : sqlite3_errcode (sqlite);
}

static int
load_path (sqlite3 *sqlite, const char *network, const Path *path, const Loading *loading)
{
  sqlite3_stmt *row
      = database_prepare (sqlite, SELECT_PATHS " WHERE network = ? AND host = ? AND port = ? AND family = ?",
                          "ssis", network, path->host, (gint64)path->port, family_name (path->family));

  return row ? restore_rows (row, loading) : sqlite3_errcode (sqlite);
}

gboolean
path_store_load (PathStore *store, PathMemory *memory, Instant now)
{
  Loading loading = { .memory = memory, .now = now };

  path_memory_keep_notes (memory);
  return database_read (store->database, load_paths, &loading);
}

/* --- writing -------------------------------------------------------------------------------- */

typedef struct {
  const GPtrArray *notes;
  PathMemory *fresh; /* what is on disk of the notes' paths, and the notes */
  Instant now;
} Saving;

static int
write_entry (sqlite3 *sqlite, const PathMemoryEntry *entry, Instant now)
{
  return database_execute (sqlite, "INSERT OR REPLACE INTO path VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           "ssissiiiiiis", entry->network, entry->host, (gint64)entry->port,
                           family_name (entry->family), path_cost_name (entry->cost),
                           (gint64)entry->repetitions, (gint64)entry->weak_in_a_row,
                           wall_of_ticks (entry->since, now), wall_of_ticks (entry->until, now),
                           wall_of_ticks (entry->last_success, now), (gint64)entry->no_bdat,
                           entry->failed_fast ? attempt_end_name (entry->fast_end) : NULL);
}

static int
count_seen (sqlite3 *sqlite, const PathMemoryNote *note, Instant now)
{
  gint64 at = wall_of_ticks (note->at, now);

  return database_execute (sqlite,
                           "INSERT INTO history VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET"
                           " count = count + 1, last = max(last, excluded.last)",
                           "ssissii", note->network, note->path.host, (gint64)note->path.port,
                           family_name (note->path.family), path_seen_name (note->seen), at, at);
}

static int
replay_note (sqlite3 *sqlite, const PathMemoryNote *note, const Saving *saving)
{
  const Loading loading = { .memory = saving->fresh, .now = saving->now };
  int code = SQLITE_OK;

  if (note->kind == PATH_NOTE_SEEN)
    return count_seen (sqlite, note, saving->now);
  if (!path_memory_find (saving->fresh, note->network, &note->path))
    code = load_path (sqlite, note->network, &note->path, &loading);
  path_memory_apply (saving->fresh, note);
  return code == SQLITE_OK
             ? write_entry (sqlite, path_memory_find (saving->fresh, note->network, &note->path), saving->now)
             : code;
}

/* Entries whose evidence comes from a future that a clock dreamt of would stay for ever. */
static int
prune (sqlite3 *sqlite, Instant now)
{
  int code = database_execute (sqlite, "DELETE FROM path WHERE max(" NEWS ", until) < ? OR " NEWS " > ?",
                               "ii", now.wall - KEPT_FOR, ticks_after (now.wall, TICKS_PER_DAY));
  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "DELETE FROM path WHERE (SELECT count(*) FROM path) > " PATHS_LIMIT
                             " AND (network, host, port, family) NOT IN"
                             " (SELECT network, host, port, family FROM path ORDER BY " NEWS
                             " DESC LIMIT " PATHS_LIMIT ")",
                             "");
  if (code == SQLITE_OK)
    code = database_execute (
        sqlite,
        "DELETE FROM history WHERE (SELECT count(*) FROM history) > " HISTORY_LIMIT
        " AND (network, host, port, family, seen) NOT IN (SELECT network, host, port, family, seen"
        " FROM history ORDER BY last DESC LIMIT " HISTORY_LIMIT ")",
        "");
  return code;
}

static int
save_notes (sqlite3 *sqlite, gpointer data)
{
  Saving *saving = data;
  int code = SQLITE_OK;

  path_memory_free (saving->fresh);
  saving->fresh = path_memory_new ();
  for (guint i = 0; i < saving->notes->len && code == SQLITE_OK; i++)
    code = replay_note (sqlite, saving->notes->pdata[i], saving);
  return code == SQLITE_OK ? prune (sqlite, saving->now) : code;
}

typedef struct {
  PathMemory *memory;
  Ticks now;
} Copying;

static void
copy_entry (const PathMemoryEntry *entry, gpointer data)
{
  Copying *copying = data;

  path_memory_restore (copying->memory, entry, copying->now);
}

gboolean
path_store_save (PathStore *store, PathMemory *memory, Instant now)
{
  g_autoptr (GPtrArray) notes = path_memory_take_notes (memory);
  Saving saving = { .notes = notes, .now = now };
  Copying copying = { .memory = memory, .now = now.ticks };
  gboolean saved
      = notes->len == 0 || (!store->unsalted && database_write (store->database, save_notes, &saving));

  if (!saved) {
    path_memory_return_notes (memory, g_steal_pointer (&notes));
  } else if (saving.fresh) {
    path_memory_foreach (saving.fresh, copy_entry, &copying);
  }
  path_memory_free (saving.fresh);
  return saved;
}

/* --- forgetting ------------------------------------------------------------------------------ */

typedef struct {
  const char *host;
  guint n;
} Forgetting;

static int
forget_host (sqlite3 *sqlite, gpointer data)
{
  Forgetting *forgetting = data;
  int code
      = database_execute (sqlite, "DELETE FROM history WHERE ?1 IS NULL OR host = ?1", "s", forgetting->host);

  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM path WHERE ?1 IS NULL OR host = ?1", "s", forgetting->host);
  forgetting->n = (guint)sqlite3_changes (sqlite);
  return code;
}

gboolean
path_store_forget (PathStore *store, const char *host, guint *ret_n)
{
  Forgetting forgetting = { .host = host };
  gboolean forgot = database_write (store->database, forget_host, &forgetting);

  *ret_n = forgot ? forgetting.n : 0;
  return forgot;
}

/* --- salt -------------------------------------------------------------------------------------- */

static int
read_salt (sqlite3 *sqlite, gpointer data)
{
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT value FROM setting WHERE name = 'salt'", "");

  if (!row)
    return sqlite3_errcode (sqlite);
  int code = sqlite3_step (row);
  if (code == SQLITE_ROW && sqlite3_column_bytes (row, 0) == PATH_STORE_SALT) {
    memcpy (data, sqlite3_column_blob (row, 0), PATH_STORE_SALT);
    code = SQLITE_OK;
  } else if (code == SQLITE_ROW) {
    code = SQLITE_CORRUPT;
  }
  sqlite3_finalize (row);
  return code; /* SQLITE_DONE: there is none yet */
}

static int
make_salt (sqlite3 *sqlite, gpointer data)
{
  int code = read_salt (sqlite, data); /* another may have been quicker */

  if (code != SQLITE_DONE)
    return code;
  if (getentropy (data, PATH_STORE_SALT) != 0)
    return SQLITE_IOERR;
  sqlite3_stmt *statement = database_prepare (sqlite, "INSERT INTO setting VALUES ('salt', ?)", "");
  if (!statement)
    return sqlite3_errcode (sqlite);
  sqlite3_bind_blob (statement, 1, data, PATH_STORE_SALT, SQLITE_STATIC);
  code = sqlite3_step (statement);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

gboolean
path_store_salt (PathStore *store, guint8 ret_salt[PATH_STORE_SALT])
{
  static const guint8 none[PATH_STORE_SALT];

  memset (ret_salt, 0, PATH_STORE_SALT);
  gboolean salted = database_read (store->database, read_salt, ret_salt)
                    && (memcmp (ret_salt, none, PATH_STORE_SALT) != 0
                        || database_write (store->database, make_salt, ret_salt));
  store->unsalted = !salted;
  return salted;
}

/* --- history ----------------------------------------------------------------------------------- */

typedef struct {
  PathHistoryVisit visit;
  gpointer data;
} Visiting;

static int
visit_history (sqlite3 *sqlite, gpointer data)
{
  const Visiting *visiting = data;
  sqlite3_stmt *row
      = database_prepare (sqlite,
                          "SELECT network, host, port, family, seen, count, first, last FROM history"
                          " ORDER BY network, host, port DESC, family DESC, count DESC, seen",
                          "");
  int code = SQLITE_ROW;

  if (!row)
    return sqlite3_errcode (sqlite);
  while ((code = sqlite3_step (row)) == SQLITE_ROW) {
    PathHistory history = { .count = (guint64)MAX (sqlite3_column_int64 (row, 5), 0),
                            .first = sqlite3_column_int64 (row, 6),
                            .last = sqlite3_column_int64 (row, 7) };
    const char *seen = column_text (row, 4);
    if (seen && path_seen_parse (seen, &history.seen) && read_place (row, &history.network, &history.path))
      visiting->visit (&history, visiting->data);
  }
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

gboolean
path_store_history (PathStore *store, PathHistoryVisit visit, gpointer data)
{
  Visiting visiting = { .visit = visit, .data = data };

  return database_read (store->database, visit_history, &visiting);
}

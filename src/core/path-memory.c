/* The path memory: a short list, since a machine knows few networks and each has
 * few paths. It is searched from end to end and kept in the order in which the
 * entries were made, so that whoever prints or stores it gets the same each time. */
#include "core/path-memory.h"

#include <string.h>

/* Weak evidence so often in a row is as good as strong. */
#define WEAK_MAKES_STRONG 3

/* Beyond that many entries the one that was of no news for longest makes room. */
#define PATH_MEMORY_LIMIT 1024

typedef struct {
  PathMemoryEntry entry; /* first, so that an entry is its record */
  char *network;         /* what entry.network and entry.host point to */
  char *host;
} Record;

struct PathMemory {
  GPtrArray *records;
};

const char *
path_cost_name (PathCost cost)
{
  static const char *const names[] = { "silence", "no greeting", "TLS stall" };
  g_assert ((guint)cost < G_N_ELEMENTS (names));
  return names[cost];
}

static void
record_free (gpointer data)
{
  Record *record = data;
  g_free (record->network);
  g_free (record->host);
  g_free (record);
}

PathMemory *
path_memory_new (void)
{
  PathMemory *memory = g_new0 (PathMemory, 1);
  memory->records = g_ptr_array_new_with_free_func (record_free);
  return memory;
}

void
path_memory_free (PathMemory *memory)
{
  if (!memory)
    return;
  g_ptr_array_unref (memory->records);
  g_free (memory);
}

static Record *
record_find (const PathMemory *memory, const char *network, const char *host, guint16 port, Family family)
{
  for (guint i = 0; i < memory->records->len; i++) {
    Record *record = memory->records->pdata[i];
    const PathMemoryEntry *entry = &record->entry;
    if (entry->port == port && entry->family == family && strcmp (entry->host, host) == 0
        && strcmp (entry->network, network) == 0)
      return record;
  }
  return NULL;
}

static Ticks
latest_news (const PathMemoryEntry *entry)
{
  return MAX (entry->since, entry->last_success);
}

static void
make_room (PathMemory *memory)
{
  guint stalest = 0;
  if (memory->records->len < PATH_MEMORY_LIMIT)
    return;
  for (guint i = 1; i < memory->records->len; i++) {
    const Record *record = memory->records->pdata[i], *other = memory->records->pdata[stalest];
    if (latest_news (&record->entry) < latest_news (&other->entry))
      stalest = i;
  }
  g_ptr_array_remove_index (memory->records, stalest);
}

static PathMemoryEntry *
record_make (PathMemory *memory, const char *network, const char *host, guint16 port, Family family)
{
  Record *record = record_find (memory, network, host, port, family);
  if (record)
    return &record->entry;
  make_room (memory);
  record = g_new0 (Record, 1);
  record->network = g_strdup (network);
  record->host = g_strdup (host);
  record->entry.network = record->network;
  record->entry.host = record->host;
  record->entry.port = port;
  record->entry.family = family;
  g_ptr_array_add (memory->records, record);
  return &record->entry;
}

/* The entry to write to; NULL where nothing may be written. */
static PathMemoryEntry *
entry_of (PathMemory *memory, const char *network, const Path *path)
{
  return network ? record_make (memory, network, path->host, path->port, path->family) : NULL;
}

const PathMemoryEntry *
path_memory_find (const PathMemory *memory, const char *network, const Path *path)
{
  const Record *record = network ? record_find (memory, network, path->host, path->port, path->family) : NULL;
  return record ? &record->entry : NULL;
}

gboolean
path_memory_demoted (const PathMemory *memory, const char *network, const Path *path, Ticks now,
                     const PathMemoryEntry **ret_entry)
{
  const PathMemoryEntry *entry = path_memory_find (memory, network, path);
  if (!entry || entry->repetitions == 0 || now >= entry->until)
    return FALSE;
  if (ret_entry)
    *ret_entry = entry;
  return TRUE;
}

static Ticks
demotion_span (guint repetitions)
{
  Ticks span = PATH_MEMORY_FIRST;
  for (guint i = 1; i < repetitions && span < PATH_MEMORY_LONGEST; i++)
    span *= 2;
  return MIN (span, PATH_MEMORY_LONGEST);
}

static void
entry_demote (PathMemoryEntry *entry, PathCost cost, Ticks now)
{
  entry->cost = cost;
  if (entry->repetitions < G_MAXUINT)
    entry->repetitions++;
  entry->weak_in_a_row = 0;
  entry->since = now;
  entry->until = ticks_after (now, demotion_span (entry->repetitions));
}

void
path_memory_note_cost (PathMemory *memory, const char *network, const Path *path, PathCost cost, Ticks now)
{
  PathMemoryEntry *entry = entry_of (memory, network, path);
  if (entry)
    entry_demote (entry, cost, now);
}

void
path_memory_note_weak (PathMemory *memory, const char *network, const Path *path, PathCost cost, Ticks now)
{
  PathMemoryEntry *entry = entry_of (memory, network, path);
  if (!entry)
    return;
  entry->weak_in_a_row++;
  if (entry->weak_in_a_row >= WEAK_MAKES_STRONG) {
    entry_demote (entry, cost, now);
    return;
  }
  entry->since = now;
  if (entry->repetitions == 0) /* what a demotion was for stays to be seen */
    entry->cost = cost;
}

void
path_memory_note_success (PathMemory *memory, const char *network, const Path *path, Ticks now)
{
  PathMemoryEntry *entry = entry_of (memory, network, path);
  if (!entry)
    return;
  entry->repetitions = 0;
  entry->weak_in_a_row = 0;
  entry->until = 0;
  entry->failed_fast = FALSE;
  entry->last_success = now;
  /* no_bdat stays: it is about the server's software, not about the way to it. */
}

void
path_memory_note_fast_failure (PathMemory *memory, const char *network, const Path *path, AttemptEnd end,
                               Ticks now)
{
  g_assert (end == ATTEMPT_REFUSED || end == ATTEMPT_PROHIBITED || end == ATTEMPT_UNREACHABLE);
  PathMemoryEntry *entry = entry_of (memory, network, path);
  if (!entry)
    return;
  entry->failed_fast = TRUE;
  entry->fast_end = end;
  entry->weak_in_a_row = 0; /* it was an answer: the row of silences is broken */
  if (entry->repetitions == 0)
    entry->since = now;
}

void
path_memory_note_no_bdat (PathMemory *memory, const char *network, const Path *path, Ticks now)
{
  PathMemoryEntry *entry = entry_of (memory, network, path);
  if (!entry)
    return;
  entry->no_bdat = TRUE;
  if (latest_news (entry) == 0)
    entry->since = now;
}

void
path_memory_foreach (const PathMemory *memory, PathMemoryVisit visit, gpointer data)
{
  for (guint i = 0; i < memory->records->len; i++) {
    const Record *record = memory->records->pdata[i];
    visit (&record->entry, data);
  }
}

/* What comes from a disk may be anything. */
static gboolean
entry_is_sane (const PathMemoryEntry *entry)
{
  return entry->network && entry->host && (guint)entry->family < FAMILY_COUNT
         && (guint)entry->cost <= PATH_COST_TLS_STALL && (guint)entry->fast_end <= ATTEMPT_OWN_HOST;
}

void
path_memory_restore (PathMemory *memory, const PathMemoryEntry *entry, Ticks now)
{
  if (!entry_is_sane (entry))
    return;
  PathMemoryEntry *ours = record_make (memory, entry->network, entry->host, entry->port, entry->family);
  const PathMemoryEntry names = *ours;
  *ours = *entry;
  ours->network = names.network;
  ours->host = names.host;
  ours->until = MIN (ours->until, ticks_after (now, PATH_MEMORY_LONGEST));
  ours->since = MIN (ours->since, now);
  ours->last_success = MIN (ours->last_success, now);
}

void
path_memory_forget (PathMemory *memory, const char *host)
{
  for (guint i = memory->records->len; i > 0; i--) {
    const Record *record = memory->records->pdata[i - 1];
    if (!host || strcmp (record->entry.host, host) == 0)
      g_ptr_array_remove_index (memory->records, i - 1);
  }
}

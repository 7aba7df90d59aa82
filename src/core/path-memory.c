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
  GPtrArray *notes; /* of PathMemoryNote; NULL: nobody keeps them */
};

const char *
path_cost_name (PathCost cost)
{
  static const char *const names[] = { "silence", "no greeting", "TLS stall" };
  g_assert ((guint)cost < G_N_ELEMENTS (names));
  return names[cost];
}

static const char *const seen_names[]
    = { "worked",     "spare",       "late",      "refused", "prohibited", "unreachable", "silent",
        "unanswered", "no-greeting", "tls-stall", "closed",  "rejected",   "insecure" };
G_STATIC_ASSERT (G_N_ELEMENTS (seen_names) == PATH_SEEN_COUNT);

const char *
path_seen_name (PathSeen seen)
{
  g_assert ((guint)seen < PATH_SEEN_COUNT);
  return seen_names[seen];
}

gboolean
path_seen_parse (const char *name, PathSeen *ret_seen)
{
  for (guint i = 0; i < PATH_SEEN_COUNT; i++)
    if (strcmp (seen_names[i], name) == 0) {
      *ret_seen = (PathSeen)i;
      return TRUE;
    }
  return FALSE;
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
  g_clear_pointer (&memory->notes, g_ptr_array_unref);
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
  if (entry->since == 0 || entry->last_success == 0)
    return entry->since + entry->last_success;
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

/* What was learnt after the evidence BEGAN is that evidence. */
static gboolean
evidence_is_known (const PathMemoryEntry *entry, gboolean strong, Ticks began)
{
  if (entry->since <= began)
    return FALSE;
  return entry->repetitions > 0 || (!strong && entry->weak_in_a_row > 0);
}

static void
apply_cost (PathMemoryEntry *entry, const PathMemoryNote *note)
{
  if (!evidence_is_known (entry, TRUE, note->began))
    entry_demote (entry, note->cost, note->at);
}

static void
apply_weak (PathMemoryEntry *entry, const PathMemoryNote *note)
{
  if (evidence_is_known (entry, FALSE, note->began))
    return;
  entry->weak_in_a_row++;
  if (entry->weak_in_a_row >= WEAK_MAKES_STRONG) {
    entry_demote (entry, note->cost, note->at);
    return;
  }
  entry->since = note->at;
  if (entry->repetitions == 0) /* what a demotion was for stays to be seen */
    entry->cost = note->cost;
}

static void
apply_success (PathMemoryEntry *entry, const PathMemoryNote *note)
{
  entry->repetitions = 0;
  entry->weak_in_a_row = 0;
  entry->until = 0;
  entry->failed_fast = FALSE;
  entry->last_success = note->at;
  /* no_bdat stays: it is about the server's software, not about the way to it. */
}

static void
apply_fast_failure (PathMemoryEntry *entry, const PathMemoryNote *note)
{
  entry->failed_fast = TRUE;
  entry->fast_end = note->end;
  entry->weak_in_a_row = 0; /* it was an answer: the row of silences is broken */
  if (entry->repetitions == 0)
    entry->since = note->at;
}

static void
apply_no_bdat (PathMemoryEntry *entry, const PathMemoryNote *note)
{
  entry->no_bdat = TRUE;
  if (latest_news (entry) == 0)
    entry->since = note->at;
}

void
path_memory_apply (PathMemory *memory, const PathMemoryNote *note)
{
  static void (*const appliers[]) (PathMemoryEntry *, const PathMemoryNote *) = {
    [PATH_NOTE_COST] = apply_cost,       [PATH_NOTE_WEAK] = apply_weak,
    [PATH_NOTE_SUCCESS] = apply_success, [PATH_NOTE_FAST_FAILURE] = apply_fast_failure,
    [PATH_NOTE_NO_BDAT] = apply_no_bdat,
  };
  const Path *path = &note->path;
  if (note->kind != PATH_NOTE_SEEN)
    appliers[note->kind](record_make (memory, note->network, path->host, path->port, path->family), note);
}

/* --- notes -------------------------------------------------------------------- */

static PathMemoryNote *
note_copy (const PathMemoryNote *note)
{
  PathMemoryNote *copy = g_memdup2 (note, sizeof *note);
  copy->network = g_strdup (note->network);
  copy->path.host = g_strdup (note->path.host);
  return copy;
}

static void
note_free (gpointer data)
{
  PathMemoryNote *note = data;
  g_free ((char *)note->network);
  g_free ((char *)note->path.host);
  g_free (note);
}

static void
forget_old_notes (PathMemory *memory)
{
  if (memory->notes->len >= PATH_MEMORY_NOTES)
    g_ptr_array_remove_range (memory->notes, 0, memory->notes->len - PATH_MEMORY_NOTES / 2);
}

void
path_memory_keep_notes (PathMemory *memory)
{
  if (!memory->notes)
    memory->notes = g_ptr_array_new_with_free_func (note_free);
}

GPtrArray *
path_memory_take_notes (PathMemory *memory)
{
  GPtrArray *notes = g_steal_pointer (&memory->notes);
  path_memory_keep_notes (memory);
  return notes ? notes : g_ptr_array_new_with_free_func (note_free);
}

void
path_memory_return_notes (PathMemory *memory, GPtrArray *notes)
{
  path_memory_keep_notes (memory);
  g_ptr_array_extend_and_steal (notes, g_steal_pointer (&memory->notes));
  memory->notes = notes;
  forget_old_notes (memory);
}

/* Where the network is unknown nothing may be written. */
static void
learn (PathMemory *memory, const PathMemoryNote *note)
{
  if (!note->network)
    return;
  path_memory_apply (memory, note);
  if (!memory->notes)
    return;
  forget_old_notes (memory);
  g_ptr_array_add (memory->notes, note_copy (note));
}

static void
learn_cost (PathMemory *memory, PathNoteKind kind, const char *network, const Path *path, PathCost cost,
            Ticks began, Ticks now)
{
  learn (memory,
         &(PathMemoryNote){
             .kind = kind, .network = network, .path = *path, .cost = cost, .began = began, .at = now });
}

void
path_memory_note_cost (PathMemory *memory, const char *network, const Path *path, PathCost cost, Ticks began,
                       Ticks now)
{
  learn_cost (memory, PATH_NOTE_COST, network, path, cost, began, now);
}

void
path_memory_note_weak (PathMemory *memory, const char *network, const Path *path, PathCost cost, Ticks began,
                       Ticks now)
{
  learn_cost (memory, PATH_NOTE_WEAK, network, path, cost, began, now);
}

void
path_memory_note_success (PathMemory *memory, const char *network, const Path *path, Ticks now)
{
  learn (memory,
         &(PathMemoryNote){ .kind = PATH_NOTE_SUCCESS, .network = network, .path = *path, .at = now });
}

void
path_memory_note_fast_failure (PathMemory *memory, const char *network, const Path *path, AttemptEnd end,
                               Ticks now)
{
  g_assert (end == ATTEMPT_REFUSED || end == ATTEMPT_PROHIBITED || end == ATTEMPT_UNREACHABLE);
  learn (memory,
         &(PathMemoryNote){
             .kind = PATH_NOTE_FAST_FAILURE, .network = network, .path = *path, .end = end, .at = now });
}

void
path_memory_note_no_bdat (PathMemory *memory, const char *network, const Path *path, Ticks now)
{
  learn (memory,
         &(PathMemoryNote){ .kind = PATH_NOTE_NO_BDAT, .network = network, .path = *path, .at = now });
}

void
path_memory_note_seen (PathMemory *memory, const char *network, const Path *path, PathSeen seen, Ticks now)
{
  learn (memory, &(PathMemoryNote){
                     .kind = PATH_NOTE_SEEN, .network = network, .path = *path, .seen = seen, .at = now });
}

/* --- all entries -------------------------------------------------------------- */

gboolean
path_memory_is_empty (const PathMemory *memory)
{
  return memory->records->len == 0;
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

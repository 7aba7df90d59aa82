/* Processes that share a path memory on disk. */
#include "tests/unit/path-store-fixture.h"

#include "tests/lib/folder.h"

const Path v6 = { .host = "mail.example", .port = 587, .family = FAMILY_IPV6 };
const Path v4 = { .host = "mail.example", .port = 587, .family = FAMILY_IPV4 };
const Path v4_25 = { .host = "mail.example", .port = 25, .family = FAMILY_IPV4 };
const Path other = { .host = "other.example", .port = 587, .family = FAMILY_IPV6 };

/* A computer that has run for an hour. */
const Instant start = { .ticks = HOUR, .wall = WALL };

Instant
later (Ticks span)
{
  return (Instant){ start.ticks + span, start.wall + span };
}

/* --- a directory for each test ----------------------------------------------------------- */

static const char *directory;

void
state_begin (void)
{
  static guint number;
  g_autofree char *name = g_strdup_printf ("state-%u", number++);
  directory = test_file (name);
}

const char *
state_directory (void)
{
  return directory;
}

char *
state_file (const char *name)
{
  return g_build_filename (directory, name, NULL);
}

/* --- one process's life ---------------------------------------------------------------------- */

Process
process_begin (Instant now)
{
  Process process = { .store = path_store_new (directory), .memory = path_memory_new () };
  process.loaded = path_store_load (process.store, process.memory, now);
  return process;
}

gboolean
process_save (Process *process, Instant now)
{
  return path_store_save (process->store, process->memory, now);
}

void
process_clear (Process *process)
{
  path_memory_free (process->memory);
  path_store_free (process->store);
}

void
assert_sound (const Process *process)
{
  g_assert_cmpstr (path_store_warning (process->store), ==, NULL);
  g_assert_true (process->loaded);
}

const PathMemoryEntry *
entry_of (const Process *process, const Path *path)
{
  return path_memory_find (process->memory, HOME, path);
}

gboolean
demoted (const Process *process, const Path *path, Instant now)
{
  return path_memory_demoted (process->memory, HOME, path, now.ticks, NULL);
}

void
note_silence (Process *process, const Path *path, Instant now)
{
  path_memory_note_cost (process->memory, HOME, path, PATH_COST_SILENCE, now.ticks - 3 * TICKS_PER_SECOND,
                         now.ticks);
}

/* A process that learns that v6 is silent. */
void
learn_silence (Instant now)
{
  g_auto (Process) process = process_begin (now);
  note_silence (&process, &v6, now);
  g_assert_true (process_save (&process, now));
  assert_sound (&process);
}

static void
count_entry (const PathMemoryEntry *entry, gpointer data)
{
  ++*(guint *)data;
}

guint
count_entries (const PathMemory *memory)
{
  guint n = 0;
  path_memory_foreach (memory, count_entry, &n);
  return n;
}

/* Processes that share a path memory on disk, with clocks of the test's own. */
#pragma once

#include "store/path-store.h"

#define HOME "home"
#define WALL (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)
#define HOUR TICKS_PER_HOUR
#define MINUTE TICKS_PER_MINUTE

extern const Path v6, v4, v4_25, other;
extern const Instant start; /* the computer has run for an hour */
Instant later (Ticks span);

/* A state directory for each test, below the test's folder; it isn't made yet. */
void        state_begin (void);
const char *state_directory (void);
/* DIRECTORY/NAME; free with g_free(). */
char       *state_file (const char *name);

/* One process's life. */
typedef struct {
  PathStore  *store;
  PathMemory *memory;
  gboolean    loaded;
} Process;

Process  process_begin (Instant now);
gboolean process_save (Process *process, Instant now);
void     process_clear (Process *process);

/* Loaded, and without a warning. */
void assert_sound (const Process *process);

const PathMemoryEntry *entry_of (const Process *process, const Path *path);
gboolean               demoted (const Process *process, const Path *path, Instant now);
void                   note_silence (Process *process, const Path *path, Instant now);

/* A process that learns that v6 is silent. */
void learn_silence (Instant now);

guint count_entries (const PathMemory *memory);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Process, process_clear)

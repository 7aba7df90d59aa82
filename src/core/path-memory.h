/* What was learnt of paths on a network: which ones cost time. Pure: the caller
 * brings the time, and whoever keeps the entries on disk reads and writes them
 * through path_memory_foreach() and path_memory_restore(). */
#pragma once

#include "core/path.h"

typedef struct PathMemory PathMemory;

typedef enum {
  PATH_COST_SILENCE,     /* connect() was answered by nothing */
  PATH_COST_NO_GREETING, /* accepted, and no greeting within the patience */
  PATH_COST_TLS_STALL,   /* the handshake stopped in its middle (path-MTU black hole) */
} PathCost;

const char *path_cost_name (PathCost cost);

/* Whole state of one path on one network. */
typedef struct {
  const char *network;    /* identity of where this machine is attached */
  const char *host;
  guint16     port;
  Family      family;
  PathCost    cost;
  guint       repetitions;     /* of strong evidence in a row; 0: not demoted */
  guint       weak_in_a_row;   /* of silences shorter than port-patience */
  Ticks       since;           /* when the latest evidence came */
  Ticks       until;           /* the path is demoted before this time */
  Ticks       last_success;    /* 0: never seen to work */
  gboolean    no_bdat;         /* offered CHUNKING and did not parse BDAT */
  gboolean    failed_fast;     /* last seen refused, prohibited or unreachable: */
  AttemptEnd  fast_end;        /*   for the user to see, costs no place */
} PathMemoryEntry;

/* Demotion lasts this long at first and doubles up to the second. */
#define PATH_MEMORY_FIRST (10 * TICKS_PER_MINUTE)
#define PATH_MEMORY_LONGEST TICKS_PER_DAY

PathMemory *path_memory_new (void);
void        path_memory_free (PathMemory *memory);

/* In all that follows NETWORK is NULL where the network is unknown: then
 * nothing is believed and nothing is written. */

/* TRUE when PATH belongs at the end of the ladder now. ret_entry (may be NULL)
 * is the reason, owned by the memory, valid until it changes. */
gboolean path_memory_demoted (const PathMemory *memory, const char *network, const Path *path,
                              Ticks now, const PathMemoryEntry **ret_entry);

/* The entry, demoted or not; NULL when there is none. */
const PathMemoryEntry *path_memory_find (const PathMemory *memory, const char *network, const Path *path);

/* Strong evidence: silent for port-patience or longer while another path of the
 * same host answered, or for the whole connect-timeout. */
void path_memory_note_cost (PathMemory *memory, const char *network, const Path *path,
                            PathCost cost, Ticks now);

/* A shorter silence; three in a row make one of the strong kind. */
void path_memory_note_weak (PathMemory *memory, const char *network, const Path *path,
                            PathCost cost, Ticks now);

/* The path worked, or answered late: whatever was held against it is gone. */
void path_memory_note_success (PathMemory *memory, const char *network, const Path *path, Ticks now);

/* Refused, prohibited or unreachable: kept for the user to see. */
void path_memory_note_fast_failure (PathMemory *memory, const char *network, const Path *path,
                                    AttemptEnd end, Ticks now);

/* The server behind PATH did not parse BDAT although it offered CHUNKING. */
void path_memory_note_no_bdat (PathMemory *memory, const char *network, const Path *path, Ticks now);

typedef void (*PathMemoryVisit) (const PathMemoryEntry *entry, gpointer data);
void path_memory_foreach (const PathMemory *memory, PathMemoryVisit visit, gpointer data);

/* Puts an entry back as it was (copies it); one that can't be is left out. An end
 * in the future of NOW by more than PATH_MEMORY_LONGEST is cut to that, and a past
 * that has yet to come is cut to NOW, so that a clock that jumped makes no entry
 * eternal. */
void path_memory_restore (PathMemory *memory, const PathMemoryEntry *entry, Ticks now);

/* Forgets what is known of HOST, or everything when HOST is NULL. */
void path_memory_forget (PathMemory *memory, const char *host);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathMemory, path_memory_free)

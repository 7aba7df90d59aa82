/* What was learnt of paths on a network: which ones cost time. Pure: the caller
 * brings the time. Whoever keeps it on disk puts entries back with
 * path_memory_restore(), and has each thing that was learnt written down as a note:
 * so many processes can share one memory, since notes are replayed on what the others
 * have learnt meanwhile, where a copy of the whole would undo it. */
#pragma once

#include "core/path.h"

typedef struct PathMemory PathMemory;

typedef enum {
  PATH_COST_SILENCE,     /* connect() was answered by nothing */
  PATH_COST_NO_GREETING, /* accepted, and no greeting within the patience */
  PATH_COST_TLS_STALL,   /* the handshake stopped in its middle (path-MTU black hole) */
} PathCost;

const char *path_cost_name (PathCost cost);

/* How an attempt on a path ended, for the history: AttemptEnd, and what can become of a
 * connection that was accepted. */
typedef enum {
  PATH_SEEN_WORKED,      /* greeted, and TLS verified or knowingly not used */
  PATH_SEEN_SPARE,       /* accepted, and another was quicker to greet */
  PATH_SEEN_LATE,        /* accepted when another had won */
  PATH_SEEN_REFUSED,
  PATH_SEEN_PROHIBITED,
  PATH_SEEN_UNREACHABLE,
  PATH_SEEN_SILENT,
  PATH_SEEN_UNANSWERED,  /* nothing in the short time that anybody waited */
  PATH_SEEN_NO_GREETING,
  PATH_SEEN_TLS_STALL,
  PATH_SEEN_CLOSED,      /* accepted, and closed before it could be used */
  PATH_SEEN_REJECTED,    /* a greeting that refuses, or is none */
  PATH_SEEN_INSECURE,    /* TLS that is missing, or can't be verified */
} PathSeen;

#define PATH_SEEN_COUNT 13

/* "worked", "spare", … "insecure"; written to disk, so they stay. Static. */
const char *path_seen_name (PathSeen seen);
gboolean    path_seen_parse (const char *name, PathSeen *ret_seen);

/* Whole state of one path on one network. A time of 0 means never; one that was put back
 * from disk may lie before the clock began to run, and is negative then. */
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
 * same host answered, or for the whole connect-timeout. It began at BEGAN: sixteen
 * sessions, or processes, that begin together see the same silence, and what was learnt
 * after BEGAN is that silence already. So it counts once. */
void path_memory_note_cost (PathMemory *memory, const char *network, const Path *path,
                            PathCost cost, Ticks began, Ticks now);

/* A shorter silence; three in a row make one of the strong kind. */
void path_memory_note_weak (PathMemory *memory, const char *network, const Path *path,
                            PathCost cost, Ticks began, Ticks now);

/* The path worked, or answered late: whatever was held against it is gone. */
void path_memory_note_success (PathMemory *memory, const char *network, const Path *path, Ticks now);

/* Refused, prohibited or unreachable: kept for the user to see. */
void path_memory_note_fast_failure (PathMemory *memory, const char *network, const Path *path,
                                    AttemptEnd end, Ticks now);

/* The server behind PATH did not parse BDAT although it offered CHUNKING. */
void path_memory_note_no_bdat (PathMemory *memory, const char *network, const Path *path, Ticks now);

/* How one attempt ended, to be counted; it moves no path. */
void path_memory_note_seen (PathMemory *memory, const char *network, const Path *path, PathSeen seen,
                            Ticks now);

/* --- notes -------------------------------------------------------------------- */

typedef enum {
  PATH_NOTE_COST,
  PATH_NOTE_WEAK,
  PATH_NOTE_SUCCESS,
  PATH_NOTE_FAST_FAILURE,
  PATH_NOTE_NO_BDAT,
  PATH_NOTE_SEEN,
} PathNoteKind;

/* One call of path_memory_note_*(). */
typedef struct {
  PathNoteKind kind;
  const char  *network; /* known */
  Path         path;
  PathCost     cost;    /* PATH_NOTE_COST, _WEAK */
  AttemptEnd   end;     /* PATH_NOTE_FAST_FAILURE */
  PathSeen     seen;    /* PATH_NOTE_SEEN */
  Ticks        began;   /* PATH_NOTE_COST, _WEAK */
  Ticks        at;
} PathMemoryNote;

/* So many are kept at most; then the oldest half goes. */
#define PATH_MEMORY_NOTES 8192

/* From here on what MEMORY learns is written down, until a keeper takes it. */
void path_memory_keep_notes (PathMemory *memory);

/* The notes since they were last taken, oldest first: an array of PathMemoryNote *, the
 * caller's (g_ptr_array_unref()). */
GPtrArray *path_memory_take_notes (PathMemory *memory);

/* NOTES that couldn't be used, back before those that came since. They are taken. */
void path_memory_return_notes (PathMemory *memory, GPtrArray *notes);

/* Learns what NOTE says, without writing it down. */
void path_memory_apply (PathMemory *memory, const PathMemoryNote *note);

/* --- all entries -------------------------------------------------------------- */

gboolean path_memory_is_empty (const PathMemory *memory);

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

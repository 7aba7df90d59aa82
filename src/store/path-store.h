/* The path memory on disk, shared by any number of processes: paths.sqlite3 in the state
 * directory. A process loads it before it looks for a path, and saves what it has
 * learnt by replaying its notes on what is there by then. Whatever is wrong with the file
 * costs a warning and never a delivery.
 *
 * Times on disk are of the wall clock, which may have been set in between: evidence from
 * the future isn't believed, and nothing is demoted for longer than PATH_MEMORY_LONGEST
 * after its evidence. */
#pragma once

#include "core/path-memory.h"

typedef struct PathStore PathStore;

/* Nothing is touched before something is asked. */
PathStore *path_store_new (const char *directory);
void       path_store_free (PathStore *store);

/* The first thing that went wrong with STORE, in words; NULL: nothing. Owned by STORE. */
const char *path_store_warning (const PathStore *store);

/* Puts what is remembered, on all networks, into MEMORY, which keeps notes from here on.
 * After FALSE it can be used all the same. */
gboolean path_store_load (PathStore *store, PathMemory *memory, Instant now);

/* Replays MEMORY's notes on what is on disk; of those paths MEMORY then holds what others
 * have learnt, too. Where it fails MEMORY keeps its notes. Without notes the disk isn't
 * touched. */
gboolean path_store_save (PathStore *store, PathMemory *memory, Instant now);

/* Forgets what is known of HOST, or everything when HOST is NULL, with its history.
 * RET_N: paths that were remembered. */
gboolean path_store_forget (PathStore *store, const char *host, guint *ret_n);

/* What makes identities of networks useless elsewhere: chosen at random once. */
#define PATH_STORE_SALT 32
/* FALSE: there is none; then networks are named without it, and nothing is saved. */
gboolean path_store_salt (PathStore *store, guint8 ret_salt[PATH_STORE_SALT]);

/* How often attempts on a path ended like this. */
typedef struct {
  const char *network;
  Path        path;
  PathSeen    seen;
  guint64     count;
  gint64      first, last; /* wall clock, µs since 1970 */
} PathHistory;

/* HISTORY lives during the call only. In the order of networks, hosts, ports, families. */
typedef void (*PathHistoryVisit) (const PathHistory *history, gpointer data);
gboolean path_store_history (PathStore *store, PathHistoryVisit visit, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathStore, path_store_free)

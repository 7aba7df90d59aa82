/* What is remembered of paths, in words for people and as JSON for programs. */
#pragma once

#include "core/path-memory.h"

typedef struct {
  const PathMemory *memory;
  GHashTable       *present; /* set of the identities of networks that this machine is on now;
                                NULL: they aren't known */
  Instant           now;
} PathsView;

/* A table with its head, or a sentence where there is nothing. Free with g_free(). */
char *paths_table (const PathsView *view);

/* One object a line; "" where there is nothing. Free with g_free(). */
char *paths_json (const PathsView *view);

/* The outbox as a table for people, and as JSON for programs. */
#pragma once

#include "store/outbox.h"

/* Head and one line for each of ITEMS (of OutboxItem), none wider than COLUMNS unless that
 * is too few for any; "" without items. Free with g_free(). */
char *outbox_table (const GPtrArray *items, gint64 now, gsize columns);

/* One object on one line, with its line break, of an item in DIRECTORY. ATTEMPTS (of
 * OutboxAttempt) may be NULL. Free with g_free(). */
char *outbox_json (const OutboxItem *item, const char *directory, const GPtrArray *attempts, gint64 now);

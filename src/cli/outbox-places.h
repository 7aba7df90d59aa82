/* The outboxes of a configuration: accounts may keep their state in different directories,
 * each with a file of its own, and numbers of its own. */
#pragma once

#include "config/config.h"
#include "store/outbox.h"

typedef struct {
  char   *directory;
  Outbox *outbox;
} OutboxPlace;

/* The outboxes that are there, of the account NAME or of all (NULL): an array of OutboxPlace,
 * the caller's, maybe empty. Nothing is made. What was wrong with a file and stopped nothing
 * is said on standard error. NULL with ERROR of the configuration, or of store/outbox.h. */
GPtrArray *outbox_places_open (const Config *config, const char *name, GError **error);

/* One message of one of them. */
typedef struct {
  const OutboxPlace *place;
  gint64             id;
} OutboxTarget;

/* Adds the items that WORDS name to *RET_TARGETS, in order, each once: numbers, ranges
 * ("3-7") and "all". Only items of the account NAME (NULL: of all). Of ranges and "all"
 * those in STATES (bits 1 << OutboxState). FALSE with ERROR: a word that is none, a number
 * or range that names no message, or a number that several outboxes have. */
gboolean outbox_targets_find (const GPtrArray *places, const char *name, guint states,
                              const char *const *words, GArray **ret_targets, GError **error);

/* `toukan outbox flush`: sends in the foreground, and says what became of each message. */
#pragma once

#include "cli/outbox-places.h"

typedef struct {
  gboolean verbose; /* each step on standard error */
  gboolean json;    /* each event on standard output, one JSON object a line */
} OutboxFlushView;

/* TARGETS (of OutboxTarget): these; NULL: all of PLACES that are queued, but those
 * whose time is still to come, of the account NAME (NULL: of all). The exit status: EX_OK when
 * everything has gone, or nothing waited. */
int outbox_flush (const Config *config, const char *name, const GPtrArray *places, const GArray *targets,
                  const OutboxFlushView *view);

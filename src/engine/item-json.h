/* Rows of the outbox as text, from an agent to whoever asks it: one object a line. */
#pragma once

#include "store/outbox.h"

/* On one line, without its line break. Free with g_free(). */
char *item_json_write (const OutboxItem *item);

/* NULL: LINE is no such object. The caller's. */
OutboxItem *item_json_read (const char *line);

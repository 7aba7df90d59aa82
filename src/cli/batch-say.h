/* Batches in words and as JSON. */
#pragma once

#include "cli/batch-meter.h"
#include "store/batch.h"

/* "ada@example.org: refused: 550 no such user"; free with g_free(). */
char *batch_recipient_line (const BatchRecipient *recipient);

/* Is anybody still to have it, or in doubt? */
gboolean batch_is_open (const BatchInfo *info);

/* "ready", "being sent" …: what a person calls it. Free with g_free(). */
char *batch_state_words (const BatchInfo *info);

/* "990 of 1000 accepted, 7 refused"; free with g_free(). */
char *batch_count_words (const BatchInfo *info);

/* How the one in DIRECTORY goes on; NULL: it does, or nobody waits. Free with g_free(). */
char *batch_next_words (const BatchInfo *info, const char *directory);

/* "toukan: people: 990 of 1000 accepted, …", and what can be done. */
void  batch_say_standing (const BatchInfo *info, const char *directory);

/* That process HOLDER has it. */
void  batch_say_busy (const char *name, gint64 holder);

/* The exit status for a batch that is as INFO says. REFUSED_ADDRESSES_ALONE: nothing but addresses
 * was refused, if anything. */
int batch_exit_status (const BatchInfo *info, gboolean refused_addresses_alone);

/* A table of BatchInfo, in COLUMNS; free with g_free(). */
char *batch_table (const GPtrArray *infos, gsize columns);

/* --- events of --json, on standard output ------------------------------------------------- */

void batch_print_progress (const char *name, const BatchStanding *standing);
void batch_print_recipient (const char *name, const BatchRow *row, guint index);
/* EVENT: "end", or "batch" where it is looked at; STATUS: negative: none. */
void batch_print_info (const char *event, const BatchInfo *info, int status);

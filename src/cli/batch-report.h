/* --report: a row for each recipient, as it happens. */
#pragma once

#include "store/batch.h"

typedef struct BatchReport BatchReport;

/* Writes to FILE what BATCH knows by now of those who are settled, and goes on from there: CSV, or
 * JSON Lines where FILE's name ends in .jsonl, .ndjson or .json. A file that is there already must be
 * such a report of the same batch: it is written anew, and is whole at any time. NULL with
 * TOUKAN_ERROR_USAGE (it is something else) or TOUKAN_ERROR_IO. */
BatchReport *batch_report_open (const char *file, Batch *batch, GError **error);

/* Adds recipient INDEX of ROW. */
void         batch_report_add (BatchReport *report, const BatchRow *row, guint index);

/* Adds those who are DEFERRED as they are now: at the end of a run. */
gboolean     batch_report_add_deferred (BatchReport *report, Batch *batch, GError **error);

/* FALSE with TOUKAN_ERROR_IO: something didn't arrive. REPORT (may be NULL) is gone. */
gboolean     batch_report_close (BatchReport *report, GError **error);

/* One line of either form, with its line break; free with g_free(). */
char        *batch_report_csv (const char *batch, const BatchRow *row, guint index);
char        *batch_report_json (const char *batch, const BatchRow *row, guint index);
extern const char batch_report_head[];

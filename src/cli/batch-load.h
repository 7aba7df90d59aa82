/* Rows become a batch: every one is made a message of and checked before any is sent. */
#pragma once

#include "cli/batch-options.h"
#include "mail/mailing.h"

/* What was found. */
typedef struct {
  guint64 rows, recipients; /* that can be sent */
  guint64 faults;           /* rows that can't, duplicates among them */
  guint64 told[BATCH_ROW_DUPLICATE + 1]; /* rows by BatchLoaded */
  guint64 without_unsubscribe;
  char   *from, *to, *subject; /* of the first, decoded; NULL: there is none */
} BatchTally;

void batch_tally_clear (BatchTally *tally);

/* Puts what MAILING gives into BATCH; rows with faults are told and left out. SENDER is the plan's. KEEP: else rows are put in without what is in them, to be counted alone. FALSE with ERROR:
 * the input can't be read to its end, or BATCH not be written. */
gboolean batch_load (Batch *batch, Mailing *mailing, const BatchOptions *options, const char *sender,
                     gboolean keep, BatchTally *tally, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchTally, batch_tally_clear)

/* One thread that owns an Outbox, so that the main loop never waits for fsync. What it is
 * asked is done in order; records that wait together become one commit. */
#pragma once

#include "engine/outbox-source.h"

typedef struct OutboxWriter OutboxWriter;

/* OUTBOX is taken. */
OutboxWriter *outbox_writer_new (Outbox *outbox);

/* Does all that was asked, ends what is leased, and tells everybody who waits to be told.
 * Accepts NULL. */
void          outbox_writer_free (OutboxWriter *writer);

/* What its Outbox had to be told of since it was handed over; NULL: nothing. */
const char   *outbox_writer_warning (const OutboxWriter *writer);

/* WORK on the thread, then DONE (NULL: nobody) on the main context, with NULL in the place
 * of the Outbox, which isn't there. */
void outbox_writer_run (OutboxWriter *writer, OutboxWork work, OutboxWork done, gpointer data);

/* The same, waited for. */
void outbox_writer_run_and_wait (OutboxWriter *writer, OutboxWork work, gpointer data);

/* A copy of what may be changed in one go. */
typedef struct OutboxBatch OutboxBatch;

OutboxBatch *outbox_batch_new (void);
void         outbox_batch_add (OutboxBatch *batch, const OutboxChange *change); /* copies */
void         outbox_batch_append (OutboxBatch *batch, const OutboxBatch *more);
OutboxBatch *outbox_batch_ref (OutboxBatch *batch);
void         outbox_batch_unref (OutboxBatch *batch);

/* Records BATCH, which nobody changes any more. DONE comes from the main context. */
void outbox_writer_record (OutboxWriter *writer, OutboxBatch *batch, RecordDone done, gpointer data);

/* The WorkSource that sends a batch: rows are fetched ahead and recorded by one writer thread,
 * a commit for all that came while the last one was written; core/pacing says how many
 * connections there are and when each message goes. Nothing is written before a message's end is
 * permitted, so whatever dies leaves behind in doubt what was in flight, and nothing else.
 *
 * Use: open a Batch, batch_take() it, batch_source_new(), engine_new() with
 * batch_source_work(), batch_source_attach(), run the main loop until ENGINE_IDLE. Then
 * batch_source_end() says why it ended. submit() is not for this engine.
 *
 * To stop: batch_source_rest() finishes what is in flight; engine_put_back_all() after it takes
 * back all but what is in doubt; engine_free() ends at once. All of them can be resumed. */
#pragma once

#include "engine/engine.h"
#include "store/batch.h"

typedef struct BatchSource BatchSource;

/* What became of a recipient: told when that is durable, or (.durable FALSE) could not be made so. */
typedef struct {
  const BatchRow *row;       /* as it is now */
  guint           recipient; /* of .row->recipients, whose fate, verdict, path and time are the news */
  gboolean        durable;
} BatchNews;

typedef void (*BatchListener) (const BatchNews *news, gpointer data);

typedef struct {
  const Account *account; /* the plan's, with its overrides; outlives the source */
  Ticks          linger;  /* the engine isn't idle while a deferred row becomes due within this time, or a rate lets
                             the next one go; TICKS_NEVER: until all are settled */
  BatchListener  listener; /* NULL: nobody */
  gpointer       data;
} BatchSourceRules;

/* BATCH, taken by this process and ready, is the source's from now on: its writer thread's. NULL with
 * ERROR, and BATCH closed, when its letter or plan can't be read. */
BatchSource *batch_source_new (Batch *batch, const BatchSourceRules *rules, GError **error);

/* For engine_new(), which takes it, and frees it with the engine. */
WorkSource  *batch_source_work (BatchSource *source);

/* Call it once, after engine_new(). */
void         batch_source_attach (BatchSource *source, Engine *engine);

/* Begins nothing more; what is in flight goes on to its end. */
void         batch_source_rest (BatchSource *source);

/* For progress. Messages in flight are still counted under what they were before. */
typedef struct {
  guint64 counts[BATCH_FATES]; /* of recipients: those of the whole batch, as durable now */
  guint   in_flight;           /* messages */
  guint   connections;         /* open, or being opened */
  guint   connections_allowed; /* by pacing, now */
  gint64  next_due;            /* wall clock: when the next message may go, because of a rate or since it was
                                  deferred; 0: now; G_MAXINT64: none waits */
} BatchProgress;

void batch_source_progress (const BatchSource *source, BatchProgress *ret_progress);

typedef enum {
  BATCH_END_NONE,      /* it goes on */
  BATCH_END_DONE,      /* nobody waits any more */
  BATCH_END_LATER,     /* who waits is due later than .linger */
  BATCH_END_RESTED,    /* batch_source_rest() */
  BATCH_END_PAUSED,    /* by pacing (the account, or too many refusals): .verdict says why, and
                          so does the batch from now on */
  BATCH_END_ASKED,     /* another process paused or cancelled it */
  BATCH_END_NO_PATH,   /* no connection could be had: .verdict; nobody's turn was used up */
  BATCH_END_DISK,      /* what became of somebody couldn't be written: .verdict's detail */
} BatchEnd;

/* VERDICT (NULL: not wanted) lives as long as the source. Read it at ENGINE_IDLE, or any time. */
BatchEnd    batch_source_end (const BatchSource *source, const Verdict **ret_verdict);

/* The reason of BATCH_END_PAUSED. */
PacingPause batch_source_why_paused (const BatchSource *source);

/* What the parts of the batch's WorkSource share. Nobody else includes this. */
#pragma once

#include "core/retry.h"
#include "engine/batch-letter.h"
#include "engine/batch-source.h"
#include "engine/timer.h"
#include "engine/worker.h"

/* A row in memory: ahead, out, or on its way to the disk. */
typedef struct {
  BatchSource *source;
  BatchRow *row; /* fates as they are on disk, or will be when what was asked is done */
  Envelope *envelope;
  Delivery delivery;
  gboolean *pending; /* by recipient: in this try */
  char *domain;      /* of all who are; NULL: several */
  GBytes *message;   /* while it is out; NULL: it is read from the file */
  gboolean out;      /* the engine has it */
  gboolean ended;    /* the end of this try is recorded, or is being so */
  gboolean counted;  /* its try */
  gboolean marked;   /* see BatchSource */
  guint run;         /* of refusals, to which it belongs; 0: none */
  gint64 begun;      /* wall clock: when it was handed out, or was to be permitted */
} Entry;

/* What is to be written, and who is told afterwards. */
typedef struct {
  BatchSource *source;
  GArray *changes;  /* of Change */
  GArray *waiters;  /* of Waiter */
  char *pacing;
  gint64 now;
  GError *error;
} Writing;

typedef struct {
  BatchChange change; /* what it points to is the Writing's */
  BatchRow *row;      /* lives as long as the change; NULL: no news */
  BatchFate from;
} Change;

typedef struct {
  RecordDone done;
  gpointer data;
} Waiter;

struct BatchSource {
  WorkSource work;
  BatchSourceRules rules;
  Batch *batch;  /* the worker's */
  Batch *reader; /* the main thread's, for large messages; NULL: not needed yet */
  char *directory;
  BatchPlan plan;
  BatchLetter *letter;
  Pacing *pacing;
  Worker *worker;
  Engine *engine; /* NULL: not attached */

  GHashTable *entries; /* id to Entry, owned */
  GQueue ahead;        /* of Entry, fetched and not handed out */
  guint out;           /* handed out */
  guint n_open;        /* sessions, or searches for one */
  gboolean proven;     /* a session came as far as a message */
  gboolean fetching, dry;
  gint64 next_due;     /* wall clock, of what is not in memory; G_MAXINT64: nothing is */
  gint64 again;        /* wall clock: pacing lets the next one go */

  Writing *collected;  /* for the next write */
  Writing *writing;    /* under way; NULL: none */
  Writing *unwritten;  /* fates that could not be written; NULL: none */
  GSource *flush;      /* attached while something is collected and nothing written */
  gboolean patient;    /* … and it can wait for more */
  Ticks write_began, write_took; /* the latest, and the last one that is done */
  Ticks ended_at, ended_every;   /* the last try, and about: while more were permitted; 0: unknown */
  guint n_ended;       /* tries, */
  guint ended_before;  /*   of those the ones before the latest write, */
  guint ended_meanwhile; /* and during the last one that is done */
  guint marked;        /* in doubt, or to be permitted: on disk or on their way there, */
  guint marked_now;    /*   of those the ones that are collected, */
  guint marked_writing; /*  and those that are being written */
  Timer *timer;
  gint64 pacing_stored;

  GPtrArray *refused;  /* of BatchRow: the latest run of refusals, without those in memory still */
  guint run;           /* its number */
  GHashTable *kept;    /* BatchRow that changes under way point to, owned */

  gboolean resting, asked, paused, no_path, broken, closing;
  Verdict why;
  guint64 counts[BATCH_FATES];
};

/* --- batch-source.c ------------------------------------------------------------------------- */

Entry   *batch_entry_find (BatchSource *source, gint64 id);
Entry   *batch_entry_new (BatchSource *source, BatchRow *row);
void     batch_entry_drop (Entry *entry);
gboolean batch_source_has_stopped (const BatchSource *source); /* nothing more is begun */
void     batch_source_wake (BatchSource *source);
/* Pauses the batch for good, for the reason that is pacing's or VERDICT's. */
void     batch_source_stop_for (BatchSource *source, const Verdict *verdict);

/* --- batch-source-claim.c --------------------------------------------------------------------- */

Delivery *batch_source_claim (WorkSource *work, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again);
gboolean  batch_source_session_over (WorkSource *work, const SessionEnd *end);
void      batch_source_fetch (BatchSource *source); /* more, where there may be more */
/* ENTRY is handed out again, before others. */
void      batch_entry_requeue (Entry *entry);
gboolean  batch_row_waits (const BatchRow *row);

/* --- batch-source-record.c ---------------------------------------------------------------------- */

void     batch_source_record (WorkSource *work, const DeliveryEvent *events, gsize n, RecordDone done,
                              gpointer data);
void     batch_source_release (WorkSource *work, DeliveryId id, const Outcome *outcome);

/* --- batch-source-write.c ------------------------------------------------------------------------ */

Writing *batch_writing_new (BatchSource *source);
void     batch_writing_free (Writing *writing);
void     batch_source_flush_soon (BatchSource *source); /* once all that comes with it is there */
void     batch_source_flush (BatchSource *source); /* writes what was collected, unless a write is under way */
/* At the end, in this thread: what is known, and not what was to be permitted. Ends what waits. */
void     batch_source_write_last (BatchSource *source);

/* The queue in is GLib's own; the answers come back by a source of the main context that
 * looks into a second queue. Nothing else is shared. */
#include "engine/outbox-writer.h"

#include "net/clock.h"

/* --- what is recorded ---------------------------------------------------------------- */

struct OutboxBatch {
  gatomicrefcount references;
  GArray *changes; /* of OutboxChange; what they point to is the batch's */
};

OutboxBatch *
outbox_batch_new (void)
{
  OutboxBatch *batch = g_new0 (OutboxBatch, 1);

  g_atomic_ref_count_init (&batch->references);
  batch->changes = g_array_new (FALSE, FALSE, sizeof (OutboxChange));
  return batch;
}

static Verdict *
duplicate_verdict (const Verdict *verdict)
{
  Verdict *copy = verdict ? g_new0 (Verdict, 1) : NULL;

  if (copy)
    verdict_copy (copy, verdict);
  return copy;
}

static OutboxAttempt *
duplicate_attempt (const OutboxAttempt *attempt)
{
  OutboxAttempt *copy = attempt ? g_memdup2 (attempt, sizeof *attempt) : NULL;

  if (!copy)
    return NULL;
  copy->network = g_strdup (attempt->network);
  copy->path = g_strdup (attempt->path);
  copy->tls = g_strdup (attempt->tls);
  copy->mechanism = g_strdup (attempt->mechanism);
  verdict_init (&copy->verdict);
  verdict_copy (&copy->verdict, &attempt->verdict);
  return copy;
}

void
outbox_batch_add (OutboxBatch *batch, const OutboxChange *change)
{
  OutboxChange copy = *change;

  copy.verdict = duplicate_verdict (change->verdict);
  copy.attempt = duplicate_attempt (change->attempt);
  copy.reason = g_strdup (change->reason);
  g_array_append_val (batch->changes, copy);
}

void
outbox_batch_append (OutboxBatch *batch, const OutboxBatch *more)
{
  for (guint i = 0; i < more->changes->len; i++)
    outbox_batch_add (batch, &g_array_index (more->changes, OutboxChange, i));
}

OutboxBatch *
outbox_batch_ref (OutboxBatch *batch)
{
  g_atomic_ref_count_inc (&batch->references);
  return batch;
}

static void
clear_change (OutboxChange *change)
{
  Verdict *verdict = (Verdict *)change->verdict;

  if (verdict)
    verdict_clear (verdict);
  g_free (verdict);
  if (change->attempt)
    outbox_attempt_free ((OutboxAttempt *)change->attempt);
  g_free ((char *)change->reason);
}

void
outbox_batch_unref (OutboxBatch *batch)
{
  if (!g_atomic_ref_count_dec (&batch->references))
    return;
  for (guint i = 0; i < batch->changes->len; i++)
    clear_change (&g_array_index (batch->changes, OutboxChange, i));
  g_array_unref (batch->changes);
  g_free (batch);
}

/* --- the thread ------------------------------------------------------------------------ */

typedef enum { JOB_RUN, JOB_RECORD, JOB_STOP } JobKind;

typedef struct {
  JobKind kind;
  OutboxWork work, done;
  OutboxBatch *batch;
  RecordDone recorded;
  gpointer data;
  GError *error;        /* of the record */
  char *warning;        /* what the file has to be told of since; NULL: nothing */
  GAsyncQueue *waiting; /* who waits in place is told here; NULL: the main context */
} Job;

typedef struct {
  GSource source;
  OutboxWriter *writer;
} Bell;

struct OutboxWriter {
  Outbox *outbox; /* the thread's */
  GThread *thread;
  GAsyncQueue *jobs;    /* of Job, in */
  GAsyncQueue *answers; /* of Job, out */
  GSource *bell;
  gboolean warned; /* the thread's: it has told */
  char *warning;   /* what it told; NULL: nothing */
};

static void
answer (OutboxWriter *writer, Job *job)
{
  if (!writer->warned && outbox_warning (writer->outbox)) {
    writer->warned = TRUE;
    job->warning = g_strdup (outbox_warning (writer->outbox));
  }
  if (job->waiting) {
    g_async_queue_push (job->waiting, job);
    return;
  }
  g_async_queue_push (writer->answers, job);
  g_main_context_wakeup (NULL);
}

static gboolean
record_changes (OutboxWriter *writer, const GArray *changes, GError **error)
{
  return outbox_record (writer->outbox, (const OutboxChange *)(gpointer)changes->data, changes->len,
                        clock_instant ().wall, error);
}

/* One that can't be recorded must not spoil it for the others. */
static void
record_one_by_one (OutboxWriter *writer, GPtrArray *group)
{
  for (guint i = 0; i < group->len; i++) {
    Job *job = g_ptr_array_index (group, i);
    record_changes (writer, job->batch->changes, &job->error);
  }
}

static void
record_group (OutboxWriter *writer, GPtrArray *group)
{
  g_autoptr (GArray) changes = g_array_new (FALSE, FALSE, sizeof (OutboxChange));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < group->len; i++) {
    const GArray *part = ((Job *)g_ptr_array_index (group, i))->batch->changes;
    g_array_append_vals (changes, part->data, part->len);
  }
  if (!record_changes (writer, changes, &error)) {
    if (group->len == 1)
      ((Job *)g_ptr_array_index (group, 0))->error = g_steal_pointer (&error);
    else
      record_one_by_one (writer, group);
  }
  for (guint i = 0; i < group->len; i++)
    answer (writer, g_ptr_array_index (group, i));
}

/* All records that wait behind FIRST, up to something else, which is returned. */
static Job *
record_what_waits (OutboxWriter *writer, Job *first)
{
  g_autoptr (GPtrArray) group = g_ptr_array_new ();
  Job *job = first;

  for (; job && job->kind == JOB_RECORD; job = g_async_queue_try_pop (writer->jobs))
    g_ptr_array_add (group, job);
  record_group (writer, group);
  return job;
}

static gpointer
work_until_stopped (gpointer data)
{
  OutboxWriter *writer = data;

  for (Job *job = NULL;;) {
    if (!job)
      job = g_async_queue_pop (writer->jobs);
    if (job->kind == JOB_STOP) {
      g_free (job);
      return NULL;
    }
    if (job->kind == JOB_RECORD) {
      job = record_what_waits (writer, job);
      continue;
    }
    job->work (writer->outbox, job->data);
    answer (writer, g_steal_pointer (&job));
  }
}

/* --- the main context -------------------------------------------------------------------- */

static void
take_warning (OutboxWriter *writer, Job *job)
{
  if (job->warning)
    writer->warning = g_steal_pointer (&job->warning);
}

static void
tell (OutboxWriter *writer, Job *job)
{
  take_warning (writer, job);
  if (job->kind == JOB_RECORD)
    job->recorded (job->error == NULL, job->error, job->data);
  else if (job->done)
    job->done (NULL, job->data);
  if (job->batch)
    outbox_batch_unref (job->batch);
  g_clear_error (&job->error);
  g_free (job);
}

static gboolean
bell_rings (GSource *source)
{
  return g_async_queue_length (((Bell *)source)->writer->answers) > 0;
}

static gboolean
bell_prepare (GSource *source, int *ret_timeout)
{
  *ret_timeout = -1;
  return bell_rings (source);
}

/* One at a time: whoever is told may end the writer. */
static gboolean
bell_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  OutboxWriter *writer = ((Bell *)source)->writer;
  Job *job = g_async_queue_try_pop (writer->answers);

  if (job)
    tell (writer, job);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs bell_functions
    = { .prepare = bell_prepare, .check = bell_rings, .dispatch = bell_dispatch };

OutboxWriter *
outbox_writer_new (Outbox *outbox)
{
  OutboxWriter *writer = g_new0 (OutboxWriter, 1);

  writer->outbox = outbox;
  writer->jobs = g_async_queue_new ();
  writer->answers = g_async_queue_new ();
  writer->bell = g_source_new (&bell_functions, sizeof (Bell));
  ((Bell *)writer->bell)->writer = writer;
  g_source_set_callback (writer->bell, NULL, NULL, NULL);
  g_source_attach (writer->bell, NULL);
  writer->thread = g_thread_new ("outbox", work_until_stopped, writer);
  return writer;
}

static void
push (OutboxWriter *writer, Job job)
{
  g_async_queue_push (writer->jobs, g_memdup2 (&job, sizeof job));
}

void
outbox_writer_free (OutboxWriter *writer)
{
  if (!writer)
    return;
  push (writer, (Job){ .kind = JOB_STOP });
  g_thread_join (writer->thread);
  for (Job *job; (job = g_async_queue_try_pop (writer->answers));)
    tell (writer, job);
  outbox_release_all (writer->outbox, NULL); /* else the kernel ends the leases with the process */
  outbox_close (writer->outbox);
  g_source_destroy (writer->bell);
  g_source_unref (writer->bell);
  g_async_queue_unref (writer->jobs);
  g_async_queue_unref (writer->answers);
  g_free (writer->warning);
  g_free (writer);
}

void
outbox_writer_run (OutboxWriter *writer, OutboxWork work, OutboxWork done, gpointer data)
{
  push (writer, (Job){ .kind = JOB_RUN, .work = work, .done = done, .data = data });
}

void
outbox_writer_run_and_wait (OutboxWriter *writer, OutboxWork work, gpointer data)
{
  GAsyncQueue *waiting = g_async_queue_new ();

  push (writer, (Job){ .kind = JOB_RUN, .work = work, .data = data, .waiting = waiting });
  Job *job = g_async_queue_pop (waiting);
  take_warning (writer, job);
  g_free (job);
  g_async_queue_unref (waiting);
}

void
outbox_writer_record (OutboxWriter *writer, OutboxBatch *batch, RecordDone done, gpointer data)
{
  push (writer,
        (Job){ .kind = JOB_RECORD, .batch = outbox_batch_ref (batch), .recorded = done, .data = data });
}

const char *
outbox_writer_warning (const OutboxWriter *writer)
{
  return writer->warning;
}

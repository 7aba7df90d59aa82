/* The queue in is GLib's own; the answers come back by a source of the main context that looks
 * into a second queue. Nothing else is shared. */
#include "engine/worker.h"

typedef struct {
  WorkerFunction work, done; /* .work NULL: the end */
  gpointer data;
} Job;

typedef struct {
  GSource source;
  Worker *worker;
} Bell;

struct Worker {
  GThread *thread;
  GAsyncQueue *jobs;    /* of Job, in */
  GAsyncQueue *answers; /* of Job, out */
  GSource *bell;
};

static gpointer
work_until_stopped (gpointer data)
{
  Worker *worker = data;

  for (;;) {
    Job *job = g_async_queue_pop (worker->jobs);
    if (!job->work) {
      g_free (job);
      return NULL;
    }
    job->work (job->data);
    g_async_queue_push (worker->answers, job);
    g_main_context_wakeup (NULL);
  }
}

static void
tell (Job *job)
{
  if (job->done)
    job->done (job->data);
  g_free (job);
}

static gboolean
bell_rings (GSource *source)
{
  return g_async_queue_length (((Bell *)source)->worker->answers) > 0;
}

static gboolean
bell_prepare (GSource *source, int *ret_timeout)
{
  *ret_timeout = -1;
  return bell_rings (source);
}

/* One at a time: whoever is told may end the worker. */
static gboolean
bell_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  Job *job = g_async_queue_try_pop (((Bell *)source)->worker->answers);

  if (job)
    tell (job);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs bell_functions
    = { .prepare = bell_prepare, .check = bell_rings, .dispatch = bell_dispatch };

Worker *
worker_new (const char *name)
{
  Worker *worker = g_new0 (Worker, 1);

  worker->jobs = g_async_queue_new ();
  worker->answers = g_async_queue_new ();
  worker->bell = g_source_new (&bell_functions, sizeof (Bell));
  ((Bell *)worker->bell)->worker = worker;
  g_source_set_callback (worker->bell, NULL, NULL, NULL);
  g_source_attach (worker->bell, NULL);
  worker->thread = g_thread_new (name, work_until_stopped, worker);
  return worker;
}

void
worker_run (Worker *worker, WorkerFunction work, WorkerFunction done, gpointer data)
{
  Job job = { work, done, data };

  g_async_queue_push (worker->jobs, g_memdup2 (&job, sizeof job));
}

void
worker_free (Worker *worker)
{
  if (!worker)
    return;
  worker_run (worker, NULL, NULL, NULL);
  g_thread_join (worker->thread);
  for (Job *job; (job = g_async_queue_try_pop (worker->answers));)
    tell (job);
  g_source_destroy (worker->bell);
  g_source_unref (worker->bell);
  g_async_queue_unref (worker->jobs);
  g_async_queue_unref (worker->answers);
  g_free (worker);
}

/* What `send` and `sendmail` share: the engine, its loop, the watchers, and Ctrl-C. */
#include "cli/deliver.h"

#include <stdio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "cli/watch.h"
#include "config/secret-command.h"
#include "engine/engine.h"
#include "engine/memory-source.h"

typedef struct {
  Engine *engine;
  GMainLoop *loop;
  const Envelope *envelope;
  DeliveryId id;
  int status;
} Run;

int
deliver_fail (const GError *error)
{
  fprintf (stderr, "toukan: %s\n", error->message);
  return toukan_error_exit_status (error);
}

static void
on_event (const EngineEvent *event, gpointer data)
{
  Run *run = data;

  if (event->kind == ENGINE_OUTCOME) {
    g_autofree char *report
        = report_outcome (event->outcome, run->envelope, engine_ladder (run->engine, event->id));
    fputs (report, stderr);
    run->status = report_exit_status (event->outcome);
  } else if (event->kind == ENGINE_IDLE) {
    g_main_loop_quit (run->loop);
  }
}

static void
on_interrupt (int signal_number, gpointer data)
{
  Run *run = data;

  if (engine_cancel (run->engine, run->id) == CANCEL_TOO_LATE)
    fprintf (stderr,
             _ ("toukan: too late to cancel: the message has left; waiting for the server's answer\n"));
}

int
deliver (const Account *account, const Envelope *envelope, BodySource *message, const DeliverView *view)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  g_autoptr (Identity) identity = identity_new_transient ();
  g_autoptr (Engine) engine = engine_new (memory_source_new (), memory, identity);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Run run = { .engine = engine, .loop = loop, .envelope = envelope };
  Submission submission = { .account = account, .envelope = envelope, .message = message };

  if (view->json)
    engine_watch (engine, watch_json, (gpointer)envelope);
  if (view->verbose)
    engine_watch (engine, watch_verbose, (gpointer)envelope);
  engine_watch (engine, on_event, &run);
  if (!submit (engine, &submission, &run.id, &error))
    return deliver_fail (error);
  interrupt_watch (on_interrupt, &run);
  g_main_loop_run (loop);
  interrupt_unwatch ();
  secret_forget_all ();
  return run.status;
}

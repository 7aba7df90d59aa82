/* What `send` and `sendmail` share: the engine, its loop, the watchers, and Ctrl-C. */
#include "cli/deliver.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/state.h"
#include "cli/watch.h"
#include "config/secret-command.h"
#include "engine/engine.h"
#include "engine/memory-source.h"
#include "net/clock.h"

#define SECOND_INTERRUPT (TICKS_PER_SECOND / 2)

typedef struct {
  Engine *engine;
  GMainLoop *loop;
  const Envelope *envelope;
  DeliveryId id;
  Ticks interrupted; /* when it was too late to cancel; 0: not yet */
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

/* The first time the message is cancelled, or it is too late for that; then the second
 * time the answer isn't waited for any longer. One signal often comes twice, to the
 * process and to its group, so the second time counts only after a while. */
static void
on_interrupt (int signal_number, gpointer data)
{
  Run *run = data;
  Ticks now = clock_now ();

  if (engine_cancel (run->engine, run->id) != CANCEL_TOO_LATE)
    return;
  if (run->interrupted == 0) {
    run->interrupted = now;
    fprintf (stderr, _ ("toukan: too late to cancel: the message has left; waiting for the server's answer. "
                        "Interrupt again to stop waiting\n"));
  } else if (now - run->interrupted >= SECOND_INTERRUPT) {
    fprintf (stderr, _ ("toukan: IN DOUBT: the message was sent, and the server's answer was not waited for. "
                        "It may have arrived; ask the recipient before you send it again\n"));
    run->status = EX_IOERR;
    g_main_loop_quit (run->loop);
  }
}

int
deliver (const Account *account, const Envelope *envelope, BodySource *message, const DeliverView *view)
{
  g_autoptr (PathStore) store = state_open (account);
  g_autoptr (PathMemory) memory = state_load (store);
  g_autoptr (Identity) identity = state_identity (store);
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
  /* What became of the message is the status, whoever can't be told of it. */
  if (view->json)
    output_flush (EX_OK);
  state_save (store, memory);
  return run.status;
}

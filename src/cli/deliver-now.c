/* A message is tried while somebody waits: the engine, its loop, the watchers, and Ctrl-C.
 * What else is due goes beside it, but whoever waits, waits for this one alone. */
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "engine/background.h"
#include "cli/deliver-private.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "engine/state.h"
#include "cli/watch.h"
#include "config/secret-command.h"
#include "engine/engine.h"
#include "engine/notices.h"
#include "net/clock.h"

#define SECOND_INTERRUPT (TICKS_PER_SECOND / 2)

/* What was begun beside may still be finished; the rest is the background's. */
#define OTHERS_PATIENCE_MS 2000

typedef struct {
  const Letter *letter;
  Engine *engine;
  OutboxSource *outbox; /* NULL: none */
  Notices *notices;
  GMainLoop *loop;
  DeliveryId id;
  char *report;      /* what is to be said of the outcome */
  Ticks interrupted; /* when it was too late to cancel; 0: not yet */
  gboolean settled;
  gboolean others_left;
  guint patience; /* a GLib source; 0: none */
  int status;
} Run;

/* --- the outcome ---------------------------------------------------------------------- */

static gboolean
stop_others (gpointer data)
{
  Run *run = data;

  run->patience = 0;
  run->others_left = TRUE;
  outbox_source_rest (run->outbox);
  engine_put_back_all (run->engine);
  return G_SOURCE_REMOVE;
}

static int
status_of (const OutboxSettled *settled)
{
  switch (settled->decision.kind) {
  case RETRY_OVER:
  case RETRY_EXPIRED:
    return report_exit_status (settled->outcome);
  case RETRY_IN_DOUBT:
    return EX_IOERR;
  case RETRY_LATER:
  case RETRY_HOLD_ACCOUNT:
    break;
  }
  /* Those refused for good are nobody's to try again. */
  return outcome_count (settled->outcome, OUTCOME_PERMANENT) > 0 ? EX_UNAVAILABLE : EX_OK;
}

static gboolean
wants_whole_report (const Run *run, const OutboxSettled *settled)
{
  const Outcome *outcome = settled->outcome;

  if (settled->decision.kind != RETRY_LATER || run->letter->view->verbose)
    return TRUE;
  return outcome->overall.kind == OUTCOME_SECURITY
         || outcome_count (outcome, outcome->overall.kind) < outcome->n_recipients;
}

/* One line says of what is kept that it is, and why; where somebody has to do something, all
 * is told. */
static void
on_settled (const OutboxSettled *settled, gpointer data)
{
  Run *run = data;
  g_autofree char *kept = kept_words (settled, clock_instant ().wall);
  gboolean stays = settled->decision.kind != RETRY_OVER && settled->decision.kind != RETRY_EXPIRED;
  gboolean ours = (DeliveryId)settled->item->id == run->id;

  notices_settled (run->notices, settled, ours && !run->letter->wish->nobody_waits);
  if (!ours)
    return;
  if (!run->report)
    run->report = report_outcome (settled->outcome, run->letter->envelope, NULL);
  run->settled = TRUE;
  run->status = status_of (settled);
  if (!settled->put_back && wants_whole_report (run, settled))
    fputs (run->report, stderr);
  fputs (kept, stderr);
  if (stays && run->letter->view->json)
    kept_print_json (settled->item->id, settled->item->reason, settled->item->not_before, run->status);
  if (run->patience == 0)
    run->patience = g_timeout_add (OTHERS_PATIENCE_MS, stop_others, run);
}

/* What no outbox knows of. */
static void
tell_sent (const Run *run, const Outcome *outcome)
{
  const Letter *letter = run->letter;
  const LogEntry entry = { .account = letter->account,
                           .envelope = letter->envelope,
                           .outcome = outcome,
                           .size = body_source_size (letter->message),
                           .at = clock_instant ().wall };

  notices_sent (run->notices, &entry, letter->message);
}

static void
on_event (const EngineEvent *event, gpointer data)
{
  Run *run = data;

  if (event->kind == ENGINE_OUTCOME && event->id == run->id) {
    g_free (run->report);
    run->report
        = report_outcome (event->outcome, run->letter->envelope, engine_ladder (run->engine, event->id));
    if (run->outbox)
      return; /* on_settled() knows what comes next */
    fputs (run->report, stderr);
    run->settled = TRUE;
    run->status = report_exit_status (event->outcome);
    tell_sent (run, event->outcome);
  } else if (event->kind == ENGINE_IDLE) {
    g_main_loop_quit (run->loop);
  }
}

/* Of what goes beside nothing is told. */
static gboolean
concerns_us (const Run *run, const EngineEvent *event)
{
  return event->id == run->id || (event->id == 0 && !run->settled);
}

static void
on_event_verbose (const EngineEvent *event, gpointer data)
{
  const Run *run = data;

  if (concerns_us (run, event))
    watch_verbose (event, (gpointer)run->letter->envelope);
}

static void
on_event_json (const EngineEvent *event, gpointer data)
{
  const Run *run = data;

  if (concerns_us (run, event))
    watch_json (event, (gpointer)run->letter->envelope);
}

/* --- interruptions ---------------------------------------------------------------------- */

static void
stop_waiting (Run *run)
{
  fprintf (stderr, _ ("toukan: IN DOUBT: the message was sent, and the server's answer was not waited for. "
                      "It may have arrived; ask the recipient before you send it again\n"));
  run->status = EX_IOERR;
  g_main_loop_quit (run->loop);
}

/* Ctrl-C takes the message back; a process that is to end leaves it in the outbox. */
static CancelResult
take_back (Run *run, int signal_number)
{
  gboolean cancels = signal_number == SIGINT || !run->outbox;
  CancelResult result
      = cancels ? engine_cancel (run->engine, run->id) : engine_put_back (run->engine, run->id);

  if (!run->outbox)
    return result;
  outbox_source_rest (run->outbox);
  engine_put_back_all (run->engine);
  return result;
}

/* The first time the message is taken back, or it is too late for that; then the second
 * time the answer isn't waited for any longer. One signal often comes twice, to the
 * process and to its group, so the second time counts only after a while. */
static void
on_interrupt (int signal_number, gpointer data)
{
  Run *run = data;
  Ticks now = clock_now ();
  CancelResult result = take_back (run, signal_number);

  if (result != CANCEL_TOO_LATE)
    return;
  if (run->interrupted == 0) {
    run->interrupted = now;
    fprintf (stderr, _ ("toukan: too late to cancel: the message has left; waiting for the server's answer. "
                        "Interrupt again to stop waiting\n"));
  } else if (now - run->interrupted >= SECOND_INTERRUPT) {
    stop_waiting (run);
  }
}

/* --- the run ------------------------------------------------------------------------------ */

static void
watch (Run *run)
{
  if (run->letter->view->json)
    engine_watch (run->engine, on_event_json, run);
  if (run->letter->view->verbose)
    engine_watch (run->engine, on_event_verbose, run);
  engine_watch (run->engine, on_event, run);
  if (!run->outbox)
    return;
  outbox_source_listen (run->outbox, on_settled, run);
  outbox_source_attach (run->outbox, run->engine);
}

/* Once nobody waits any more. */
static void
clean_up (Run *run, PathStore *store, PathMemory *memory)
{
  if (run->outbox)
    outbox_source_rest (run->outbox); /* reports that are put in now leave later */
  g_clear_pointer (&run->notices, notices_free);
  g_autofree char *warning = run->outbox ? g_strdup (outbox_source_warning (run->outbox)) : NULL;
  g_autofree char *directory = state_directory (run->letter->account);

  if (run->patience != 0)
    g_source_remove (run->patience);
  g_clear_pointer (&run->engine, engine_free);
  if (warning)
    fprintf (stderr, _ ("toukan: warning: outbox: %s\n"), warning);
  if (run->others_left)
    background_start (directory, 0, NULL); /* else they leave with the next command */
  state_save (store, memory);
  g_free (run->report);
}

int
deliver_now (const Letter *letter, WorkSource *source, OutboxSource *outbox)
{
  g_autoptr (PathStore) store = state_open (letter->account);
  g_autoptr (PathMemory) memory = state_load (store);
  g_autoptr (Identity) identity = state_identity (store);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Envelope) envelope = envelope_copy (letter->envelope);
  g_autoptr (GError) error = NULL;
  Run run
      = { .letter = letter, .engine = engine_new (source, memory, identity), .outbox = outbox, .loop = loop };
  Submission submission = { .account = letter->account, .envelope = envelope, .message = letter->message };

  const NoticesRules rules = { .visit = notices_visit_outbox,
                               .visit_data = outbox,
                               .find_account = accounts_find,
                               .find_data = letter->accounts,
                               .warn = deliver_warn };

  run.notices = notices_new (&rules);
  envelope->hold_until = letter->wish->not_before;
  watch (&run);
  if (!submit (run.engine, &submission, &run.id, &error)) {
    notices_free (run.notices);
    engine_free (run.engine);
    return outbox ? deliver_refuse (error) : deliver_fail (error);
  }
  interrupt_watch (on_interrupt, &run);
  g_main_loop_run (loop);
  interrupt_unwatch ();
  secret_forget_all ();
  /* What became of the message is the status, whoever can't be told of it. */
  if (letter->view->json)
    output_flush (EX_OK);
  clean_up (&run, store, memory);
  return run.status;
}

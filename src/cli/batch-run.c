/* The engine, its loop, and what is shown meanwhile. */
#include "cli/batch-run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/batch-meter.h"
#include "cli/batch-report.h"
#include "cli/batch-say.h"
#include "cli/deliver.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "config/secret-command.h"
#include "engine/batch-log.h"
#include "engine/batch-source.h"
#include "engine/report-words.h"
#include "engine/state.h"
#include "net/clock.h"

#define SECOND_INTERRUPT (TICKS_PER_SECOND / 2)
#define BAR_MS 200
#define LINE_MS 10000
#define MOST_REFUSALS_TOLD 20

typedef struct {
  const BatchOptions *options;
  const Account *account;
  char *name;
  char *sender; /* of rows that have none of their own */
  BatchSource *source;
  Engine *engine;
  GMainLoop *loop;
  BatchReport *report; /* NULL: none is wished for */
  BatchMeter meter;
  gboolean bar; /* a terminal that can wipe a line */
  gboolean bar_is_drawn;
  gboolean log_failed; /* told once */
  guint refusals_told;
  Ticks interrupted; /* 0: not yet */
  gboolean by_hand;  /* at the terminal, and not by a machine that is shut down */
} Run;

/* --- what is shown -------------------------------------------------------------------------- */

static void
wipe_bar (Run *run)
{
  if (run->bar_is_drawn)
    fputs ("\r\033[K", stderr);
  run->bar_is_drawn = FALSE;
}

static BatchStanding
standing_now (Run *run)
{
  const Instant now = clock_instant ();
  BatchProgress progress;
  BatchStanding standing = { 0 };
  batch_source_progress (run->source, &progress);
  memcpy (standing.counts, progress.counts, sizeof standing.counts);
  batch_meter_take (&run->meter,
                    progress.counts[BATCH_ACCEPTED] + progress.counts[BATCH_REFUSED]
                        + progress.counts[BATCH_IN_DOUBT],
                    now.ticks);
  standing.rate = batch_meter_rate (&run->meter);
  standing.connections = progress.connections;
  if (progress.in_flight == 0 && progress.next_due > now.wall && progress.next_due != G_MAXINT64)
    standing.pause = progress.next_due - now.wall;
  return standing;
}

static gboolean
on_bar (gpointer data)
{
  Run *run = data;
  const BatchStanding standing = standing_now (run);
  g_autofree char *bar
      = batch_progress_bar (&standing, output_columns_of (STDERR_FILENO) - 1, g_get_charset (NULL));
  fprintf (stderr, "\r%s\033[K", bar);
  run->bar_is_drawn = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_line (gpointer data)
{
  Run *run = data;
  const BatchStanding standing = standing_now (run);
  if (run->options->json) {
    batch_print_progress (run->name, &standing);
    return G_SOURCE_CONTINUE;
  }
  g_autofree char *words = batch_progress_words (&standing);
  fprintf (stderr, "toukan: %s: %s\n", run->name, words);
  return G_SOURCE_CONTINUE;
}

/* Those that somebody has to look after; the file has all of them. */
static void
tell_refusal (Run *run, const BatchRecipient *recipient)
{
  if (recipient->fate != BATCH_REFUSED && recipient->fate != BATCH_IN_DOUBT)
    return;
  if (run->refusals_told++ > MOST_REFUSALS_TOLD)
    return;
  wipe_bar (run);
  if (run->refusals_told > MOST_REFUSALS_TOLD) {
    fprintf (stderr, _ ("toukan: … and more: `toukan batch status %s` tells them\n"), run->name);
    return;
  }
  g_autofree char *line = batch_recipient_line (recipient);
  fprintf (stderr, "toukan: %s\n", line);
}

static void
write_log (Run *run, const BatchNews *news)
{
  g_autoptr (GError) error = NULL;
  if (run->log_failed)
    return;
  run->log_failed = !batch_log (news, run->account, run->sender, &error);
  if (run->log_failed)
    deliver_warn (error->message, NULL);
}

static void
on_news (const BatchNews *news, gpointer data)
{
  Run *run = data;
  const BatchRecipient *recipient = &news->row->recipients[news->recipient];
  if (recipient->fate == BATCH_WAITING)
    return; /* it was put back */
  write_log (run, news);
  if (run->report && recipient->fate != BATCH_DEFERRED)
    batch_report_add (run->report, news->row, news->recipient);
  if (run->options->json)
    batch_print_recipient (run->name, news->row, news->recipient);
  else
    tell_refusal (run, recipient);
}

/* --- interruptions ------------------------------------------------------------------------------ */

/* The first time nothing more is begun; the second time nothing is waited for. One signal often
 * comes twice, to the process and to its group. */
static void
on_interrupt (int number, gpointer data)
{
  Run *run = data;
  const Ticks now = clock_now ();
  if (run->interrupted == 0) {
    BatchProgress progress;
    batch_source_progress (run->source, &progress);
    run->interrupted = now;
    run->by_hand = number == SIGINT;
    wipe_bar (run);
    if (progress.in_flight > 0)
      fprintf (
          stderr,
          ngettext ("toukan: finishing %u message that is on its way. Interrupt again to stop at once\n",
                    "toukan: finishing %u messages that are on their way. Interrupt again to stop at once\n",
                    progress.in_flight),
          progress.in_flight);
    batch_source_rest (run->source);
  } else if (now - run->interrupted >= SECOND_INTERRUPT) {
    engine_put_back_all (run->engine);
    g_main_loop_quit (run->loop);
  }
}

static void
on_event (const EngineEvent *event, gpointer data)
{
  const Run *run = data;
  if (event->kind == ENGINE_IDLE)
    g_main_loop_quit (run->loop);
}

/* --- the end --------------------------------------------------------------------------------------- */

/* What remains to be known when the source is gone, as texts and numbers of its own. */
typedef struct {
  BatchEnd end;
  Verdict verdict;
} Ending;

/* Ends the look at the first that was refused as a message, and not as an address. */
static gboolean
on_refused (const BatchRow *row, gpointer data)
{
  gboolean *addresses_alone = data;
  for (guint i = 0; i < row->n_recipients; i++)
    if (row->recipients[i].fate == BATCH_REFUSED && row->recipients[i].verdict.stage != STAGE_RCPT)
      *addresses_alone = FALSE;
  return *addresses_alone;
}

static int
status_of (const Ending *ending, const BatchInfo *info, gboolean addresses_alone)
{
  if (ending->end == BATCH_END_NO_PATH)
    return EX_UNAVAILABLE;
  if (ending->end == BATCH_END_DISK)
    return EX_IOERR;
  if (ending->end == BATCH_END_PAUSED && ending->verdict.kind == OUTCOME_SECURITY)
    return EX_NOPERM;
  return batch_exit_status (info, addresses_alone);
}

/* Why it ended before its end. */
static void
say_why (const Run *run, const Ending *ending)
{
  g_autofree char *words
      = ending->verdict.kind != OUTCOME_NONE ? report_verdict (&ending->verdict) : g_strdup ("");
  const char *advice = report_advice (ending->verdict.cause);
  switch (ending->end) {
  case BATCH_END_NO_PATH:
    fprintf (stderr, _ ("toukan: %s: there is no way to the server: %s\n"), run->name, words);
    break;
  case BATCH_END_PAUSED:
    fprintf (
        stderr,
        batch_source_why_paused (run->source) == PACING_REFUSED_IN_A_ROW
            ? _ ("toukan: %s: paused, after so many refusals one behind the other; the last: %s\n")
            : _ ("toukan: %s: paused, since the server refuses the sender or the account, and no message "
                 "is to blame: %s\n"),
        run->name, words);
    break;
  case BATCH_END_DISK:
    fprintf (stderr, _ ("toukan: %s: what became of messages can't be written down: %s\n"), run->name, words);
    break;
  case BATCH_END_ASKED:
    fprintf (stderr, _ ("toukan: %s: stopped by another process\n"), run->name);
    return;
  default:
    return;
  }
  if (advice)
    fprintf (stderr, "%s\n", advice);
}

static int
conclude (Run *run, const char *directory, const Ending *ending)
{
  g_autoptr (GError) error = NULL, report_error = NULL;
  gboolean addresses_alone = TRUE;
  g_autoptr (Batch) batch = batch_open (directory, run->name, FALSE, &error);
  BatchInfo *info = batch ? batch_info (batch, &error) : NULL;
  const gboolean good = info && batch_visit (batch, 1u << BATCH_REFUSED, on_refused, &addresses_alone, &error)
                        && (!run->report || batch_report_add_deferred (run->report, batch, &report_error));
  int status = info ? status_of (ending, info, addresses_alone) : EX_IOERR;
  if (info && !run->options->json)
    batch_say_standing (info, directory);
  if (info && run->options->json)
    batch_print_info ("end", info, status);
  if (info)
    batch_info_free (info);
  if (!batch_report_close (g_steal_pointer (&run->report), report_error ? NULL : &report_error)
      || report_error) {
    deliver_fail (report_error);
    status = status == EX_OK ? EX_IOERR : status;
  }
  return good || report_error || !error ? status : deliver_fail (error);
}

/* --- the run ------------------------------------------------------------------------------------------ */

static void
watch (Run *run, guint *ret_timer)
{
  const char *terminal = g_getenv ("TERM");
  run->bar = isatty (STDERR_FILENO) && g_strcmp0 (terminal, "dumb") != 0;
  *ret_timer = run->bar && !run->options->json ? g_timeout_add (BAR_MS, on_bar, run)
                                               : g_timeout_add (LINE_MS, on_line, run);
  engine_watch (run->engine, on_event, run);
  interrupt_watch (on_interrupt, run);
}

/* Whoever presses Ctrl-C doesn't want an agent to go on. */
static void
keep_paused (const Run *run, const char *directory)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Batch) batch = batch_open (directory, run->name, FALSE, &error);
  BatchResult result;
  BatchState state;
  if (batch && !batch_act (batch, BATCH_PAUSE, clock_instant ().wall, &result, &state, &error))
    deliver_warn (error->message, NULL);
}

/* Everything between the first connection and the last reply. */
static Ending
serve (Run *run, const char *directory, const Account *account)
{
  g_autoptr (PathStore) store = state_open (account);
  g_autoptr (PathMemory) memory = state_load (store);
  g_autoptr (Identity) identity = state_identity (store);
  Ending ending = { .end = BATCH_END_NONE };
  const Verdict *verdict;
  guint timer;
  run->loop = g_main_loop_new (NULL, FALSE);
  run->engine = engine_new (batch_source_work (run->source), memory, identity);
  watch (run, &timer);
  batch_source_attach (run->source, run->engine);
  g_main_loop_run (run->loop);
  interrupt_unwatch ();
  g_source_remove (timer);
  wipe_bar (run);
  ending.end = batch_source_end (run->source, &verdict);
  verdict_init (&ending.verdict);
  if (verdict)
    verdict_copy (&ending.verdict, verdict);
  say_why (run, &ending);
  if (run->by_hand && ending.end == BATCH_END_RESTED)
    keep_paused (run, directory);
  engine_free (run->engine);
  g_main_loop_unref (run->loop);
  secret_forget_all ();
  state_save (store, memory);
  return ending;
}

int
batch_serve (Batch *batch, const char *directory, const Account *account, const BatchOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup (batch_name (batch));
  g_auto (BatchPlan) plan = { .account = NULL };
  Run run = { .options = options, .account = account, .name = name };
  const BatchSourceRules rules
      = { .account = account, .linger = batch_options_wait (options), .listener = on_news, .data = &run };
  if (!batch_get_plan (batch, &plan, &error)
      || (options->report && !(run.report = batch_report_open (options->report, batch, &error)))) {
    batch_close (batch);
    return deliver_fail (error);
  }
  run.sender = plan.sender;
  run.source = batch_source_new (batch, &rules, &error);
  if (!run.source) {
    batch_report_close (run.report, NULL);
    return deliver_fail (error);
  }
  Ending ending = serve (&run, directory, account);
  const int status = conclude (&run, directory, &ending);
  verdict_clear (&ending.verdict);
  return status;
}

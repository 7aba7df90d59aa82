/* `toukan batch`: many messages, and what became of them. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/batch-places.h"
#include "cli/batch-report.h"
#include "cli/batch-run.h"
#include "cli/batch-say.h"
#include "cli/batch-start.h"
#include "cli/deliver.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "engine/accounts.h"
#include "engine/report-words.h"
#include "engine/when.h"
#include "net/clock.h"

#define MOST_ROWS_SHOWN 20

/* What each command is given. */
typedef struct {
  const BatchOptions *options;
  const Config *config;
  const char *name; /* of the batch; NULL: none was said */
  char **words;     /* behind that */
} Work;

/* --- status ----------------------------------------------------------------------------------- */

static int
show_all (const Work *work)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos = batch_places_list (work->config, work->options->account, &error);
  if (!infos)
    return deliver_fail (error);
  for (guint i = 0; i < infos->len && work->options->json; i++)
    batch_print_info ("batch", infos->pdata[i], -1);
  g_autofree char *table = batch_table (infos, output_columns ());
  if (!work->options->json)
    printf ("%s", infos->len > 0 ? table : _ ("There are no batches.\n"));
  return EX_OK;
}

typedef struct {
  const Work *work;
  guint fates;
  guint n;
} Showing;

static gboolean
on_row (const BatchRow *row, gpointer data)
{
  Showing *showing = data;
  for (guint i = 0; i < row->n_recipients; i++) {
    if (!(showing->fates & 1u << row->recipients[i].fate))
      continue;
    if (showing->work->options->json) {
      batch_print_recipient (showing->work->name, row, i);
      continue;
    }
    if (showing->n++ == MOST_ROWS_SHOWN) {
      printf (_ ("  … and more; --report FILE writes them all\n"));
      return FALSE;
    }
    g_autofree char *line = batch_recipient_line (&row->recipients[i]);
    g_autofree char *key = visible_text (row->key, -1);
    if (strcmp (row->key, row->recipients[i].address) == 0)
      printf ("  %s\n", line);
    else
      printf ("  %s: %s\n", key, line);
  }
  return TRUE;
}

/* Those that a person has to look after. */
static gboolean
show_rows (const Work *work, Batch *batch, GError **error)
{
  static const BatchFate fates[] = { BATCH_IN_DOUBT, BATCH_REFUSED, BATCH_DEFERRED };
  for (gsize i = 0; i < G_N_ELEMENTS (fates); i++) {
    Showing showing = { .work = work, .fates = 1u << fates[i] };
    if (!batch_visit (batch, showing.fates, on_row, &showing, error))
      return FALSE;
  }
  return TRUE;
}

static void
print_info (const BatchInfo *info, const char *directory)
{
  const gint64 now = clock_instant ().wall;
  g_autofree char *state = batch_state_words (info);
  g_autofree char *counts = batch_count_words (info);
  printf (_ ("Batch %s: %s\n"), info->name, state);
  if (info->verdict.kind != OUTCOME_NONE) {
    g_autofree char *why = report_verdict (&info->verdict);
    printf ("  %s\n", why);
  }
  printf ("  %s\n", counts);
  if (info->next_due > now && info->next_due != G_MAXINT64) {
    g_autofree char *when = when_format_near (info->next_due, now);
    printf (_ ("  the next is due %s\n"), when);
  }
  g_autofree char *next = batch_next_words (info, directory);
  if (next)
    printf ("  %s\n", next);
}

static gboolean
write_report (const Work *work, Batch *batch, GError **error)
{
  if (!work->options->report)
    return TRUE;
  BatchReport *report = batch_report_open (work->options->report, batch, error);
  if (!report)
    return FALSE;
  const gboolean good = batch_report_add_deferred (report, batch, error);
  return batch_report_close (report, good ? error : NULL) && good;
}

static int
show_one (const Work *work)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  g_autoptr (Batch) batch
      = batch_places_find (work->config, work->options->account, work->name, &directory, &error);
  BatchInfo *info = batch ? batch_info (batch, &error) : NULL;
  if (!info)
    return deliver_fail (error);
  if (work->options->json)
    batch_print_info ("batch", info, -1);
  else
    print_info (info, directory);
  batch_info_free (info);
  return show_rows (work, batch, &error) && write_report (work, batch, &error) ? EX_OK : deliver_fail (error);
}

static int
run_status (const Work *work)
{
  return work->name ? show_one (work) : show_all (work);
}

/* --- what a person does -------------------------------------------------------------------------- */

/* As it stands, RESULT is what came of it. */
static int
refuse_action (const Work *work, Batch *batch, BatchResult result)
{
  g_autoptr (GError) error = NULL;
  BatchInfo *info = batch_info (batch, &error);
  if (!info)
    return deliver_fail (error);
  g_autofree char *words = batch_state_words (info);
  if (result == BATCH_BUSY)
    batch_say_busy (work->name, info->holder);
  else
    fprintf (stderr, _ ("toukan: the batch %s can't be changed like that: it is %s\n"), work->name, words);
  batch_info_free (info);
  return result == BATCH_BUSY ? EX_TEMPFAIL : EX_DATAERR;
}

static int
act (const Work *work, BatchAction action, const char *done)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Batch) batch
      = batch_places_find (work->config, work->options->account, work->name, NULL, &error);
  BatchResult result;
  BatchState state;
  if (!batch || !batch_act (batch, action, clock_instant ().wall, &result, &state, &error))
    return deliver_fail (error);
  if (result != BATCH_DONE)
    return refuse_action (work, batch, result);
  printf (_ ("Batch %s: %s\n"), work->name, done);
  return EX_OK;
}

static int
run_pause (const Work *work)
{
  return act (work, BATCH_PAUSE, _ ("paused"));
}

static int
run_cancel (const Work *work)
{
  return act (work, BATCH_CANCEL, _ ("cancelled"));
}

/* *STATUS becomes that of the first that can't be done. FALSE: no other can either. */
static gboolean
resolve (const Work *work, Batch *batch, const char *key, BatchAction action, int *status)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = visible_text (key, -1);
  const gboolean all = strcmp (key, "all") == 0;
  BatchResult result;
  guint n;
  if (!batch_resolve (batch, all ? NULL : key, action, clock_instant ().wall, &result, &n, &error)) {
    *status = deliver_fail (error);
    return FALSE;
  }
  if (result != BATCH_DONE) {
    *status = refuse_action (work, batch, result);
    return FALSE;
  }
  if (n == 0)
    *status = EX_UNAVAILABLE;
  if (n == 0)
    fprintf (stderr, _ ("toukan: %s: nothing of that is in doubt\n"), shown);
  else
    printf (action == BATCH_BELIEVE_DOUBTS ? _ ("%s: accepted, as you say\n") : _ ("%s: waiting again\n"),
            shown);
  return TRUE;
}

/* "resolve NAME KEY… sent|resend" */
static int
run_resolve (const Work *work)
{
  const guint n = g_strv_length (work->words);
  const char *how = n > 0 ? work->words[n - 1] : "";
  const gboolean sent = strcmp (how, "sent") == 0;
  g_autoptr (GError) error = NULL;
  if (n < 2 || (!sent && strcmp (how, "resend") != 0)) {
    fprintf (stderr, _ ("toukan: write \"toukan batch %s\"\n"), "resolve NAME KEY…|all sent|resend");
    return EX_USAGE;
  }
  g_autoptr (Batch) batch
      = batch_places_find (work->config, work->options->account, work->name, NULL, &error);
  int status = EX_OK;
  if (!batch)
    return deliver_fail (error);
  for (guint i = 0; i + 1 < n; i++)
    if (!resolve (work, batch, work->words[i], sent ? BATCH_BELIEVE_DOUBTS : BATCH_RESEND_DOUBTS, &status))
      break;
  return status;
}

static int
run_remove (const Work *work)
{
  g_autoptr (GError) error = NULL;
  Batch *batch = batch_places_find (work->config, work->options->account, work->name, NULL, &error);
  gint64 holder = 0;
  if (!batch || !batch_take (batch, &holder, &error)) {
    batch_close (batch);
    return deliver_fail (error);
  }
  if (holder != 0) {
    batch_close (batch);
    batch_say_busy (work->name, holder);
    return EX_TEMPFAIL;
  }
  if (!batch_remove (batch, &error))
    return deliver_fail (error);
  printf (_ ("Batch %s: removed\n"), work->name);
  return EX_OK;
}

/* --- resume ----------------------------------------------------------------------------------------- */

/* As the batch says, with what this command says over it. */
static gboolean
renew_plan (const Work *work, Batch *batch, BatchPlan *plan, GError **error)
{
  if (!batch_get_plan (batch, plan, error))
    return FALSE;
  batch_options_apply (work->options, plan);
  return batch_set_plan (batch, plan, error);
}

static gboolean
make_ready (const Work *work, Batch *batch, GError **error)
{
  const gint64 now = clock_instant ().wall;
  BatchResult result;
  BatchState state;
  if (!batch_get_state (batch, &state, error))
    return FALSE;
  if (state == BATCH_LOADING || state == BATCH_CANCELLED) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                 state == BATCH_LOADING
                     ? _ ("the batch %s wasn't read to its end: start it again with the same data")
                     : _ ("the batch %s was cancelled: start it again with the same data, if that was wrong"),
                 work->name);
    return FALSE;
  }
  return batch_act (batch, BATCH_RESUME, now, &result, &state, error)
         && batch_act (batch, BATCH_RETRY_DEFERRED, now, &result, &state, error)
         && (!batch_options_resend (work->options)
             || batch_act (batch, BATCH_RESEND_DOUBTS, now, &result, &state, error));
}

/* The account that the batch is sent over, wherever the configuration has it now. */
static const Account *
find_account (const BatchPlan *plan, Accounts *accounts, GError **error)
{
  const Account *account = accounts_find (plan->account, (const char *const *)plan->overrides, accounts);
  if (!account)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("the account %s isn't configured any more"), plan->account);
  return account;
}

static int
run_resume (const Work *work)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Accounts) accounts = accounts_new ();
  g_auto (BatchPlan) plan = { .account = NULL };
  g_autofree char *directory = NULL;
  gint64 holder = 0;
  g_autoptr (Batch) batch
      = batch_places_find (work->config, work->options->account, work->name, &directory, &error);
  if (!batch || !batch_take (batch, &holder, &error))
    return deliver_fail (error);
  if (holder != 0) {
    batch_say_busy (work->name, holder);
    return EX_TEMPFAIL;
  }
  if (!make_ready (work, batch, &error) || !renew_plan (work, batch, &plan, &error))
    return deliver_fail (error);
  if (!work->options->set)
    accounts_set_base (accounts, work->config);
  const Account *account = find_account (&plan, accounts, &error);
  return account ? batch_serve (g_steal_pointer (&batch), directory, account, work->options)
                 : deliver_fail (error);
}

/* --- the verb ------------------------------------------------------------------------------------------ */

static const struct {
  const char *name;
  int (*run) (const Work *work);
  gboolean needs_name, takes_words; /* words: behind the name */
} commands[] = {
  { "status", run_status, FALSE, FALSE }, { "resume", run_resume, TRUE, FALSE },
  { "pause", run_pause, TRUE, FALSE },    { "cancel", run_cancel, TRUE, FALSE },
  { "resolve", run_resolve, TRUE, TRUE }, { "remove", run_remove, TRUE, FALSE },
};

static int
refuse_word (const char *word)
{
  g_autofree char *shown = visible_text (word, -1);
  fprintf (stderr, _ ("toukan: \"%s\" is no command of `toukan batch`; see `toukan batch --help`\n"), shown);
  return EX_USAGE;
}

static int
run_command (const BatchOptions *options, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gsize i = 0;
  while (i < G_N_ELEMENTS (commands) && strcmp (commands[i].name, argv[1]) != 0)
    i++;
  if (i == G_N_ELEMENTS (commands))
    return refuse_word (argv[1]);
  if (argc > 3 && !commands[i].takes_words)
    return refuse_word (argv[3]);
  const char *name = argc > 2 ? argv[2] : options->name;
  if (!name && commands[i].needs_name) {
    fprintf (stderr, _ ("toukan: write \"toukan batch %s NAME\"; `toukan batch status` lists them\n"),
             argv[1]);
    return EX_USAGE;
  }
  g_autoptr (Config) config = config_load ((const char *const *)options->set, &error);
  if (!config)
    return deliver_fail (error);
  const Work work = { options, config, name, argv + MIN (argc, 3) };
  return output_flush (commands[i].run (&work));
}

static int
run (int argc, char **argv)
{
  g_auto (BatchOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;
  g_set_prgname ("toukan batch");
  if (!batch_options_parse (&options, &argc, &argv, &error))
    return deliver_fail (error);
  return argc > 1 ? run_command (&options, argc, argv) : batch_start (&options);
}

const Verb verb_batch = { "batch", N_ ("send many messages, and go on where it stopped"), run };

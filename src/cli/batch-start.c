/* A batch is made, and sent. */
#include "cli/batch-start-private.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"
#include "cli/batch-run.h"
#include "cli/batch-say.h"
#include "cli/deliver.h"
#include "engine/accounts.h"
#include "engine/batch-letter.h"

/* Somebody sits there: then standard input is free for the answer, or is the input itself and the
 * terminal is asked. */
static FILE *
open_terminal (const BatchStart *start)
{
  if (!isatty (STDERR_FILENO))
    return NULL;
  if (isatty (STDIN_FILENO))
    return fdopen (fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "r");
  return batch_reads_stdin (start->options) ? fopen ("/dev/tty", "re") : NULL;
}

static gboolean
is_agreed (const BatchStart *start)
{
  FILE *terminal = start->options->yes ? NULL : open_terminal (start);
  char answer[64] = "";
  if (!terminal)
    return TRUE;
  fprintf (stderr, _ ("Send them? [y/N] "));
  const gboolean answered = fgets (answer, sizeof answer, terminal) != NULL;
  fclose (terminal);
  g_strstrip (answer);
  if (!answered)
    fprintf (stderr, "\n");
  return answered && (g_ascii_strcasecmp (answer, "y") == 0 || g_ascii_strcasecmp (answer, "yes") == 0);
}

/* What this batch was made for is over, and this is something else under its name. */
static gboolean
is_spent (const BatchTally *tally)
{
  return tally->told[BATCH_ROW_SETTLED] > 0 && tally->told[BATCH_ROW_NEW] == 0
         && tally->told[BATCH_ROW_CHANGED] == 0 && tally->told[BATCH_ROW_SAME] == 0;
}

static int
refuse_spent (const BatchStart *start)
{
  fprintf (
      stderr,
      _ ("toukan: nothing was sent: everybody in it has had a message of the batch %s already, and this is "
         "another one. Give it a name of its own with --name, or forget the old one with `toukan batch "
         "remove "
         "%s`\n"),
      start->name, start->name);
  return EX_USAGE;
}

static gboolean
keep_plan (const BatchStart *start, Batch *batch, const Mailing *mailing, GError **error)
{
  g_auto (BatchPlan) plan = { .account = NULL };
  const MergeRequest *merge = mailing_merge_request (mailing);
  batch_plan_init (&plan);
  if (!start->is_new && !batch_get_plan (batch, &plan, error))
    return FALSE;
  g_free (plan.account);
  g_strfreev (plan.overrides);
  g_free (plan.sender);
  plan.account = g_strdup (start->account->name);
  plan.overrides = accounts_keepable ((const char *const *)start->options->set);
  plan.sender = g_strdup (start->own);
  batch_options_apply (start->options, &plan);
  if (!batch_set_plan (batch, &plan, error))
    return FALSE;
  if (mailing_copy (mailing))
    return batch_letter_keep_copy (batch, mailing_copy (mailing), error);
  return merge->letter ? batch_letter_keep (batch, merge, error) : batch_letter_keep_none (batch, error);
}

/* A message that has no Date gets the batch's, so that it is the same when it is made again. */
static gboolean
find_date (BatchStart *start, Batch *batch, GError **error)
{
  BatchInfo *info = batch_info (batch, error);
  if (!info)
    return FALSE;
  if (!start->options->data)
    start->date = info->created / G_USEC_PER_SEC;
  batch_info_free (info);
  return TRUE;
}

static gboolean
load (BatchStart *start, Batch *batch, BatchTally *tally, GError **error)
{
  start->seed = batch_letter_seed (batch, error);
  if (!start->seed || !find_date (start, batch, error))
    return FALSE;
  batch_fill_request (start);
  g_autoptr (Mailing) mailing = mailing_new (&start->request, error);
  return mailing && keep_plan (start, batch, mailing, error)
         && batch_load (batch, mailing, start->options, start->own, TRUE, tally, error);
}

/* What has come of it before. */
static void
say_so_far (const BatchInfo *info, gboolean anything_to_do)
{
  g_autofree char *counts = batch_count_words (info);
  if (!anything_to_do)
    fprintf (stderr, _ ("  nothing is left to do: %s\n"), counts);
  else if (info->counts[BATCH_ACCEPTED] + info->counts[BATCH_IN_DOUBT] + info->counts[BATCH_REFUSED] > 0)
    fprintf (stderr, _ ("  so far %s\n"), counts);
}

/* A new letter for old rows is most often meant for another batch. */
static void
say_settled (const BatchTally *tally)
{
  const guint n = (guint)MIN (tally->told[BATCH_ROW_SETTLED], G_MAXUINT);
  if (n > 0 && !is_spent (tally))
    fprintf (
        stderr,
        ngettext ("  %u message differs from what was sent already, and isn't sent again; --name begins "
                  "another batch\n",
                  "  %u messages differ from what was sent already, and aren't sent again; --name begins "
                  "another batch\n",
                  n),
        n);
}

/* TRUE: it is to be sent; else *RET_STATUS. */
static gboolean
may_go (const BatchStart *start, const BatchTally *tally, const BatchInfo *info, int *ret_status)
{
  const guint64 doubts = batch_options_resend (start->options) ? info->counts[BATCH_IN_DOUBT] : 0;
  const gboolean anybody_waits = info->counts[BATCH_WAITING] + info->counts[BATCH_DEFERRED] + doubts > 0;
  if (!start->options->json) {
    batch_say_tally (start, tally);
    say_so_far (info, anybody_waits || is_spent (tally));
    say_settled (tally);
  }
  batch_say_faults (start, tally);
  *ret_status = EX_OK;
  if (tally->faults > 0 && !start->options->skip_faulty)
    *ret_status = EX_DATAERR;
  else if (is_spent (tally))
    *ret_status = refuse_spent (start);
  else if (!anybody_waits || is_agreed (start))
    return TRUE;
  else
    fprintf (stderr, _ ("Nothing was sent.\n"));
  return FALSE;
}

/* Who starts it again wants it to go on: also what was paused. */
static gboolean
unpause (Batch *batch, const BatchOptions *options, GError **error)
{
  BatchResult result;
  BatchState state;
  const gint64 now = g_get_real_time ();
  return batch_act (batch, BATCH_RESUME, now, &result, &state, error)
         && (!batch_options_resend (options)
             || batch_act (batch, BATCH_RESEND_DOUBTS, now, &result, &state, error));
}

/* BATCH is this process's, and gone afterwards. A new one that comes to nothing leaves nothing. */
static int
fill_and_send (BatchStart *start, Batch *batch)
{
  g_auto (BatchTally) tally = { .rows = 0 };
  g_autoptr (GError) error = NULL;
  int status = EX_OK;
  BatchInfo *info = load (start, batch, &tally, &error) ? batch_info (batch, &error) : NULL;
  const gboolean goes = info && may_go (start, &tally, info, &status);
  g_clear_pointer (&info, batch_info_free);
  if (goes && unpause (batch, start->options, &error))
    return batch_serve (batch, start->directory, start->account, start->options);
  if (error)
    status = deliver_fail (error);
  if (start->is_new)
    batch_remove (batch, NULL);
  else
    batch_close (batch);
  return status;
}

static int
send (BatchStart *start)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Batch) batch = batch_open (start->directory, start->name, FALSE, &error);
  start->is_new = batch == NULL;
  gint64 holder;
  if (!error && start->is_new)
    batch = batch_open (start->directory, start->name, TRUE, &error);
  if (!batch || !batch_take (batch, &holder, &error))
    return deliver_fail (error);
  if (batch_warning (batch))
    fprintf (stderr, _ ("toukan: warning: %s\n"), batch_warning (batch));
  if (holder != 0) {
    batch_say_busy (start->name, holder);
    return EX_TEMPFAIL;
  }
  return fill_and_send (start, g_steal_pointer (&batch));
}

int
batch_start (const BatchOptions *options)
{
  g_auto (BatchStart) start = { .options = options, .date = time (NULL) };
  g_autoptr (GError) error = NULL;
  if (!batch_options_check_source (options, &error) || !batch_prepare (&start, &error))
    return deliver_fail (error);
  if (options->preview > 0)
    return batch_preview (&start);
  if (options->test_to)
    return batch_test (&start);
  return options->dry_run ? batch_dry_run (&start) : send (&start);
}

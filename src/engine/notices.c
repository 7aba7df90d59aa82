/* Somebody once learnt from the recipient, days later, that his mail had failed in the
 * background. Here is who hears of what, and by which means. */
#include "engine/notices.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "engine/desktop.h"
#include "engine/failure-command.h"
#include "engine/failure-mail.h"
#include "engine/record.h"
#include "net/clock.h"

#define LAST_WAIT TICKS_PER_SECOND         /* for courtesies, when the program ends */
#define START_WAIT (10 * TICKS_PER_SECOND) /* for commands to begin */
#define LOOK_MS 50

struct Notices {
  NoticesRules rules;
  Desktop *desktop;
  FailureCommands *commands;
  guint jobs; /* under way on the disk */
};

static void
warn (Notices *notices, const char *text)
{
  if (notices->rules.warn)
    notices->rules.warn (text, notices->rules.warn_data);
}

static void
warn_of_command (const char *text, gpointer data)
{
  warn (data, text);
}

Notices *
notices_new (const NoticesRules *rules)
{
  Notices *notices = g_new0 (Notices, 1);

  notices->rules = *rules;
  notices->desktop = desktop_new ();
  notices->commands = failure_commands_new (FAILURE_COMMAND_PATIENCE, warn_of_command, notices);
  return notices;
}

/* --- record and failure-mail: work with the message ------------------------------------ */

typedef struct {
  Notices *notices;
  char *record;           /* NULL: this is a report */
  FailureMail *mail;      /* NULL: this is a copy */
  const Account *account; /* for the report; NULL: into a Maildir */
  GError *error;
} Job;

static void
put_report (const Job *job, const NoticesPlace *place, BodySource *report, GError **error)
{
  const Failure *failure = job->mail->failure;
  g_autoptr (Envelope) envelope = failure_mail_envelope (job->mail);
  g_autofree char *subject = failure_title (failure);
  const OutboxWish wish
      = { .state = OUTBOX_QUEUED, .owner = failure->owner, .from = job->mail->from, .subject = subject };

  g_assert (place->put);
  place->put (place->data, job->account, envelope, report, &wish, error);
}

/* On the disk's thread. */
static void
job_use (const NoticesPlace *place, gpointer data)
{
  Job *job = data;

  if (job->record) {
    record_message (job->record, place->open, place->data, &job->error);
    return;
  }
  g_autoptr (BodySource) report = failure_mail_build (job->mail, place->open, place->data, &job->error);
  if (report && job->account)
    put_report (job, place, report, &job->error);
  else if (report)
    failure_mail_deliver (job->mail, report, &job->error);
}

static void
job_done (gpointer data)
{
  Job *job = data;

  job->notices->jobs--;
  if (job->error) {
    g_autofree char *text
        = g_strdup_printf ("%s: %s", job->record ? "record" : "failure-mail", job->error->message);
    warn (job->notices, text);
  }
  g_clear_error (&job->error);
  failure_mail_free (job->mail);
  g_free (job->record);
  g_free (job);
}

/* Takes RECORD or MAIL. */
static Job *
job_new (Notices *notices, char *record, FailureMail *mail)
{
  Job *job = g_new0 (Job, 1);

  *job = (Job){ .notices = notices, .record = record, .mail = mail };
  notices->jobs++;
  return job;
}

static void
begin (Job *job, gint64 id)
{
  const NoticesRules *rules = &job->notices->rules;
  rules->visit (id, job_use, job_done, job, rules->visit_data);
}

/* Takes MAIL. */
static void
tell_by_mail (Notices *notices, FailureMail *mail)
{
  const NoticesRules *rules = &notices->rules;
  Job *job = job_new (notices, NULL, mail);

  if (!mail->maildir) {
    job->account = rules->find_account (mail->account, NULL, rules->find_data);
    if (!job->account) {
      g_set_error (&job->error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, _ ("there is no account \"%s\""),
                   mail->account);
      job_done (job);
      return;
    }
  }
  begin (job, mail->failure->id);
}

/* --- what is told --------------------------------------------------------------------------- */

static void
tell_log (Notices *notices, const LogEntry *entry)
{
  g_autoptr (GError) error = NULL;

  if (!log_write (entry, &error))
    warn (notices, error->message);
}

static void
log_settled (Notices *notices, const OutboxSettled *settled, gint64 now)
{
  const OutboxItem *item = settled->item;
  const LogEntry entry = {
    .account = settled->account,
    .envelope = item->envelope,
    .outcome = settled->outcome,
    .size = item->size,
    .at = now,
    .path = settled->path,
    .id = item->id,
    .asked = settled->asked,
    .number = item->tries + (settled->decision.counts ? 0 : 1), /* .tries has this one when it counts */
    .next = settled->decision.kind == RETRY_LATER ? settled->decision.not_before : 0,
  };
  tell_log (notices, &entry);
}

static void
tell_failure (Notices *notices, const Account *account, const Failure *failure)
{
  if (!account || account->notify) {
    g_autofree char *title = failure_title (failure);
    g_autofree char *sentence = failure_sentence (failure);
    desktop_show (notices->desktop, title, sentence);
  }
  if (account && account->on_failure)
    failure_commands_add (notices->commands, account->on_failure, failure);
  FailureMail *mail = account ? failure_mail_new (account, failure) : NULL;
  if (mail)
    tell_by_mail (notices, mail);
}

/* Once a message: when nobody waits for it any more and somebody has it. */
static gboolean
is_to_record (const OutboxSettled *settled)
{
  const OutboxItem *item = settled->item;

  if (item->state != OUTBOX_FINISHED && item->state != OUTBOX_CANCELLED)
    return FALSE;
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (item->verdicts[i].kind == OUTCOME_ACCEPTED)
      return TRUE;
  return FALSE;
}

/* Reports are nobody's own words, and so no copies are kept. */
static gboolean
keeps_copy (const Account *account, const Envelope *envelope)
{
  return account && account->record && *envelope->sender != '\0';
}

void
notices_settled (Notices *notices, const OutboxSettled *settled, gboolean somebody_waits)
{
  gint64 now = clock_instant ().wall;

  if (settled->account && settled->tried)
    log_settled (notices, settled, now);
  if (keeps_copy (settled->account, settled->item->envelope) && is_to_record (settled))
    begin (job_new (notices, g_strdup (settled->account->record), NULL), settled->item->id);
  if (somebody_waits)
    return;
  g_autoptr (GPtrArray) failures = failures_of (settled, now);
  for (guint i = 0; i < failures->len; i++)
    tell_failure (notices, settled->account, g_ptr_array_index (failures, i));
}

static BodyReader *
open_source (gpointer data, GError **error)
{
  return body_source_open (data, error);
}

void
notices_sent (Notices *notices, const LogEntry *entry, BodySource *message)
{
  tell_log (notices, entry);
  if (!keeps_copy (entry->account, entry->envelope) || outcome_count (entry->outcome, OUTCOME_ACCEPTED) == 0)
    return;
  const NoticesPlace place = { .open = open_source, .data = message };
  Job *job = job_new (notices, g_strdup (entry->account->record), NULL);
  job_use (&place, job);
  job_done (job);
}

/* --- the end ------------------------------------------------------------------------------- */

static gboolean
look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
is_worth_waiting (const Notices *notices, Ticks waited)
{
  if (notices->jobs > 0)
    return TRUE;
  if (failure_commands_waiting (notices->commands) > 0)
    return waited < START_WAIT;
  return waited < LAST_WAIT
         && (desktop_is_busy (notices->desktop) || failure_commands_running (notices->commands) > 0);
}

void
notices_free (Notices *notices)
{
  if (!notices)
    return;
  Ticks began = clock_now ();
  guint timer = g_timeout_add (LOOK_MS, look_again, NULL);
  while (is_worth_waiting (notices, clock_now () - began))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  if (failure_commands_waiting (notices->commands) > 0)
    warn (notices, _ ("on-failure: not all commands could be started"));
  failure_commands_free (notices->commands);
  desktop_free (notices->desktop);
  g_free (notices);
}

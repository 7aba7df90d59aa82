/* What RFC 3464 wants said of a failure. The loop guard is the envelope: a report has no
 * reverse-path, and what has none is never reported on by mail. */
#include "engine/failure-mail.h"

#include <string.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "mail/address.h"
#include "mail/report-build.h"
#include "net/clock.h"
#include "store/maildir.h"

#define SMALL_MESSAGE ((guint64)50 * 1000)     /* returned whole unless headers were wished */
#define FULL_LIMIT ((guint64)10 * 1024 * 1024) /* returned whole where that was wished */

/* --- who ------------------------------------------------------------------------------ */

/* RFC 3461, 4.1: without NOTIFY a failure may be reported, and so may a delay. */
static gboolean
may_report (FailureKind kind, guint notify)
{
  DsnNotify wanted = kind == FAILURE_HELD ? DSN_NOTIFY_DELAY : DSN_NOTIFY_FAILURE;
  return notify == DSN_NOTIFY_DEFAULT || (notify & wanted) != 0;
}

static Failure *
copy_reportable (const Failure *failure)
{
  Failure *copy = g_new0 (Failure, 1);

  *copy = *failure;
  copy->account = g_strdup (failure->account);
  copy->envelope = envelope_copy (failure->envelope);
  copy->members = g_array_new (FALSE, FALSE, sizeof (guint));
  copy->outcome = outcome_copy (failure->outcome);
  copy->from = g_strdup (failure->from);
  copy->subject = g_strdup (failure->subject);
  copy->message_id = g_strdup (failure->message_id);
  for (guint i = 0; i < failure->members->len; i++)
    if (may_report (failure->kind, failure_recipient (failure, i)->notify))
      g_array_append_val (copy->members, g_array_index (failure->members, guint, i));
  return copy;
}

static char *
only_address (const char *mailbox)
{
  g_autoptr (GPtrArray) list = mailbox ? address_parse_list (mailbox, NULL, NULL) : NULL;
  return list && list->len == 1 ? g_strdup (((Mailbox *)g_ptr_array_index (list, 0))->address) : NULL;
}

FailureMail *
failure_mail_new (const Account *account, const Failure *failure)
{
  gboolean is_report = *failure->envelope->sender == '\0';

  if (!account->failure_mail || strcmp (account->failure_mail, "off") == 0
      || (!account->failure_maildir && (!account->failure_account || is_report)))
    return NULL;
  FailureMail *mail = g_new0 (FailureMail, 1);
  mail->failure = copy_reportable (failure);
  mail->to = only_address (account->failure_mail);
  mail->from = only_address (account->from);
  mail->maildir = g_strdup (account->failure_maildir);
  mail->account = g_strdup (account->failure_account);
  if (!mail->to || mail->failure->members->len == 0)
    g_clear_pointer (&mail, failure_mail_free);
  return mail;
}

void
failure_mail_free (FailureMail *mail)
{
  if (!mail)
    return;
  failure_free (mail->failure);
  g_free (mail->to);
  g_free (mail->from);
  g_free (mail->maildir);
  g_free (mail->account);
  g_free (mail);
}

Envelope *
failure_mail_envelope (const FailureMail *mail)
{
  Envelope *envelope = envelope_new ("");
  guint index = envelope_add (envelope, mail->to);
  EnvelopeRecipient *recipient = g_ptr_array_index (envelope->recipients, index);

  recipient->notify = DSN_NOTIFY_NEVER;
  return envelope;
}

/* --- what -------------------------------------------------------------------------------- */

/* RFC 3463, for what no server gave a code to. */
static const struct {
  Cause cause;
  const char *detail; /* behind the class */
} cause_details[] = {
  { CAUSE_TOO_BIG, "3.4" },          { CAUSE_NEEDS_SMTPUTF8, "6.7" }, { CAUSE_NEEDS_REQUIRETLS, "7.30" },
  { CAUSE_MESSAGE, "6.0" },          { CAUSE_ADDRESS, "1.3" },        { CAUSE_HOST_UNKNOWN, "4.4" },
  { CAUSE_RESOLVER, "4.3" },         { CAUSE_NO_PATH, "4.1" },        { CAUSE_NO_NETWORK, "4.1" },
  { CAUSE_CLOSED, "4.2" },           { CAUSE_TIMEOUT, "4.2" },        { CAUSE_PROTOCOL, "5.0" },
  { CAUSE_AUTH_REFUSED, "7.8" },     { CAUSE_AUTH_NO_SECRET, "7.8" }, { CAUSE_TLS_VERIFICATION, "7.5" },
  { CAUSE_TLS_NOT_OFFERED, "7.10" },
};

static char *
status_code (FailureKind kind, const Verdict *verdict)
{
  char class = kind == FAILURE_REFUSED ? '5' : '4';

  if (kind == FAILURE_IN_DOUBT)
    return g_strdup ("4.4.2"); /* the transaction was begun and could not be completed */
  if (kind == FAILURE_EXPIRED)
    return g_strdup ("4.4.7"); /* delivery time expired */
  if (verdict->reply && verdict->reply->enhanced.class >= 4)
    return g_strdup_printf ("%c.%u.%u", class, verdict->reply->enhanced.subject,
                            verdict->reply->enhanced.detail);
  for (gsize i = 0; i < G_N_ELEMENTS (cause_details); i++)
    if (cause_details[i].cause == verdict->cause)
      return g_strdup_printf ("%c.%s", class, cause_details[i].detail);
  return g_strdup_printf ("%c.0.0", class);
}

/* The server's words, or ours under a type of our own (RFC 3464, 2.3.6). */
static char *
diagnostic (const Verdict *verdict)
{
  if (verdict->reply) {
    g_autofree char *words = reply_to_string (verdict->reply);
    return g_strconcat ("smtp; ", words, NULL);
  }
  return g_strdup_printf ("X-Toukan; %s%s%s", cause_name (verdict->cause), verdict->detail ? ": " : "",
                          verdict->detail ? verdict->detail : "");
}

static gboolean
wants_whole (const Failure *failure)
{
  if (failure->kind == FAILURE_HELD || failure->envelope->ret == DSN_RETURN_HEADERS)
    return FALSE;
  return failure->size <= (failure->envelope->ret == DSN_RETURN_FULL ? FULL_LIMIT : SMALL_MESSAGE);
}

static char *
machine_name (void)
{
  g_autofree char *ascii = domain_to_ascii (g_get_host_name (), NULL);
  return ascii && *ascii ? g_steal_pointer (&ascii) : g_strdup ("localhost");
}

static char *
report_subject (const Failure *failure)
{
  g_autofree char *title = failure_title (failure);
  return failure->subject && *failure->subject ? g_strdup_printf ("%s: %s", title, failure->subject)
                                               : g_steal_pointer (&title);
}

static void
fill_recipients (GPtrArray *strings, ReportRecipient *recipients, const Failure *failure)
{
  for (guint i = 0; i < failure->members->len; i++) {
    const EnvelopeRecipient *recipient = failure_recipient (failure, i);
    const Verdict *verdict = failure_verdict (failure, i);
    recipients[i] = (ReportRecipient){ .address = recipient->address,
                                       .orcpt = recipient->orcpt,
                                       .status = status_code (failure->kind, verdict),
                                       .diagnostic = diagnostic (verdict) };
    g_ptr_array_add (strings, (gpointer)recipients[i].status);
    g_ptr_array_add (strings, (gpointer)recipients[i].diagnostic);
  }
}

BodySource *
failure_mail_build (const FailureMail *mail, WireOpen open, gpointer data, GError **error)
{
  const Failure *failure = mail->failure;
  const Mailbox from = { .name = (char *)"toukan", .address = mail->from ? mail->from : mail->to };
  const Mailbox to = { .address = mail->to };
  g_autofree ReportRecipient *recipients = g_new0 (ReportRecipient, failure->members->len);
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *subject = report_subject (failure);
  g_autofree char *text = failure_text (failure);
  g_autofree char *machine = machine_name ();

  fill_recipients (strings, recipients, failure);
  const ReportRequest request = {
    .from = &from,
    .to = &to,
    .subject = subject,
    .text = text,
    .date = clock_instant ().wall / G_USEC_PER_SEC,
    .reporting_mta = machine,
    .envid = failure->envelope->envid,
    .message_id = failure->message_id,
    .arrival = failure->submitted / G_USEC_PER_SEC,
    .last_attempt = failure->at / G_USEC_PER_SEC,
    .action = failure->kind == FAILURE_HELD ? REPORT_DELAYED : REPORT_FAILED,
    .whole = wants_whole (failure),
    .recipients = recipients,
    .n_recipients = failure->members->len,
  };
  return report_build (&request, open, data, error);
}

/* --- where -------------------------------------------------------------------------------- */

/* Who delivers writes down the reverse-path (RFC 5321, 4.4). */
gboolean
failure_mail_deliver (const FailureMail *mail, BodySource *report, GError **error)
{
  static const char return_path[] = "Return-Path: <>\n";
  g_autoptr (BodyReader) reader = body_source_open (report, error);
  g_autoptr (MaildirFile) file = NULL;
  guint8 octets[16 * 1024];
  gssize got;

  if (!reader || !maildir_prepare (mail->maildir, error))
    return FALSE;
  file = maildir_file_new (mail->maildir, error);
  if (!file)
    return FALSE;
  maildir_file_write (file, (const guint8 *)return_path, strlen (return_path));
  while ((got = body_reader_read (reader, octets, sizeof octets, error)) > 0)
    maildir_file_write (file, octets, (gsize)got);
  return got == 0 && maildir_file_finish (file, MAILDIR_NEW, MAILDIR_DURABLE, error);
}

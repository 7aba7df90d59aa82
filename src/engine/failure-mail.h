/* failure-mail: a delivery status notification for a failure, into a Maildir or through
 * another account. */
#pragma once

#include "engine/failure.h"
#include "mail/wire.h"

/* A failure that is to be mailed: who wants to hear of it, and what the account says. Copies,
 * for another thread. */
typedef struct {
  Failure *failure; /* .members: only those who may be reported on */
  char    *to, *from;
  char    *maildir; /* NULL: through .account */
  char    *account; /* its name */
} FailureMail;

/* NULL: nobody is to have a mail of FAILURE, by ACCOUNT's options, by the NOTIFY of its
 * recipients (RFC 3461, 4.1), or because it was a report itself (a null reverse-path): those
 * go into a Maildir only, which can't answer. */
FailureMail *failure_mail_new (const Account *account, const Failure *failure);
void         failure_mail_free (FailureMail *mail);

/* The report about the message that OPEN gives. NULL with ERROR. Any thread's. */
BodySource *failure_mail_build (const FailureMail *mail, WireOpen open, gpointer data, GError **error);

/* Puts REPORT into the Maildir, durably. FALSE with TOUKAN_ERROR_IO. Any thread's. */
gboolean failure_mail_deliver (const FailureMail *mail, BodySource *report, GError **error);

/* The envelope to submit the report with: from nobody, to .to, never to be reported on. */
Envelope *failure_mail_envelope (const FailureMail *mail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FailureMail, failure_mail_free)

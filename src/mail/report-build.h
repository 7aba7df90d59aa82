/* Delivery status notifications (RFC 3464): what became of a message, for people and for
 * programs in one message. */
#pragma once

#include "mail/address.h"
#include "mail/body.h"
#include "mail/wire.h"

typedef struct {
  const char *address;
  const char *orcpt;      /* "rfc822;…", as given with RCPT; NULL: none */
  const char *status;     /* "5.1.1" (RFC 3463) */
  const char *diagnostic; /* "smtp; 550 5.1.1 …" as it came, whatever is in it; NULL: none */
  const char *remote_mta; /* a host's name; NULL: unknown */
} ReportRecipient;

typedef enum { REPORT_FAILED, REPORT_DELAYED } ReportAction;

typedef struct {
  const Mailbox         *from, *to; /* of the report's header */
  const char            *subject;   /* UTF-8, whatever is in it */
  const char            *text;      /* for people, UTF-8 */
  gint64                 date;      /* seconds since 1970, as .arrival, .last_attempt */
  const char            *reporting_mta; /* this machine's name */
  const char            *envid;         /* NULL: none */
  const char            *message_id;    /* of what it is about, as in its header; NULL: none */
  gint64                 arrival, last_attempt;
  ReportAction           action;
  gboolean               whole;     /* returns the message, not only its header */
  const ReportRecipient *recipients;
  gsize                  n_recipients;
} ReportRequest;

/* The report. OPEN gives the message that it is about, as often as asked; NULL, or one that
 * can't be read: the report goes without. NULL with ERROR when it can't be stored. */
BodySource *report_build (const ReportRequest *request, WireOpen open, gpointer data, GError **error);

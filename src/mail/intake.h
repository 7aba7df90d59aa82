/* A message that somebody else made, taken in: its addresses read, what must not go
 * out removed, what is missing added. For `toukan sendmail`. */
#pragma once

#include "config/account.h"
#include "mail/address.h"
#include "mail/body.h"

/* RFC 5321, 6.3: at least 100. */
#define INTAKE_RECEIVED_LIMIT 100

typedef struct {
  const char *qualify_with;   /* domain for addresses without one; NULL: refuse them */
  gboolean    read_recipients;/* -t: one without a domain gets LOCAL_DOMAIN */
  const char *from_address;   /* for a From that is missing; never NULL */
  const char *from_name;      /* -F; NULL: none */
  gint64      date;           /* for a Date that is missing, seconds since 1970 */
  const char *message_seed, *message_key; /* a Message-ID that is missing follows from both; NULL: a new one */

  RewriteRule rewrite;        /* of From and Sender */
  const Mailbox *own;         /* what they become; NULL only with REWRITE_NO */
  const char *const *local_names; /* mail/local-names.h */
} IntakeRules;

typedef struct {
  BodySource *message;        /* as it shall be kept and sent */
  GPtrArray  *recipients;     /* of char *: from To, Cc and Bcc when asked for; else empty */
  char       *from;           /* address of the (first) From, or Resent-From, as it came; never NULL */
  char       *sender;         /* address of Sender, or Resent-Sender, as it came; NULL: none */
} Intake;

/* What becomes of the header:
 * - Bcc, Return-Path and the mbox "From " line go;
 * - From, Date and Message-ID are added where missing or blank;
 * - addresses without a domain get QUALIFY_WITH;
 * - From and Sender become OWN as REWRITE says; then Reply-To holds the old From, unless
 *   there is a Reply-To;
 * - 8-bit text is encoded (RFC 2047), and 8-bit text in a body without MIME fields is
 *   declared, unless the message is signed (DKIM) or has an address that needs SMTPUTF8.
 * Every other header line and the body stay octet for octet. A message that doesn't begin
 * with a header gets one. Of several resendings (RFC 5322, 3.6.6) the topmost counts. NULL
 * with TOUKAN_ERROR_DATA; with TOUKAN_ERROR_UNAVAILABLE after too many servers. */
Intake *intake_message (BodySource *raw, const IntakeRules *rules, GError **error);
void    intake_free (Intake *intake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Intake, intake_free)

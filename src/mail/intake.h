/* A message that somebody else made, taken in: its addresses read, what must not go
 * out removed, what is missing added. For `toukan sendmail`. */
#pragma once

#include "mail/address.h"
#include "mail/body.h"

typedef struct {
  const char *qualify_with;   /* domain for addresses without one; NULL: refuse them */
  gboolean    read_recipients;/* -t */
  const char *from_address;   /* for a From that is missing; never NULL */
  const char *from_name;      /* -F; NULL: none */
  gint64      date;           /* for a Date that is missing, seconds since 1970 */
} IntakeRules;

typedef struct {
  BodySource *message;        /* as it shall be kept and sent; Bcc and the mbox "From " line are gone */
  GPtrArray  *recipients;     /* of char *: from To, Cc and Bcc when asked for; else empty */
  char       *from;           /* address of the (first) From, or Resent-From; never NULL */
  char       *sender;         /* address of Sender, or Resent-Sender; NULL: none */
} Intake;

/* Adds From, Date and Message-ID where missing or blank, and QUALIFY_WITH to addresses
 * without domain in the header; touches nothing else: every other header line and the
 * body stay octet for octet. A message that doesn't begin with a header gets one. Of
 * several resendings (RFC 5322, 3.6.6) the topmost counts. NULL with TOUKAN_ERROR_DATA. */
Intake *intake_message (BodySource *raw, const IntakeRules *rules, GError **error);
void    intake_free (Intake *intake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Intake, intake_free)

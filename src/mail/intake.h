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
  char       *from;           /* address of the (first) From; never NULL */
  char       *sender;         /* address of Sender; NULL: none */
} Intake;

/* Adds From, Date and Message-ID where missing, touches nothing else: header lines
 * and body stay octet for octet. NULL with TOUKAN_ERROR_DATA. */
Intake *intake_message (BodySource *raw, const IntakeRules *rules, GError **error);
void    intake_free (Intake *intake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Intake, intake_free)

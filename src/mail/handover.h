/* A message that a program hands over, made what a server takes from the account: who gets
 * it after aliases, who it is from, and its header. For sendmail with its options, -bs, and
 * the system socket alike. */
#pragma once

#include "config/account.h"
#include "core/envelope.h"
#include "mail/body.h"

typedef struct {
  const Account *account;
  const char *const *local_names;  /* mail/local-names.h */
  const char *aliases_file;        /* the system's; NULL: none */

  /* As it was handed over: the sender NULL where none was named, "" for the null
   * reverse-path; recipients with their wishes for notifications, one without a domain
   * as NAME@LOCAL_DOMAIN. */
  const Envelope *wanted;
  gboolean    read_recipients;     /* -t: those in the header are added */
  guint       notify;              /* and wish for this */
  const char *from_name;           /* -F; NULL: the account's */
  gint64      date;                /* seconds since 1970 */
} HandoverRequest;

typedef struct {
  Envelope   *envelope;
  BodySource *message; /* NULL after handover_resolve() */
  GPtrArray  *notes;   /* of char *: what was left out, for the log */
} Handover;

/* NULL with ERROR: TOUKAN_ERROR_DATA for an address or a message that can't be sent,
 * TOUKAN_ERROR_UNAVAILABLE for one that goes in circles, TOUKAN_ERROR_USAGE when it is for
 * nobody, TOUKAN_ERROR_CONFIGURATION when the account lacks something. */
Handover *handover_prepare (const HandoverRequest *request, BodySource *raw, GError **error);

/* The envelope alone, from no message: where would it go? */
Handover *handover_resolve (const HandoverRequest *request, GError **error);
void      handover_free (Handover *handover);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Handover, handover_free)

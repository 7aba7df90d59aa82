/* How failures, and what was sent, reach a human: the log, a notification on the desktop,
 * on-failure, failure-mail, and the copies of record. All of it by the options of the account
 * in question. Nothing here stops mail: what fails is told as a warning. */
#pragma once

#include "engine/outbox-source.h"
#include "engine/send-log.h"
#include "mail/wire.h"

typedef struct Notices Notices;

/* Where a message lies, while NoticesUse runs. */
typedef struct {
  WireOpen open; /* as often as asked */
  /* Puts another message there, to be sent when its turn comes. FALSE with ERROR. */
  gboolean (*put) (gpointer data, const Account *account, const Envelope *envelope, BodySource *message,
                   const OutboxWish *wish, GError **error);
  gpointer data;
} NoticesPlace;

/* May run on another thread. */
typedef void (*NoticesUse) (const NoticesPlace *place, gpointer job);
typedef void (*NoticesDone) (gpointer job);

typedef struct {
  /* Calls USE with the place of message ID, now or on a thread that may wait for the disk,
   * then DONE from the main context. */
  void (*visit) (gint64 id, NoticesUse use, NoticesDone done, gpointer job, gpointer data);
  gpointer visit_data;
  OutboxFindAccount find_account; /* for failure-account */
  gpointer find_data;
  /* TEXT: what could not be done. NULL: nobody wants to know. */
  void (*warn) (const char *text, gpointer data);
  gpointer warn_data;
} NoticesRules;

Notices *notices_new (const NoticesRules *rules);

/* Before the program ends, and before what RULES lead to is gone: waits for copies and
 * reports until they are on disk, for on-failure until each command runs (10 s at most) and
 * another second for its end, for the desktop a second. Accepts NULL. */
void notices_free (Notices *notices);

/* What a listener of an OutboxSource is told. SOMEBODY_WAITS: a person sees the outcome of
 * this very message now, by a line and an exit status, so that only log and record are due. */
void notices_settled (Notices *notices, const OutboxSettled *settled, gboolean somebody_waits);

/* The same for a message that is in no outbox, whose one try this was: log and record. */
void notices_sent (Notices *notices, const LogEntry *entry, BodySource *message);

/* NoticesRules.visit for an outbox: on its writer thread, after all that it was asked before.
 * DATA is the OutboxSource. */
void notices_visit_outbox (gint64 id, NoticesUse use, NoticesDone done, gpointer job, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Notices, notices_free)

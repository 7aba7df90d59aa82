/* What the ways of delivering share. Nobody else includes this. */
#pragma once

#include "cli/accounts.h"
#include "cli/deliver.h"
#include "engine/outbox-source.h"
#include "mail/summary.h"

/* All that deliver() was given. */
typedef struct {
  const Account *account;
  const Envelope *envelope;
  BodySource *message;
  const DeliverWish *wish;
  const DeliverView *view;
} Letter;

/* Now, with an engine. SOURCE is its WorkSource; OUTBOX (NULL: none) the same as what it is. */
int deliver_now (const Letter *letter, WorkSource *source, OutboxSource *outbox);

/* Into the outbox, for another process. */
int deliver_later (const Letter *letter, DeliveryMode mode);

/* What the outbox needs to know besides, with .state and times still to be filled in; keeps
 * pointers into SUMMARY and OVERRIDES. */
OutboxWish deliver_outbox_wish (const Letter *letter, const MessageSummary *summary, GStrv overrides);

/* The outbox can't be used: nothing was sent, and the caller keeps the message. */
int deliver_refuse (const GError *error);

/* --- deliver-kept.c -------------------------------------------------------------------- */

/* "toukan: kept in the outbox as 12…": what comes next. Free with g_free(). */
char *kept_words (const OutboxSettled *settled, gint64 now);

/* The event "kept" of --json, on standard output. */
void kept_print_json (gint64 id, const char *reason, gint64 not_before, int exit_status);

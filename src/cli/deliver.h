/* One message from a verb to safety: to the server, or to the outbox. */
#pragma once

#include "config/config.h"
#include "core/envelope.h"
#include "mail/body.h"

typedef struct {
  gboolean verbose; /* -v */
  gboolean json;    /* --json */
} DeliverView;

/* How it is to be taken. Zeroes: for this user, now, as the account says. */
typedef struct {
  gboolean            has_owner;
  guint32             owner;     /* uid of who hands it in */
  gboolean            has_mode;
  DeliveryMode        mode;      /* in place of the account's `delivery` */
  gboolean            nobody_waits; /* failures are told as if it were so, even now */
  gint64              not_before;/* wall clock, µs since 1970; 0: now */
  const char *const  *overrides; /* of --set, NULL: none; kept with it, but for secrets */
} DeliverWish;

/* Sends MESSAGE, or keeps it, and says what became of it. Returns the exit status: 0 means
 * that the server has it, or that it is safe in the outbox. */
int deliver (const Account *account, const Envelope *envelope, BodySource *message, const DeliverWish *wish,
             const DeliverView *view);

/* Prints "toukan: MESSAGE" and returns the exit status that goes with it. */
int deliver_fail (const GError *error);

/* NoticesRules.warn: says TEXT on standard error. */
void deliver_warn (const char *text, gpointer data);

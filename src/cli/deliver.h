/* One message from a verb through the engine to its outcome. */
#pragma once

#include "config/config.h"
#include "core/envelope.h"
#include "mail/body.h"

typedef struct {
  gboolean verbose; /* -v */
  gboolean json;    /* --json */
} DeliverView;

/* Sends MESSAGE and says what became of it. Returns the exit status. */
int deliver (const Account *account, const Envelope *envelope, BodySource *message, const DeliverView *view);

/* Prints "toukan: MESSAGE" and returns the exit status that goes with it. */
int deliver_fail (const GError *error);

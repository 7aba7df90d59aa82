/* `sendmail -bs`: SMTP on standard input and output. */
#pragma once

#include "config/config.h"

typedef struct {
  const Config      *config;
  const char        *account;      /* -a; NULL: by the sender */
  const char *const *overrides;    /* of --set; NULL: none */
  gboolean           delivery_set; /* -od: */
  DeliveryMode       delivery;
} SendmailServeOptions;

/* Each message is durable when it is answered with 250; sending it goes on apart from this
 * process, whose status says nothing of that. For accounts without an outbox the server's
 * answer is waited for. Returns the exit status. */
int serve_stdio (const SendmailServeOptions *options);

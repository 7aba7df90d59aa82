/* The mail queue in the form of Postfix's `mailq`, which programs read: only
 * reasons that are our own words are translated. */
#pragma once

#include "store/outbox.h"
#include <stdio.h>

typedef struct {
  const char        *id;
  gboolean           active; /* being sent: '*' behind the ID */
  gboolean           held;   /* '!' */
  guint64            size;
  gint64             arrived; /* wall clock, µs */
  const char        *sender; /* "": MAILER-DAEMON */
  const char        *reason; /* why it waits; NULL: none */
  const char *const *recipients; /* who is still to be served; NULL-terminated */
} MailqRow;

typedef struct {
  FILE   *out;
  guint   n;
  guint64 octets;
} Mailq;

/* Prints ROW, the head before the first; what came from outside is made visible. */
void mailq_add (Mailq *mailq, const MailqRow *row);

/* The same of ITEM, unless it is over. */
void mailq_add_item (Mailq *mailq, const OutboxItem *item, gint64 now);

/* The last line; or that the queue is empty. */
void mailq_end (const Mailq *mailq);

/* `mailq`, and `sendmail -bp`: the outboxes of the configuration, or of the account NAME
 * (NULL: of all). Returns the exit status. */
int  mailq_print (const char *name, const char *const *overrides);

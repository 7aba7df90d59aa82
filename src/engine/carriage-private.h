/* What carriage.c and carriage-record.c share. Nobody else includes this. */
#pragma once

#include "engine/carriage.h"
#include "mail/wire.h"

struct Carriage {
  guint references;
  Courier *courier;   /* NULL: gone, only a record under way is left */
  Delivery *delivery; /* the source's */
  Envelope *envelope; /* as it crosses: domains are A-labels */
  Outcome *outcome;   /* fates so far, of earlier tries too */
  gboolean *pending;  /* not yet decided in this try */
  gboolean *decided;  /* by the transaction that is being recorded */
  gboolean *in_doubt; /* recorded as that, and as nothing else since */
  Outcome *at_rcpt;   /* what RCPT was answered in the transaction in hand */
  GPtrArray *attempts; /* of OutboxAttempt, not yet recorded */
  WireForm *form;
  WireTarget target;
  guint64 supplied;
  Ticks since;     /* when it was claimed, or its turn came */
  Ticks permitted; /* when the transaction in hand was allowed to end; 0: not yet */
  Ticks took;      /* see DeliveryEvent */
  guint attempt;   /* number of the begin: an answer to an older one is stale */
  gboolean begun;  /* on the session in hand */
  guint recording; /* records of fates under way */
  gboolean released;
};

Carriage *carriage_ref (Carriage *carriage);
void      carriage_emit (Carriage *carriage, EngineEvent *event); /* with time and id filled in */
void      carriage_drop (Carriage *carriage); /* the reference */

/* Writes down who was decided by this transaction, and the end of the try when nobody is
 * left; goes on when that is durable. */
void carriage_record (Carriage *carriage);

/* Answers DIALOGUE_WANTS_END_PERMIT when "in doubt" is durable. */
void carriage_ask_for_permit (Carriage *carriage);

/* A failure that a person has to hear of: what became of which recipients, in words. */
#pragma once

#include "engine/outbox-source.h"

typedef enum {
  FAILURE_REFUSED,  /* for good, by the server or because it can't be sent */
  FAILURE_EXPIRED,  /* tried until give-up */
  FAILURE_IN_DOUBT, /* left whole, and no answer came */
  FAILURE_HELD,     /* nothing of the account leaves before its login is mended */
} FailureKind;

const char *failure_kind_name (FailureKind kind); /* "refused", "expired", "in-doubt", "held" */

/* All of it copied: whoever tells it may do so later, and on another thread. */
typedef struct {
  FailureKind kind;
  gint64      id;
  char       *account;
  guint32     owner;
  Envelope   *envelope;
  GArray     *members; /* of guint: the recipients that it is about; never empty */
  Outcome    *outcome; /* of the try: their verdicts */
  char       *from, *subject, *message_id; /* NULL: none */
  guint64     size;
  gint64      submitted, at; /* wall clock, µs since 1970 */
} Failure;

/* What SETTLED, at NOW, brings to those who don't wait for it: an array of Failure, the
 * caller's; mostly empty, and two of them when some were refused and others have expired. */
GPtrArray *failures_of (const OutboxSettled *settled, gint64 now);
void       failure_free (Failure *failure);

const EnvelopeRecipient *failure_recipient (const Failure *failure, guint member);
const Verdict           *failure_verdict (const Failure *failure, guint member);

/* The words, translated, with what came from outside made visible. Free with g_free(). */
char *failure_title (const Failure *failure);    /* a headline */
char *failure_sentence (const Failure *failure); /* what happened, to which message and why */
char *failure_text (const Failure *failure);     /* everything, for a mail */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Failure, failure_free)

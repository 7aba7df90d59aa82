/* The seam: where deliveries come from and where their fate is written. The first
 * implementation works in memory (engine/memory-source.h); the outbox takes its
 * place; a batch records whole windows. */
#pragma once

#include "config/account.h"
#include "core/dialogue.h"
#include "core/envelope.h"
#include "core/outcome.h"
#include "mail/body.h"
#include "store/outbox.h"

/* One message on its way. Owned by the source until release(). */
typedef struct {
  DeliveryId      id;
  const Account  *account;
  const Envelope *envelope;
  gboolean       *pending;  /* by recipient: still to be served */
  const Verdict  *verdicts; /* by recipient: what is known of those who aren't; NULL: nothing */
} Delivery;

/* What a session in hand can serve: the same account. NULL in claim(): any, over a session
 * of its own. */
typedef struct {
  const Account *account;
  guint          n_begun; /* deliveries over it so far */
} SessionKey;

/* A session is over, or none could be had for what claim() gave without one in hand. */
typedef struct {
  guint          n_begun, n_accepted; /* deliveries over it */
  const Verdict *verdict;
  gboolean       goes_on; /* deliveries are left that want another session */
} SessionEnd;

typedef enum {
  DELIVERY_EVENT_RECIPIENT, /* .recipient has .verdict; one of kind NONE or TRANSPORT says that "in doubt" is over */
  DELIVERY_EVENT_IN_DOUBT,  /* .recipient: the octets that complete the message are about to go out */
  DELIVERY_EVENT_ATTEMPT,   /* .attempt: a session for it ended, or no path was found */
  DELIVERY_EVENT_END,       /* this try is over with .outcome: release() follows when that is durable */
} DeliveryEventKind;

typedef struct {
  DeliveryEventKind kind;
  DeliveryId        id;
  guint             recipient;
  const Verdict    *verdict;
  const OutboxAttempt *attempt;
  const Outcome    *outcome;
  Ticks             took;   /* with END: how long the server had it, and none before it over that session; 0: it never did */
} DeliveryEvent;

/* DURABLE: all n events are; otherwise ERROR says why they could not be made so. */
typedef void (*RecordDone) (gboolean durable, const GError *error, gpointer data);

typedef struct WorkSource WorkSource;
struct WorkSource {
  /* Deliveries in flight over one session, at the most; 0: one. */
  guint         window;
  /* A session with nothing to do is kept when claim() says to ask again within this time;
   * 0: it never is. */
  Ticks         idle;
  /* Takes a message in: durable when this returns TRUE. Everything is copied or
   * referenced, but ACCOUNT, which outlives the source. NULL: the source feeds itself. */
  gboolean    (*add)       (WorkSource *source, const Account *account, const Envelope *envelope,
                            BodySource *message, DeliveryId *ret_id, GError **error);
  /* The next delivery that is due, leased to this process; NULL: none, and
   * *ret_ask_again says when (TICKS_NEVER: after engine_wake()). */
  Delivery   *(*claim)     (WorkSource *source, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again);
  /* The message, from octet 0, as often as asked. */
  BodyReader *(*open_body) (WorkSource *source, DeliveryId id, GError **error);
  /* Makes N events durable, in order, then says DONE (maybe before it returns). */
  void        (*record)    (WorkSource *source, const DeliveryEvent *events, gsize n,
                            RecordDone done, gpointer data);
  /* Takes back what no claim() has handed out yet; FALSE: it has, or ID is unknown. */
  gboolean    (*withdraw)  (WorkSource *source, DeliveryId id);
  /* FALSE: what is left of END's deliveries is put back; else another session is opened
   * for it, where it .goes_on. NULL: always TRUE. */
  gboolean    (*session_over) (WorkSource *source, const SessionEnd *end);
  /* TRUE while an answer to claim() is still being fetched: the engine isn't idle before
   * engine_wake(). NULL: never. */
  gboolean    (*is_busy)   (WorkSource *source);
  /* The end of this try: the lease is over, OUTCOME is to be kept, where no record() of
   * its end was durable. */
  void        (*release)   (WorkSource *source, DeliveryId id, const Outcome *outcome);
  void        (*free)      (WorkSource *source);
};

/* The WorkSource that survives: the outbox on disk behind one writer thread, so that the
 * main loop never waits for fsync. It decides with core/retry what comes after each try,
 * holds accounts whose login was refused, and tells a listener what was settled. */
#pragma once

#include "engine/engine.h"
#include "core/retry.h"
#include "store/outbox.h"

typedef struct OutboxSource OutboxSource;

/* The account NAME with OVERRIDES ("key=value", NULL: none) applied; it outlives the source.
 * NULL: there is none; the message waits, with that reason. */
typedef const Account *(*OutboxFindAccount) (const char *name, const char *const *overrides, gpointer data);

typedef struct {
  const char       *directory;
  OutboxFindAccount find_account;
  gpointer          data;
  gboolean          only_own; /* serves what was added or adopted through it, and nothing else */
} OutboxSourceRules;

/* NULL with an error of store/outbox.h. */
OutboxSource *outbox_source_new (const OutboxSourceRules *rules, GError **error);

/* For engine_new(), which takes it. */
WorkSource   *outbox_source_work (OutboxSource *source);

/* ENGINE is woken when something may be due. Call it once, after engine_new(). */
void          outbox_source_attach (OutboxSource *source, Engine *engine);

/* What went wrong with the file and stopped nothing; NULL: nothing. */
const char   *outbox_source_warning (const OutboxSource *source);

/* How the next submit() is put in; zeroes: send now. */
typedef struct {
  OutboxState        state;      /* SENDING: now, by this process; QUEUED, HELD, DRAFT: later, or by others */
  gint64             not_before; /* wall clock, µs; 0: now */
  gint64             hold_until;
  const char        *reason;
  guint32            owner;
  const char *const *overrides;
  const char        *from, *subject, *message_id;
} OutboxWish;

void outbox_source_wish (OutboxSource *source, const OutboxWish *wish);

/* Puts a message in without an engine: OUTBOX's own outbox_add(), durable when TRUE. */
gboolean outbox_put (Outbox *outbox, const Account *account, const Envelope *envelope, BodySource *message,
                     const OutboxWish *wish, gint64 *ret_id, GError **error);

/* Serve item ID of the file too, due or not. */
void outbox_source_adopt (OutboxSource *source, gint64 id);

/* A new network: what waits for one is due. */
void outbox_source_network_changed (OutboxSource *source);

/* After each try, when its end is durable. ITEM as it is now; OUTCOME of this try; FINAL:
 * it will not be tried again by itself. From the main context. */
typedef struct {
  const OutboxItem *item;
  const Account    *account;    /* NULL: not configured any more */
  const Outcome    *outcome;
  RetryDecision     decision;
  gboolean          first_hold; /* the one notice of an account that is held */
} OutboxSettled;

typedef void (*OutboxListener) (const OutboxSettled *settled, gpointer data);
void outbox_source_listen (OutboxSource *source, OutboxListener listener, gpointer data);

/* Runs WORK on the writer thread, with its Outbox, after all that was asked before; then
 * DONE on the main context. For front ends that must not wait for the disk. */
typedef void (*OutboxWork) (Outbox *outbox, gpointer data);
void outbox_source_run (OutboxSource *source, OutboxWork work, OutboxWork done, gpointer data);

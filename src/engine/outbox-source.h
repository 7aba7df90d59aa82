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
  Ticks             linger;   /* the engine isn't idle while something becomes due within this time */
} OutboxSourceRules;

/* NULL with an error of store/outbox.h. */
OutboxSource *outbox_source_new (const OutboxSourceRules *rules, GError **error);

/* For engine_new(), which takes it. */
WorkSource   *outbox_source_work (OutboxSource *source);

/* ENGINE is woken when something may be due. Call it once, after engine_new(). */
void          outbox_source_attach (OutboxSource *source, Engine *engine);

/* What went wrong with the file and stopped nothing; NULL: nothing. */
const char   *outbox_source_warning (const OutboxSource *source);

/* How the next submit() is put in; without a wish it is sent now, for this user. */
typedef struct {
  OutboxState        state;      /* SENDING: now, by this process; QUEUED, HELD, DRAFT: later, or by others */
  gint64             not_before; /* wall clock, µs; 0: now */
  gint64             hold_until;
  const char        *reason;
  guint32            owner;
  const char *const *overrides;
  const char        *from, *subject, *message_id;
} OutboxWish;

/* Copied. */
void outbox_source_wish (OutboxSource *source, const OutboxWish *wish);

/* Puts a message in without an engine: OUTBOX's own outbox_add(), durable when TRUE. */
gboolean outbox_put (Outbox *outbox, const Account *account, const Envelope *envelope, BodySource *message,
                     const OutboxWish *wish, gint64 *ret_id, GError **error);

/* Serve item ID of the file too, due or not. */
void outbox_source_adopt (OutboxSource *source, gint64 id);

/* Begins nothing more. What is leased and not begun goes back; what is in hand goes on, but
 * see engine_put_back_all(). */
void outbox_source_rest (OutboxSource *source);

/* The accounts may have changed: looks whether those that are held can be freed. Done at the
 * start, and once an hour. */
void outbox_source_check_holds (OutboxSource *source);

/* Other processes may have put something in. */
void outbox_source_look_again (OutboxSource *source);

/* A new network: what waits for one is due. */
void outbox_source_network_changed (OutboxSource *source);

/* After each try, when its end is durable, or could not be made so (outbox_source_warning());
 * and for what can't be tried, since its account is held or not configured any more. ITEM as
 * it is now; OUTCOME of this try, with what earlier ones made of the other recipients. From
 * the main context. */
typedef struct {
  const OutboxItem *item;
  const Account    *account;    /* NULL: not configured any more */
  const Outcome    *outcome;
  RetryDecision     decision;
  gboolean          tried;      /* else it was put back, or couldn't even begin */
  gboolean          put_back;   /* engine_put_back() */
  gboolean          first_hold; /* the one notice of an account that is held */
} OutboxSettled;

typedef void (*OutboxListener) (const OutboxSettled *settled, gpointer data);
void outbox_source_listen (OutboxSource *source, OutboxListener listener, gpointer data);

/* Runs WORK on the writer thread, with its Outbox, after all that was asked before; then
 * DONE (NULL: nobody) on the main context, where OUTBOX is NULL. For front ends that must not wait for the disk. */
typedef void (*OutboxWork) (Outbox *outbox, gpointer data);
void outbox_source_run (OutboxSource *source, OutboxWork work, OutboxWork done, gpointer data);

/* What the parts of the outbox's WorkSource share. Nobody else includes this. */
#pragma once

#include "engine/outbox-source.h"
#include "engine/outbox-writer.h"
#include "engine/timer.h"
#include <gio/gio.h>

/* One item that is leased to this process. */
typedef struct {
  OutboxSource *source;
  OutboxItem *item;       /* as it is on disk, or will be when what was asked is done */
  Delivery delivery;      /* what the engine sees of it */
  const Account *account; /* NULL: not configured any more */
  BodySource *message;    /* as it was handed in; NULL: it is read from the outbox */
  gboolean out;           /* the engine has it */
  gboolean tried;         /* and something was undertaken */
  gboolean put_back;
  gboolean ended;         /* the end of this try is recorded, or is being so */
  gboolean released;
  OutboxBatch *unwritten; /* what couldn't be recorded yet; NULL: nothing */
  gboolean *asked;        /* by recipient: pending when it was leased */
  char *path;             /* that the last attempt reached; NULL: none */
  Outcome *outcome;       /* of this try, once it has ended */
  RetryDecision decision;
  gboolean first_hold;
} Entry;

typedef enum { ACCOUNT_FREE, ACCOUNT_ASKED /* its secret is being fetched */, ACCOUNT_HELD } AccountStanding;

typedef struct {
  OutboxSource *source;
  OutboxHold *hold; /* as on disk; NULL: freed */
  AccountStanding standing;
  GCancellable *fetching;
  Ticks asked;      /* when its secret was fetched last; 0: never */
  gboolean writing; /* not on disk yet */
} HeldAccount;

struct OutboxSource {
  WorkSource work;
  OutboxFindAccount find_account;
  gpointer find_data;
  gboolean only_own;
  Ticks linger;
  char *directory;
  OutboxWriter *writer;
  Outbox *reader; /* the main thread's, for messages; NULL: not needed yet */
  Engine *engine; /* NULL: not attached */
  OutboxListener listener;
  gpointer listener_data;
  char *warning;
  gboolean has_wish;
  OutboxWish wish; /* what it points to is the source's */

  GHashTable *entries; /* id to Entry, owned */
  GQueue ahead;        /* of Entry, leased and not handed out yet */
  GArray *adopted;     /* of gint64: to be leased */
  guint out;           /* handed out */
  guint under_way;     /* questions that engine_wake() answers */
  gboolean claiming;
  gboolean dry;        /* the last claim() found nothing more */
  Ticks ask_at;        /* when it may find more */
  gint64 new_network;  /* since when there is one, wall clock; 0: what waits for one has been claimed */
  gboolean resting;
  gboolean closing;

  GHashTable *proven; /* names of accounts by which a login wasn't refused */
  GHashTable *holds; /* name to HeldAccount, owned */
  Timer *hold_timer; /* looks again */
  Timer *rewrite_timer;
  Timer *wish_timer;
  gboolean watching_wishes, asking_wishes;
  gint64 version;
};

/* --- outbox-source.c --------------------------------------------------------------- */

Entry *outbox_entry_find (OutboxSource *source, gint64 id);
/* ITEM, which is leased, is taken. ACCOUNT may be NULL. */
Entry *outbox_entry_new (OutboxSource *source, OutboxItem *item, const Account *account);
/* Forgets it, unless something is still to be written. */
void   outbox_entry_drop (Entry *entry);
void   outbox_source_wake (OutboxSource *source);
void   outbox_source_warn (OutboxSource *source, const char *text);

/* --- outbox-source-claim.c ----------------------------------------------------------- */

/* WorkSource.claim */
Delivery *outbox_source_claim (WorkSource *work, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again);
void      outbox_source_ask (OutboxSource *source); /* for more, where there may be more */
/* ENTRY waits to be handed out; or can't be, and is settled. */
void      outbox_source_admit (Entry *entry);

/* --- outbox-source-record.c ------------------------------------------------------------ */

/* WorkSource.record and .release */
void outbox_source_record (WorkSource *work, const DeliveryEvent *events, gsize n, RecordDone done, gpointer data);
void outbox_source_release (WorkSource *work, DeliveryId id, const Outcome *outcome);

/* The end of a try that never came to a session: everybody pending has VERDICT. */
void outbox_entry_settle (Entry *entry, const Verdict *verdict);

/* Tries again what couldn't be written. */
void outbox_source_rewrite (OutboxSource *source);

/* --- outbox-source-hold.c ---------------------------------------------------------------- */

/* HOLDS (taken) as they are on disk. */
void outbox_source_take_holds (OutboxSource *source, GPtrArray *holds);

/* May a message be tried by ACCOUNT? Begins to find out where that isn't known. */
AccountStanding outbox_source_account_standing (OutboxSource *source, const Account *account);

/* The held account NAME's; NULL: it isn't. */
const OutboxHold *outbox_source_hold (OutboxSource *source, const char *name);

/* Holds ENTRY's account for VERDICT, before what is recorded next; sets .first_hold. */
void outbox_source_hold_account (Entry *entry, const Verdict *verdict);
void outbox_held_account_free (gpointer held);

/* --- outbox-source-wish.c ------------------------------------------------------------------ */

/* Wishes of other processes; while something is in hand. */
void outbox_source_watch_wishes (OutboxSource *source);
void outbox_source_on_wishes (gpointer source);

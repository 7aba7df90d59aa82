/* What a person does with an item, and how a living holder hears that it is to be
 * cancelled. */
#include "store/outbox-private.h"

/* What an action needs, and does to an item that nobody has leased. */
typedef struct {
  guint states;        /* bits of what it may be applied to */
  guint waiting;       /* bits of those in which somebody must be waiting */
  OutboxState becomes; /* unless outbox_settle() knows better */
  const char *fates;   /* SQL that changes those of item ?1; NULL: none */
  const char *times;   /* SQL that changes those of item ?1 at the time ?2; NULL: none */
} Deed;

#define BIT(state) (1u << (state))
#define ANY G_MAXUINT

static const Deed deeds[] = {
  [OUTBOX_RETRY]
  = { .states = BIT (OUTBOX_QUEUED) | BIT (OUTBOX_HELD) | BIT (OUTBOX_IN_DOUBT),
      .waiting = ANY,
      .becomes = OUTBOX_QUEUED,
      .times = "UPDATE item SET not_before = ?2, hold_until = 0, reason = NULL WHERE id = ?1" },
  [OUTBOX_HOLD] = { .states = BIT (OUTBOX_DRAFT) | BIT (OUTBOX_HELD) | BIT (OUTBOX_QUEUED),
                    .becomes = OUTBOX_HELD,
                    .times = "UPDATE item SET reason = 'user', changed = ?2 WHERE id = ?1" },
  [OUTBOX_RELEASE] = { .states = BIT (OUTBOX_DRAFT) | BIT (OUTBOX_HELD),
                       .waiting = ANY,
                       .becomes = OUTBOX_QUEUED,
                       .times = "UPDATE item SET not_before = max (hold_until, ?2),"
                                " reason = CASE WHEN hold_until > ?2 THEN 'scheduled' END WHERE id = ?1" },
  [OUTBOX_CANCEL]
  = { .states = BIT (OUTBOX_DRAFT) | BIT (OUTBOX_HELD) | BIT (OUTBOX_QUEUED) | BIT (OUTBOX_IN_DOUBT),
      .waiting = BIT (OUTBOX_IN_DOUBT),
      .becomes = OUTBOX_CANCELLED },
  [OUTBOX_RESOLVE_SENT]
  = { .states = BIT (OUTBOX_IN_DOUBT),
      .becomes = OUTBOX_QUEUED,
      .fates
      = "UPDATE recipient SET kind = 'accepted' WHERE item = ?1 AND kind = 'in-doubt' AND NOT pending" },
  [OUTBOX_RESOLVE_RESEND]
  = { .states = BIT (OUTBOX_IN_DOUBT),
      .becomes = OUTBOX_QUEUED,
      .fates = "UPDATE recipient SET pending = 1 WHERE item = ?1 AND kind = 'in-doubt'",
      .times = "UPDATE item SET not_before = ?2, reason = NULL WHERE id = ?1" },
  [OUTBOX_REMOVE] = { .states = BIT (OUTBOX_DRAFT) | BIT (OUTBOX_FINISHED) | BIT (OUTBOX_CANCELLED) },
};

typedef struct {
  Outbox *outbox;
  gint64 id;
  OutboxAction action;
  gint64 owner, now;
  OutboxResult result;
  OutboxState state;
} Acting;

typedef struct {
  OutboxState state;
  gboolean leased, pending;
} Place;

static int
read_place (Acting *acting, sqlite3 *sqlite, Place *ret_place)
{
  sqlite3_stmt *row = database_prepare (sqlite,
                                        "SELECT state, lease IS NOT NULL, " ANYBODY_PENDING
                                        " FROM item WHERE id = ?1 AND (?2 < 0 OR owner = ?2)",
                                        "ii", acting->id, acting->owner);
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    ret_place->leased = sqlite3_column_int (row, 1) != 0;
    ret_place->pending = sqlite3_column_int (row, 2) != 0;
    code = outbox_state_parse ((const char *)sqlite3_column_text (row, 0), &ret_place->state)
               ? SQLITE_OK
               : SQLITE_CORRUPT;
  }
  sqlite3_finalize (row);
  return code;
}

static OutboxResult
judge (const Acting *acting, const Place *place)
{
  const Deed *deed = &deeds[acting->action];

  if (place->leased)
    return OUTBOX_BUSY;
  if (!(deed->states & BIT (place->state)))
    return OUTBOX_NOT_SO;
  return deed->waiting & BIT (place->state) && !place->pending ? OUTBOX_NOT_SO : OUTBOX_DONE;
}

static int
perform (Acting *acting, sqlite3 *sqlite)
{
  const Deed *deed = &deeds[acting->action];
  int code = SQLITE_OK;

  if (acting->action == OUTBOX_REMOVE)
    return outbox_remove (sqlite, acting->id);
  if (deed->fates)
    code = database_execute (sqlite, deed->fates, "i", acting->id);
  if (code == SQLITE_OK && deed->times)
    code = database_execute (sqlite, deed->times, "ii", acting->id, acting->now);
  if (code == SQLITE_OK)
    code = outbox_settle (sqlite, acting->id, deed->becomes, acting->now);
  Place after = { .state = acting->state };
  if (code == SQLITE_OK)
    code = read_place (acting, sqlite, &after);
  acting->state = after.state;
  return code;
}

static int
act (sqlite3 *sqlite, gpointer data)
{
  Acting *acting = data;
  Place place = { 0 };
  int code = outbox_bury_dead (acting->outbox, sqlite, acting->now);

  acting->result = OUTBOX_UNKNOWN;
  if (code == SQLITE_OK)
    code = read_place (acting, sqlite, &place);
  if (code != SQLITE_OK)
    return code;
  acting->state = place.state;
  acting->result = judge (acting, &place);
  if (acting->result == OUTBOX_DONE)
    return perform (acting, sqlite);
  if (acting->result == OUTBOX_BUSY && acting->action == OUTBOX_CANCEL)
    return database_execute (sqlite, "UPDATE item SET wish = 1 WHERE id = ? AND wish = 0", "i", acting->id);
  return SQLITE_OK;
}

gboolean
outbox_act (Outbox *outbox, gint64 id, OutboxAction action, gint64 owner, gint64 now,
            OutboxResult *ret_result, OutboxState *ret_state, GError **error)
{
  Acting acting = { .outbox = outbox, .id = id, .action = action, .owner = owner, .now = now };

  g_assert ((gsize)action < G_N_ELEMENTS (deeds));
  gboolean acted = outbox_run (outbox, DATABASE_WRITE, act, &acting, error);
  *ret_result = acting.result;
  *ret_state = acting.state;
  return acted;
}

/* --- wishes ------------------------------------------------------------------------------------------ */

typedef struct {
  Outbox *outbox;
  GArray *ids;
} Wishing;

static int
read_wishes (sqlite3 *sqlite, gpointer data)
{
  const Wishing *wishing = data;

  g_array_set_size (wishing->ids, 0);
  return outbox_collect (sqlite, wishing->ids, "SELECT id FROM item WHERE lease = ? AND wish = 1", "i",
                         lease_token (wishing->outbox->lease));
}

static int
take_wishes (sqlite3 *sqlite, gpointer data)
{
  const Wishing *wishing = data;
  int code = read_wishes (sqlite, data);

  return code == SQLITE_OK
             ? database_execute (sqlite, "UPDATE item SET wish = 2 WHERE lease = ? AND wish = 1", "i",
                                 lease_token (wishing->outbox->lease))
             : code;
}

/* Mostly there is none: then nobody's lock is asked for. */
GArray *
outbox_cancel_wishes (Outbox *outbox, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  Wishing wishing = { .outbox = outbox, .ids = ids };

  if (lease_token (outbox->lease) == 0)
    return g_steal_pointer (&ids);
  if (!outbox_run (outbox, DATABASE_READ, read_wishes, &wishing, error))
    return NULL;
  if (ids->len > 0 && !outbox_run (outbox, DATABASE_WRITE_LAZILY, take_wishes, &wishing, error))
    return NULL;
  return g_steal_pointer (&ids);
}

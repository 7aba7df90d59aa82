/* From the rows of one item to its value. */
#include "store/outbox-private.h"

#include <string.h>

/* --- one item ---------------------------------------------------------------------------------- */

#define ITEM_COLUMNS                                                                                         \
  "id, state, reason, owner, account, overrides, sender, ret, envid, require_tls, header_from, subject,"     \
  " message_id, size, submitted, not_before, changed, finished, with_network, hold_until, tries, lease"

enum {
  ITEM_ID,
  ITEM_STATE,
  ITEM_REASON,
  ITEM_OWNER,
  ITEM_ACCOUNT,
  ITEM_OVERRIDES,
  ITEM_SENDER,
  ITEM_RET,
  ITEM_ENVID,
  ITEM_REQUIRE_TLS,
  ITEM_FROM,
  ITEM_SUBJECT,
  ITEM_MESSAGE_ID,
  ITEM_SIZE,
  ITEM_SUBMITTED,
  ITEM_NOT_BEFORE,
  ITEM_CHANGED,
  ITEM_FINISHED,
  ITEM_WITH_NETWORK,
  ITEM_HOLD_UNTIL,
  ITEM_TRIES,
  ITEM_LEASE,
};

/* Each ends with a NUL. */
static GStrv
read_overrides (sqlite3_stmt *row)
{
  const char *octets = sqlite3_column_blob (row, ITEM_OVERRIDES);
  gsize length = (gsize)sqlite3_column_bytes (row, ITEM_OVERRIDES);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (!octets || octets[length - 1] != '\0')
    return NULL;
  for (gsize at = 0; at < length; at += strlen (octets + at) + 1)
    g_strv_builder_add (builder, octets + at);
  return g_strv_builder_end (builder);
}

static Envelope *
read_envelope (sqlite3_stmt *row)
{
  const char *sender = (const char *)sqlite3_column_text (row, ITEM_SENDER);
  Envelope *envelope = envelope_new (sender ? sender : "");

  envelope->ret = (DsnReturn)sqlite3_column_int (row, ITEM_RET);
  envelope->envid = column_string (row, ITEM_ENVID);
  envelope->require_tls = sqlite3_column_int (row, ITEM_REQUIRE_TLS) != 0;
  return envelope;
}

/* Without its recipients. */
static OutboxItem *
read_item (sqlite3_stmt *row)
{
  OutboxItem *item = g_new0 (OutboxItem, 1);

  item->id = sqlite3_column_int64 (row, ITEM_ID);
  item->reason = column_string (row, ITEM_REASON);
  item->owner = (guint32)sqlite3_column_int64 (row, ITEM_OWNER);
  item->account = column_string (row, ITEM_ACCOUNT);
  item->overrides = read_overrides (row);
  item->envelope = read_envelope (row);
  item->from = column_string (row, ITEM_FROM);
  item->subject = column_string (row, ITEM_SUBJECT);
  item->message_id = column_string (row, ITEM_MESSAGE_ID);
  item->size = (guint64)sqlite3_column_int64 (row, ITEM_SIZE);
  item->submitted = sqlite3_column_int64 (row, ITEM_SUBMITTED);
  item->not_before = sqlite3_column_int64 (row, ITEM_NOT_BEFORE);
  item->changed = sqlite3_column_int64 (row, ITEM_CHANGED);
  item->finished = sqlite3_column_int64 (row, ITEM_FINISHED);
  item->with_network = sqlite3_column_int (row, ITEM_WITH_NETWORK) != 0;
  item->hold_until = sqlite3_column_int64 (row, ITEM_HOLD_UNTIL);
  item->tries = (guint)sqlite3_column_int64 (row, ITEM_TRIES);
  return item;
}

/* --- its recipients ------------------------------------------------------------------------------- */

/* In order of their numbers, which are their indices. */
static gboolean
read_recipient (sqlite3_stmt *row, Envelope *envelope, GArray *pending, GArray *verdicts)
{
  guint number = envelope->recipients->len;
  const char *address = (const char *)sqlite3_column_text (row, 1);
  gboolean waits = sqlite3_column_int (row, 4) != 0;
  Verdict verdict;

  if (!address || sqlite3_column_int64 (row, 0) != number || envelope_add (envelope, address) != number)
    return FALSE;
  EnvelopeRecipient *recipient = envelope->recipients->pdata[number];
  recipient->notify = (guint)sqlite3_column_int (row, 2);
  recipient->orcpt = column_string (row, 3);
  verdict_read (row, 5, &verdict);
  g_array_append_val (pending, waits);
  g_array_append_val (verdicts, verdict);
  return TRUE;
}

static int
load_recipients (sqlite3 *sqlite, OutboxItem *item)
{
  g_autoptr (GArray) pending = g_array_new (FALSE, TRUE, sizeof (gboolean));
  g_autoptr (GArray) verdicts = g_array_new (FALSE, TRUE, sizeof (Verdict));
  sqlite3_stmt *row = database_prepare (sqlite,
                                        "SELECT number, address, notify, orcpt, pending, " VERDICT_COLUMNS
                                        " FROM recipient WHERE item = ?"
                                        " ORDER BY number",
                                        "i", item->id);
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  while (row && (code = sqlite3_step (row)) == SQLITE_ROW)
    if (!read_recipient (row, item->envelope, pending, verdicts)) {
      code = SQLITE_CORRUPT;
      break;
    }
  sqlite3_finalize (row);
  item->pending = (gboolean *)(void *)g_array_free (g_steal_pointer (&pending), FALSE);
  item->verdicts = (Verdict *)(void *)g_array_free (g_steal_pointer (&verdicts), FALSE);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* --- its holder -------------------------------------------------------------------------------------- */

static int
load_holder (Outbox *outbox, sqlite3 *sqlite, gint64 token, OutboxItem *item)
{
  g_auto (LeaseHolder) holder = { .token = token };
  int code = lease_row_read (sqlite, &holder);

  if (code == SQLITE_OK && lease_is_alive (outbox->lease, &holder))
    item->holder = g_strdup_printf ("%" G_GINT64_FORMAT, holder.process);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int
outbox_load (Outbox *outbox, sqlite3 *sqlite, gint64 id, OutboxItem **ret_item)
{
  g_autoptr (OutboxItem) item = NULL;
  gint64 token = 0;
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT " ITEM_COLUMNS " FROM item WHERE id = ?", "i", id);
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    item = read_item (row);
    token = sqlite3_column_int64 (row, ITEM_LEASE);
    if (!outbox_state_parse ((const char *)sqlite3_column_text (row, ITEM_STATE), &item->state))
      code = SQLITE_CORRUPT;
  }
  sqlite3_finalize (row);
  if (code != SQLITE_ROW)
    return code;
  code = load_recipients (sqlite, item);
  if (code == SQLITE_OK && token != 0)
    code = load_holder (outbox, sqlite, token, item);
  if (code == SQLITE_OK)
    *ret_item = g_steal_pointer (&item);
  return code;
}

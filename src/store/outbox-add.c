/* Putting a message in. A small one is one commit, and so one wait for the disk. A large one
 * is written piece by piece, so that it never is in memory whole nor in the way of others
 * for long; until the last commit it belongs to nobody but the process that writes it. The
 * reader (a pipe, a person) is never asked within a transaction. */
#include "store/outbox-private.h"

#include <string.h>

/* In memory at once, and what one transaction writes. */
#define PIECE_CHUNKS 32

/* A key has no room for more. */
#define CHUNKS_LIMIT (1u << CHUNK_BITS)

typedef struct {
  Outbox *outbox;
  const OutboxAddition *addition;
  gint64 id; /* of the item; 0: a new one */
  gboolean replace, found;
  gint64 message;
  GPtrArray *chunks; /* of GByteArray: the piece at hand */
  guint n_written;   /* chunks before it */
  guint64 size;      /* of the message so far */
  gboolean ended;    /* the piece at hand is the last */
} Adding;

/* --- reading ---------------------------------------------------------------------------------- */

/* Fills the CHUNK_SIZE of CHUNK, unless the message ends. */
static gboolean
read_chunk (const OutboxAddition *addition, GByteArray *chunk, GError **error)
{
  g_byte_array_set_size (chunk, CHUNK_SIZE);
  gsize used = 0;
  gssize n = 1;
  while (n > 0 && used < CHUNK_SIZE) {
    n = addition->read (addition->data, chunk->data + used, CHUNK_SIZE - used, error);
    used += n > 0 ? (gsize)n : 0;
  }
  g_byte_array_set_size (chunk, (guint)used);
  return n >= 0;
}

static gboolean
read_piece (Adding *adding, GError **error)
{
  g_ptr_array_set_size (adding->chunks, 0);
  while (!adding->ended && adding->chunks->len < PIECE_CHUNKS) {
    GByteArray *chunk = g_byte_array_new ();
    g_ptr_array_add (adding->chunks, chunk);
    if (!read_chunk (adding->addition, chunk, error))
      return FALSE;
    adding->ended = chunk->len < CHUNK_SIZE;
    adding->size += chunk->len;
    if (chunk->len == 0)
      g_ptr_array_set_size (adding->chunks, (gint)adding->chunks->len - 1);
  }
  return TRUE;
}

/* --- the octets -------------------------------------------------------------------------------- */

/* The pieces before may have gone with a file that was damaged and set aside. */
static int
find_begun (Adding *adding, sqlite3 *sqlite)
{
  gint64 found = 0;
  int code = database_get (sqlite, &found, "SELECT 1 FROM message WHERE id = ? AND lease = ?", "ii",
                           adding->message, lease_token (adding->outbox->lease));

  return code == SQLITE_DONE ? SQLITE_ABORT : code;
}

static int
begin_message (Adding *adding, sqlite3 *sqlite)
{
  int code = SQLITE_OK;

  if (adding->n_written > 0)
    return find_begun (adding, sqlite);
  if (!adding->ended)
    code = outbox_write_lease (adding->outbox, sqlite, adding->addition->now);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "INSERT INTO message (lease) VALUES (nullif (?, 0))", "i",
                             adding->ended ? (gint64)0 : lease_token (adding->outbox->lease));
  if (code == SQLITE_OK)
    adding->message = sqlite3_last_insert_rowid (sqlite);
  return code;
}

static int
write_chunks (Adding *adding, sqlite3 *sqlite)
{
  int code = adding->n_written + adding->chunks->len <= CHUNKS_LIMIT ? SQLITE_OK : SQLITE_TOOBIG;

  for (guint i = 0; i < adding->chunks->len && code == SQLITE_OK; i++) {
    const GByteArray *chunk = adding->chunks->pdata[i];
    code = database_execute (sqlite, "INSERT INTO chunk (id, octets) VALUES (?, ?)", "ib",
                             CHUNK_KEY (adding->message, adding->n_written + i), (const void *)chunk->data,
                             (gint64)chunk->len);
  }
  return code;
}

/* A piece that isn't the last. */
static int
write_piece (sqlite3 *sqlite, gpointer data)
{
  Adding *adding = data;
  int code = begin_message (adding, sqlite);

  return code == SQLITE_OK ? write_chunks (adding, sqlite) : code;
}

static gboolean
write_large_part (Adding *adding, GError **error)
{
  while (!adding->ended) {
    if (!outbox_run (adding->outbox, DATABASE_WRITE_LAZILY, write_piece, adding, error))
      return FALSE;
    adding->n_written += adding->chunks->len;
    if (!read_piece (adding, error))
      return FALSE;
  }
  return TRUE;
}

/* --- the item ------------------------------------------------------------------------------------ */

static GByteArray *
overrides_to_octets (const char *const *overrides)
{
  GByteArray *octets = g_byte_array_new ();

  for (gsize i = 0; overrides && overrides[i]; i++)
    g_byte_array_append (octets, (const guint8 *)overrides[i], (guint)strlen (overrides[i]) + 1);
  return octets;
}

static int
write_item (Adding *adding, sqlite3 *sqlite)
{
  const OutboxAddition *addition = adding->addition;
  const Envelope *envelope = addition->envelope;
  gboolean leased = addition->state == OUTBOX_SENDING;
  g_autoptr (GByteArray) overrides = overrides_to_octets (addition->overrides);
  int code = leased ? outbox_write_lease (adding->outbox, sqlite, addition->now) : SQLITE_OK;

  if (code != SQLITE_OK)
    return code;
  return database_execute (
      sqlite,
      "INSERT INTO item (id, state, reason, owner, account, overrides, sender, ret, envid, require_tls,"
      " header_from, subject, message_id, size, message, submitted, not_before, changed, finished,"
      " with_network, hold_until, tries, lease, wish)"
      " VALUES (nullif (?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 0, nullif (?, 0), "
      "0)",
      "issisbsisisssiiiiiii", adding->id, outbox_state_name (addition->state), addition->reason,
      (gint64)addition->owner, addition->account, (const void *)overrides->data, (gint64)overrides->len,
      envelope->sender, (gint64)envelope->ret, envelope->envid, (gint64)envelope->require_tls, addition->from,
      addition->subject, addition->message_id, (gint64)adding->size, adding->message, addition->now,
      addition->not_before, addition->now, addition->hold_until,
      leased ? lease_token (adding->outbox->lease) : (gint64)0);
}

static int
write_recipients (Adding *adding, sqlite3 *sqlite)
{
  const Envelope *envelope = adding->addition->envelope;
  int code = SQLITE_OK;

  for (guint i = 0; i < envelope->recipients->len && code == SQLITE_OK; i++) {
    const EnvelopeRecipient *recipient = envelope_recipient (envelope, i);
    code = database_execute (
        sqlite,
        "INSERT INTO recipient (item, number, address, notify, orcpt, pending, kind, stage,"
        " cause, code) VALUES (?, ?, ?, ?, ?, 1, 'none', 'resolve', 'none', 0)",
        "iisis", adding->id, (gint64)i, recipient->address, (gint64)recipient->notify, recipient->orcpt);
  }
  return code;
}

/* Where nobody has it, and nobody was served. */
static int
remove_former (Adding *adding, sqlite3 *sqlite)
{
  gint64 message = 0;
  int code = database_get (sqlite, &message,
                           "SELECT coalesce (message, 0) FROM item WHERE id = ? AND lease IS NULL"
                           " AND state IN ('draft', 'held', 'queued') AND NOT EXISTS (SELECT 1 FROM recipient"
                           " WHERE recipient.item = item.id AND kind IN ('accepted', 'in-doubt'))",
                           "i", adding->id);

  adding->found = code == SQLITE_OK;
  if (code == SQLITE_OK && message != 0)
    code = outbox_drop_message (sqlite, message);
  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM recipient WHERE item = ?", "i", adding->id);
  return code == SQLITE_OK ? database_execute (sqlite, "DELETE FROM item WHERE id = ?", "i", adding->id)
                           : code;
}

static int
write_last (sqlite3 *sqlite, gpointer data)
{
  Adding *adding = data;
  int code = SQLITE_OK;

  if (adding->replace)
    code = remove_former (adding, sqlite);
  else
    adding->id = 0;
  if (code == SQLITE_OK)
    code = begin_message (adding, sqlite);
  if (code == SQLITE_OK)
    code = write_chunks (adding, sqlite);
  if (code == SQLITE_OK && adding->n_written > 0)
    code = database_execute (sqlite, "UPDATE message SET lease = NULL WHERE id = ?", "i", adding->message);
  if (code == SQLITE_OK)
    code = write_item (adding, sqlite);
  if (code == SQLITE_OK && !adding->replace)
    adding->id = sqlite3_last_insert_rowid (sqlite);
  return code == SQLITE_OK ? write_recipients (adding, sqlite) : code;
}

/* --- all of it ------------------------------------------------------------------------------------- */

static gboolean
put_in (Adding *adding, GError **error)
{
  return read_piece (adding, error) && write_large_part (adding, error)
         && outbox_run (adding->outbox, DATABASE_WRITE, write_last, adding, error);
}

static gboolean
add (Adding *adding, GError **error)
{
  adding->chunks = g_ptr_array_new_with_free_func ((GDestroyNotify)g_byte_array_unref);
  gboolean done = put_in (adding, error);
  /* Parts of what didn't succeed, or found no place. */
  if ((!done || (adding->replace && !adding->found)) && adding->n_written > 0) {
    g_array_append_val (adding->outbox->orphans, adding->message);
    outbox_sweep (adding->outbox, NULL);
  }
  g_ptr_array_unref (adding->chunks);
  return done;
}

gboolean
outbox_add (Outbox *outbox, const OutboxAddition *addition, gint64 *ret_id, GError **error)
{
  Adding adding = { .outbox = outbox, .addition = addition };

  g_assert (addition->state <= OUTBOX_SENDING);
  gboolean added = add (&adding, error);
  if (added)
    *ret_id = adding.id;
  return added;
}

gboolean
outbox_replace (Outbox *outbox, gint64 id, const OutboxAddition *addition, gboolean *ret_found,
                GError **error)
{
  Adding adding = { .outbox = outbox, .addition = addition, .id = id, .replace = TRUE };

  g_assert (addition->state <= OUTBOX_SENDING);
  gboolean replaced = add (&adding, error);
  *ret_found = adding.found;
  return replaced;
}

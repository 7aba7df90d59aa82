/* The octets of a message: one pass over them, and their end. A reader holds no transaction
 * between two chunks, since a slow server may make one pass last for minutes, and a journal
 * that somebody reads can't be cut back. */
#include "store/outbox-private.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

struct OutboxReader {
  Outbox *outbox;
  gint64 message;
  guint next;        /* chunk */
  guint64 left;      /* octets that no chunk has brought yet */
  GByteArray *chunk; /* the current one, */
  gsize used;        /*   and how much of it was given out */
};

static OutboxReader *
refuse_missing (GError **error)
{
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("the message isn't kept any more"));
  return NULL;
}

typedef struct {
  gint64 id, message, size;
} Finding;

static int
find_message (sqlite3 *sqlite, gpointer data)
{
  Finding *finding = data;
  sqlite3_stmt *row
      = database_prepare (sqlite, "SELECT message, size FROM item WHERE id = ?", "i", finding->id);
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    finding->message = sqlite3_column_int64 (row, 0);
    finding->size = sqlite3_column_int64 (row, 1);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

OutboxReader *
outbox_open_message (Outbox *outbox, gint64 id, GError **error)
{
  Finding finding = { .id = id };

  if (!outbox_run (outbox, DATABASE_READ, find_message, &finding, error))
    return NULL;
  if (finding.message == 0)
    return refuse_missing (error);
  OutboxReader *reader = g_new0 (OutboxReader, 1);
  reader->outbox = outbox;
  reader->message = finding.message;
  reader->left = (guint64)finding.size;
  reader->chunk = g_byte_array_sized_new (CHUNK_SIZE);
  return reader;
}

static int
read_chunk (sqlite3 *sqlite, gpointer data)
{
  OutboxReader *reader = data;
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT octets FROM chunk WHERE id = ?", "i",
                                        CHUNK_KEY (reader->message, reader->next));
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  g_byte_array_set_size (reader->chunk, 0);
  reader->used = 0;
  if (code == SQLITE_ROW) {
    const guint8 *octets = sqlite3_column_blob (row, 0);
    g_byte_array_append (reader->chunk, octets, octets ? (guint)sqlite3_column_bytes (row, 0) : 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

static gboolean
next_chunk (OutboxReader *reader, GError **error)
{
  if (!outbox_run (reader->outbox, DATABASE_READ, read_chunk, reader, error))
    return FALSE;
  if (reader->chunk->len == 0 || reader->chunk->len > reader->left) {
    refuse_missing (error);
    return FALSE;
  }
  reader->next++;
  reader->left -= reader->chunk->len;
  return TRUE;
}

gssize
outbox_read (OutboxReader *reader, guint8 *buffer, gsize length, GError **error)
{
  if (reader->used == reader->chunk->len && reader->left > 0 && !next_chunk (reader, error))
    return -1;
  gsize n = MIN (length, reader->chunk->len - reader->used);
  if (n > 0)
    memcpy (buffer, reader->chunk->data + reader->used, n);
  reader->used += n;
  return (gssize)n;
}

void
outbox_reader_free (OutboxReader *reader)
{
  if (!reader)
    return;
  g_byte_array_unref (reader->chunk);
  g_free (reader);
}

/* --- dropping ----------------------------------------------------------------------------------- */

/* So many go within one transaction. */
#define CHUNKS_AT_ONCE 32

static int
drop_chunks (sqlite3 *sqlite, gint64 message, gboolean *ret_all)
{
  int code
      = database_execute (sqlite,
                          "DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE id >= ? AND id < ?"
                          " ORDER BY id LIMIT ?)",
                          "iii", CHUNK_KEY (message, 0), CHUNK_KEY (message + 1, 0), (gint64)CHUNKS_AT_ONCE);

  *ret_all = sqlite3_changes (sqlite) < CHUNKS_AT_ONCE;
  return code;
}

int
outbox_drop_message (sqlite3 *sqlite, gint64 message)
{
  gint64 beyond = 0;
  gboolean all;
  int code = database_get (sqlite, &beyond, "SELECT EXISTS (SELECT 1 FROM chunk WHERE id = ?)", "i",
                           CHUNK_KEY (message, CHUNKS_AT_ONCE));

  if (code == SQLITE_OK && beyond != 0)
    return database_execute (sqlite, "UPDATE message SET lease = ? WHERE id = ?", "ii", NOBODY, message);
  if (code == SQLITE_OK)
    code = drop_chunks (sqlite, message, &all);
  return code == SQLITE_OK ? database_execute (sqlite, "DELETE FROM message WHERE id = ?", "i", message)
                           : code;
}

typedef struct {
  Outbox *outbox;
  gboolean more;
} Sweeping;

static int
disown_orphans (Outbox *outbox, sqlite3 *sqlite)
{
  int code = SQLITE_OK;

  for (guint i = 0; i < outbox->orphans->len && code == SQLITE_OK; i++)
    code = database_execute (sqlite, "UPDATE message SET lease = ? WHERE id = ?", "ii", NOBODY,
                             g_array_index (outbox->orphans, gint64, i));
  return code;
}

static int
sweep_some (sqlite3 *sqlite, gpointer data)
{
  Sweeping *sweeping = data;
  gint64 message = 0;
  gboolean all = FALSE;
  int code = disown_orphans (sweeping->outbox, sqlite);

  if (code == SQLITE_OK)
    code = database_get (sqlite, &message, "SELECT id FROM message WHERE lease = ?", "i", NOBODY);
  sweeping->more = code == SQLITE_OK;
  if (code == SQLITE_OK)
    code = drop_chunks (sqlite, message, &all);
  if (code == SQLITE_OK && all)
    code = database_execute (sqlite, "DELETE FROM message WHERE id = ?", "i", message);
  return code;
}

gboolean
outbox_sweep (Outbox *outbox, GError **error)
{
  Sweeping sweeping = { .outbox = outbox, .more = TRUE };

  while (sweeping.more) {
    if (!outbox_run (outbox, DATABASE_WRITE_LAZILY, sweep_some, &sweeping, error))
      return FALSE;
    g_array_set_size (outbox->orphans, 0);
  }
  return TRUE;
}

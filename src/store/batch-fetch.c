/* Rows out of the file: those that are due, those that somebody wants to see, and their content. A
 * reader holds no transaction between two chunks, since a journal that somebody reads can't be cut
 * back. */
#include "store/batch-private.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

/* --- one row --------------------------------------------------------------------------------- */

static int
load_recipients (sqlite3 *sqlite, BatchRow *row)
{
  sqlite3_stmt *found = database_keep (sqlite, "SELECT address, fate, at, " VERDICT_COLUMNS ", path.words"
                                               " FROM recipient LEFT JOIN path ON path.id = recipient.path"
                                               " WHERE row = ? ORDER BY number");
  g_autoptr (GArray) recipients = g_array_new (FALSE, TRUE, sizeof (BatchRecipient));
  int code = found ? database_bind (found, "i", row->id) : sqlite3_extended_errcode (sqlite);

  while (found && (code == SQLITE_OK || code == SQLITE_ROW) && (code = sqlite3_step (found)) == SQLITE_ROW) {
    BatchRecipient recipient = { .address = column_string (found, 0),
                                 .fate = batch_fate_parse ((const char *)sqlite3_column_text (found, 1)),
                                 .at = sqlite3_column_int64 (found, 2),
                                 .path = column_string (found, 3 + VERDICT_COUNT) };
    verdict_read (found, 3, &recipient.verdict);
    g_array_append_val (recipients, recipient);
  }
  sqlite3_reset (found);
  row->n_recipients = recipients->len;
  row->recipients = (BatchRecipient *)(gpointer)g_array_free (g_steal_pointer (&recipients), FALSE);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int
batch_row_load (sqlite3 *sqlite, sqlite3_stmt *statement, BatchRow **ret_row)
{
  BatchRow *row = g_new0 (BatchRow, 1);

  row->id = sqlite3_column_int64 (statement, 0);
  row->key = column_string (statement, 1);
  row->line = (guint64)sqlite3_column_int64 (statement, 2);
  row->sender = column_string (statement, 3);
  row->message_id = column_string (statement, 4);
  row->due = sqlite3_column_int64 (statement, 5);
  row->tries = (guint)sqlite3_column_int (statement, 6);
  row->size = (guint64)sqlite3_column_int64 (statement, 7);
  int code = load_recipients (sqlite, row);
  *ret_row = row;
  if (code != SQLITE_OK)
    g_clear_pointer (ret_row, batch_row_free);
  return code;
}

/* Sets *RET_OCTETS to what there is of the content with NUMBER; empty: nothing. */
static int
load_chunk (sqlite3 *sqlite, gint64 content, gint64 number, GByteArray *octets)
{
  sqlite3_stmt *found = database_keep (sqlite, "SELECT octets FROM chunk WHERE id = ?");
  int code = found ? database_bind (found, "i", BATCH_CHUNK_KEY (content, number))
                   : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_OK && (code = sqlite3_step (found)) == SQLITE_ROW) {
    const guint8 *data = sqlite3_column_blob (found, 0);
    g_byte_array_append (octets, data, data ? (guint)sqlite3_column_bytes (found, 0) : 0);
    code = SQLITE_OK;
  }
  sqlite3_reset (found);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
load_content (sqlite3 *sqlite, BatchRow *row, gint64 content)
{
  GByteArray *octets = g_byte_array_sized_new ((guint)row->size);
  int code = SQLITE_OK;

  for (gint64 i = 0; (guint64)i * BATCH_CHUNK_SIZE < row->size && code == SQLITE_OK; i++)
    code = load_chunk (sqlite, content, i, octets);
  row->content = g_byte_array_free_to_bytes (octets);
  return code;
}

/* --- what is due ------------------------------------------------------------------------------ */

typedef struct {
  const BatchFetch *fetch;
  GPtrArray *rows;
  guint n_before; /* rows that were there */
  guint64 octets;
  gint64 next;
} Fetching;

#define OCTETS_AT_ONCE ((guint64)4 * 1024 * 1024)

static gboolean
is_in_hand (const BatchFetch *fetch, gint64 id)
{
  guint low = 0, high = fetch->n_in_hand;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (fetch->in_hand[middle] == id)
      return TRUE;
    if (fetch->in_hand[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return FALSE;
}

static int
take_row (Fetching *fetching, sqlite3 *sqlite, sqlite3_stmt *found)
{
  BatchRow *row = NULL;
  int code = batch_row_load (sqlite, found, &row);

  if (code == SQLITE_OK && row->size <= BATCH_CONTENT_AT_HAND) {
    code = load_content (sqlite, row, sqlite3_column_int64 (found, 8));
    fetching->octets += row->size;
  }
  if (row)
    g_ptr_array_add (fetching->rows, row);
  return code;
}

static gboolean
has_enough (const Fetching *fetching)
{
  return fetching->rows->len - fetching->n_before >= fetching->fetch->most
         || fetching->octets >= OCTETS_AT_ONCE;
}

static int
fetch_rows (sqlite3 *sqlite, gpointer data)
{
  Fetching *fetching = data;
  const BatchFetch *fetch = fetching->fetch;
  sqlite3_stmt *found = NULL;
  BatchState state = BATCH_READY;
  int code = batch_read_state (sqlite, &state);

  g_ptr_array_set_size (fetching->rows, (gint)fetching->n_before);
  fetching->next = G_MAXINT64;
  if (code != SQLITE_OK || state != BATCH_READY)
    return code;
  found = database_prepare (sqlite,
                            "SELECT " BATCH_ROW_COLUMNS " FROM row WHERE due IS NOT NULL AND due <= ?"
                            " ORDER BY due, id",
                            "i", fetch->now);
  code = found ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);
  while (found && code == SQLITE_ROW && !has_enough (fetching)) {
    code = sqlite3_step (found);
    if (code == SQLITE_ROW && !is_in_hand (fetch, sqlite3_column_int64 (found, 0))) {
      int loaded = take_row (fetching, sqlite, found);
      code = loaded == SQLITE_OK ? SQLITE_ROW : loaded;
    }
  }
  sqlite3_finalize (found);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return code;
  code = database_get (sqlite, &fetching->next, "SELECT due FROM row WHERE due > ? ORDER BY due LIMIT 1", "i",
                       fetch->now);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

gboolean
batch_fetch (Batch *batch, const BatchFetch *fetch, GPtrArray *rows, gint64 *ret_next, GError **error)
{
  Fetching fetching = { .fetch = fetch, .rows = rows, .n_before = rows->len };
  gboolean done = batch_run (batch, DATABASE_READ, fetch_rows, &fetching, error);

  *ret_next = has_enough (&fetching) ? MIN (fetching.next, fetch->now) : fetching.next;
  return done;
}

/* --- content ------------------------------------------------------------------------------------ */

struct BatchReader {
  Batch *batch;
  gint64 content, next;
  guint64 left;
  GByteArray *chunk;
  gsize used; /* of the chunk */
};

static int
find_content (sqlite3 *sqlite, gpointer data)
{
  BatchReader *reader = data;
  gint64 size = 0, id = reader->content;
  int code = database_get (sqlite, &size, "SELECT size FROM row WHERE id = ?", "i", id);

  reader->left = (guint64)size;
  return code == SQLITE_OK
             ? database_get (sqlite, &reader->content, "SELECT content FROM row WHERE id = ?", "i", id)
             : code;
}

BatchReader *
batch_read_content (Batch *batch, gint64 id, GError **error)
{
  BatchReader *reader = g_new0 (BatchReader, 1);

  reader->batch = batch;
  reader->content = id;
  reader->chunk = g_byte_array_sized_new (BATCH_CHUNK_SIZE);
  if (!batch_run (batch, DATABASE_READ, find_content, reader, error)) {
    batch_reader_free (reader);
    return NULL;
  }
  return reader;
}

static int
read_next_chunk (sqlite3 *sqlite, gpointer data)
{
  BatchReader *reader = data;

  g_byte_array_set_size (reader->chunk, 0);
  return load_chunk (sqlite, reader->content, reader->next, reader->chunk);
}

gssize
batch_reader_read (BatchReader *reader, guint8 *buffer, gsize length, GError **error)
{
  if (reader->used == reader->chunk->len && reader->left > 0) {
    if (!batch_run (reader->batch, DATABASE_READ, read_next_chunk, reader, error))
      return -1;
    if (reader->chunk->len == 0 || reader->chunk->len > reader->left) {
      g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("the message isn't kept any more"));
      return -1;
    }
    reader->next++;
    reader->used = 0;
    reader->left -= reader->chunk->len;
  }
  gsize n = MIN (length, reader->chunk->len - reader->used);
  if (n > 0)
    memcpy (buffer, reader->chunk->data + reader->used, n);
  reader->used += n;
  return (gssize)n;
}

void
batch_reader_free (BatchReader *reader)
{
  if (!reader)
    return;
  g_byte_array_unref (reader->chunk);
  g_free (reader);
}

/* --- for people ------------------------------------------------------------------------------------ */

#define ROWS_IN_MEMORY 256

typedef struct {
  guint fates;
  gint64 after;
  GPtrArray *rows;
} Visiting;

static gboolean
is_wanted (const BatchRow *row, guint fates)
{
  for (guint i = 0; i < row->n_recipients; i++)
    if (fates == 0 || (fates & 1u << row->recipients[i].fate) != 0)
      return TRUE;
  return FALSE;
}

/* The fates that have an index, when one of them alone is asked for. */
#define ROWS_WITH(fate)                                                                                      \
  "SELECT " BATCH_ROW_COLUMNS " FROM row WHERE id IN (SELECT row FROM recipient WHERE fate = '" fate         \
  "' AND row > ? ORDER BY row LIMIT ?) ORDER BY id"

static const char *
rows_with (guint fates)
{
  switch (fates) {
  case 1u << BATCH_DEFERRED:
    return ROWS_WITH ("deferred");
  case 1u << BATCH_IN_DOUBT:
    return ROWS_WITH ("in-doubt");
  case 1u << BATCH_REFUSED:
    return ROWS_WITH ("refused");
  default:
    return "SELECT " BATCH_ROW_COLUMNS " FROM row WHERE id > ? ORDER BY id LIMIT ?";
  }
}

static int
read_some (sqlite3 *sqlite, gpointer data)
{
  Visiting *visiting = data;
  sqlite3_stmt *found
      = database_prepare (sqlite, rows_with (visiting->fates), "ii", visiting->after, (gint64)ROWS_IN_MEMORY);
  int code = found ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  g_ptr_array_set_size (visiting->rows, 0);
  while (found && code == SQLITE_ROW && (code = sqlite3_step (found)) == SQLITE_ROW) {
    BatchRow *row = NULL;
    int loaded = batch_row_load (sqlite, found, &row);
    if (row)
      g_ptr_array_add (visiting->rows, row);
    code = loaded == SQLITE_OK ? SQLITE_ROW : loaded;
  }
  sqlite3_finalize (found);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

gboolean
batch_visit (Batch *batch, guint fates, BatchVisit visit, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_row_free);
  Visiting visiting = { .fates = fates, .rows = rows };

  do {
    if (!batch_run (batch, DATABASE_READ, read_some, &visiting, error))
      return FALSE;
    for (guint i = 0; i < rows->len; i++) {
      const BatchRow *row = g_ptr_array_index (rows, i);
      visiting.after = row->id;
      if (is_wanted (row, fates) && !visit (row, data))
        return TRUE;
    }
  } while (rows->len > 0);
  return TRUE;
}

/* Putting rows in, many at a time. A loading may be the first, or one more: then each row is
 * compared by a digest with what is there. What was accepted, or may have been, stays. */
#include "store/batch-private.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

/* One transaction's, and so what is in memory. The index of keys is written to all over: the more at once,
 * the fewer pages a row. */
#define ROWS_AT_ONCE 8192
#define OCTETS_AT_ONCE ((gsize)4 * 1024 * 1024)

#define DIGEST_SIZE 16

/* One that waits to be written. */
typedef struct {
  char *key, *sender, *message_id;
  guint64 line;
  GStrv recipients;
  guint8 digest[DIGEST_SIZE];
  GBytes *content; /* NULL: it is written already, as .written */
  gint64 written;
  guint64 size;
  BatchLoaded loaded;
} Pending;

struct BatchLoad {
  gboolean allow_duplicates;
  char *common;
  BatchLoadTold told;
  gpointer data;
  gint64 number; /* of this loading */
  gint64 next_content;
  GPtrArray *pending;
  gsize octets;
  guint64 n_new;
};

/* --- memory -------------------------------------------------------------------------------- */

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_free (pending->key);
  g_free (pending->sender);
  g_free (pending->message_id);
  g_strfreev (pending->recipients);
  g_clear_pointer (&pending->content, g_bytes_unref);
  g_free (pending);
}

void
batch_load_forget (Batch *batch)
{
  BatchLoad *load = g_steal_pointer (&batch->load);

  if (!load)
    return;
  g_ptr_array_unref (load->pending);
  g_free (load->common);
  g_free (load);
}

/* --- beginning ------------------------------------------------------------------------------- */

static int
begin_loading (sqlite3 *sqlite, gpointer data)
{
  Batch *batch = data;
  int code = batch_check_taken (batch, sqlite);

  if (code == SQLITE_OK)
    code = database_execute (sqlite,
                             "UPDATE batch SET former = CASE state WHEN 'paused' THEN 'paused' WHEN 'loading'"
                             " THEN former ELSE 'ready' END, state = 'loading', loading = loading + 1",
                             "");
  if (code == SQLITE_OK)
    code = database_get (sqlite, &batch->load->number, "SELECT loading FROM batch", "");
  if (code == SQLITE_OK)
    code = database_get (sqlite, &batch->load->next_content,
                         "SELECT (coalesce (max (id), 0) >> 20) + 1 FROM chunk", "");
  G_STATIC_ASSERT (BATCH_CHUNK_BITS == 20);
  return code;
}

gboolean
batch_load_begin (Batch *batch, const BatchLoading *loading, GError **error)
{
  batch_load_forget (batch);
  batch->load = g_new0 (BatchLoad, 1);
  batch->load->allow_duplicates = loading->allow_duplicates;
  batch->load->common = g_strdup (loading->common);
  batch->load->told = loading->told;
  batch->load->data = loading->data;
  batch->load->pending = g_ptr_array_new_with_free_func (pending_free);
  return batch_run (batch, DATABASE_WRITE, begin_loading, batch, error);
}

/* --- one row ---------------------------------------------------------------------------------- */

/* Fields with their NUL, so that none runs into the next. */
static GChecksum *
begin_digest (const BatchLoad *load, const BatchRowInput *row)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *fields[] = { load->common ? load->common : "", row->sender ? row->sender : "\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    g_checksum_update (checksum, (const guchar *)fields[i], (gssize)strlen (fields[i]) + 1);
  for (guint i = 0; i < row->n_recipients; i++)
    g_checksum_update (checksum, (const guchar *)row->recipients[i], (gssize)strlen (row->recipients[i]) + 1);
  g_checksum_update (checksum, (const guchar *)"", 1);
  return checksum;
}

static void
end_digest (GChecksum *checksum, guint8 digest[DIGEST_SIZE])
{
  guint8 whole[32];
  gsize length = sizeof whole;

  g_checksum_get_digest (checksum, whole, &length);
  memcpy (digest, whole, DIGEST_SIZE);
  g_checksum_free (checksum);
}

typedef struct {
  gint64 content;
  GPtrArray *chunks; /* of GBytes */
  guint64 first;     /* number of the first */
} Piece;

static int
write_chunk (sqlite3 *sqlite, gint64 content, guint64 number, const void *octets, gsize length)
{
  if (number >= 1u << BATCH_CHUNK_BITS)
    return SQLITE_TOOBIG;
  return database_execute (sqlite, "INSERT OR REPLACE INTO chunk (id, octets) VALUES (?, ?)", "ib",
                           BATCH_CHUNK_KEY (content, number), octets, (gint64)length);
}

static int
write_piece (sqlite3 *sqlite, gpointer data)
{
  const Piece *piece = data;
  int code = SQLITE_OK;

  for (guint i = 0; i < piece->chunks->len && code == SQLITE_OK; i++) {
    gsize length;
    const void *octets = g_bytes_get_data (piece->chunks->pdata[i], &length);
    code = write_chunk (sqlite, piece->content, piece->first + i, octets, length);
  }
  return code;
}

/* NULL: failed; empty: the end. */
static GBytes *
read_whole_chunk (const BatchRowInput *row, GError **error)
{
  g_autofree guint8 *octets = g_malloc (BATCH_CHUNK_SIZE);
  gsize used = 0;
  gssize n = 1;

  while (n > 0 && used < BATCH_CHUNK_SIZE) {
    n = row->read (row->data, octets + used, BATCH_CHUNK_SIZE - used, error);
    used += n > 0 ? (gsize)n : 0;
  }
  return n < 0 ? NULL : g_bytes_new (octets, used);
}

/* Reads a piece; *RET_ENDED: nothing is behind it. */
static gboolean
read_piece (const BatchRowInput *row, Piece *piece, Pending *pending, GChecksum *checksum,
            gboolean *ret_ended, GError **error)
{
  for (*ret_ended = FALSE; !*ret_ended && piece->chunks->len < OCTETS_AT_ONCE / BATCH_CHUNK_SIZE;) {
    GBytes *chunk = read_whole_chunk (row, error);
    if (!chunk)
      return FALSE;
    gsize length = g_bytes_get_size (chunk);
    g_checksum_update (checksum, g_bytes_get_data (chunk, NULL), (gssize)length);
    pending->size += length;
    *ret_ended = length < BATCH_CHUNK_SIZE;
    if (length > 0)
      g_ptr_array_add (piece->chunks, chunk);
    else
      g_bytes_unref (chunk);
  }
  return TRUE;
}

/* A message that is one chunk waits with the others; a larger one is written as it is read. */
static gboolean
read_content (Batch *batch, const BatchRowInput *row, Pending *pending, GChecksum *checksum, GError **error)
{
  g_autoptr (GPtrArray) chunks = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  Piece piece = { batch->load->next_content, chunks, 0 };
  gboolean ended = FALSE;

  while (!ended) {
    if (!read_piece (row, &piece, pending, checksum, &ended, error))
      return FALSE;
    if (ended && piece.first == 0 && chunks->len <= 1) {
      pending->content = chunks->len == 1 ? g_bytes_ref (chunks->pdata[0]) : g_bytes_new (NULL, 0);
      return TRUE;
    }
    if (!batch_run (batch, DATABASE_WRITE_LAZILY, write_piece, &piece, error))
      return FALSE;
    piece.first += chunks->len;
    g_ptr_array_set_size (chunks, 0);
  }
  pending->written = batch->load->next_content++;
  return TRUE;
}

static Pending *
pending_new (const BatchRowInput *row)
{
  Pending *pending = g_new0 (Pending, 1);
  GStrv recipients = g_new0 (char *, row->n_recipients + 1);
  g_autoptr (Envelope) envelope = envelope_new ("");
  guint n = 0;

  for (guint i = 0; i < row->n_recipients; i++) /* each once */
    if (envelope_add (envelope, row->recipients[i]) == n)
      recipients[n++] = g_strdup (row->recipients[i]);
  pending->key = g_strdup (row->key);
  pending->sender = g_strdup (row->sender);
  pending->message_id = g_strdup (row->message_id);
  pending->line = row->line;
  pending->recipients = recipients;
  return pending;
}

static gboolean flush (Batch *batch, GError **error);

gboolean
batch_load_row (Batch *batch, const BatchRowInput *row, GError **error)
{
  BatchLoad *load = batch->load;
  Pending *pending = pending_new (row);
  GChecksum *checksum = begin_digest (load, row);
  gboolean read = TRUE;

  g_assert (strlen (row->key) <= BATCH_KEY_LIMIT);
  if (row->octets) {
    g_checksum_update (checksum, row->octets, (gssize)row->length);
    pending->content = g_bytes_new (row->octets, row->length);
    pending->size = row->length;
  } else {
    read = read_content (batch, row, pending, checksum, error);
  }
  end_digest (checksum, pending->digest);
  g_ptr_array_add (load->pending, pending);
  load->octets += pending->content ? pending->size : 0;
  if (!read)
    return FALSE;
  return (load->pending->len < ROWS_AT_ONCE && load->octets < OCTETS_AT_ONCE) || flush (batch, error);
}

/* --- writing them -------------------------------------------------------------------------------- */

typedef struct {
  sqlite3 *sqlite;
  BatchLoad *load;
  sqlite3_stmt *find, *insert, *update, *address, *chunk;
} Writing;

typedef struct {
  gint64 id, loading, content;
  gboolean same;
} Found;

/* SQLITE_DONE: there is none. */
static int
find_row (Writing *writing, const Pending *pending, gint64 twin, Found *found)
{
  sqlite3_stmt *find = writing->find;

  int code = database_bind (find, "si", pending->key, twin);
  if (code == SQLITE_OK)
    code = sqlite3_step (find);
  if (code != SQLITE_ROW) {
    sqlite3_reset (find);
    return code;
  }
  found->id = sqlite3_column_int64 (find, 0);
  found->loading = sqlite3_column_int64 (find, 1);
  found->content = sqlite3_column_int64 (find, 2);
  found->same = sqlite3_column_bytes (find, 3) == DIGEST_SIZE
                && memcmp (sqlite3_column_blob (find, 3), pending->digest, DIGEST_SIZE) == 0;
  sqlite3_reset (find);
  return SQLITE_OK;
}

static int
write_content (Writing *writing, Pending *pending, gint64 *ret_content)
{
  gsize length = 0;
  const guint8 *octets = pending->content ? g_bytes_get_data (pending->content, &length) : NULL;
  int code = SQLITE_OK;

  if (!pending->content) {
    *ret_content = pending->written;
    return SQLITE_OK;
  }
  *ret_content = writing->load->next_content++;
  for (gsize at = 0, i = 0; at < length && code == SQLITE_OK; at += BATCH_CHUNK_SIZE, i++)
    code = database_again (writing->chunk, "ib", BATCH_CHUNK_KEY (*ret_content, i),
                           (const void *)(octets + at), (gint64)MIN (length - at, BATCH_CHUNK_SIZE));
  return code;
}

static int
drop_content (sqlite3 *sqlite, gint64 content)
{
  return database_execute (sqlite, "DELETE FROM chunk WHERE id >= ? AND id < ?", "ii",
                           BATCH_CHUNK_KEY (content, 0), BATCH_CHUNK_KEY (content + 1, 0));
}

static int
add_recipient (Writing *writing, gint64 row, gint64 number, const char *address)
{
  return database_again (writing->address, "iis", row, number, address);
}

static int
insert_row (Writing *writing, Pending *pending, gint64 twin)
{
  gint64 content = 0;
  int code = write_content (writing, pending, &content);

  if (code == SQLITE_OK)
    code = database_again (writing->insert, "sissbiiii", pending->key, twin, pending->sender,
                           pending->message_id, (const void *)pending->digest, (gint64)DIGEST_SIZE,
                           (gint64)pending->line, writing->load->number, (gint64)pending->size, content);
  gint64 row = sqlite3_last_insert_rowid (writing->sqlite);
  for (gint64 i = 0; pending->recipients[i] && code == SQLITE_OK; i++)
    code = add_recipient (writing, row, i, pending->recipients[i]);
  pending->loaded = BATCH_ROW_NEW;
  return code;
}

/* Its recipients that are to get nothing more of it: what they have stays theirs. */
static int
keep_settled (sqlite3 *sqlite, gint64 row, GPtrArray *kept, gint64 *ret_next)
{
  int code = database_execute (
      sqlite, "DELETE FROM recipient WHERE row = ? AND fate NOT IN ('accepted', 'in-doubt')", "i", row);
  sqlite3_stmt *found = code == SQLITE_OK ? database_prepare (sqlite,
                                                              "SELECT address, number FROM recipient"
                                                              " WHERE row = ? ORDER BY number",
                                                              "i", row)
                                          : NULL;

  *ret_next = 0;
  while (found && (code = sqlite3_step (found)) == SQLITE_ROW) {
    g_ptr_array_add (kept, column_string (found, 0));
    *ret_next = sqlite3_column_int64 (found, 1) + 1;
  }
  sqlite3_finalize (found);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static gboolean
addresses_equal (gconstpointer a, gconstpointer b)
{
  return g_ascii_strcasecmp (a, b) == 0;
}

static gboolean
somebody_waits (const Pending *pending, GPtrArray *kept)
{
  for (gsize i = 0; pending->recipients[i]; i++)
    if (!g_ptr_array_find_with_equal_func (kept, pending->recipients[i], addresses_equal, NULL))
      return TRUE;
  return FALSE;
}

static int
replace_row (Writing *writing, Pending *pending, const Found *found)
{
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  gint64 number = 0, content = 0;
  int code = keep_settled (writing->sqlite, found->id, kept, &number);

  if (code == SQLITE_OK && !somebody_waits (pending, kept)) {
    pending->loaded = BATCH_ROW_SETTLED;
    return database_execute (writing->sqlite, "UPDATE row SET loading = ?, line = ?, due = NULL WHERE id = ?",
                             "iii", writing->load->number, (gint64)pending->line, found->id);
  }
  for (gsize i = 0; pending->recipients[i] && code == SQLITE_OK; i++)
    if (!g_ptr_array_find_with_equal_func (kept, pending->recipients[i], addresses_equal, NULL))
      code = add_recipient (writing, found->id, number++, pending->recipients[i]);
  if (code == SQLITE_OK)
    code = drop_content (writing->sqlite, found->content);
  if (code == SQLITE_OK)
    code = write_content (writing, pending, &content);
  pending->loaded = BATCH_ROW_CHANGED;
  return code == SQLITE_OK
             ? database_again (writing->update, "ssbiiiii", pending->sender, pending->message_id,
                               (const void *)pending->digest, (gint64)DIGEST_SIZE, (gint64)pending->line,
                               writing->load->number, (gint64)pending->size, content, found->id)
             : code;
}

/* As it was; what had been left out waits again. */
static int
touch_row (Writing *writing, Pending *pending, const Found *found)
{
  sqlite3 *sqlite = writing->sqlite;
  int code = database_execute (sqlite, "UPDATE row SET loading = ?, line = ? WHERE id = ?", "iii",
                               writing->load->number, (gint64)pending->line, found->id);

  if (code == SQLITE_OK)
    code = database_execute (
        sqlite, "UPDATE recipient SET fate = 'waiting' WHERE row = ? AND fate = 'left-out'", "i", found->id);
  if (code == SQLITE_OK && sqlite3_changes (sqlite) > 0)
    code = database_execute (sqlite, "UPDATE row SET due = 0 WHERE id = ?", "i", found->id);
  if (code == SQLITE_OK && !pending->content)
    code = drop_content (sqlite, pending->written);
  pending->loaded = BATCH_ROW_SAME;
  return code;
}

static int
write_row (Writing *writing, Pending *pending)
{
  const BatchLoad *load = writing->load;
  Found found = { 0 };
  gint64 twin = 0;
  int code = find_row (writing, pending, twin, &found);

  if (code == SQLITE_OK && found.loading == load->number) {
    if (!load->allow_duplicates) {
      pending->loaded = BATCH_ROW_DUPLICATE;
      return SQLITE_OK;
    }
    code = database_get (writing->sqlite, &twin,
                         "SELECT max (twin) + 1 FROM row WHERE key = ? AND loading = ?", "si", pending->key,
                         load->number);
    if (code == SQLITE_OK)
      code = find_row (writing, pending, twin, &found);
  }
  if (code == SQLITE_DONE)
    return insert_row (writing, pending, twin);
  if (code != SQLITE_OK)
    return code;
  return found.same ? touch_row (writing, pending, &found) : replace_row (writing, pending, &found);
}

static gboolean
prepare_writing (Writing *writing)
{
  sqlite3 *sqlite = writing->sqlite;

  writing->find
      = database_keep (sqlite, "SELECT id, loading, content, digest FROM row WHERE key = ? AND twin = ?");
  writing->insert
      = database_keep (sqlite, "INSERT INTO row (key, twin, sender, message_id, digest, line, loading,"
                               " size, content, due, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)");
  writing->update
      = database_keep (sqlite, "UPDATE row SET (sender, message_id, digest, line, loading, size,"
                               " content, due, tries) = (?, ?, ?, ?, ?, ?, ?, 0, 0) WHERE id = ?");
  writing->address
      = database_keep (sqlite, "INSERT INTO recipient (row, number, address, fate, at, kind, stage,"
                               " cause, code) VALUES (?, ?, ?, 'waiting', 0, 'none', '', '', 0)");
  writing->chunk = database_keep (sqlite, "INSERT OR REPLACE INTO chunk (id, octets) VALUES (?, ?)");
  return writing->find && writing->insert && writing->update && writing->address && writing->chunk;
}

static int
write_pending (sqlite3 *sqlite, gpointer data)
{
  Batch *batch = data;
  Writing writing = { .sqlite = sqlite, .load = batch->load };
  gint64 next_content = batch->load->next_content;
  int code = batch_check_taken (batch, sqlite);

  if (code == SQLITE_OK && !prepare_writing (&writing))
    code = sqlite3_extended_errcode (sqlite);
  for (guint i = 0; i < batch->load->pending->len && code == SQLITE_OK; i++)
    code = write_row (&writing, g_ptr_array_index (batch->load->pending, i));
  if (code != SQLITE_OK)
    batch->load->next_content = next_content;
  return code;
}

static gboolean
flush (Batch *batch, GError **error)
{
  BatchLoad *load = batch->load;
  g_autoptr (GPtrArray) written = NULL;

  if (load->pending->len == 0)
    return TRUE;
  if (!batch_run (batch, DATABASE_WRITE_LAZILY, write_pending, batch, error))
    return FALSE;
  written = g_steal_pointer (&load->pending);
  load->pending = g_ptr_array_new_with_free_func (pending_free);
  load->octets = 0;
  for (guint i = 0; i < written->len; i++) {
    const Pending *pending = g_ptr_array_index (written, i);
    load->n_new += pending->loaded == BATCH_ROW_NEW ? 1 : 0;
    if (load->told)
      load->told (pending->key, pending->line, pending->loaded, load->data);
  }
  return TRUE;
}

/* --- the end ------------------------------------------------------------------------------------ */

static int
leave_others_out (sqlite3 *sqlite, gint64 loading)
{
  int code = database_execute (sqlite,
                               "UPDATE recipient SET fate = 'left-out' WHERE " FATE_WAITS
                               " AND row IN (SELECT id FROM row WHERE loading != ? AND due IS NOT NULL)",
                               "i", loading);

  return code == SQLITE_OK ? database_execute (
             sqlite, "UPDATE row SET due = NULL WHERE loading != ? AND due IS NOT NULL", "i", loading)
                           : code;
}

typedef struct {
  Batch *batch;
  gboolean keep_others;
} Ending;

static int
end_loading (sqlite3 *sqlite, gpointer data)
{
  const Ending *ending = data;
  const BatchLoad *load = ending->batch->load;
  int code = batch_check_taken (ending->batch, sqlite);

  if (code == SQLITE_OK && !ending->keep_others)
    code = leave_others_out (sqlite, load->number);
  return code == SQLITE_OK
             ? database_execute (sqlite, "UPDATE batch SET state = former, changed = ?, n_rows = n_rows + ?",
                                 "ii", g_get_real_time (), (gint64)load->n_new)
             : code;
}

gboolean
batch_load_end (Batch *batch, gboolean keep_others, GError **error)
{
  Ending ending = { batch, keep_others };

  if (!flush (batch, error) || !batch_run (batch, DATABASE_WRITE, end_loading, &ending, error))
    return FALSE;
  batch_load_forget (batch);
  return TRUE;
}

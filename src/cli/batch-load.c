/* One pass from the input to the file; nothing of it stays in memory. */
#include "cli/batch-load.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/json.h"
#include "engine/batch-letter.h"
#include "mail/summary.h"
#include "net/clock.h"

#define MOST_FAULTS_TOLD 100
#define ROWS_BETWEEN_LOOKS 1000

typedef struct {
  Batch *batch;
  const BatchOptions *options;
  const char *sender;
  gboolean keep;
  gboolean shared; /* all get one message, which isn't put into rows */
  BatchTally *tally;
  GHashTable *only; /* keys to whether they were found; NULL: all */
  GByteArray *packed;
  GPtrArray *recipients;
  const char *file;
  Ticks shown; /* when the count was, last */
  gboolean counting;
} Loading;

void
batch_tally_clear (BatchTally *tally)
{
  g_free (tally->from);
  g_free (tally->to);
  g_free (tally->subject);
}

/* --- what is told --------------------------------------------------------------------------- */

static void
wipe_count (Loading *loading)
{
  if (loading->counting)
    fprintf (stderr, "\r\033[K");
  loading->counting = FALSE;
}

/* At a terminal, twice a second. */
static void
show_count (Loading *loading)
{
  const Ticks now = clock_now ();
  if (loading->tally->rows % ROWS_BETWEEN_LOOKS != 0 || now - loading->shown < TICKS_PER_SECOND / 2
      || !isatty (STDERR_FILENO))
    return;
  if (loading->shown > 0) {
    g_autofree char *rows = g_strdup_printf ("%" G_GUINT64_FORMAT, loading->tally->rows);
    fprintf (stderr, "\r");
    fprintf (stderr, _ ("%s rows checked"), rows);
    loading->counting = TRUE;
  }
  loading->shown = now;
}

static void
tell_fault (Loading *loading, const char *text)
{
  const guint64 n = ++loading->tally->faults;
  if (loading->options->json) {
    JsonObject *object = json_object_new ();
    json_add_text (object, "event", "fault");
    json_add_text (object, "text", text);
    g_autofree char *line = json_line (object);
    printf ("%s\n", line);
    return;
  }
  wipe_count (loading);
  if (n <= MOST_FAULTS_TOLD)
    fprintf (stderr, "toukan: %s\n", text);
  else if (n == MOST_FAULTS_TOLD + 1)
    fprintf (stderr, _ ("toukan: … and more; mend these first\n"));
}

static void
on_loaded (const char *key, guint64 line, BatchLoaded loaded, gpointer data)
{
  Loading *loading = data;
  loading->tally->told[loaded]++;
  if (loaded != BATCH_ROW_DUPLICATE)
    return;
  const MailingItem item = { .file = loading->file, .line = line };
  g_autofree char *shown = visible_text (key, -1);
  g_autoptr (GError) blamed = NULL;
  g_autoptr (GError) reason
      = g_error_new (TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                     _ ("another row is called %s, too; make them differ, or say --allow-duplicates"), shown);
  mailing_blame (&item, reason, &blamed);
  tell_fault (loading, blamed->message);
}

/* --- one row ----------------------------------------------------------------------------------- */

static gboolean
is_wanted (const Loading *loading, const char *key)
{
  if (!loading->only)
    return TRUE;
  if (!g_hash_table_contains (loading->only, key))
    return FALSE;
  g_hash_table_insert (loading->only, (gpointer)g_hash_table_lookup (loading->only, key), NULL);
  return TRUE;
}

static void
remember_first (BatchTally *tally, const MailingItem *item)
{
  g_autoptr (MessageSummary) summary = tally->to ? NULL : message_summary_new (item->message, NULL);
  if (!summary)
    return;
  tally->from = g_steal_pointer (&summary->from);
  tally->subject = g_steal_pointer (&summary->subject);
  tally->to = g_strdup (envelope_recipient (item->envelope, 0)->address);
}

static void
count_item (BatchTally *tally, const MailingItem *item)
{
  remember_first (tally, item);
  tally->rows++;
  tally->recipients += item->envelope->recipients->len;
  tally->without_unsubscribe += !item->one_click;
}

static gssize
read_message (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  return body_reader_read (data, buffer, length, error);
}

static gboolean
check_key (const char *key, GError **error)
{
  if (strlen (key) <= BATCH_KEY_LIMIT)
    return TRUE;
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("its id is too long"));
  return FALSE;
}

static gboolean
put_row (Loading *loading, const MailingItem *item, GError **error)
{
  const GPtrArray *recipients = item->envelope->recipients;
  g_autoptr (BodyReader) reader = NULL;
  const gboolean own = strcmp (item->envelope->sender, loading->sender) != 0;
  BatchRowInput row = { .key = item->key,
                        .line = item->line,
                        .sender = own ? item->envelope->sender : NULL,
                        .message_id = item->message_id,
                        .n_recipients = recipients->len,
                        .octets = "" };
  g_ptr_array_set_size (loading->recipients, 0);
  for (guint i = 0; i < recipients->len; i++)
    g_ptr_array_add (loading->recipients, envelope_recipient (item->envelope, i)->address);
  row.recipients = (const char *const *)loading->recipients->pdata;
  if (loading->keep && item->values) {
    g_byte_array_set_size (loading->packed, 0);
    batch_letter_pack (item->values, loading->packed);
    row.octets = loading->packed->data;
    row.length = loading->packed->len;
  } else if (loading->keep && !loading->shared) {
    reader = body_source_open (item->message, error);
    if (!reader)
      return FALSE;
    row.octets = NULL;
    row.read = read_message;
    row.data = reader;
  }
  return batch_load_row (loading->batch, &row, error);
}

static gboolean
take_item (Loading *loading, const MailingItem *item, GError **error)
{
  g_autoptr (GError) reason = NULL, blamed = NULL;
  if (!is_wanted (loading, item->key))
    return TRUE;
  if (!check_key (item->key, &reason)) {
    mailing_blame (item, reason, &blamed);
    tell_fault (loading, blamed->message);
    return TRUE;
  }
  count_item (loading->tally, item);
  show_count (loading);
  return put_row (loading, item, error);
}

/* --- all of them --------------------------------------------------------------------------------- */

static gboolean
has_enough (const Loading *loading)
{
  return loading->options->limit > 0 && loading->tally->rows == (guint64)loading->options->limit;
}

static gboolean
load_rows (Loading *loading, Mailing *mailing, GError **error)
{
  RowResult result = ROW_GIVEN;
  while (result != ROW_END && !has_enough (loading)) {
    g_autoptr (GError) fault = NULL;
    MailingItem item;
    result = mailing_next (mailing, &item, &fault);
    loading->file = item.file;
    if (result == ROW_BROKEN) {
      g_propagate_error (error, g_steal_pointer (&fault));
      return FALSE;
    }
    if (result == ROW_FAULTY)
      tell_fault (loading, fault->message);
    if (result == ROW_GIVEN && !take_item (loading, &item, error))
      return FALSE;
  }
  return TRUE;
}

/* Those that no row had. */
static void
tell_missing (Loading *loading)
{
  GHashTableIter iter;
  gpointer key, missing;
  if (!loading->only)
    return;
  g_hash_table_iter_init (&iter, loading->only);
  while (g_hash_table_iter_next (&iter, &key, &missing)) {
    g_autofree char *shown = visible_text (key, -1);
    g_autofree char *text = missing ? g_strdup_printf (_ ("no row is called %s (--only)"), shown) : NULL;
    if (text)
      tell_fault (loading, text);
  }
}

static GHashTable *
wanted_keys (char **only)
{
  GHashTable *keys = only ? g_hash_table_new (g_str_hash, g_str_equal) : NULL;
  for (; only && *only; only++)
    g_hash_table_insert (keys, *only, *only);
  return keys;
}

gboolean
batch_load (Batch *batch, Mailing *mailing, const BatchOptions *options, const char *sender, gboolean keep,
            BatchTally *tally, GError **error)
{
  g_autoptr (GHashTable) only = wanted_keys (options->only);
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  Loading loading = { .batch = batch,
                      .options = options,
                      .sender = sender,
                      .keep = keep,
                      .shared = mailing_copy (mailing) != NULL,
                      .tally = tally,
                      .only = only,
                      .packed = packed,
                      .recipients = recipients };
  const MergeRequest *merge = mailing_merge_request (mailing);
  g_autofree char *digest = merge->letter ? batch_letter_digest (merge) : NULL;
  const BatchLoading begin = {
    .allow_duplicates = options->allow_duplicates, .common = digest, .told = on_loaded, .data = &loading
  };
  const gboolean good = batch_load_begin (batch, &begin, error) && load_rows (&loading, mailing, error)
                        && batch_load_end (batch, FALSE, error);
  wipe_count (&loading);
  if (good)
    tell_missing (&loading);
  tally->rows -= tally->told[BATCH_ROW_DUPLICATE];
  return good;
}

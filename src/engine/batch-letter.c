/* The letter's parts by name, so that what a later version adds is missing here and nothing else. */
#include "engine/batch-letter.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "mail/build.h"

#define PART_LETTER "letter"
#define PART_NAME "letter-name"
#define PART_SEED "seed"
#define PART_COPY "copy"

/* Of MergeRequest: a string each. */
static const struct {
  const char *name;
  gsize offset;
} texts[] = {
  { PART_NAME, G_STRUCT_OFFSET (MergeRequest, name) },
  { "from", G_STRUCT_OFFSET (MergeRequest, from) },
  { "html", G_STRUCT_OFFSET (MergeRequest, html) },
  { "folder", G_STRUCT_OFFSET (MergeRequest, folder) },
  { "list-unsubscribe", G_STRUCT_OFFSET (MergeRequest, list_unsubscribe) },
  { "list-id", G_STRUCT_OFFSET (MergeRequest, list_id) },
  { PART_SEED, G_STRUCT_OFFSET (MergeRequest, seed) },
};

/* … and a list each. */
static const struct {
  const char *name;
  gsize offset;
} lists[] = {
  { "columns", G_STRUCT_OFFSET (MergeRequest, columns) },
  { "attachments", G_STRUCT_OFFSET (MergeRequest, attachments) },
};

struct BatchLetter {
  gboolean none;
  char *texts[G_N_ELEMENTS (texts)];
  GStrv lists[G_N_ELEMENTS (lists)];
  guint n_columns;
  GBytes *letter;
  GBytes *copy; /* what all get; NULL: none */
  Merge *merge;
};

#define TEXT_OF(request, i) (*(const char **)(gpointer)((char *)(request) + texts[i].offset))
#define LIST_OF(request, i) (*(const char *const **)(gpointer)((char *)(request) + lists[i].offset))

/* --- keeping --------------------------------------------------------------------------------- */

static gboolean
keep_list (Batch *batch, const char *name, const char *const *list, GError **error)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  batch_letter_pack (list ? list : (const char *const[]){ NULL }, octets);
  return batch_set_part (batch, name, octets->len > 0 ? octets->data : NULL, octets->len, error);
}

gboolean
batch_letter_keep (Batch *batch, const MergeRequest *request, GError **error)
{
  g_autofree char *manner
      = g_strdup_printf ("%d %" G_GINT64_FORMAT " %d", request->markdown, request->date, request->by_values);

  g_assert (!request->folder || g_path_is_absolute (request->folder));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    const char *text = TEXT_OF (request, i);
    if (!batch_set_part (batch, texts[i].name, text, text ? strlen (text) : 0, error))
      return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    if (!keep_list (batch, lists[i].name, LIST_OF (request, i), error))
      return FALSE;
  return batch_set_part (batch, "manner", manner, strlen (manner), error)
         && batch_set_part (batch, PART_COPY, NULL, 0, error)
         && batch_set_part (batch, PART_LETTER, request->letter, request->length, error);
}

gboolean
batch_letter_keep_none (Batch *batch, GError **error)
{
  return batch_set_part (batch, PART_LETTER, NULL, 0, error)
         && batch_set_part (batch, PART_COPY, NULL, 0, error);
}

gboolean
batch_letter_keep_copy (Batch *batch, GBytes *message, GError **error)
{
  gsize length;
  const void *octets = g_bytes_get_data (message, &length);

  return batch_set_part (batch, PART_LETTER, NULL, 0, error)
         && batch_set_part (batch, PART_COPY, octets, length, error);
}

char *
batch_letter_digest (const MergeRequest *request)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    gboolean hidden = g_str_equal (texts[i].name, PART_SEED) || g_str_equal (texts[i].name, PART_NAME);
    const char *text = hidden ? NULL : TEXT_OF (request, i);
    g_byte_array_append (octets, (const guint8 *)(text ? text : "\n"), text ? (guint)strlen (text) + 1 : 2);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    if (LIST_OF (request, i))
      batch_letter_pack (LIST_OF (request, i), octets);
    g_byte_array_append (octets, (const guint8 *)"\n", 2);
  }
  g_byte_array_append (octets, (const guint8 *)(request->markdown ? "markdown" : ""),
                       request->markdown ? 9 : 1);
  g_checksum_update (checksum, octets->data, (gssize)octets->len);
  g_checksum_update (checksum, (const guchar *)request->letter, (gssize)request->length);
  return g_strdup (g_checksum_get_string (checksum));
}

char *
batch_letter_seed (Batch *batch, GError **error)
{
  GError *failure = NULL;
  g_autoptr (GBytes) kept = batch_get_part (batch, PART_SEED, &failure);

  if (failure) {
    g_propagate_error (error, failure);
    return NULL;
  }
  if (kept)
    return g_strndup (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept));
  char *seed = build_token ();
  if (!batch_set_part (batch, PART_SEED, seed, strlen (seed), error))
    g_clear_pointer (&seed, g_free);
  return seed;
}

void
batch_letter_pack (const char *const *values, GByteArray *out)
{
  for (gsize i = 0; values[i]; i++)
    g_byte_array_append (out, (const guint8 *)values[i], (guint)strlen (values[i]) + 1);
}

/* --- making ------------------------------------------------------------------------------------- */

/* Strings with a NUL behind each, as pointers into OCTETS, then NULL. */
static const char **
unpack (GBytes *octets)
{
  gsize length = 0;
  const char *text = octets ? g_bytes_get_data (octets, &length) : NULL;
  g_autoptr (GPtrArray) strings = g_ptr_array_new ();

  for (gsize at = 0; at < length && memchr (text + at, '\0', length - at); at += strlen (text + at) + 1)
    g_ptr_array_add (strings, (gpointer)(text + at));
  g_ptr_array_add (strings, NULL);
  return (const char **)g_ptr_array_free (g_steal_pointer (&strings), FALSE);
}

static char *
get_text (Batch *batch, const char *name, GError **failure)
{
  g_autoptr (GBytes) part = *failure ? NULL : batch_get_part (batch, name, failure);

  return part ? g_strndup (g_bytes_get_data (part, NULL), g_bytes_get_size (part)) : NULL;
}

static GStrv
get_list (Batch *batch, const char *name, GError **failure)
{
  g_autoptr (GBytes) part = *failure ? NULL : batch_get_part (batch, name, failure);
  g_autofree const char **strings = part ? unpack (part) : NULL;

  return g_strdupv ((GStrv)strings);
}

static void
make_merge (BatchLetter *letter, const char *manner, GError **error)
{
  g_auto (GStrv) words = g_strsplit (manner ? manner : "0 0 0", " ", 3);
  static const char *const no_columns[] = { NULL };
  gsize length;
  const char *octets = g_bytes_get_data (letter->letter, &length);
  MergeRequest request = { .letter = octets, .length = length };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    TEXT_OF (&request, i) = letter->texts[i];
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    LIST_OF (&request, i) = (const char *const *)letter->lists[i];
  request.columns = request.columns ? request.columns : no_columns;
  request.markdown = g_str_equal (words[0], "1");
  request.date = words[1] ? g_ascii_strtoll (words[1], NULL, 10) : 0;
  request.by_values = words[1] && g_strcmp0 (words[2], "1") == 0;
  letter->n_columns = g_strv_length ((GStrv)request.columns);
  letter->merge = merge_new (&request, error);
}

BatchLetter *
batch_letter_open (Batch *batch, GError **error)
{
  g_autoptr (BatchLetter) letter = g_new0 (BatchLetter, 1);
  GError *failure = NULL;
  g_autofree char *manner = get_text (batch, "manner", &failure);

  letter->letter = failure ? NULL : batch_get_part (batch, PART_LETTER, &failure);
  letter->copy = failure ? NULL : batch_get_part (batch, PART_COPY, &failure);
  letter->none = letter->letter == NULL && letter->copy == NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    letter->texts[i] = get_text (batch, texts[i].name, &failure);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    letter->lists[i] = get_list (batch, lists[i].name, &failure);
  if (!failure && letter->letter)
    make_merge (letter, manner, &failure);
  if (!failure)
    return g_steal_pointer (&letter);
  g_propagate_error (error, failure);
  return NULL;
}

void
batch_letter_free (BatchLetter *letter)
{
  if (!letter)
    return;
  g_clear_pointer (&letter->merge, merge_free);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (letter->texts[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_strfreev (letter->lists[i]);
  g_clear_pointer (&letter->letter, g_bytes_unref);
  g_clear_pointer (&letter->copy, g_bytes_unref);
  g_free (letter);
}

gboolean
batch_letter_is_none (const BatchLetter *letter)
{
  return letter->none;
}

GBytes *
batch_letter_merge (BatchLetter *letter, GBytes *content, GError **error)
{
  if (letter->copy)
    return g_bytes_ref (letter->copy);
  g_autofree const char **values = unpack (content);
  Merged merged;
  if (g_strv_length ((GStrv)values) != letter->n_columns) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("the row has another number of values than there are columns"));
    return NULL;
  }
  return merge_row (letter->merge, values, &merged, error)
             ? g_bytes_new (merged.octets->str, merged.octets->len)
             : NULL;
}

/* Merges a letter with a table for tests that look at what comes out, and for a look at how
 * fast that goes: make-merge LETTER TABLE [OPTION=VALUE…]. Each message goes to out=FOLDER as
 * N.eml, with what its envelope and key would be on standard output as JSON; without out,
 * rows a second and peak memory are told. */
#include "mail/file-reader.h"
#include "mail/merge.h"
#include "mail/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <json-glib/json-glib.h>

typedef struct {
  GHashTable *options;
  GPtrArray *attachments;
  Merge *merge;
  guint good, bad;
  guint64 octets;
} Work;

static void
say (JsonBuilder *builder)
{
  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (node, FALSE);
  puts (text);
}

static void
say_error (const Row *row, const GError *error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "line");
  json_builder_add_int_value (builder, row != NULL ? (gint64)row->line : 0);
  json_builder_set_member_name (builder, "error");
  json_builder_add_string_value (builder, error->message);
  json_builder_end_object (builder);
  say (builder);
}

static void
say_merged (const Row *row, const Merged *merged)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "line");
  json_builder_add_int_value (builder, (gint64)row->line);
  json_builder_set_member_name (builder, "from");
  json_builder_add_string_value (builder, merged->from);
  json_builder_set_member_name (builder, "key");
  json_builder_add_string_value (builder, merged->key);
  json_builder_set_member_name (builder, "id");
  json_builder_add_string_value (builder, merged->message_id);
  json_builder_set_member_name (builder, "to");
  json_builder_begin_array (builder);
  for (guint i = 0; i < merged->recipients->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (merged->recipients, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  say (builder);
}

static void
take_row (Work *work, const Row *row)
{
  g_autoptr (GError) error = NULL;
  Merged merged;
  const char *out = g_hash_table_lookup (work->options, "out");
  if (!merge_row (work->merge, row->values, &merged, &error)) {
    work->bad++;
    say_error (row, error);
    return;
  }
  work->good++;
  work->octets += merged.octets->len;
  if (out == NULL)
    return;
  g_autofree char *path = g_strdup_printf ("%s/%" G_GUINT64_FORMAT ".eml", out, row->number);
  if (!g_file_set_contents (path, merged.octets->str, (gssize)merged.octets->len, &error))
    g_error ("%s", error->message);
  say_merged (row, &merged);
}

static RowReader *
open_table (const char *path, const char *charset, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    g_error ("%s can't be opened", path);
  return row_reader_new (file_reader_new (fd), rows_format_of (path), charset, error);
}

static gboolean
run (Work *work, const char *letter_path, const char *table_path, GError **error)
{
  g_autofree char *letter = NULL;
  gsize length;
  const char *html = g_hash_table_lookup (work->options, "html");
  g_autoptr (RowReader) rows = open_table (table_path, g_hash_table_lookup (work->options, "charset"), error);
  if (rows == NULL || !g_file_get_contents (letter_path, &letter, &length, error))
    return FALSE;
  MergeRequest request = { .name = "letter",
                           .letter = letter,
                           .length = length,
                           .columns = row_reader_names (rows),
                           .from = g_hash_table_lookup (work->options, "from"),
                           .markdown = g_hash_table_contains (work->options, "markdown"),
                           .html = html,
                           .attachments = (const char *const *)work->attachments->pdata,
                           .folder = g_hash_table_lookup (work->options, "folder"),
                           .list_unsubscribe = g_hash_table_lookup (work->options, "unsubscribe"),
                           .list_id = g_hash_table_lookup (work->options, "list-id"),
                           .seed = "seed",
                           .date = 1767261600 };
  work->merge = merge_new (&request, error);
  for (RowResult result = work->merge != NULL ? ROW_GIVEN : ROW_BROKEN; result != ROW_END;) {
    Row row;
    g_autoptr (GError) said = NULL;
    if (work->merge == NULL)
      return FALSE;
    result = row_reader_next (rows, &row, &said);
    if (result == ROW_GIVEN)
      take_row (work, &row);
    else if (result != ROW_END)
      say_error (result == ROW_FAULTY ? &row : NULL, said);
    if (result == ROW_BROKEN)
      break;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GHashTable) options = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) attachments = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  Work work = { .options = options, .attachments = attachments };
  for (int i = 3; i < argc; i++) {
    char *value = strchr (argv[i], '=');
    if (value != NULL)
      *value++ = '\0';
    if (strcmp (argv[i], "attach") == 0)
      g_ptr_array_add (attachments, value);
    else
      g_hash_table_insert (options, argv[i], value);
  }
  g_ptr_array_add (attachments, NULL);
  gint64 began = g_get_monotonic_time ();
  if (argc < 3 || !run (&work, argv[1], argv[2], &error)) {
    if (error != NULL)
      say_error (NULL, error);
    return EXIT_FAILURE;
  }
  double seconds = (double)(g_get_monotonic_time () - began) / G_USEC_PER_SEC;
  struct rusage usage;
  getrusage (RUSAGE_SELF, &usage);
  if (!g_hash_table_contains (options, "out"))
    printf ("%u rows, %u refused, %.0f rows/s, %.1f MB, peak %ld KiB\n", work.good, work.bad,
            (work.good + work.bad) / seconds, (double)work.octets / 1e6, usage.ru_maxrss);
  merge_free (work.merge);
  return EXIT_SUCCESS;
}

/* What every format's rows have in common. */
#include "mail/rows-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>

struct RowReader {
  TextInput *input;
  CsvReader *csv; /* or */
  JsonRows *json;
  GPtrArray *names;  /* of char *, with a NULL behind them */
  GPtrArray *values; /* into row.octets, with a NULL behind them */
  RawRow row;
  gboolean again; /* row is still to be given */
  guint64 number;
};

RowsFormat
rows_format_of (const char *name)
{
  static const struct {
    const char *suffix;
    RowsFormat format;
  } known[] = {
    { ".tsv", ROWS_TSV },
    { ".tab", ROWS_TSV },
    { ".jsonl", ROWS_JSON },
    { ".ndjson", ROWS_JSON },
  };
  g_autofree char *lower = g_ascii_strdown (name, -1);
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_has_suffix (lower, known[i].suffix))
      return known[i].format;
  return ROWS_CSV;
}

void
raw_row_clear (RawRow *row)
{
  g_string_truncate (row->octets, 0);
  g_array_set_size (row->starts, 0);
}

void
raw_row_add (RawRow *row, const char *value, gsize length)
{
  gsize start = row->octets->len;
  g_array_append_val (row->starts, start);
  g_string_append_len (row->octets, value, (gssize)length);
  g_string_append_c (row->octets, '\0');
}

void
rows_refuse (guint64 line, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, line);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("line %s: %s"), number, reason);
}

static gsize
value_length (const RawRow *row, guint index)
{
  gsize end = index + 1 < row->starts->len ? g_array_index (row->starts, gsize, index + 1) : row->octets->len;
  return end - g_array_index (row->starts, gsize, index) - 1;
}

static const char *
value_at (const RawRow *row, guint index)
{
  return row->octets->str + g_array_index (row->starts, gsize, index);
}

/* Are these octets text? */
static gboolean
check_text (const RowReader *rows, GError **error)
{
  const RawRow *row = &rows->row;
  for (guint i = 0; i < row->starts->len; i++) {
    gsize length = value_length (row, i);
    const char *value = value_at (row, i);
    if (memchr (value, '\0', length) != NULL)
      rows_refuse (row->line, error, _ ("there is a NUL; for UTF-16 say --charset utf-16"));
    else if (!g_utf8_validate_len (value, length, NULL))
      rows_refuse (row->line, error,
                   _ ("this isn't UTF-8; say --charset, such as windows-1252 for what Excel writes"));
    else
      continue;
    return FALSE;
  }
  return TRUE;
}

static RowResult
read_raw (RowReader *rows, GError **error)
{
  if (rows->again) {
    rows->again = FALSE;
    return ROW_GIVEN;
  }
  return rows->csv != NULL ? csv_reader_next (rows->csv, &rows->row, error)
                           : json_rows_next (rows->json, rows->names, &rows->row, error);
}

static gboolean
add_name (RowReader *rows, const char *name, GError **error)
{
  guint64 line = rows->row.line;
  g_autofree char *stripped = g_strstrip (g_strdup (name));
  g_autofree char *shown = visible_text (stripped, -1);
  if (stripped[0] == '\0')
    rows_refuse (line, error, _ ("a column has no name"));
  else if (strpbrk (stripped, "{}|\r\n\t") != NULL || stripped[0] == '#' || stripped[0] == '/'
           || strcmp (stripped, "else") == 0)
    rows_refuse (line, error, _ ("\"%s\" can't be a column's name"), shown);
  else if (g_ptr_array_find_with_equal_func (rows->names, stripped, g_str_equal, NULL))
    rows_refuse (line, error, _ ("two columns are called \"%s\""), shown);
  else if (rows->names->len == ROWS_COLUMNS_LIMIT)
    rows_refuse (line, error, _ ("there are too many columns"));
  else {
    g_ptr_array_add (rows->names, g_steal_pointer (&stripped));
    return TRUE;
  }
  return FALSE;
}

static gboolean
read_names (RowReader *rows, GError **error)
{
  RowResult result = read_raw (rows, error);
  if (result == ROW_END)
    rows_refuse (1, error, _ ("there is nothing"));
  if (result != ROW_GIVEN)
    return FALSE;
  /* A JSON object brings names and values at once. */
  g_autoptr (GPtrArray) found = rows->names;
  rows->names = g_ptr_array_new_with_free_func (g_free);
  rows->again = rows->json != NULL;
  if (rows->csv != NULL && !check_text (rows, error))
    return FALSE;
  guint count = rows->csv != NULL ? rows->row.starts->len : found->len;
  for (guint i = 0; i < count; i++)
    if (!add_name (rows, rows->csv != NULL ? value_at (&rows->row, i) : g_ptr_array_index (found, i), error))
      return FALSE;
  g_ptr_array_add (rows->names, NULL);
  return TRUE;
}

RowReader *
row_reader_new (BodyReader *reader, RowsFormat format, const char *charset, GError **error)
{
  RowReader *rows = g_new0 (RowReader, 1);
  rows->row = (RawRow){ .octets = g_string_new (NULL), .starts = g_array_new (FALSE, FALSE, sizeof (gsize)) };
  rows->names = g_ptr_array_new_with_free_func (g_free);
  rows->values = g_ptr_array_new ();
  rows->input = text_input_new (reader, charset, error);
  if (rows->input != NULL && format == ROWS_JSON)
    rows->json = json_rows_new (rows->input);
  else if (rows->input != NULL)
    rows->csv = csv_reader_new (rows->input, format == ROWS_TSV ? '\t' : '\0');
  if (rows->input != NULL && read_names (rows, error))
    return rows;
  row_reader_free (rows);
  return NULL;
}

void
row_reader_free (RowReader *rows)
{
  if (rows == NULL)
    return;
  csv_reader_free (rows->csv);
  json_rows_free (rows->json);
  text_input_free (rows->input);
  g_ptr_array_unref (rows->names);
  g_ptr_array_unref (rows->values);
  g_string_free (rows->row.octets, TRUE);
  g_array_unref (rows->row.starts);
  g_free (rows);
}

const char *const *
row_reader_names (const RowReader *rows)
{
  return (const char *const *)rows->names->pdata;
}

/* Every value is empty: nothing but their NULs. */
static gboolean
is_empty (const RawRow *row)
{
  return row->octets->len == row->starts->len;
}

static gboolean
check_row (const RowReader *rows, GError **error)
{
  guint wanted = rows->names->len - 1, given = rows->row.starts->len;
  if (given == wanted)
    return check_text (rows, error);
  rows_refuse (rows->row.line, error, _ ("values: %u, columns: %u"), given, wanted);
  return FALSE;
}

RowResult
row_reader_next (RowReader *rows, Row *ret_row, GError **error)
{
  RowResult result;
  do
    result = read_raw (rows, error);
  while (result == ROW_GIVEN && is_empty (&rows->row));
  if (result == ROW_END || result == ROW_BROKEN)
    return result;
  rows->number++;
  *ret_row = (Row){ .number = rows->number, .line = rows->row.line };
  if (result == ROW_FAULTY || !check_row (rows, error))
    return ROW_FAULTY;
  g_ptr_array_set_size (rows->values, 0);
  for (guint i = 0; i < rows->row.starts->len; i++)
    g_ptr_array_add (rows->values, rows->row.octets->str + g_array_index (rows->row.starts, gsize, i));
  g_ptr_array_add (rows->values, NULL);
  ret_row->values = (const char *const *)rows->values->pdata;
  return ROW_GIVEN;
}

/* libcsv takes octets and calls back for each value. It can't be stopped within a piece, so
 * pieces are small and the rows of one are kept until they are asked for. */
#include "mail/rows-private.h"

#include "base/i18n.h"

#include <csv.h>
#include <string.h>

/* Octets that libcsv gets at once. */
#define PIECE_SIZE ((gsize)8 * 1024)

/* Octets of the first line in which the delimiter is looked for. */
#define FIRST_LINE_LIMIT ((gsize)64 * 1024)

/* A row whose values begin with the index first. */
typedef struct {
  guint first;
  guint64 line;
} KeptRow;

struct CsvReader {
  TextInput *input;
  struct csv_parser parser;
  char delimiter; /* 0: not known yet */
  gboolean ended;
  gboolean too_long; /* one row passed its limit */
  int broken;        /* libcsv's error; 0: none */
  RawRow kept;       /* the values of all kept rows, and of the one that goes on */
  GArray *rows;      /* of KeptRow: those that are complete */
  guint next;        /* of rows */
  guint first;       /* value of the row that goes on */
  gsize row_start;   /* of its octets */
  guint64 line;      /* that is being read */
  guint64 row_line;  /* where the row that goes on began */
  gboolean after_cr;
};

static int
never (unsigned char octet)
{
  return 0;
}

/* libcsv's own memory for one value. */
static void *
reallocate (void *memory, size_t size)
{
  return size > ROWS_VALUE_LIMIT ? NULL : g_realloc (memory, size);
}

CsvReader *
csv_reader_new (TextInput *input, char delimiter)
{
  CsvReader *csv = g_new0 (CsvReader, 1);
  csv->input = input;
  csv->delimiter = delimiter;
  csv->line = csv->row_line = 1;
  csv->kept = (RawRow){ .octets = g_string_new (NULL), .starts = g_array_new (FALSE, FALSE, sizeof (gsize)) };
  csv->rows = g_array_new (FALSE, FALSE, sizeof (KeptRow));
  /* The only failure is an option that it doesn't know. */
  g_assert (csv_init (&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0);
  csv_set_realloc_func (&csv->parser, reallocate);
  csv_set_free_func (&csv->parser, g_free);
  /* Spaces are part of a value (RFC 4180, section 2, rule 4). */
  csv_set_space_func (&csv->parser, never);
  return csv;
}

void
csv_reader_free (CsvReader *csv)
{
  if (csv == NULL)
    return;
  csv_free (&csv->parser);
  g_string_free (csv->kept.octets, TRUE);
  g_array_unref (csv->kept.starts);
  g_array_unref (csv->rows);
  g_free (csv);
}

/* Line ends as editors count them: CRLF is one. */
static void
count_lines (CsvReader *csv, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    csv->line += text[i] == '\r' || (text[i] == '\n' && !csv->after_cr);
    csv->after_cr = text[i] == '\r';
  }
}

static gboolean
has_line_end (const char *value, gsize length)
{
  return memchr (value, '\n', length) != NULL || memchr (value, '\r', length) != NULL;
}

static void
take_value (void *octets, size_t length, void *data)
{
  CsvReader *csv = data;
  const char *value = length > 0 ? octets : "";
  guint count = csv->kept.starts->len - csv->first;
  csv->after_cr = FALSE;
  if (has_line_end (value, length))
    count_lines (csv, value, length);
  csv->after_cr = FALSE;
  csv->too_long = csv->too_long || csv->kept.octets->len - csv->row_start + length > ROWS_ROW_LIMIT
                  || count > ROWS_COLUMNS_LIMIT;
  if (!csv->too_long)
    raw_row_add (&csv->kept, value, length);
}

/* END: what ended the row; -1: the end of the text. */
static void
take_row (int end, void *data)
{
  CsvReader *csv = data;
  if (csv->kept.starts->len > csv->first) {
    KeptRow row = { .first = csv->first, .line = csv->row_line };
    g_array_append_val (csv->rows, row);
  }
  if (end >= 0) {
    char octet = (char)end;
    count_lines (csv, &octet, 1);
  }
  csv->first = csv->kept.starts->len;
  csv->row_start = csv->kept.octets->len;
  csv->row_line = csv->line;
}

/* Of what stands outside of quotes in the first line. That it ends at any line end, quoted or
 * not, keeps the answer from depending on how much has been read. */
static char
most_frequent (const char *text, gsize length)
{
  static const char candidates[] = { ',', ';', '\t' };
  guint counts[G_N_ELEMENTS (candidates)] = { 0 };
  gboolean quoted = FALSE;
  for (gsize i = 0; i < MIN (length, FIRST_LINE_LIMIT) && text[i] != '\n' && text[i] != '\r'; i++) {
    quoted ^= text[i] == '"';
    for (guint c = 0; c < G_N_ELEMENTS (candidates); c++)
      counts[c] += !quoted && text[i] == candidates[c];
  }
  guint best = 0;
  for (guint c = 1; c < G_N_ELEMENTS (candidates); c++)
    best = counts[c] > counts[best] ? c : best;
  return candidates[best];
}

/* Excel's own: a first line "sep=;", which isn't part of the table. */
static gboolean
take_separator_line (CsvReader *csv, const char *text, gsize length)
{
  gsize word = strlen ("sep=");
  if (length < word + 2 || g_ascii_strncasecmp (text, "sep=", word) != 0
      || strchr ("\r\n", text[word + 1]) == NULL || strchr (",;\t|", text[word]) == NULL)
    return FALSE;
  csv->delimiter = text[word];
  gboolean two = text[word + 1] == '\r' && length > word + 2 && text[word + 2] == '\n';
  text_input_take (csv->input, word + (two ? 3 : 2));
  csv->line = csv->row_line = 2;
  return TRUE;
}

static gboolean
find_delimiter (CsvReader *csv, GError **error)
{
  gsize length;
  const char *text = text_input_peek (csv->input, &length);
  while (length < FIRST_LINE_LIMIT) {
    int more = text_input_more (csv->input, error);
    if (more < 0)
      return FALSE;
    text = text_input_peek (csv->input, &length);
    if (more == 0 || has_line_end (text, MAX (length, 1) - 1))
      break;
  }
  if (csv->delimiter == '\0' && !take_separator_line (csv, text, length))
    csv->delimiter = most_frequent (text, length);
  csv_set_delim (&csv->parser, (unsigned char)csv->delimiter);
  return TRUE;
}

/* Another piece through libcsv; FALSE when reading fails. */
static gboolean
feed (CsvReader *csv, GError **error)
{
  gsize length;
  const char *text = text_input_peek (csv->input, &length);
  if (length == 0) {
    int more = text_input_more (csv->input, error);
    if (more < 0)
      return FALSE;
    csv->ended = more == 0;
    text = text_input_peek (csv->input, &length);
  }
  length = MIN (length, PIECE_SIZE);
  if (csv->ended) {
    if (csv_fini (&csv->parser, take_value, take_row, csv) != 0)
      csv->broken = csv_error (&csv->parser);
  } else if (csv_parse (&csv->parser, text, length, take_value, take_row, csv) != length) {
    csv->broken = csv_error (&csv->parser);
    csv->ended = TRUE;
  } else {
    text_input_take (csv->input, length);
  }
  if (csv->too_long)
    csv->ended = TRUE;
  return TRUE;
}

/* Drops what was given and moves the row that goes on to the front. */
static void
make_room (CsvReader *csv)
{
  g_string_erase (csv->kept.octets, 0, (gssize)csv->row_start);
  if (csv->first > 0)
    g_array_remove_range (csv->kept.starts, 0, csv->first);
  for (guint i = 0; i < csv->kept.starts->len; i++)
    g_array_index (csv->kept.starts, gsize, i) -= csv->row_start;
  g_array_set_size (csv->rows, 0);
  csv->next = csv->first = 0;
  csv->row_start = 0;
}

static void
copy_row (const CsvReader *csv, guint index, RawRow *row)
{
  const KeptRow *kept = &g_array_index (csv->rows, KeptRow, index);
  guint last = index + 1 < csv->rows->len ? g_array_index (csv->rows, KeptRow, index + 1).first : csv->first;
  gsize start = g_array_index (csv->kept.starts, gsize, kept->first);
  gsize end
      = last < csv->kept.starts->len ? g_array_index (csv->kept.starts, gsize, last) : csv->kept.octets->len;
  raw_row_clear (row);
  row->line = kept->line;
  g_string_append_len (row->octets, csv->kept.octets->str + start, (gssize)(end - start));
  for (guint i = kept->first; i < last; i++) {
    gsize at = g_array_index (csv->kept.starts, gsize, i) - start;
    g_array_append_val (row->starts, at);
  }
}

static RowResult
refuse_rest (const CsvReader *csv, GError **error)
{
  if (csv->too_long || csv->broken == CSV_ENOMEM || csv->broken == CSV_ETOOBIG)
    rows_refuse (csv->row_line, error,
                 _ ("the row that begins here is too long; does a quote open that none closes?"));
  else
    rows_refuse (csv->row_line, error,
                 _ ("the row that begins here has a quote in the wrong place; inside of quotes it is \"\""));
  return ROW_BROKEN;
}

RowResult
csv_reader_next (CsvReader *csv, RawRow *row, GError **error)
{
  /* The delimiter has to be known before the first octet is parsed. */
  if (csv_get_delim (&csv->parser) != (unsigned char)csv->delimiter || csv->delimiter == '\0')
    if (!find_delimiter (csv, error))
      return ROW_BROKEN;
  while (csv->next == csv->rows->len && !csv->ended) {
    make_room (csv);
    if (!feed (csv, error))
      return ROW_BROKEN;
  }
  if (csv->next < csv->rows->len) {
    copy_row (csv, csv->next++, row);
    return ROW_GIVEN;
  }
  return csv->broken != 0 || csv->too_long ? refuse_rest (csv, error) : ROW_END;
}

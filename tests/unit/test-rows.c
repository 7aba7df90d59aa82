/* Tables as spreadsheets and programs write them, and as nobody should; each read in pieces
 * of every size up to its own. */
#include "base/error.h"
#include "mail/rows.h"
#include "tests/lib/table.h"

/* Gives STEP octets at a time. */
typedef struct {
  BodyReader reader;
  const char *octets;
  gsize left, step;
} SlowReader;

static gssize
slow_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  SlowReader *slow = (SlowReader *)(void *)reader;
  gsize given = MIN (MIN (length, slow->step), slow->left);
  memcpy (buffer, slow->octets, given);
  slow->octets += given;
  slow->left -= given;
  return (gssize)given;
}

static void
slow_free (BodyReader *reader)
{
  g_free (reader);
}

static BodyReader *
slow_reader_new (const char *octets, gsize length, gsize step)
{
  SlowReader *slow = g_new0 (SlowReader, 1);
  *slow = (SlowReader){ { slow_read, slow_free }, octets, length, step };
  return &slow->reader;
}

/* "names" then "line:values" each; ~ for a line break. */
static char *
describe (RowReader *rows)
{
  g_autofree char *names = g_strjoinv ("|", (char **)row_reader_names (rows));
  GString *out = g_string_new (names);
  for (;;) {
    Row row;
    g_autoptr (GError) error = NULL;
    RowResult result = row_reader_next (rows, &row, &error);
    if (result == ROW_END)
      break;
    if (result == ROW_GIVEN) {
      g_autofree char *values = g_strjoinv ("|", (char **)row.values);
      g_string_append_printf (out, " / %" G_GUINT64_FORMAT ":%s", row.line, values);
      continue;
    }
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_string_append_printf (out, " / %s%s", result == ROW_BROKEN ? "broken " : "", error->message);
    if (result == ROW_BROKEN)
      break;
  }
  return g_strdelimit (g_string_free (out, FALSE), "\r\n", '~');
}

static char *
read_table (const char *octets, gsize length, RowsFormat format, const char *charset, gsize step)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RowReader) rows
      = row_reader_new (slow_reader_new (octets, length, step), format, charset, &error);
  if (rows != NULL)
    return describe (rows);
  return g_strdup_printf ("refused %s", error->message);
}

typedef struct {
  const char *about;
  RowsFormat format;
  const char *charset;
  const char *octets;
  gsize length;
  const char *wanted; /* "…" at its end: whatever follows */
} TableRow;

#define OCTETS(text) text, sizeof (text) - 1

static const TableRow table_rows[] = {
  { "plain", ROWS_CSV, NULL, OCTETS ("a,b\n1,2\n3,4\n"), "a|b / 2:1|2 / 3:3|4" },
  { "CRLF, no last line end", ROWS_CSV, NULL, OCTETS ("a,b\r\n1,2\r\n3,4"), "a|b / 2:1|2 / 3:3|4" },
  { "CR alone", ROWS_CSV, NULL, OCTETS ("a,b\r1,2\r"), "a|b / 2:1|2" },
  { "only names", ROWS_CSV, NULL, OCTETS ("a,b"), "a|b" },
  { "one column", ROWS_CSV, NULL, OCTETS ("mail\nx@y.z\n"), "mail / 2:x@y.z" },
  { "quotes", ROWS_CSV, NULL, OCTETS ("a,b\n\"x,\"\"y\"\"\",\"\"\n"), "a|b / 2:x,\"y\"|" },
  { "quoted line breaks and the lines behind", ROWS_CSV, NULL,
    OCTETS ("a,b\r\n\"1\r\n2\n3\r4\",x\r\n5,6\r\n"), "a|b / 2:1~~2~3~4|x / 6:5|6" },
  { "spaces are kept in values, not in names", ROWS_CSV, NULL, OCTETS (" a ,b\n 1 , 2\n"), "a|b / 2: 1 | 2" },
  { "Excel: mark, semicolons", ROWS_CSV, NULL,
    OCTETS ("\357\273\277name;mail\r\nM\303\274ller, \"\"x;a@b.c\r\n"), "name|mail / broken line 2…" },
  { "Excel: mark, semicolons, quoted", ROWS_CSV, NULL,
    OCTETS ("\357\273\277name;mail\r\n\"M\303\274ller, \"\"Bob\"\"\";a@b.c\r\n"),
    "name|mail / 2:M\303\274ller, \"Bob\"|a@b.c" },
  { "Excel: Windows-1252", ROWS_CSV, "windows-1252", OCTETS ("name;price\r\nM\374ller;5\200\r\n"),
    "name|price / 2:M\303\274ller|5\342\202\254" },
  { "Excel: Windows-1252 unsaid", ROWS_CSV, NULL, OCTETS ("n;p\r\nok;1\r\nM\374ller;5\r\nok;2\r\n"),
    "n|p / 2:ok|1 / line 3: this isn't UTF-8; say --charset, such as windows-1252 for what Excel writes / "
    "4:ok|2" },
  { "Excel: Unicode text", ROWS_CSV, NULL, OCTETS ("\377\376n\0\t\0p\0\r\0\n\0\374\0\t\0001\0\r\0\n\0"),
    "n|p / 2:\303\274|1" },
  { "UTF-16BE", ROWS_CSV, NULL, OCTETS ("\376\377\0n\0,\0p\0\n\0\374\0,\0001"), "n|p / 2:\303\274|1" },
  { "UTF-16 without mark", ROWS_CSV, NULL, OCTETS ("n\0,\0p\0\n\0"), "refused line 1: there is a NUL…" },
  { "UTF-16 without mark, said", ROWS_CSV, "utf-16le", OCTETS ("n\0,\0p\0\n\0001\0,\0002\0"), "n|p / 2:1|2" },
  { "UTF-16 cut in half", ROWS_CSV, NULL, OCTETS ("\377\376n\0\n\0a\0\n\0b"),
    "n / 2:a / broken line 3: this isn't in the charset UTF-16LE" },
  { "Shift_JIS", ROWS_CSV, "shift_jis", OCTETS ("n,p\r\n\223\372\226{,1\r\n"),
    "n|p / 2:\346\227\245\346\234\254|1" },
  { "charset unknown", ROWS_CSV, "klingon", OCTETS ("n\n"), "refused no charset is called \"klingon\"" },
  { "not in the charset", ROWS_CSV, "ascii", OCTETS ("n\nx\n\374\n"),
    "n / 2:x / broken line 3: this isn't in the charset ascii" },
  { "Excel: sep=", ROWS_CSV, NULL, OCTETS ("sep=|\r\na|b,c\r\n1|2\r\n"), "a|b,c / 3:1|2" },
  { "commas within quoted names don't count", ROWS_CSV, NULL, OCTETS ("\"a,b,c\";d\n1;2\n"),
    "a,b,c|d / 2:1|2" },
  { "tabs", ROWS_TSV, NULL, OCTETS ("a,x\tb\n1;;;\t2\n"), "a,x|b / 2:1;;;|2" },
  { "too few values", ROWS_CSV, NULL, OCTETS ("a,b\n1\n3,4\n"),
    "a|b / line 2: values: 1, columns: 2 / 3:3|4" },
  { "too many values", ROWS_CSV, NULL, OCTETS ("a,b\n1,2,3\n3,4\n"),
    "a|b / line 2: values: 3, columns: 2 / 3:3|4" },
  { "empty lines and rows", ROWS_CSV, NULL, OCTETS ("a,b\n\n,\n1,2\n\n\n3,4\n,\n"), "a|b / 4:1|2 / 7:3|4" },
  { "empty file", ROWS_CSV, NULL, OCTETS (""), "refused line 1: there is nothing" },
  { "only a mark", ROWS_CSV, NULL, OCTETS ("\357\273\277"), "refused line 1: there is nothing" },
  { "name empty", ROWS_CSV, NULL, OCTETS ("a,,b\n"), "refused line 1: a column has no name" },
  { "name twice", ROWS_CSV, NULL, OCTETS ("\na,b,a\n"), "refused line 2: two columns are called \"a\"" },
  { "name of the grammar", ROWS_CSV, NULL, OCTETS ("a,b|c\n"),
    "refused line 1: \"b|c\" can't be a column's name" },
  { "name else", ROWS_CSV, NULL, OCTETS ("else\n"), "refused line 1: \"else\" can't be…" },
  { "NUL", ROWS_CSV, NULL, OCTETS ("a,b\n1,\0\n3,4\n"),
    "a|b / line 2: there is a NUL; for UTF-16 say --charset utf-16 / 3:3|4" },
  { "quote in the middle", ROWS_CSV, NULL, OCTETS ("a,b\n1,2\n5\" disk,4\n"),
    "a|b / 2:1|2 / broken line 3: the row that begins here has a quote…" },
  { "text behind a quote", ROWS_CSV, NULL, OCTETS ("a,b\n\"1\"x,2\n"), "a|b / broken line 2: …" },
  { "quote never closed", ROWS_CSV, NULL, OCTETS ("a,b\n1,2\n\"3,4\n5,6\n"),
    "a|b / 2:1|2 / broken line 3: …" },
  { "JSON", ROWS_JSON, NULL, OCTETS ("{\"a\":\"x\",\"b\":1}\n{\"b\":1.1,\"a\":\"\\u00fc\"}\n"),
    "a|b / 1:x|1 / 2:\303\274|1.1" },
  { "JSON: null, true, missing, empty lines", ROWS_JSON, NULL,
    OCTETS ("\n{\"a\":null,\"b\":true}\r\n\r\n{\"a\":\"1\"}\n{}"), "a|b / 2:|true / 4:1|" },
  { "JSON: a stranger", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":1,\"c\":2}\n{\"a\":3}"),
    "a / 1:1 / line 2: \"c\" isn't among the names of the first line / 3:3" },
  { "JSON: a stranger alone", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"c\":2}\n"),
    "a / 1:1 / line 2: \"c\" isn't among the names of the first line" },
  { "JSON: a list", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":[1]}\n"),
    "a / 1:1 / line 2: the value of \"a\"…" },
  { "JSON: twice", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":1,\"a\":2}\n"),
    "a / 1:1 / line 2: a name is there twice" },
  { "JSON: broken line", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":1\n{\"a\":2}"),
    "a / 1:1 / line 2: it isn't JSON / 3:2" },
  { "JSON: comment", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":/**/1}\n"),
    "a / 1:1 / line 2: it isn't JSON" },
  { "JSON: a list of all", ROWS_JSON, NULL, OCTETS ("[{\"a\":1}]"),
    "refused line 1: it isn't a JSON object" },
  { "JSON: too deep", ROWS_JSON, NULL, OCTETS ("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}"),
    "refused line 1: it is nested too deeply" },
  { "JSON: not UTF-8", ROWS_JSON, NULL, OCTETS ("{\"a\":1}\n{\"a\":\"\374\"}"),
    "a / 1:1 / line 2: it isn't UTF-8 text" },
  { "JSON: NUL as escape", ROWS_JSON, NULL, OCTETS ("{\"a\":\"1\"}\n{\"a\":\"x\\u0000y\"}\n"),
    "a / 1:1 / line 2: …" },
  { "JSON: escapes", ROWS_JSON, NULL, OCTETS ("{\"a\":\"\\u00e4\\ud835\\udd18\\\"\\\\\"}\n"),
    "a / 1:\303\244\360\235\224\230\"\\" },
  { "JSON: half a character", ROWS_JSON, NULL, OCTETS ("{\"a\":\"1\"}\n{\"a\":\"\\ud835x\"}\n"),
    "a / 1:1 / line 2: …" },
  { "JSON: the other half", ROWS_JSON, NULL, OCTETS ("{\"a\":\"1\"}\n{\"a\":\"\\udd18\"}\n"),
    "a / 1:1 / line 2: …" },
  { "JSON: empty name", ROWS_JSON, NULL, OCTETS ("{\"\":1}"), "refused line 1: a column has no name" },
};

static void
check_table (gconstpointer data)
{
  const TableRow *row = data;
  for (gsize step = row->length + 1; step > 0; step--) {
    g_autofree char *got = read_table (row->octets, row->length, row->format, row->charset, step);
    const char *dots = strstr (row->wanted, "…");
    if (dots != NULL)
      got[MIN (strlen (got), (gsize)(dots - row->wanted))] = '\0';
    g_autofree char *wanted
        = dots != NULL ? g_strndup (row->wanted, (gsize)(dots - row->wanted)) : g_strdup (row->wanted);
    g_assert_cmpstr (got, ==, wanted);
  }
}

static void
check_long_value (void)
{
  for (gsize extra = 0; extra < 2; extra++) {
    g_autoptr (GString) text = g_string_new ("a\n\"");
    gsize length = extra == 0 ? ROWS_VALUE_LIMIT - 1024 : ROWS_VALUE_LIMIT + 1024;
    for (gsize i = 0; i < length; i++)
      g_string_append_c (text, 'x');
    g_string_append (text, "\"\n");
    g_autofree char *got = read_table (text->str, text->len, ROWS_CSV, NULL, 60000);
    g_assert_true (g_str_has_prefix (
        got, extra == 0 ? "a / 2:xxx" : "a / broken line 2: the row that begins here is too long"));
  }
}

static void
check_many_columns (void)
{
  g_autoptr (GString) text = g_string_new ("a");
  for (guint i = 0; i < 3 * ROWS_COLUMNS_LIMIT; i++)
    g_string_append_printf (text, ",c%u", i);
  g_autofree char *got = read_table (text->str, text->len, ROWS_CSV, NULL, 60000);
  g_assert_true (g_str_has_prefix (got, "refused line 1: "));
}

static void
check_formats (void)
{
  g_assert_cmpint (rows_format_of ("x.csv"), ==, ROWS_CSV);
  g_assert_cmpint (rows_format_of ("x.TSV"), ==, ROWS_TSV);
  g_assert_cmpint (rows_format_of ("x.jsonl"), ==, ROWS_JSON);
  g_assert_cmpint (rows_format_of ("x.txt"), ==, ROWS_CSV);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/rows/table", table_rows, check_table);
  g_test_add_func ("/rows/long-value", check_long_value);
  g_test_add_func ("/rows/many-columns", check_many_columns);
  g_test_add_func ("/rows/formats", check_formats);
  return g_test_run ();
}

/* Whatever is in a table: rows have as many values as there are names, all of them UTF-8,
 * lines only grow, and the pieces that it is read in change nothing. The first octet picks
 * format and charset. */
#include <stdint.h>
#include <string.h>

#include "mail/rows.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

typedef struct {
  BodyReader reader;
  const uint8_t *octets;
  size_t left, step;
} Pieces;

static gssize
pieces_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  Pieces *pieces = (Pieces *)(void *)reader;
  gsize given = MIN (MIN (length, pieces->step), pieces->left);
  if (given > 0)
    memcpy (buffer, pieces->octets, given);
  pieces->octets += given;
  pieces->left -= given;
  return (gssize)given;
}

static void
pieces_free (BodyReader *reader)
{
  g_free (reader);
}

static void
take_values (const Row *row, guint columns, GString *all)
{
  g_assert (g_strv_length ((char **)row->values) == columns);
  for (guint i = 0; i < columns; i++) {
    g_assert (g_utf8_validate (row->values[i], -1, NULL));
    g_string_append_printf (all, "[%s]", row->values[i]);
  }
}

static char *
read_all (const uint8_t *octets, size_t length, size_t step, RowsFormat format, const char *charset)
{
  Pieces *pieces = g_new0 (Pieces, 1);
  *pieces = (Pieces){ { pieces_read, pieces_free }, octets, length, step };
  GString *all = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (RowReader) rows = row_reader_new (&pieces->reader, format, charset, &error);
  g_assert ((rows == NULL) == (error != NULL));
  if (rows == NULL)
    return g_string_free (all, FALSE);
  guint columns = g_strv_length ((char **)row_reader_names (rows));
  guint64 line = 0;
  for (RowResult result = ROW_GIVEN; result == ROW_GIVEN || result == ROW_FAULTY;) {
    Row row;
    g_autoptr (GError) said = NULL;
    result = row_reader_next (rows, &row, &said);
    g_assert ((result == ROW_FAULTY || result == ROW_BROKEN) == (said != NULL));
    if (said != NULL)
      g_string_append (all, said->message);
    if (result != ROW_GIVEN)
      continue;
    g_assert (row.line > line);
    line = row.line;
    take_values (&row, columns, all);
  }
  return g_string_free (all, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  static const char *const charsets[] = { NULL, "windows-1252", "utf-16le", "iso-2022-jp" };
  if (length == 0)
    return 0;
  RowsFormat format = octets[0] % 3;
  const char *charset = charsets[octets[0] / 3 % 4];
  g_autofree char *whole = read_all (octets + 1, length - 1, length, format, charset);
  g_autofree char *pieces = read_all (octets + 1, length - 1, 1 + octets[0] / 12 % 8, format, charset);
  g_assert_cmpstr (whole, ==, pieces);
  return 0;
}

/* Text set in columns: nothing is lost, and nothing is wider than a terminal. */
#include "cli/cell.h"
#include "../lib/table.h"

#define TEN "ten chars "
#define TEN_WIDE "十文字の長さの文です" /* 20 columns */

static const struct row {
  const char *about;
  const char *first, *text, *lines;
} rows[] = {
  { "nothing", "- ", "", "- \n" },
  { "a short line", "- ", "one two", "- one two\n" },
  { "a line that just fits", "", TEN TEN TEN TEN TEN TEN TEN "ten chars!",
    TEN TEN TEN TEN TEN TEN TEN "ten chars!\n" },
  { "one more", "", TEN TEN TEN TEN TEN TEN TEN "ten chars!!", TEN TEN TEN TEN TEN TEN TEN "ten\nchars!!\n" },
  { "indented", "  label  ", TEN TEN TEN TEN TEN TEN TEN "ten",
    "  label  " TEN TEN TEN TEN TEN TEN "ten chars\n         ten\n" },
  { "wide characters may be parted", "", TEN_WIDE TEN_WIDE TEN_WIDE TEN_WIDE "文",
    TEN_WIDE TEN_WIDE TEN_WIDE TEN_WIDE "\n文\n" },
  { "a word that is too long", "> ",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "> 012345678901234567890123456789012345678901234567890123456789012345678901234567\n  8901234567890\n" },
};

static void
test_wrapped (gconstpointer data)
{
  const struct row *row = data;
  g_autoptr (GString) out = g_string_new (NULL);
  cell_append_wrapped (out, row->first, row->text);
  g_assert_cmpstr (out->str, ==, row->lines);
}

static void
test_width (void)
{
  g_assert_cmpuint (cell_width (""), ==, 0);
  g_assert_cmpuint (cell_width ("587/IPv6"), ==, 8);
  g_assert_cmpuint (cell_width ("経路"), ==, 4);
  g_assert_cmpuint (cell_width ("e\xcc\x81"), ==, 1); /* a combining accent takes no place */
}

static void
test_cell (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  cell_append (out, "経路", 6);
  cell_append (out, "long", 2);
  g_assert_cmpstr (out->str, ==, "経路    long  ");
}

#define ACCENTED "e\xcc\x81"

static const struct cut {
  const char *about; /* the text */
  gsize width;
  const char *cut;
} cuts[] = {
  { "", 0, "" },
  { "abc", 3, "abc" },
  { "abc", 2, "a…" },
  { "abc", 1, "…" },
  { "abc", 0, "" },
  { "経路の表", 8, "経路の表" },
  { "経路の表", 7, "経路の…" },
  { "経路の表", 6, "経路…" },
  { "経路の表", 2, "…" },
  { ACCENTED ACCENTED, 1, "…" },
  { ACCENTED ACCENTED "e", 2, ACCENTED "…" },
};

static void
test_cut (gconstpointer data)
{
  const struct cut *row = data;
  g_autofree char *cut = cell_cut (row->about, row->width);
  g_assert_cmpstr (cut, ==, row->cut);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/cell/wrapped", rows, test_wrapped);
  TABLE_ADD ("/cell/cut", cuts, test_cut);
  g_test_add_func ("/cell/width", test_width);
  g_test_add_func ("/cell/append", test_cell);
  return g_test_run ();
}

/* Whatever a server says, a terminal shows it as text. */
#include "base/visible.h"
#include "tests/lib/tap.h"

#define ROW(name, input, shown, quoted)                                                                      \
  {                                                                                                          \
    name, input, sizeof (input) - 1, shown, quoted                                                           \
  }

static const struct {
  const char *name, *input;
  gsize length;
  const char *shown, *quoted;
} rows[] = {
  ROW ("empty", "", "", "\"\""),
  ROW ("plain", "queued", "queued", "queued"),
  ROW ("space", "queued as 4", "queued as 4", "\"queued as 4\""),
  ROW ("japanese", "投函しました", "投函しました", "投函しました"),
  ROW ("ideographic-space", "投　函", "投　函", "\"投　函\""),
  ROW ("escape", "\x1b[2J", "<U+001B>[2J", "\"<U+001B>[2J\""),
  ROW ("nul", "a\0b", "a<U+0000>b", "\"a<U+0000>b\""),
  ROW ("line-break", "a\r\nb", "a<U+000D><U+000A>b", "\"a<U+000D><U+000A>b\""),
  ROW ("tab", "a\tb", "a<U+0009>b", "\"a<U+0009>b\""),
  ROW ("delete", "a\x7f", "a<U+007F>", "\"a<U+007F>\""),
  ROW ("c1",
       "\xc2\x9b"
       "2J",
       "<U+009B>2J", "\"<U+009B>2J\""),
  ROW ("c1-raw",
       "\x9b"
       "2J",
       "<0x9B>2J", "\"<0x9B>2J\""),
  ROW ("bidi-override", "a\u202eb", "a<U+202E>b", "\"a<U+202E>b\""),
  ROW ("bidi-isolate", "\u2066", "<U+2066>", "\"<U+2066>\""),
  ROW ("bidi-marks", "\u200e\u200f\u061c", "<U+200E><U+200F><U+061C>", "\"<U+200E><U+200F><U+061C>\""),
  ROW ("zero-width", "a\u200bb", "a<U+200B>b", "\"a<U+200B>b\""),
  ROW ("bom", "\ufeff", "<U+FEFF>", "\"<U+FEFF>\""),
  ROW ("line-separator", "\u2028", "<U+2028>", "\"<U+2028>\""),
  ROW ("tag", "\U000e0041", "<U+E0041>", "\"<U+E0041>\""),
  ROW ("hidden-edge-below", "\u2027", "‧", "‧"),
  ROW ("hidden-edge-above", "\u202f", "\u202f", "\"\u202f\""),
  ROW ("invalid",
       "a\xff"
       "b",
       "a<0xFF>b", "\"a<0xFF>b\""),
  ROW ("truncated", "a\xe6\x8a", "a<0xE6><0x8A>", "\"a<0xE6><0x8A>\""),
  ROW ("overlong", "\xc0\xaf", "<0xC0><0xAF>", "\"<0xC0><0xAF>\""),
  ROW ("surrogate", "\xed\xa0\x80", "<0xED><0xA0><0x80>", "\"<0xED><0xA0><0x80>\""),
  ROW ("quote", "say \"hi\"", "say \"hi\"", "\"say \\\"hi\\\"\""),
  ROW ("backslash", "a\\b", "a\\b", "a\\b"),
  ROW ("backslash-space", "a\\ b", "a\\ b", "\"a\\\\ b\""),
  ROW ("equals", "a=b", "a=b", "\"a=b\""),
};

static void
test_row (gconstpointer data)
{
  const gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *shown = visible_text (rows[row].input, (gssize)rows[row].length);
  g_assert_cmpstr (shown, ==, rows[row].shown);
  g_autofree char *quoted = visible_quoted (rows[row].input, (gssize)rows[row].length);
  g_assert_cmpstr (quoted, ==, rows[row].quoted);
}

/* No octet behind LENGTH may be looked at: the last character ends exactly there. */
static void
test_bounds (void)
{
  static const char text[] = "投函";
  for (gsize length = 0; length < sizeof (text); length++) {
    g_autofree char *copy = g_memdup2 (text, length);
    g_autofree char *shown = visible_text (copy, (gssize)length);
    g_assert_true (g_utf8_validate (shown, -1, NULL));
    g_autofree char *whole = visible_text (text, -1);
    g_assert_cmpstr (whole, ==, text);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/visible/", rows[i].name, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/visible/bounds", test_bounds);
  return g_test_run ();
}

/* The text under the editor, held against a plain string: thousands of random changes,
 * undone and done again. */
#include <string.h>

#include "../lib/tap.h"
#include "tui/text.h"

static char *
whole (const Text *text)
{
  return text_copy (text, (TextPlace){ 0, 0 }, text_end (text), NULL);
}

static void
assert_whole (const Text *text, const char *expected)
{
  g_autofree char *have = whole (text);
  g_assert_cmpstr (have, ==, expected);
}

static void
test_line_ends (void)
{
  g_autoptr (Text) text = text_new ();

  g_assert_cmpuint (text_line_count (text), ==, 1);
  text_set (text, "one\r\ntwo\rthree\n", 15);
  g_assert_cmpuint (text_line_count (text), ==, 4);
  assert_whole (text, "one\ntwo\nthree\n");
}

static void
test_not_utf8 (void)
{
  g_autoptr (Text) text = text_new ();

  text_set (text, "a\xff\0b", 4);
  assert_whole (text, "a\xef\xbf\xbd\xef\xbf\xbd"
                      "b");
}

static void
test_steps (void)
{
  g_autoptr (Text) text = text_new ();
  TextPlace place = { 0, 0 };

  text_begin_step (text);
  place = text_replace (text, place, place, "one", 3);
  place = text_replace (text, place, place, " two", 4);
  text_begin_step (text);
  place = text_replace (text, place, place, "\nthree", 6);
  g_assert_true (text_undo (text, &place));
  assert_whole (text, "one two");
  g_assert_cmpuint (place.octet, ==, 7);
  g_assert_true (text_undo (text, &place));
  assert_whole (text, "");
  g_assert_false (text_undo (text, &place));
  g_assert_true (text_redo (text, &place));
  assert_whole (text, "one two");
  g_assert_true (text_redo (text, &place));
  assert_whole (text, "one two\nthree");
  g_assert_false (text_redo (text, &place));
}

/* The place of octet AT of PLAIN. */
static TextPlace
place_of (const char *plain, gsize at)
{
  TextPlace place = { 0, 0 };

  for (gsize i = 0; i < at; i++)
    place = plain[i] == '\n' ? (TextPlace){ place.line + 1, 0 } : (TextPlace){ place.line, place.octet + 1 };
  return place;
}

static void
test_random (void)
{
  static const char *const pieces[] = { "", "a", "bc", "\n", "\n\n", "long piece of text", "x\ny\nz" };
  g_autoptr (Text) text = text_new ();
  g_autoptr (GString) plain = g_string_new (NULL);
  g_autoptr (GPtrArray) history = g_ptr_array_new_with_free_func (g_free);
  TextPlace place;

  for (guint i = 0; i < 3000; i++) {
    const gsize from = (gsize)g_test_rand_int_range (0, (gint32)plain->len + 1);
    const gsize most = MIN (plain->len - from, 12);
    const gsize length = (gsize)g_test_rand_int_range (0, (gint32)most + 1);
    const char *piece = pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))];
    g_ptr_array_add (history, g_strdup (plain->str));
    text_begin_step (text);
    text_replace (text, place_of (plain->str, from), place_of (plain->str, from + length), piece,
                  strlen (piece));
    g_string_erase (plain, (gssize)from, (gssize)length);
    g_string_insert (plain, (gssize)from, piece);
    assert_whole (text, plain->str);
  }
  for (guint i = history->len; i-- > 0;) {
    g_assert_true (text_undo (text, &place));
    assert_whole (text, g_ptr_array_index (history, i));
  }
  for (guint i = 1; i < history->len; i++) {
    g_assert_true (text_redo (text, &place));
    assert_whole (text, g_ptr_array_index (history, i));
  }
  g_test_message ("3000 changes, each undone and done again");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/text/line-ends", test_line_ends);
  g_test_add_func ("/text/not-utf8", test_not_utf8);
  g_test_add_func ("/text/steps", test_steps);
  g_test_add_func ("/text/random", test_random);
  return g_test_run ();
}

/* The editor: what is pressed, against the text and the cursor (|) that come of it. */
#include <locale.h>
#include <string.h>

#include "../lib/tap.h"
#include "tui/editor.h"

static const struct {
  const char *name;
  EditorCommand command;
} names[] = {
  { "left", EDITOR_LEFT },
  { "right", EDITOR_RIGHT },
  { "up", EDITOR_UP },
  { "down", EDITOR_DOWN },
  { "word-left", EDITOR_WORD_LEFT },
  { "word-right", EDITOR_WORD_RIGHT },
  { "home", EDITOR_ROW_BEGIN },
  { "end", EDITOR_ROW_END },
  { "page-up", EDITOR_PAGE_UP },
  { "page-down", EDITOR_PAGE_DOWN },
  { "begin", EDITOR_TEXT_BEGIN },
  { "finish", EDITOR_TEXT_END },
  { "enter", EDITOR_NEW_LINE },
  { "backspace", EDITOR_BACKSPACE },
  { "delete", EDITOR_DELETE },
  { "word-backspace", EDITOR_WORD_BACKSPACE },
  { "word-delete", EDITOR_WORD_DELETE },
  { "mark", EDITOR_MARK },
  { "cut", EDITOR_CUT },
  { "copy", EDITOR_COPY },
  { "paste", EDITOR_PASTE },
  { "justify", EDITOR_JUSTIFY },
  { "quote", EDITOR_QUOTE },
  { "unquote", EDITOR_UNQUOTE },
  { "undo", EDITOR_UNDO },
  { "redo", EDITOR_REDO },
};

typedef struct {
  const char *name, *text, *keys, *expected;
  guint width; /* 0: 40 */
} Row;

static const Row rows[] = {
  { "types", "", "abc", "abc|", 0 },
  { "types in the middle", "ac", "<right>b", "ab|c", 0 },
  { "goes over a combining character at once", "e\xcc\x81x", "<right>", "e\xcc\x81|x", 0 },
  { "goes over a wide character", "日本", "<right>", "日|本", 0 },
  { "goes over a family of emoji at once", "👨‍👩‍👧x", "<right>", "👨‍👩‍👧|x", 0 },
  { "and back", "👨‍👩‍👧x", "<end><left><left>", "|👨‍👩‍👧x", 0 },
  { "goes over a flag at once", "🇯🇵x", "<right>", "🇯🇵|x", 0 },
  { "goes to the next line", "a\nb", "<right><right>", "a\n|b", 0 },
  { "goes to the line before", "a\nb", "<down><left>", "a|\nb", 0 },
  { "aims at the column that it came from", "long line\nx\nlong line", "<end><left><down><down>",
    "long line\nx\nlong lin|e", 0 },
  { "forgets it when it moves", "long line\nx\nlong line", "<end><down><left><down>",
    "long line\nx\n|long line", 0 },
  { "goes by cells, not by characters", "日本語\nabcdef", "<right><right><down>", "日本語\nabcd|ef", 0 },
  { "goes through the rows of one line", "aaaa bbbb cccc", "<down>", "aaaa |bbbb cccc", 6 },
  { "ends at the row's end, then at the line's", "aaaa bbbb cccc", "<end><end>", "aaaa bbbb cccc|", 6 },
  { "begins at the row's beginning", "aaaa bbbb cccc", "<down><right><home>", "aaaa |bbbb cccc", 6 },
  { "and then at the line's", "aaaa bbbb cccc", "<down><right><home><home>", "|aaaa bbbb cccc", 6 },
  { "parts text without blanks", "日本語日本語", "<down>", "日本|語日本語", 6 },
  { "goes by words", "one, two  three", "<word-right><word-right>", "one, two  |three", 0 },
  { "goes back by words", "one, two  three", "<finish><word-left><word-left>", "one, |two  three", 0 },
  { "goes over lines by words", "one\n\n two", "<word-right>", "one\n\n |two", 0 },
  { "breaks a line", "ab", "<right><enter>", "a\n|b", 0 },
  { "joins lines", "a\nb", "<down><backspace>", "a|b", 0 },
  { "joins lines from before", "a\nb", "<end><delete>", "a|b", 0 },
  { "takes a whole cluster", "ae\xcc\x81x", "<right><right><backspace>", "a|x", 0 },
  { "takes a word", "one two three", "<finish><word-backspace>", "one two |", 0 },
  { "takes a word before it", "one two three", "<word-delete>", "|two three", 0 },
  { "has nothing to take at the beginning", "a", "<backspace>", "|a", 0 },
  { "has nothing to take at the end", "a", "<end><delete>", "a|", 0 },
  { "cuts a line", "one\ntwo\nthree", "<down><cut>", "one\n|three", 0 },
  { "cuts lines that add up", "one\ntwo\nthree", "<cut><cut><finish><enter><paste>", "three\none\ntwo\n|",
    0 },
  { "cuts anew after a move", "one\ntwo\nthree", "<cut><down><cut><paste>", "two\nthree|", 0 },
  { "cuts what is marked", "one two", "<mark><word-right><cut>", "|two", 0 },
  { "cuts what is marked backwards", "one two", "<finish><mark><word-left><cut><begin><paste>", "two|one ",
    0 },
  { "copies what is marked", "one two", "<mark><word-right><copy><finish><paste>", "one twoone |", 0 },
  { "copies the line", "one\ntwo", "<copy><paste>", "one\n|one\ntwo", 0 },
  { "has nothing to paste", "a", "<paste>", "|a", 0 },
  { "types instead of nothing marked", "abc", "<mark><right>x", "ax|bc", 0 },
  { "undoes a word", "", "one two<undo>", "one |", 0 },
  { "undoes two words", "", "one two<undo><undo>", "|", 0 },
  { "does it again", "", "one two<undo><undo><redo>", "one |", 0 },
  { "undoes what was erased", "abc", "<end><backspace><backspace><undo>", "abc|", 0 },
  { "undoes what was cut", "one\ntwo\n", "<cut><cut><undo>", "one\n|two\n", 0 },
  { "fills a paragraph", "one\ntwo\nthree\n\nfour", "<justify>", "one two three\n|\nfour", 0 },
  { "fills a long line", "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa b",
    "<justify>", "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\naaaaaaaaa b|", 0 },
  { "fills quoted text as quoted text", "> one\n> two\nthree", "<justify>", "> one two\n|three", 0 },
  { "keeps depths apart", "> one\n> > two\n> three", "<justify>", "> one\n|> > two\n> three", 0 },
  { "joins Japanese without blanks", "日本\n語", "<justify>", "日本語|", 0 },
  { "fills what is marked", "a\nb\n\nc\nd", "<mark><finish><justify>", "a b\n\nc d|", 0 },
  { "and undoes it at once", "a\nb\n\nc\nd", "<mark><finish><justify><undo>", "a\nb|\n\nc\nd", 0 },
  { "quotes a line", "one\ntwo", "<quote>", "> one\n|two", 0 },
  { "quotes deeper", "> one", "<quote>", ">> one|", 0 },
  { "unquotes", "> one\ntwo", "<unquote>", "one\n|two", 0 },
  { "quotes what is marked, without the line behind it", "one\ntwo\nthree", "<mark><down><down><quote>",
    "> one\n> two\n|three", 0 },
};

static void
press (Editor *editor, const char *keys)
{
  while (*keys != '\0') {
    const char *end = *keys == '<' ? strchr (keys, '>') : NULL;
    gboolean known = FALSE;
    if (!end) {
      const char *next = g_utf8_next_char (keys);
      editor_type (editor, keys, (gsize)(next - keys));
      keys = next;
      continue;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
      if (strlen (names[i].name) == (gsize)(end - keys - 1)
          && strncmp (names[i].name, keys + 1, (gsize)(end - keys - 1)) == 0) {
        editor_do (editor, names[i].command);
        known = TRUE;
      }
    g_assert_true (known);
    keys = end + 1;
  }
}

static char *
with_cursor (Editor *editor)
{
  Text *text = editor_text (editor);
  g_autofree char *before = text_copy (text, (TextPlace){ 0, 0 }, editor_cursor (editor), NULL);
  g_autofree char *after = text_copy (text, editor_cursor (editor), text_end (text), NULL);

  return g_strconcat (before, "|", after, NULL);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (Editor) editor = editor_new ();

  editor_resize (editor, row->width ? row->width : 40, 10);
  editor_load (editor, row->text, strlen (row->text));
  press (editor, row->keys);
  g_autofree char *have = with_cursor (editor);
  g_assert_cmpstr (have, ==, row->expected);
}

/* --- the window ------------------------------------------------------------------ */

typedef struct {
  const char *name, *text, *keys;
  guint width, height;
  const char *expected; /* rows; the cursor's cell is in brackets */
} Picture;

static const Picture pictures[] = {
  { "shows rows", "one two three", "", 8, 3, "[o]ne two/three/" },
  { "shows the cursor behind wide characters", "日本", "<end>", 8, 2, "日本[ ]/" },
  { "follows the cursor down", "1\n2\n3\n4\n5", "<finish>", 8, 3, "3/4/5[ ]" },
  { "follows it up", "1\n2\n3\n4\n5", "<finish><begin>", 8, 3, "[1]/2/3" },
  { "shows tabs", "a\tb", "", 12, 1, "[a]       b" },
  { "shows controls", "a\x1b[31m", "", 12, 1, "[a]^[[31m" },
  { "leaves room for the cursor behind a full row", "abcdefg", "<end>", 8, 2, "abcdefg[ ]/" },
  { "shows the cursor on the next row at a break", "aaa bbb", "<word-right>", 5, 2, "aaa/[b]bb" },
};

static char *
picture_of (Surface *surface)
{
  g_autoptr (GString) picture = g_string_new (NULL);

  for (guint y = 0; y < surface->height; y++) {
    g_autofree char *plain = surface_row (surface, y);
    if ((int)y != surface->cursor_y) {
      g_string_append (picture, plain);
    } else {
      g_autoptr (GString) row = g_string_new (NULL);
      for (guint x = 0; x < surface->width; x++) {
        const Cell *cell = surface_cell (surface, x, y);
        if ((int)x == surface->cursor_x)
          g_string_append_c (row, '[');
        for (const gunichar *at = cell->text; *at != 0; at++)
          g_string_append_unichar (row, *at);
        if ((int)x == surface->cursor_x)
          g_string_append_c (row, ']');
      }
      g_string_append (picture, g_strchomp (row->str));
    }
    if (y + 1 < surface->height)
      g_string_append_c (picture, '/');
  }
  return g_string_free (g_steal_pointer (&picture), FALSE);
}

static void
test_picture (gconstpointer data)
{
  const Picture *picture = data;
  g_autoptr (Editor) editor = editor_new ();
  g_autoptr (Surface) surface = surface_new (picture->width, picture->height);

  editor_resize (editor, picture->width, picture->height);
  editor_load (editor, picture->text, strlen (picture->text));
  for (const char *keys = picture->keys; *keys != '\0';) {
    const char *end = strchr (keys, '>') + 1;
    g_autofree char *one = g_strndup (keys, (gsize)(end - keys));
    press (editor, one);
    surface_clear (surface);
    editor_draw (editor, surface, 0, 0, TRUE);
    keys = end;
  }
  surface_clear (surface);
  editor_draw (editor, surface, 0, 0, TRUE);
  g_autofree char *have = picture_of (surface);
  g_assert_cmpstr (have, ==, picture->expected);
}

/* --- searching --------------------------------------------------------------------- */

static void
test_search (void)
{
  g_autoptr (Editor) editor = editor_new ();
  gboolean wrapped;

  editor_load (editor, "One two\none Two", 15);
  g_assert_true (editor_search (editor, "one", FALSE, &wrapped));
  g_assert_false (wrapped);
  g_assert_true (editor_search (editor, "one", FALSE, &wrapped));
  g_assert_false (wrapped);
  g_assert_cmpuint (editor_cursor (editor).line, ==, 1);
  g_assert_true (editor_search (editor, "one", FALSE, &wrapped));
  g_assert_true (wrapped);
  g_assert_cmpuint (editor_cursor (editor).line, ==, 0);
}

static void
test_search_more (void)
{
  g_autoptr (Editor) editor = editor_new ();
  gboolean wrapped;

  editor_load (editor, "One two\none Two", 15);
  g_assert_true (editor_search (editor, "Two", FALSE, &wrapped));
  g_assert_cmpuint (editor_cursor (editor).line, ==, 1);
  g_assert_true (editor_search (editor, "two", TRUE, &wrapped));
  g_assert_cmpuint (editor_cursor (editor).line, ==, 0);
  g_assert_false (editor_search (editor, "three", FALSE, &wrapped));
  g_assert_false (editor_search (editor, "", FALSE, &wrapped));
}

static void
test_replace (void)
{
  g_autoptr (Editor) editor = editor_new ();
  gboolean wrapped;

  editor_load (editor, "aa\na", 4);
  g_assert_cmpuint (editor_replace_all (editor, "a", "aa"), ==, 3);
  g_autofree char *all = with_cursor (editor);
  g_assert_cmpstr (all, ==, "aaaa\naa|");
  editor_do (editor, EDITOR_UNDO);
  g_autofree char *undone = with_cursor (editor);
  g_assert_nonnull (strstr (undone, "\na"));
  editor_do (editor, EDITOR_TEXT_BEGIN);
  g_assert_false (editor_replace_found (editor, "x"));
  g_assert_true (editor_search (editor, "a", FALSE, &wrapped));
  g_assert_true (editor_replace_found (editor, "x"));
  g_autofree char *one = with_cursor (editor);
  g_assert_cmpstr (one, ==, "x|a\na");
}

/* --- whatever is pressed --------------------------------------------------------------- */

/* The cursor is always between clusters, and the picture always holds it. */
static void
test_random (void)
{
  static const char *const typed[]
      = { "a", " ", "日", "\xcc\x81", "👨‍👩‍👧", "\t", "> ", "long words and blanks " };
  g_autoptr (Editor) editor = editor_new ();

  for (guint i = 0; i < 20000; i++) {
    if (g_test_rand_int_range (0, 3) == 0) {
      const char *text = typed[g_test_rand_int_range (0, G_N_ELEMENTS (typed))];
      editor_type (editor, text, strlen (text));
    } else {
      editor_do (editor, names[g_test_rand_int_range (0, G_N_ELEMENTS (names))].command);
    }
    if (i % 50 == 0)
      editor_resize (editor, (guint)g_test_rand_int_range (2, 60), (guint)g_test_rand_int_range (1, 20));
    if (i % 7 == 0) {
      g_autoptr (Surface) surface = surface_new (60, 20);
      editor_draw (editor, surface, 0, 0, TRUE);
      g_assert_cmpint (surface->cursor_x, >=, 0);
      g_assert_cmpint (surface->cursor_y, >=, 0);
    }
    gsize length;
    const TextPlace cursor = editor_cursor (editor);
    const char *line = text_line (editor_text (editor), cursor.line, &length);
    g_assert_cmpuint (cursor.octet, <=, length);
    g_assert_true (cursor.octet == length || ((guchar)line[cursor.octet] & 0xC0) != 0x80);
    if (length > 2000 || text_line_count (editor_text (editor)) > 500)
      editor_load (editor, "", 0);
  }
}

/* --- a long text ---------------------------------------------------------------------- */

/* Seconds that a thousand keys take, each drawn, in a text of so many lines. */
static double
time_of_keys (guint lines)
{
  g_autoptr (Editor) editor = editor_new ();
  g_autoptr (Surface) surface = surface_new (80, 24);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < lines; i++)
    g_string_append_printf (text, "line %06u of a text that somebody wrote\n", i);
  editor_resize (editor, 80, 24);
  editor_load (editor, text->str, text->len);
  editor_set_cursor (editor, (TextPlace){ lines / 2, 0 });
  g_autoptr (GTimer) timer = g_timer_new ();
  for (guint i = 0; i < 1000; i++) {
    static const EditorCommand commands[]
        = { EDITOR_NEW_LINE, EDITOR_DOWN, EDITOR_PAGE_UP, EDITOR_PAGE_DOWN, EDITOR_BACKSPACE };
    if (i % 2 == 0)
      editor_type (editor, "x", 1);
    else
      editor_do (editor, commands[i / 2 % G_N_ELEMENTS (commands)]);
    surface_clear (surface);
    editor_draw (editor, surface, 0, 0, TRUE);
  }
  return g_timer_elapsed (timer, NULL);
}

static void
test_long (void)
{
  double few = G_MAXDOUBLE, many = G_MAXDOUBLE;

  for (guint i = 0; i < 5; i++) {
    few = MIN (few, time_of_keys (100));
    many = MIN (many, time_of_keys (100000));
  }
  g_test_message ("a key in 100,000 lines takes %.2f x as long as in 100", many / few);
  g_assert_cmpfloat (many / few, <, 3.0);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/editor/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++) {
    g_autofree char *path = g_strdup_printf ("/editor/window/%s", pictures[i].name);
    g_test_add_data_func (path, &pictures[i], test_picture);
  }
  g_test_add_func ("/editor/search", test_search);
  g_test_add_func ("/editor/search, with capitals and backwards", test_search_more);
  g_test_add_func ("/editor/replace", test_replace);
  g_test_add_func ("/editor/random", test_random);
  g_test_add_func ("/editor/long", test_long);
  return g_test_run ();
}

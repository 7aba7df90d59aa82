/* Pages as mail programs write them, and pages that nobody should have written. */
#include "mail/html-text.h"

#include "tests/lib/table.h"

static const struct {
  const char *about, *html, *text;
} rows[] = {
  { "nothing", "", "" },
  { "words", "Hello world", "Hello world\n" },
  { "blanks collapse", "  Hello \n\t world  ", "Hello world\n" },
  { "entities", "a &lt;b&gt; &amp;amp; &quot;c&quot; &#65;&#x42; &euro;",
    "a <b> &amp; \"c\" AB \342\202\254\n" },
  { "entities that are none", "AT&T &nosuch; & &;", "AT&T &nosuch; & &;\n" },
  { "an entity for a control", "a&#27;[2J&#0;b&#xD800;", "a\357\277\275[2J\357\277\275b\357\277\275\n" },
  { "lines", "a<br>b<br/>c<BR />d", "a\nb\nc\nd\n" },
  { "an empty line", "a<br><br>b", "a\n\nb\n" },
  { "paragraphs", "<p>a</p><p>b</p>", "a\n\nb\n" },
  { "blocks", "<div>a</div><div>b</div>", "a\nb\n" },
  { "blocks in blocks", "<div><div>a</div></div><div>b</div>", "a\nb\n" },
  { "a list", "<ul><li>a</li><li>b</li></ul>c", "* a\n* b\n\nc\n" },
  { "a table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n" },
  { "a quote", "yes<blockquote>why?<blockquote>so</blockquote></blockquote>no", "yes\n> why?\n>> so\nno\n" },
  { "preformatted", "<pre>a\n  b\n</pre>c", "a\n  b\nc\n" },
  { "hidden", "<head><title>T</title><style>p{}</style></head><script>x<y</script>a", "a\n" },
  { "hidden without end", "a<script>b", "a\n" },
  { "a comment", "a<!-- <p> -->b", "ab\n" },
  { "a comment without end", "a<!-- b", "a\n" },
  { "a link", "<a href=\"https://x.test/\">here</a>", "here <https://x.test/>\n" },
  { "a link that says so", "<a href='https://x.test/'>https://x.test/</a>", "https://x.test/\n" },
  { "a link that says another", "<a href=https://evil.test/>https://x.test/</a>",
    "https://x.test/ <https://evil.test/>\n" },
  { "a link to a script", "<a href=\"javascript:alert(1)\">x</a>", "x\n" },
  { "a link without end", "<a href=\"https://x.test/\">x", "x <https://x.test/>\n" },
  { "an image alone", "<a href=\"https://x.test/\"><img src=\"cid:x\"></a>", "" },
  { "a less-than sign", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2\n" },
  { "a tag without end", "a <b and more", "a <b and more\n" },
  { "a greater-than sign in an attribute", "<p title=\"a>b\">c", "c\n" },
  { "a quote without end", "<p title=\"a>b</p>c", "b\n\nc\n" },
  { "closed too often", "</blockquote></pre></p>a</div>", "a\n" },
  { "a hard blank", "a&nbsp;b", "a b\n" },
  { "soft hyphens", "a&shy;b\302\255c", "abc\n" },
  { "Japanese", "<p>\346\227\245\346\234\254</p>", "\346\227\245\346\234\254\n" },
  { "a declaration", "<!DOCTYPE html><?xml?><html><body>a</body></html>", "a\n" },
};

static void
test_row (gconstpointer data)
{
  const typeof (*rows) *row = data;
  g_autofree char *text = html_to_text (row->html);
  g_assert_cmpstr (text, ==, row->text);
}

/* A million of each costs no more than a second would allow. */
static void
test_linear (void)
{
  static const char *const pieces[] = { "<a href=\"",  "<!--",         "<script>",
                                        "<p title=\"", "<blockquote>", "<",
                                        "&",           "</",           "<a href=\"https://x/\">",
                                        "<li" };
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (GString) html = g_string_new (NULL);
    for (guint n = 0; n < 200000; n++)
      g_string_append (html, pieces[i]);
    const gint64 start = g_get_monotonic_time ();
    g_autofree char *text = html_to_text (html->str);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/html-text", rows, test_row);
  g_test_add_func ("/html-text-linear", test_linear);
  return g_test_run ();
}

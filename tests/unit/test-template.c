/* The grammar of templates: what each text becomes, and where errors are. */
#include "base/error.h"
#include "mail/template.h"
#include "tests/lib/table.h"

static const char *const columns[] = { "name", "empty", "first name", "evil", NULL };
static const char *const values[] = { "Ann", "", "M\303\274ller", "<b a=\"1\" c='2'>&{{name}}\n", NULL };

static Template *
parse (const char *text, GError **error)
{
  TemplatePlace place = { .name = "letter", .line = 1 };
  return template_parse (text, strlen (text), columns, &place, error);
}

typedef struct {
  const char *about;
  const char *text;
  TemplateEscape escape;
  const char *wanted;
} GoodRow;

static const GoodRow good_rows[] = {
  { "nothing", "", TEMPLATE_TEXT, "" },
  { "words", "Hello } } { {", TEMPLATE_TEXT, "Hello } } { {" },
  { "a value", "Dear {{name}}!", TEMPLATE_TEXT, "Dear Ann!" },
  { "spaces inside", "{{ name }}{{  first name\t}}", TEMPLATE_TEXT, "AnnM\303\274ller" },
  { "an empty value", "[{{empty}}]", TEMPLATE_TEXT, "[]" },
  { "a default", "{{empty|dear friend}}{{name|x}}", TEMPLATE_TEXT, "dear friendAnn" },
  { "a default keeps its spaces and bars", "{{empty| a|b }}", TEMPLATE_TEXT, " a|b " },
  { "braces themselves", "{{|{{}}name}}", TEMPLATE_TEXT, "{{name}}" },
  { "a value is never read again", "{{evil}}", TEMPLATE_TEXT, "<b a=\"1\" c='2'>&{{name}}\n" },
  { "HTML", "<p>{{evil}}</p>", TEMPLATE_HTML,
    "<p>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;{{name}}\n</p>" },
  { "HTML, default as it is", "{{empty|<i>}}", TEMPLATE_HTML, "<i>" },
  { "a URL", "https://x/?{{first name}}&{{evil}}", TEMPLATE_URL,
    "https://x/?M%C3%BCller&%3Cb%20a%3D%221%22%20c%3D%272%27%3E%26%7B%7Bname%7D%7D%0A" },
  { "if", "a{{#if name}}b{{/if}}c", TEMPLATE_TEXT, "abc" },
  { "if not", "a{{#if empty}}b{{/if}}c", TEMPLATE_TEXT, "ac" },
  { "else", "{{#if empty}}b{{else}}d{{/if}}", TEMPLATE_TEXT, "d" },
  { "then, with else", "{{#if name}}b{{else}}d{{/if}}e", TEMPLATE_TEXT, "be" },
  { "nested", "{{#if name}}1{{#if empty}}2{{else}}3{{#if name}}4{{/if}}{{/if}}5{{else}}6{{/if}}7",
    TEMPLATE_TEXT, "13457" },
  { "lines of their own vanish", "a\n{{#if name}}\nb\n{{else}}\nc\n{{/if}}\nd\n", TEMPLATE_TEXT,
    "a\nb\nd\n" },
  { "with CRLF and spaces", "a\r\n  {{#if empty}} \r\nb\r\n{{/if}}\r\nd", TEMPLATE_TEXT, "a\r\nd" },
  { "two on one line don't", "a\n{{#if name}}{{/if}}\nb", TEMPLATE_TEXT, "a\n\nb" },
  { "first line", "{{#if name}}\nx\n{{/if}}\n", TEMPLATE_TEXT, "x\n" },
  { "one behind the other", "{{#if empty}}\n{{/if}}\n{{#if name}}\n{{/if}}\nx", TEMPLATE_TEXT, "x" },
  { "last line without end", "x\n{{#if name}}\ny\n{{/if}}", TEMPLATE_TEXT, "x\ny\n" },
  { "#if with much space", "{{#if \t name }}x{{ /if }}", TEMPLATE_TEXT, "x" },
};

static void
check_good (gconstpointer data)
{
  const GoodRow *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Template) template = parse (row->text, &error);
  g_assert_no_error (error);
  g_autoptr (GString) out = g_string_new (NULL);
  template_render (template, values, row->escape, out);
  g_assert_cmpstr (out->str, ==, row->wanted);
}

typedef struct {
  const char *about;
  const char *text;
  const char *place;
  const char *reason;
} BadRow;

static const BadRow bad_rows[] = {
  { "unknown column", "\n\303\244 {{nme}}", "letter:2:3: ", "no column \"nme\"" },
  { "case counts", "{{Name}}", "letter:1:1: ", "no column" },
  { "not closed", "x {{name\n}}", "letter:1:3: ", "without }}" },
  { "no column", "{{}}", "letter:1:1: ", "without a column" },
  { "half closed", "{{name}", "letter:1:1: ", "without }}" },
  { "if unknown", "{{#if who}}{{/if}}", "letter:1:1: ", "no column" },
  { "if nothing", "{{#if}}{{/if}}", "letter:1:1: ", "no tag" },
  { "another #", "{{#each name}}", "letter:1:1: ", "no tag" },
  { "iffy", "{{#iffy name}}", "letter:1:1: ", "no tag" },
  { "another /", "{{#if name}}{{/each}}", "letter:1:13: ", "no tag" },
  { "if not closed", "a\n{{#if name}}\n", "letter:2:1: ", "without {{/if}}" },
  { "else alone", "{{else}}", "letter:1:1: ", "without {{#if}}" },
  { "two elses", "{{#if name}}{{else}}{{else}}{{/if}}", "letter:1:21: ", "second" },
  { "end alone", "{{/if}}", "letter:1:1: ", "without {{#if}}" },
  { "no UTF-8", "\377", "letter:1:1: ", "UTF-8" },
  { "control characters are shown", "{{\033[2J}}", "letter:1:1: ", "<U+001B>" },
};

static void
check_bad (gconstpointer data)
{
  const BadRow *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Template) template = parse (row->text, &error);
  g_assert_null (template);
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  g_assert_true (g_str_has_prefix (error->message, row->place));
  g_assert_nonnull (strstr (error->message, row->reason));
}

static void
check_depth (void)
{
  for (guint depth = TEMPLATE_DEPTH_LIMIT; depth <= TEMPLATE_DEPTH_LIMIT + 1; depth++) {
    g_autoptr (GString) text = g_string_new (NULL);
    for (guint i = 0; i < depth; i++)
      g_string_append (text, "{{#if name}}");
    for (guint i = 0; i < depth; i++)
      g_string_append (text, "{{/if}}");
    g_autoptr (GError) error = NULL;
    g_autoptr (Template) template = parse (text->str, &error);
    g_assert_true ((template != NULL) == (depth == TEMPLATE_DEPTH_LIMIT));
  }
}

static void
check_tags_limit (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 3 * TEMPLATE_TAGS_LIMIT; i++)
    g_string_append (text, "{{name}}");
  g_autoptr (GError) error = NULL;
  g_autoptr (Template) template = parse (text->str, &error);
  g_assert_null (template);
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/template/good", good_rows, check_good);
  TABLE_ADD ("/template/bad", bad_rows, check_bad);
  g_test_add_func ("/template/depth", check_depth);
  g_test_add_func ("/template/too-many-tags", check_tags_limit);
  return g_test_run ();
}

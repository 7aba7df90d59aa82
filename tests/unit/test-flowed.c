/* format=flowed, there and back (RFC 3676). */
#include "../lib/tap.h"
#include "mail/flowed.h"

typedef struct {
  const char *name, *body, *encoded;
} Row;

#define WORDS "one two three four five six seven eight nine ten eleven twelve"

static const Row rows[] = {
  { "a short line", "hello\n", "hello\n" },
  { "nothing", "", "" },
  { "an empty line", "a\n\nb\n", "a\n\nb\n" },
  { "a paragraph", WORDS " thirteen fourteen\n", WORDS " thirteen \nfourteen\n" },
  { "a blank in front is stuffed", " indented\n", "  indented\n" },
  { "From is stuffed", "From here\n", " From here\n" },
  { "a mark is quoted text", "> quoted\n", "> quoted\n" },
  { "marks come together", "> > twice\n", ">> twice\n" },
  { "quoted paragraphs stay quoted", "> " WORDS " thirteen fourteen\n",
    "> " WORDS " \n> thirteen fourteen\n" },
  { "an empty quoted line", "> a\n>\n> b\n", "> a\n>\n> b\n" },
  { "a signature stands alone", "text\n-- \nHanako\n", "text\n-- \nHanako\n" },
  { "a blank at the end doesn't flow", "a \nb\n", "a\nb\n" },
  { "no signature comes about",
    "-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa y\n",
    "-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \ny\n" },
  { "Japanese is left whole",
    "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語\n",
    "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語\n" },
  { "a long word is left whole",
    "x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa y\n",
    "x \naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \ny\n" },
};

static void
test_encode (gconstpointer data)
{
  const Row *row = data;
  g_autofree char *encoded = flowed_encode (row->body);

  g_assert_cmpstr (encoded, ==, row->encoded);
}

/* What can't be told apart once it is sent: blanks at ends of lines, how marks were parted. */
static gboolean
is_kept (const char *name)
{
  return !g_str_equal (name, "a blank at the end doesn't flow") && !g_str_equal (name, "marks come together");
}

static void
test_decode (gconstpointer data)
{
  const Row *row = data;
  g_autofree char *decoded = flowed_decode (row->encoded, FALSE);

  g_assert_cmpstr (decoded, ==, row->body);
}

static void
test_delsp (void)
{
  g_autofree char *decoded = flowed_decode ("日本 \r\n語\r\n", TRUE);
  g_autofree char *open = flowed_decode ("a \n> b", FALSE);

  g_assert_cmpstr (decoded, ==, "日本語\n");
  g_assert_cmpstr (open, ==, "a \n> b\n");
}

/* Whatever is written: no line is too long, and it reads as it was written. */
static void
test_random (void)
{
  static const char *const pieces[]
      = { "word", " ", "日本", ">", "\n", "-- \n", "From ", "x", "> ", "longer piece of text" };

  for (guint i = 0; i < 5000; i++) {
    g_autoptr (GString) body = g_string_new (NULL);
    for (gint32 n = g_test_rand_int_range (0, 60); n > 0; n--)
      g_string_append (body, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
    g_autofree char *once = flowed_encode (body->str);
    g_autofree char *decoded = flowed_decode (once, FALSE);
    g_autofree char *twice = flowed_encode (decoded);
    g_assert_cmpstr (once, ==, twice);
  }
  g_test_message ("5000 texts");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *encode = g_strdup_printf ("/flowed/encode/%s", rows[i].name);
    g_autofree char *decode = g_strdup_printf ("/flowed/decode/%s", rows[i].name);
    g_test_add_data_func (encode, &rows[i], test_encode);
    if (is_kept (rows[i].name))
      g_test_add_data_func (decode, &rows[i], test_decode);
  }
  g_test_add_func ("/flowed/delsp", test_delsp);
  g_test_add_func ("/flowed/random", test_random);
  return g_test_run ();
}

/* What terminals send, as characters. */
#include <string.h>

#include "../lib/tap.h"
#include "tui/octets.h"

static const struct {
  const char *name, *octets, *expected;
} rows[] = {
  { "ASCII", "abc", "abc" },
  { "two octets", "Gr\303\274\303\237e", "Grüße" },
  { "three", "\346\227\245", "日" },
  { "four", "\360\237\230\200!", "😀!" },
  { "controls", "\033[A\r", "\033[A\r" },
  { "Latin 1", "Gr\374\337e", "Gr��e" },
  { "cut off", "\346\227x", "��x" },
  { "never", "\377\376a", "��a" },
  { "overlong", "\300\257a", "��a" },
};

static void
test_row (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  Octets octets = { .form = OCTETS_UTF8 };
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = rows[i].octets; *at != '\0'; at++) {
    gunichar characters[OCTETS_LIMIT];
    const gsize count = octets_take (&octets, (guchar)*at, characters);
    for (gsize j = 0; j < count; j++)
      g_string_append_unichar (text, characters[j]);
  }
  g_assert_cmpstr (text->str, ==, rows[i].expected);
  g_assert_cmpuint (octets.length, ==, 0);
}

static void
test_forms (void)
{
  g_assert_cmpint (octets_form ("UTF-8"), ==, OCTETS_UTF8);
  g_assert_cmpint (octets_form ("ANSI_X3.4-1968"), ==, OCTETS_UTF8);
  g_assert_cmpint (octets_form ("ISO-8859-1"), ==, OCTETS_LOCALE);
  g_assert_cmpint (octets_form ("EUC-JP"), ==, OCTETS_LOCALE);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/octets/%s", rows[i].name);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/octets/forms", test_forms);
  return g_test_run ();
}

/* Cells: what is drawn, cut and made visible. */
#include <locale.h>

#include "../lib/tap.h"
#include "tui/surface.h"

typedef struct {
  const char *name, *text;
  guint x, room;
  const char *expected;
  guint used;
} Row;

static const Row rows[] = {
  { "plain", "abc", 0, 10, "abc", 3 },
  { "at a column", "abc", 2, 10, "  abc", 3 },
  { "cut by its room", "abcdef", 0, 3, "abc", 3 },
  { "cut by the edge", "abcdef", 7, 10, "       abc", 3 },
  { "outside", "abc", 10, 3, "", 0 },
  { "wide", "日本", 0, 10, "日本", 4 },
  { "a wide character is not cut", "日本", 0, 3, "日", 3 },
  { "combining", "e\xcc\x81", 0, 10, "e\xcc\x81", 1 },
  { "a lone combining character", "\xcc\x81", 0, 10, " \xcc\x81", 1 },
  { "control",
    "a\x1b"
    "b",
    0, 10, "a^[b", 4 },
  { "delete", "\x7f", 0, 10, "^?", 2 },
  { "direction",
    "\xe2\x80\xae"
    "x",
    0, 10, "<202E>x", 7 },
  { "tab", "a\tb", 0, 10, "a       b", 9 },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (Surface) surface = surface_new (10, 2);

  g_assert_cmpuint (surface_put (surface, row->x, 0, row->room, STYLE_PLAIN, row->text, -1), ==, row->used);
  g_autofree char *have = surface_row (surface, 0);
  g_assert_cmpstr (have, ==, row->expected);
}

/* What is drawn over half of a wide character leaves no other half. */
static void
test_halves (void)
{
  g_autoptr (Surface) surface = surface_new (6, 1);

  surface_put (surface, 0, 0, 6, STYLE_PLAIN, "日本語", -1);
  surface_put (surface, 1, 0, 1, STYLE_PLAIN, "x", -1);
  surface_put (surface, 4, 0, 1, STYLE_PLAIN, "y", -1);
  g_autofree char *have = surface_row (surface, 0);
  g_assert_cmpstr (have, ==, " x本y");
}

static void
test_padded (void)
{
  g_autoptr (Surface) surface = surface_new (12, 1);

  surface_put_padded (surface, 0, 0, 5, STYLE_BAR, "abcdefgh");
  surface_put_padded (surface, 5, 0, 5, STYLE_BAR, "x");
  surface_put (surface, 10, 0, 2, STYLE_PLAIN, "|", -1);
  g_autofree char *have = surface_row (surface, 0);
  g_assert_cmpstr (have, ==, "abcd…x    |");
  g_assert_cmpuint (surface_cell (surface, 9, 0)->style, ==, STYLE_BAR);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/surface/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/surface/halves", test_halves);
  g_test_add_func ("/surface/padded", test_padded);
  return g_test_run ();
}

/* What `toukan paths` prints where the present network is known. */
#include "cli/paths-table.h"

#include "tests/lib/tap.h"

#define NOW (TICKS_PER_DAY)

static PathMemory *
make_memory (void)
{
  static const Path path = { .host = "mail.example.org", .port = 587, .family = FAMILY_IPV6 };
  PathMemory *memory = path_memory_new ();
  path_memory_note_success (memory, "café", &path, NOW);
  path_memory_note_success (memory, "home", &path, NOW);
  return memory;
}

/* Lines of TEXT that begin with BEGIN. */
static guint
count_lines (const char *text, const char *begin)
{
  guint n = 0;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i]; i++)
    n += g_str_has_prefix (lines[i], begin) ? 1 : 0;
  return n;
}

static void
test_unknown (void)
{
  g_autoptr (PathMemory) memory = make_memory ();
  const PathsView view = { memory, NULL, { NOW, NOW } };
  g_autofree char *table = paths_table (&view);
  g_autofree char *json = paths_json (&view);
  g_assert_cmpuint (count_lines (table, "*"), ==, 0);
  g_assert_cmpuint (count_lines (table, "  "), ==, 3);
  g_assert_nonnull (strstr (json, "\"present\":null"));
}

static void
test_present (void)
{
  g_autoptr (PathMemory) memory = make_memory ();
  g_autoptr (GHashTable) present = g_hash_table_new (g_str_hash, g_str_equal);
  const PathsView view = { memory, present, { NOW, NOW } };
  g_hash_table_add (present, (gpointer) "home");
  g_autofree char *table = paths_table (&view);
  g_autofree char *json = paths_json (&view);
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);
  g_assert_true (g_str_has_prefix (lines[1], "* home  "));
  g_assert_true (g_str_has_prefix (lines[2], "  café  "));
  g_assert_cmpstr (lines[4], ==, "* this machine is on this network now");
  g_assert_true (g_str_has_prefix (json, "{\"network\":\"home\",\"present\":true,"));
  g_assert_nonnull (strstr (json, "\"present\":false"));
}

static void
test_elsewhere (void)
{
  g_autoptr (PathMemory) memory = make_memory ();
  g_autoptr (GHashTable) present = g_hash_table_new (g_str_hash, g_str_equal);
  const PathsView view = { memory, present, { NOW, NOW } };
  g_autofree char *table = paths_table (&view);
  g_assert_cmpuint (count_lines (table, "*"), ==, 0);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/paths-table/unknown", test_unknown);
  g_test_add_func ("/paths-table/present", test_present);
  g_test_add_func ("/paths-table/elsewhere", test_elsewhere);
  return g_test_run ();
}

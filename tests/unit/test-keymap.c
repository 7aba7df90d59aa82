/* Keys: no two commands share one in one place, and [keys] can change each. */
#include "../lib/tap.h"
#include "base/error.h"
#include "config/keymap.h"

static void
test_table (void)
{
  g_autoptr (Keymap) keymap = keymap_new ();
  guint tried = 0;

  for (gsize i = 0; i < key_row_count (); i++) {
    const KeyRow *row = key_row_at (i);
    g_auto (GStrv) keys = g_strsplit (row->keys, ", ", -1);
    g_assert_true (key_row_of (row->command) == row);
    for (gsize k = 0; keys[k] != NULL; k++) {
      Press press = { 0 };
      g_assert_true (press_parse (keys[k], &press));
      for (KeyPlace place = KEYS_FIELD; place <= KEYS_HELP; place++)
        if ((row->places & (1U << place)) != 0) {
          if (keymap_find (keymap, place, &press) != row->command)
            g_test_message ("%s of %s at place %d", keys[k], row->name, place);
          g_assert_cmpint (keymap_find (keymap, place, &press), ==, row->command);
          tried++;
        }
    }
  }
  g_test_message ("%u keys in their places", tried);
}

static void
test_typed (void)
{
  g_autoptr (Keymap) keymap = keymap_new ();
  const Press typed = { .kind = PRESS_TEXT, .text = "r", .length = 1 };

  g_assert_cmpint (keymap_find (keymap, KEYS_BODY, &typed), ==, COMMAND_NONE);
  g_assert_cmpint (keymap_find (keymap, KEYS_OUTBOX, &typed), ==, COMMAND_RETRY);
}

static void
test_set (void)
{
  g_autoptr (Keymap) keymap = keymap_new ();
  g_autoptr (GError) error = NULL;
  const Press f5 = { .kind = PRESS_FUNCTION, .letter = 5 };
  const Press kill = { .kind = PRESS_CONTROL, .letter = 'K' };

  g_assert_true (keymap_set (keymap, "send", "F5, ^K", &error));
  g_assert_cmpint (keymap_find (keymap, KEYS_BODY, &f5), ==, COMMAND_SEND);
  g_assert_cmpint (keymap_find (keymap, KEYS_BODY, &kill), ==, COMMAND_SEND);
  g_autofree char *cut = keymap_key (keymap, COMMAND_CUT);
  g_assert_cmpstr (cut, ==, "");
  g_autofree char *send = keymap_key (keymap, COMMAND_SEND);
  g_assert_cmpstr (send, ==, "F5");
  g_assert_true (keymap_set (keymap, "send", "none", &error));
  g_assert_cmpint (keymap_find (keymap, KEYS_BODY, &f5), ==, COMMAND_NONE);
}

static const struct {
  const char *name, *keys, *message;
} bad[] = {
  { "sned", "^X", "unknown command \"sned\": did you mean \"send\"?" },
  { "qwertz", "^X", "unknown command \"qwertz\"" },
  { "send", "Foo", "send: \"Foo\" is no key for it: write ^X, M-x, F5, Enter, Ctrl-Left, or none" },
  { "send", "F13", "send: \"F13\" is no key for it: write ^X, M-x, F5, Enter, Ctrl-Left, or none" },
  { "send", "x", "send: \"x\" is no key for it: write ^X, M-x, F5, Enter, Ctrl-Left, or none" },
};

static void
test_bad (gconstpointer data)
{
  g_autoptr (Keymap) keymap = keymap_new ();
  g_autoptr (GError) error = NULL;
  const gsize i = GPOINTER_TO_SIZE (data);

  g_assert_false (keymap_set (keymap, bad[i].name, bad[i].keys, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpstr (error->message, ==, bad[i].message);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/keymap/table", test_table);
  g_test_add_func ("/keymap/typed", test_typed);
  g_test_add_func ("/keymap/set", test_set);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *path = g_strdup_printf ("/keymap/bad/%s=%s", bad[i].name, bad[i].keys);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_bad);
  }
  return g_test_run ();
}

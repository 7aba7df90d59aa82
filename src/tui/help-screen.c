/* Help is made from the table of keys, so that it is never wrong about them. */
#include "tui/help-screen.h"

#include "base/i18n.h"
#include "tui/text-screen.h"

#define KEY_COLUMNS 16

static const char *const places[] = {
  [KEYS_ANYWHERE] = N_ ("Anywhere"),
  [KEYS_FIELD] = N_ ("Fields of a letter"),
  [KEYS_BODY] = N_ ("The text of a letter"),
  [KEYS_REVIEW] = N_ ("Before a letter is sent"),
  [KEYS_SENDING] = N_ ("A letter on its way"),
  [KEYS_OUTBOX] = N_ ("The outbox"),
  [KEYS_FILES] = N_ ("Files"),
  [KEYS_DIALOG] = N_ ("A question"),
  [KEYS_HELP] = N_ ("Reading"),
};

static void
append_key (GString *out, const char *keys, const char *help)
{
  g_string_append (out, keys);
  for (guint columns = surface_columns (keys, -1); columns < KEY_COLUMNS; columns++)
    g_string_append_c (out, ' ');
  g_string_append_printf (out, "  %s\n", help);
}

Screen *
help_screen_new (Desk *desk, const Keymap *keymap, KeyPlace place)
{
  g_autoptr (GString) text = g_string_new ("\n");
  g_autofree char *title = g_strdup_printf ("%s: %s", _ ("Help"), _ (places[place]));

  for (gsize i = 0; i < key_row_count (); i++) {
    const KeyRow *row = key_row_at (i);
    g_autofree char *keys = keymap_keys (keymap, row->command);
    if ((row->places & (1U << place)) != 0 && *keys != '\0')
      append_key (text, keys, _ (row->help));
  }
  g_string_append_printf (text, "\n%s\n",
                          _ ("M-X means Alt and X together, or Esc, then X; ^X means Ctrl and X."));
  return text_screen_new (desk, title, text->str);
}

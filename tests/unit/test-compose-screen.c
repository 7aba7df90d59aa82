/* The letter on its screen: keys in, letter and cells out. */
#include <locale.h>
#include <string.h>

#include "../lib/fake-desk.h"
#include "../lib/tap.h"
#include "tui/compose-screen.h"

static Screen *
open_letter (FakeDesk *fake)
{
  g_autoptr (Letter) letter = letter_new ();
  Screen *screen;

  g_free (letter->from);
  letter->from = g_strdup ("Hanako <hanako@work.example>");
  letter->account = g_strdup ("work");
  screen = compose_screen_new (&fake->desk, letter);
  board_open (fake->board, screen);
  return screen;
}

static void
test_write (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_type (fake, "jiro@example.net");
  fake_desk_press (fake, "Enter");
  fake_desk_press (fake, "Enter");
  fake_desk_type (fake, "お昼");
  fake_desk_press (fake, "Enter");
  fake_desk_type (fake, "At noon?");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->to, ==, "jiro@example.net");
  g_assert_cmpstr (letter->subject, ==, "お昼");
  g_assert_cmpstr (letter->body, ==, "At noon?");
  g_assert_true (fake_desk_shows (fake, "toukan  お昼"));
  fake_desk_press (fake, "^X");
  g_assert_true (fake_desk_was_asked (fake, "send"));
}

/* Enter goes on: what is suggested is taken with Tab, or once it was chosen. */
static void
test_suggestions (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_type (fake, "ta");
  g_assert_true (fake_desk_shows (fake, "Taro <taro@example.net>"));
  fake_desk_press (fake, "Down");
  fake_desk_press (fake, "Enter");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_true (g_str_has_prefix (letter->to, "Tanaka <tanaka@example.net>"));
}

static void
test_enter_keeps_what_was_typed (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_type (fake, "tama@example.net");
  fake_desk_press (fake, "Enter");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->to, ==, "tama@example.net");
}

static void
test_escape (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_type (fake, "ta");
  fake_desk_press (fake, "Escape");
  g_assert_null (strstr (fake_desk_draw (fake), "Taro <taro@example.net>"));
  g_assert_nonnull (board_top (fake->board));
}

static void
test_bad_address (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_type (fake, "jiro@@example");
  fake_desk_press (fake, "Enter");
  fake_desk_draw (fake);
  g_assert_cmpuint (surface_cell (fake->surface, 0, 2)->style, ==, STYLE_BAD);
}

static void
test_account (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_press (fake, "F3");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->account, ==, "home");
  g_assert_cmpstr (letter->from, ==, "hanako@home.example");
}

static void
test_editor (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_press (fake, "^_");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->body, ==, "edited\n");
}

static void
test_versions (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);
  const guint64 before = compose_screen_version (screen);

  fake_desk_press (fake, "Down");
  g_assert_cmpuint (compose_screen_version (screen), ==, before);
  fake_desk_type (fake, "x");
  g_assert_cmpuint (compose_screen_version (screen), !=, before);
}

static void
test_small (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (40, 12);

  open_letter (fake);
  g_assert_true (fake_desk_shows (fake, "Subject:"));
  g_assert_true (fake_desk_shows (fake, "^X Send"));
}

/* Where the locale has no lines, ASCII does. */
static void
test_ascii (void)
{
  setlocale (LC_ALL, "C");
  g_autoptr (FakeDesk) fake = fake_desk_new (40, 12);

  open_letter (fake);
  g_assert_true (fake_desk_shows (fake, "----------------------------------------"));
  setlocale (LC_ALL, "C.UTF-8");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  g_test_add_func ("/compose/write", test_write);
  g_test_add_func ("/compose/suggestions", test_suggestions);
  g_test_add_func ("/compose/enter keeps what was typed", test_enter_keeps_what_was_typed);
  g_test_add_func ("/compose/escape", test_escape);
  g_test_add_func ("/compose/bad address", test_bad_address);
  g_test_add_func ("/compose/account", test_account);
  g_test_add_func ("/compose/editor", test_editor);
  g_test_add_func ("/compose/versions", test_versions);
  g_test_add_func ("/compose/40x12", test_small);
  g_test_add_func ("/compose/ascii", test_ascii);
  return g_test_run ();
}

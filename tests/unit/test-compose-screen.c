/* The letter on its screen: keys in, letter and cells out. */
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

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
test_look_alike (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_type (fake, "jiro@exarnple.net");
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "jiro@exarnple.net: its domain is nearly example.net"));
}

static void
test_alias_is_good (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_type (fake, "boss");
  fake_desk_press (fake, "Enter");
  fake_desk_draw (fake);
  g_assert_cmpuint (surface_cell (fake->surface, 0, 2)->style, ==, STYLE_LABEL);
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

/* The other way round, and the signature goes along. */
static void
test_account_of_from (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_letter (fake);

  fake_desk_press (fake, "BackTab");
  g_assert_true (fake_desk_shows (fake, "work: hanako@work.example"));
  fake_desk_press (fake, "^K");
  fake_desk_type (fake, "H <h@home.example>");
  fake_desk_press (fake, "Tab");
  g_assert_true (fake_desk_shows (fake, "It goes over the account home"));
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->account, ==, "home");
  g_assert_cmpstr (letter->from, ==, "H <h@home.example>");
  g_assert_cmpstr (letter->body, ==, "\n-- \nHome\n");
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

static Screen *
open_body (FakeDesk *fake, const char *body)
{
  g_autoptr (Letter) letter = letter_new ();

  g_free (letter->to);
  letter->to = g_strdup ("taro@example.net");
  g_free (letter->cc);
  letter->cc = g_strdup ("jiro@example.net");
  g_free (letter->subject);
  letter->subject = g_strdup ("Lunch");
  g_free (letter->body);
  letter->body = g_strdup (body);
  Screen *screen = compose_screen_new (&fake->desk, letter);
  board_open (fake->board, screen);
  return screen;
}

static const struct {
  const char *name, *edited, *to, *cc, *subject, *body;
} edited[] = {
  { "as it was", "To: taro@example.net\nCc: jiro@example.net\nSubject: Lunch\n\nAt noon?\n",
    "taro@example.net", "jiro@example.net", "Lunch", "At noon?\n" },
  { "a line that is gone", "To: taro@example.net\nSubject: Lunch\n\nAt noon?\n", "taro@example.net", "",
    "Lunch", "At noon?\n" },
  { "folded", "to: taro@example.net,\n saburo@example.net\nSubject: Lunch\n\nAt noon?\n",
    "taro@example.net,  saburo@example.net", "", "Lunch", "At noon?\n" },
  { "no empty line", "To: taro@example.net\nAt noon?\n\nOr at one?\n", "taro@example.net", "", "",
    "At noon?\n\nOr at one?\n" },
  { "a field of somebody else's", "X-Mood: good\nTo: taro@example.net\n\nAt noon?\n", "", "", "",
    "X-Mood: good\nTo: taro@example.net\n\nAt noon?\n" },
  { "no text", "Subject: Dinner\n", "", "", "Dinner", "" },
};

static void
test_edited_headers (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_body (fake, "At noon?\n");

  fake->edits_headers = TRUE;
  fake->edited = edited[i].edited;
  fake_desk_press (fake, "^_");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->to, ==, edited[i].to);
  g_assert_cmpstr (letter->cc, ==, edited[i].cc);
  g_assert_cmpstr (letter->subject, ==, edited[i].subject);
  g_assert_cmpstr (letter->body, ==, edited[i].body);
}

static const struct {
  const char *name, *keys, *body;
} replacements[] = {
  { "yes and no", "yny", "a tee, a tea, a tee, " },
  { "no and yes", "nyn", "a tea, a tee, a tea, " },
  { "all", "a", "a tee, a tee, a tee, " },
  { "no more", "yq", "a tee, a tea, a tea, " },
};

static void
test_replace (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_body (fake, "a tea, a tea, a tea, ");

  fake_desk_press (fake, "^\\");
  fake_desk_type (fake, "tea");
  fake_desk_press (fake, "Enter");
  fake_desk_type (fake, "tee");
  fake_desk_press (fake, "Enter");
  for (const char *key = replacements[i].keys; *key != '\0'; key++) {
    const char name[] = { *key, '\0' };
    fake_desk_press (fake, name);
  }
  g_assert_false (board_is_asking (fake->board));
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->body, ==, replacements[i].body);
}

/* What was looked for last is offered, and isn't in the way of the next. */
static void
test_search_again (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  Screen *screen = open_body (fake, "tea and cake");

  fake_desk_press (fake, "^W");
  fake_desk_type (fake, "and");
  fake_desk_press (fake, "Enter");
  fake_desk_press (fake, "^W");
  g_assert_true (fake_desk_shows (fake, "Search for [and]"));
  fake_desk_type (fake, "cake");
  fake_desk_press (fake, "Enter");
  fake_desk_type (fake, "no ");
  g_autoptr (Letter) letter = compose_screen_letter (screen);
  g_assert_cmpstr (letter->body, ==, "tea and no cake");
}

static void
test_lacks_attachment (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_body (fake, "It is attached.");
  fake_desk_press (fake, "^X");
  g_assert_true (fake_desk_shows (fake, "Its text speaks of an attachment"));
  fake_desk_press (fake, "w");
  g_assert_cmpstr (fake->log->str, ==, "");
  fake_desk_press (fake, "^X");
  fake_desk_press (fake, "a");
  g_assert_true (fake_desk_shows (fake, "File to attach"));
  fake_desk_press (fake, "^C");
  fake_desk_press (fake, "^X");
  fake_desk_press (fake, "s");
  g_assert_true (fake_desk_was_asked (fake, "send"));
  fake_desk_press (fake, "^X"); /* that was said already */
  g_assert_true (fake_desk_was_asked (fake, "send"));
}

/* A disk that has gone, or hangs, is asked once. */
static void
test_attached (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  g_autofree char *file = g_build_filename (g_get_tmp_dir (), "toukan-plan-XXXXXX", NULL);
  const int descriptor = g_mkstemp (file);

  g_assert_cmpint ((int)write (descriptor, "plan", 4), ==, 4);
  close (descriptor);
  open_letter (fake);
  fake_desk_press (fake, "^T");
  fake_desk_type (fake, file);
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "Attached: 1. toukan-plan-"));
  g_assert_true (fake_desk_shows (fake, "4 bytes"));
  g_assert_cmpint (g_unlink (file), ==, 0);
  fake_desk_type (fake, "x");
  g_assert_true (fake_desk_shows (fake, "4 bytes"));
  fake_desk_press (fake, "M-n");
  fake_desk_type (fake, "plan.txt");
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "1. plan.txt: can't be read"));
  fake_desk_press (fake, "M-k");
  fake_desk_press (fake, "Enter");
  g_assert_null (strstr (fake_desk_draw (fake), "Attached:"));
}

/* Who has written nothing wants to leave. */
static void
test_send_nothing (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_press (fake, "^X");
  g_assert_true (fake_desk_was_asked (fake, "discard"));
}

static void
test_save (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_letter (fake);
  fake_desk_press (fake, "^S");
  g_assert_true (fake_desk_was_asked (fake, "save"));
  fake_desk_press (fake, "^O");
  g_assert_true (fake_desk_was_asked (fake, "keep"));
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

/* Seconds that keys take with all that happens for each, in a letter of so many lines. */
static double
time_of_keys (guint lines)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
  g_autoptr (GString) text = g_string_new (NULL);
  static const char *const keys[]
      = { "x", "Enter", "Backspace", "PageDown", "Down", "^K", "^U", "M-u", "^Y", "End" };

  for (guint i = 0; i < lines; i++)
    g_string_append_printf (text, "line %06u of a text that somebody wrote\n", i);
  open_body (fake, text->str);
  fake_desk_press (fake, "^W");
  fake_desk_type (fake, "line 000050");
  fake_desk_press (fake, "Enter");
  g_autoptr (GTimer) timer = g_timer_new ();
  for (guint i = 0; i < 500; i++) {
    fake_desk_press (fake, keys[i % G_N_ELEMENTS (keys)]);
    board_draw (fake->board, fake->surface, fake->now);
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
  g_test_add_func ("/compose/look-alike", test_look_alike);
  g_test_add_func ("/compose/alias is good", test_alias_is_good);
  g_test_add_func ("/compose/account", test_account);
  g_test_add_func ("/compose/account of From", test_account_of_from);
  g_test_add_func ("/compose/editor", test_editor);
  g_test_add_func ("/compose/versions", test_versions);
  g_test_add_func ("/compose/search again", test_search_again);
  g_test_add_func ("/compose/lacks an attachment", test_lacks_attachment);
  g_test_add_func ("/compose/attached", test_attached);
  g_test_add_func ("/compose/send nothing", test_send_nothing);
  g_test_add_func ("/compose/save", test_save);
  for (gsize i = 0; i < G_N_ELEMENTS (edited); i++) {
    g_autofree char *path = g_strdup_printf ("/compose/edited headers/%s", edited[i].name);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_edited_headers);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (replacements); i++) {
    g_autofree char *path = g_strdup_printf ("/compose/replace/%s", replacements[i].name);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_replace);
  }
  g_test_add_func ("/compose/long", test_long);
  g_test_add_func ("/compose/40x12", test_small);
  g_test_add_func ("/compose/ascii", test_ascii);
  return g_test_run ();
}

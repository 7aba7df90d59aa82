/* The board: questions, help, files, messages, the key line. */
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../lib/fake-desk.h"
#include "../lib/tap.h"
#include "tui/text-screen.h"

static char *answer;
static char choice;
static guint answers;

static void
on_answer (const char *text, gpointer data)
{
  g_free (answer);
  answer = g_strdup (text);
  answers++;
}

static void
on_choice (char key, gpointer data)
{
  choice = key;
  answers++;
}

static FakeDesk *
begin (guint width, guint height)
{
  FakeDesk *fake = fake_desk_new (width, height);

  g_clear_pointer (&answer, g_free);
  choice = 0;
  answers = 0;
  board_open (fake->board, text_screen_new (&fake->desk, "A title", "one\ntwo\nthree"));
  return fake;
}

static void
test_ask (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);

  board_ask (fake->board, "Name", "Ta", on_answer, NULL);
  fake_desk_type (fake, "ro");
  g_assert_true (fake_desk_shows (fake, "Name Taro"));
  fake_desk_press (fake, "Enter");
  g_assert_cmpstr (answer, ==, "Taro");
  g_assert_false (board_is_asking (fake->board));
}

static void
test_give_up (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);

  board_ask (fake->board, "Name", "Ta", on_answer, NULL);
  fake_desk_press (fake, "Escape");
  g_assert_cmpuint (answers, ==, 1);
  g_assert_null (answer);
  g_assert_nonnull (board_top (fake->board));
}

static void
test_choose (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);
  const DeskOption options[] = { { 'y', "Yes" }, { 'n', "No" } };

  board_choose (fake->board, "Really?", options, 2, on_choice, NULL);
  g_assert_true (fake_desk_shows (fake, " Y  Yes"));
  fake_desk_press (fake, "x");
  g_assert_cmpuint (answers, ==, 0);
  fake_desk_press (fake, "y");
  g_assert_cmpint ((guchar)choice, ==, 'y');
}

/* Whoever is typing isn't interrupted. */
static void
test_choose_while_asking (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);
  const DeskOption options[] = { { 'y', "Yes" } };

  board_ask (fake->board, "Name", NULL, on_answer, NULL);
  board_choose (fake->board, "Really?", options, 1, on_choice, NULL);
  g_assert_cmpuint (answers, ==, 1);
  fake_desk_type (fake, "y");
  fake_desk_press (fake, "Enter");
  g_assert_cmpstr (answer, ==, "y");
}

/* A question goes with the screen that asked it. */
static void
test_close_while_asking (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);

  board_ask (fake->board, "Name", NULL, on_answer, NULL);
  board_close (fake->board, board_top (fake->board));
  g_assert_cmpuint (answers, ==, 1);
  g_assert_null (answer);
}

static void
test_message (void)
{
  g_autoptr (FakeDesk) fake = begin (40, 12);

  board_say (fake->board, STYLE_BAD, "A message that is rather longer than forty columns are wide");
  g_assert_true (fake_desk_shows (fake, "columns are wide"));
  fake_desk_press (fake, "Down");
  g_assert_null (strstr (fake_desk_draw (fake), "columns are wide"));
}

static void
test_help (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);

  fake_desk_press (fake, "F1");
  g_assert_cmpstr (board_top (fake->board)->name, ==, "text");
  fake_desk_press (fake, "Escape");
  fake_desk_press (fake, "^W");
  fake_desk_type (fake, "THREE");
  fake_desk_press (fake, "Enter");
  g_assert_null (strstr (fake_desk_draw (fake), "Not found"));
}

static void
test_files (void)
{
  g_autoptr (FakeDesk) fake = begin (80, 24);
  g_autofree char *folder = g_dir_make_tmp ("toukan-XXXXXX", NULL);
  g_autofree char *inner = g_build_filename (folder, "letters", NULL);
  g_autofree char *file = g_build_filename (inner, "report.txt", NULL);
  g_autofree char *begun = g_build_filename (folder, "let", NULL);

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "12345", 5, NULL));
  board_ask_file (fake->board, "File", on_answer, NULL);
  fake_desk_type (fake, begun);
  fake_desk_press (fake, "Tab");
  fake_desk_press (fake, "Tab");
  fake_desk_press (fake, "Enter");
  g_assert_cmpstr (answer, ==, file);

  board_ask_file (fake->board, "File", on_answer, NULL);
  fake_desk_type (fake, folder);
  fake_desk_press (fake, "^T");
  g_assert_cmpstr (board_top (fake->board)->name, ==, "files");
  g_assert_true (fake_desk_shows (fake, "letters/"));
  fake_desk_type (fake, "l");
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "5 bytes"));
  fake_desk_press (fake, "Down");
  fake_desk_press (fake, "Enter");
  g_assert_cmpuint (answers, ==, 2);
  g_assert_cmpstr (answer, ==, file);
  g_unlink (file);
  g_rmdir (inner);
  g_rmdir (folder);
}

static void
on_any_choice (char key, gpointer data)
{
}

static void
test_offer (void)
{
  g_autoptr (FakeDesk) fake = begin (40, 12);
  const DeskOption options[] = { { 'c', "Continue" }, { 'n', "New" } };

  choice = 'x';
  board_offer (fake->board, "Go on?", options, G_N_ELEMENTS (options), on_choice, NULL);
  fake_desk_press (fake, "n");
  g_assert_cmpint ((guchar)choice, ==, 'n');
  choice = 'x';
  board_offer (fake->board, "Go on?", options, G_N_ELEMENTS (options), on_choice, NULL);
  fake_desk_press (fake, "Up");
  g_assert_true (board_is_asking (fake->board));
  fake_desk_type (fake, "taro");
  g_assert_cmpint ((guchar)choice, ==, 0);
  g_assert_false (board_is_asking (fake->board));
  board_choose (fake->board, "Go on?", options, G_N_ELEMENTS (options), on_choice, NULL);
  fake_desk_type (fake, "ta");
  g_assert_true (board_is_asking (fake->board));
  fake_desk_press (fake, "c");
}

/* What can be chosen is all to be seen, on the narrowest screen, too. */
static void
test_choose_narrow (void)
{
  g_autoptr (FakeDesk) fake = begin (20, 12);
  const DeskOption options[] = { { 'k', "Keep it as a draft" }, { 't', "Throw it away" }, { 's', "Stay" } };

  board_choose (fake->board, "Leave this letter?", options, G_N_ELEMENTS (options), on_any_choice, NULL);
  g_assert_true (fake_desk_shows (fake, "Leave this letter?"));
  g_assert_true (fake_desk_shows (fake, " T  Throw it away"));
  g_assert_true (fake_desk_shows (fake, " S  Stay"));
}

static void
test_key_line (void)
{
  g_autoptr (FakeDesk) fake = begin (20, 12);

  g_assert_true (fake_desk_shows (fake, "^G Help"));
  for (guint y = 0; y < 12; y++) {
    g_autofree char *row = surface_row (fake->surface, y);
    g_assert_cmpuint (surface_columns (row, -1), <=, 20);
  }
}

/* No size is too small to draw on. */
static void
test_sizes (void)
{
  for (guint width = 1; width < 12; width++)
    for (guint height = 1; height < 8; height++) {
      g_autoptr (FakeDesk) fake = begin (width, height);
      fake_desk_draw (fake);
      board_ask_file (fake->board, "A question that is too long", on_answer, NULL);
      fake_desk_draw (fake);
      fake_desk_press (fake, "^T");
      fake_desk_draw (fake);
    }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  g_test_add_func ("/board/ask", test_ask);
  g_test_add_func ("/board/give up", test_give_up);
  g_test_add_func ("/board/choose", test_choose);
  g_test_add_func ("/board/choose while asking", test_choose_while_asking);
  g_test_add_func ("/board/close while asking", test_close_while_asking);
  g_test_add_func ("/board/message", test_message);
  g_test_add_func ("/board/help", test_help);
  g_test_add_func ("/board/files", test_files);
  g_test_add_func ("/board/offer", test_offer);
  g_test_add_func ("/board/choose, narrow", test_choose_narrow);
  g_test_add_func ("/board/key line", test_key_line);
  g_test_add_func ("/board/sizes", test_sizes);
  return g_test_run ();
}

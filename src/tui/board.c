/* Screens come and go while others call back, so what is closed is freed later. A question belongs
 * to the screen that was on top when it was asked, and goes with it. */
#include "tui/board.h"

#include "tui/file-screen.h"
#include "tui/help-screen.h"
#include "tui/key-line.h"
#include "tui/paint.h"
#include "tui/question.h"

#define MESSAGE_ROWS 4

struct Board {
  const Keymap *keymap;
  Desk *desk;
  GPtrArray *screens; /* the last is on top */
  GPtrArray *closed;
  Question *question; /* NULL: none */
  Screen *asking;     /* whose it is; NULL: nobody's */
  gboolean gives_way; /* to whoever types on */
  char *message;      /* NULL: none */
  Style style;
};

static void
screen_free (gpointer data)
{
  Screen *screen = data;

  screen->free (screen);
}

Board *
board_new (const Keymap *keymap, Desk *desk)
{
  Board *board = g_new0 (Board, 1);

  board->keymap = keymap;
  board->desk = desk;
  board->screens = g_ptr_array_new ();
  board->closed = g_ptr_array_new_with_free_func (screen_free);
  return board;
}

static void
end_question (Board *board, gboolean answered)
{
  Question *question = g_steal_pointer (&board->question);

  board->asking = NULL;
  if (question)
    question_end (question, answered);
}

void
board_free (Board *board)
{
  if (!board)
    return;
  end_question (board, FALSE);
  while (board->screens->len > 0)
    board_close (board, board_top (board));
  board_sweep (board);
  g_ptr_array_unref (board->screens);
  g_ptr_array_unref (board->closed);
  g_free (board->message);
  g_free (board);
}

void
board_sweep (Board *board)
{
  g_ptr_array_set_size (board->closed, 0);
}

Screen *
board_top (const Board *board)
{
  return board->screens->len > 0 ? g_ptr_array_index (board->screens, board->screens->len - 1) : NULL;
}

gboolean
board_is_asking (const Board *board)
{
  return board->question != NULL;
}

void
board_open (Board *board, Screen *screen)
{
  g_ptr_array_add (board->screens, screen);
}

void
board_close (Board *board, Screen *screen)
{
  if (!g_ptr_array_remove (board->screens, screen))
    return;
  g_ptr_array_add (board->closed, screen);
  if (board->asking == screen)
    end_question (board, FALSE);
}

void
board_raise (Board *board, Screen *screen)
{
  if (g_ptr_array_remove (board->screens, screen))
    g_ptr_array_add (board->screens, screen);
}

void
board_say (Board *board, Style style, const char *text)
{
  g_free (board->message);
  board->message = g_strdup (text);
  board->style = style;
}

static void
set_question (Board *board, Question *question)
{
  end_question (board, FALSE);
  board->question = question;
  board->asking = board_top (board);
  board->gives_way = FALSE;
}

void
board_ask (Board *board, const char *question, const char *initial, DeskAnswer done, gpointer data)
{
  set_question (board, question_new_text (question, initial, done, data));
}

void
board_choose (Board *board, const char *question, const DeskOption *options, gsize n, DeskChoice done,
              gpointer data)
{
  if (board->question) {
    done (0, data); /* whoever is typing isn't interrupted */
    return;
  }
  set_question (board, question_new_choice (question, options, n, done, data));
}

void
board_offer (Board *board, const char *question, const DeskOption *options, gsize n, DeskChoice done,
             gpointer data)
{
  const gboolean busy = board->question != NULL;

  board_choose (board, question, options, n, done, data);
  board->gives_way = board->gives_way || !busy;
}

void
board_ask_file (Board *board, const char *question, DeskAnswer done, gpointer data)
{
  set_question (board, question_new_file (question, done, data));
}

/* --- keys ------------------------------------------------------------------------------- */

/* TRUE: it is the question's turn, not that of a screen that was opened above it. */
static gboolean
question_is_up (const Board *board)
{
  return board->question && board->asking == board_top (board);
}

static KeyPlace
place_of (const Board *board)
{
  const Screen *top = board_top (board);

  return question_is_up (board) || !top ? KEYS_DIALOG : top->place (top);
}

static void
on_browsed (const char *path, gpointer data)
{
  Board *board = data;

  if (!path || !board->question)
    return;
  question_set_text (board->question, path);
  end_question (board, TRUE);
}

static void
press_question (Board *board, KeyCommand command, const Press *press)
{
  const QuestionState state = question_press (board->question, command, press);

  if (state == QUESTION_BROWSE) {
    g_autofree char *folder = question_folder (board->question);
    board_open (board, file_screen_new (board->desk, folder, on_browsed, board));
  } else if (state != QUESTION_OPEN) {
    end_question (board, state == QUESTION_ANSWERED);
  }
}

static gboolean
is_typed_past (const Board *board, const Press *press)
{
  return question_is_up (board) && board->gives_way
         && (press->kind == PRESS_TEXT || press->kind == PRESS_PASTE)
         && !question_has_choice (board->question, press);
}

KeyCommand
board_press (Board *board, const Press *press, Ticks now)
{
  g_clear_pointer (&board->message, g_free);
  if (is_typed_past (board, press))
    end_question (board, FALSE);
  const KeyPlace place = place_of (board);
  const KeyCommand command = keymap_find (board->keymap, place, press);
  Screen *top = board_top (board);

  switch (command) {
  case COMMAND_REDRAW:
  case COMMAND_SUSPEND:
  case COMMAND_QUIT:
  case COMMAND_OUTBOX:
  case COMMAND_NEW:
    return command;
  case COMMAND_HELP:
    if (place != KEYS_HELP)
      board_open (board, help_screen_new (board->desk, board->keymap, place));
    return COMMAND_NONE;
  default:
    if (question_is_up (board))
      press_question (board, command, press);
    else if (top)
      top->press (top, command, press, now);
    return COMMAND_NONE;
  }
}

/* --- drawing ------------------------------------------------------------------------------ */

/* Above the keys; a long one over the screen's last rows. */
static void
draw_message (const Board *board, Surface *surface, guint bottom)
{
  const guint rows = MIN (paint_text_rows (board->message, surface->width), MESSAGE_ROWS);
  const guint y = bottom > rows ? bottom - rows : 0;

  for (guint row = y; row < bottom; row++)
    surface_fill (surface, 0, row, surface->width, STYLE_PLAIN);
  paint_text (surface, 0, y, surface->width, MIN (rows, bottom), board->style, board->message);
}

static gboolean
applies (gconstpointer data, KeyCommand command)
{
  const Board *board = data;
  const Screen *top = board_top (board);

  if (question_is_up (board))
    return question_takes (board->question, command);
  return !top || !top->applies || top->applies (top, command);
}

void
board_draw (Board *board, Surface *surface, Ticks now)
{
  Screen *top = board_top (board);
  const guint keys = surface->height > 0 ? surface->height - 1 : 0;

  board_sweep (board);
  surface_clear (surface);
  if (top)
    top->draw (top, surface, now);
  for (guint y = surface->height > BOARD_ROWS ? surface->height - BOARD_ROWS : 0; y < surface->height; y++)
    surface_fill (surface, 0, y, surface->width, STYLE_PLAIN);
  if (question_is_up (board)) {
    surface_set_cursor (surface, -1, -1);
    question_draw (board->question, surface, keys);
  }
  if (board->message)
    draw_message (board, surface,
                  question_is_up (board) ? keys - MIN (keys, question_rows (board->question, surface->width))
                                         : keys);
  if (!question_is_up (board) || !question_has_choices (board->question))
    key_line_draw (board->keymap, place_of (board), applies, board, surface, keys);
}

Ticks
board_changes_at (const Board *board, Ticks now)
{
  const Screen *top = board_top (board);

  return top ? top->changes_at (top, now) : TICKS_NEVER;
}

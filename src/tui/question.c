/* Questions. What is typed is an editor of one row, so that all its keys work. */
#include "tui/question.h"

#include <string.h>

#include "tui/editor-keys.h"
#include "tui/editor.h"
#include "tui/paint.h"
#include "tui/path-complete.h"

#define ROWS_LIMIT 4

/* Columns between options. */
#define OPTIONS_GAP 2

typedef enum { KIND_TEXT, KIND_CHOICE, KIND_FILE } Kind;

struct Question {
  Kind kind;
  char *words;
  Editor *editor;
  DeskOption *options; /* of KIND_CHOICE; their labels are owned */
  gsize n_options;
  char chosen;
  char *remark; /* of the completion: what there is; NULL: nothing to say */
  DeskAnswer answer;
  DeskChoice choice;
  gpointer data;
};

static Question *
question_new (Kind kind, const char *words, gpointer data)
{
  Question *question = g_new0 (Question, 1);

  question->kind = kind;
  question->words = g_strdup (words);
  question->editor = editor_new ();
  question->data = data;
  return question;
}

Question *
question_new_text (const char *words, const char *initial, DeskAnswer done, gpointer data)
{
  Question *question = question_new (KIND_TEXT, words, data);

  question->answer = done;
  question_set_text (question, initial ? initial : "");
  return question;
}

Question *
question_new_choice (const char *words, const DeskOption *options, gsize n, DeskChoice done, gpointer data)
{
  Question *question = question_new (KIND_CHOICE, words, data);

  question->choice = done;
  question->options = g_new0 (DeskOption, n);
  question->n_options = n;
  for (gsize i = 0; i < n; i++)
    question->options[i] = (DeskOption){ options[i].key, g_strdup (options[i].label) };
  return question;
}

Question *
question_new_file (const char *words, DeskAnswer done, gpointer data)
{
  Question *question = question_new (KIND_FILE, words, data);

  question->answer = done;
  return question;
}

static void
question_free (Question *question)
{
  for (gsize i = 0; i < question->n_options; i++)
    g_free ((char *)question->options[i].label);
  g_free (question->options);
  g_free (question->words);
  g_free (question->remark);
  editor_free (question->editor);
  g_free (question);
}

static char *
typed (const Question *question)
{
  Text *text = editor_text (question->editor);

  return text_copy (text, (TextPlace){ 0, 0 }, text_end (text), NULL);
}

void
question_set_text (Question *question, const char *path)
{
  editor_load (question->editor, path, strlen (path));
  editor_do (question->editor, EDITOR_TEXT_END);
}

void
question_end (Question *question, gboolean answered)
{
  g_autofree char *text = typed (question);
  g_autofree char *path = question->kind == KIND_FILE ? path_expand (text) : NULL;

  if (question->kind == KIND_CHOICE)
    question->choice (answered ? question->chosen : 0, question->data);
  else
    question->answer (!answered ? NULL : path ? path : text, question->data);
  question_free (question);
}

char *
question_folder (const Question *question)
{
  g_autofree char *text = typed (question);
  g_autofree char *path = path_expand (text);

  return g_file_test (path, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&path) : g_path_get_dirname (path);
}

/* --- keys --------------------------------------------------------------------------- */

static void
complete (Question *question)
{
  g_autofree char *text = typed (question);

  g_clear_pointer (&question->remark, g_free);
  g_autofree char *completed = path_complete (text, &question->remark);
  if (completed)
    question_set_text (question, completed);
}

static char
key_of (const Press *press)
{
  return press->kind == PRESS_TEXT ? g_ascii_tolower ((char)press->letter) : 0;
}

gboolean
question_has_choice (const Question *question, const Press *press)
{
  for (gsize i = 0; i < question->n_options; i++)
    if (question->options[i].key == key_of (press))
      return TRUE;
  return FALSE;
}

static QuestionState
press_choice (Question *question, const Press *press)
{
  if (!question_has_choice (question, press))
    return QUESTION_OPEN;
  question->chosen = key_of (press);
  return QUESTION_ANSWERED;
}

/* What was typed or pasted stays one line. */
static void
type (Question *question, const Press *press)
{
  g_autofree char *line = g_strndup (press->text, press->length);

  g_strdelimit (line, "\r\n", ' ');
  if (press->kind == PRESS_PASTE)
    editor_paste (question->editor, line, strlen (line));
  else
    editor_type (question->editor, line, strlen (line));
}

gboolean
question_takes (const Question *question, KeyCommand command)
{
  return command != COMMAND_BROWSE || question->kind == KIND_FILE;
}

QuestionState
question_press (Question *question, KeyCommand command, const Press *press)
{
  EditorCommand edit;

  if (command == COMMAND_CANCEL)
    return QUESTION_GIVEN_UP;
  if (question->kind == KIND_CHOICE)
    return press_choice (question, press);
  g_clear_pointer (&question->remark, g_free);
  if (command == COMMAND_ACCEPT)
    return QUESTION_ANSWERED;
  if (command == COMMAND_BROWSE)
    return question_takes (question, command) ? QUESTION_BROWSE : QUESTION_OPEN;
  if (command == COMMAND_NEXT && question->kind == KIND_FILE)
    complete (question);
  else if (editor_command_of (command, &edit))
    editor_do (question->editor, edit);
  else if (command == COMMAND_NONE && (press->kind == PRESS_TEXT || press->kind == PRESS_PASTE))
    type (question, press);
  return QUESTION_OPEN;
}

/* --- drawing -------------------------------------------------------------------------- */

/* A short question stands before what is typed; a long one, above. */
static gboolean
is_beside (const Question *question, guint width)
{
  return question->kind != KIND_CHOICE && surface_columns (question->words, -1) + 2 <= width / 2;
}

gboolean
question_has_choices (const Question *question)
{
  return question->kind == KIND_CHOICE;
}

/* Columns of an option with its key, without the gap behind it. */
static guint
option_columns (const DeskOption *option)
{
  return surface_columns (option->label, -1) + 4;
}

/* Draws the options over rows from Y on (no SURFACE: nowhere); returns how many rows they take. */
static guint
put_options (const Question *question, Surface *surface, guint width, guint y)
{
  guint x = 0, rows = 1;

  for (gsize i = 0; i < question->n_options; i++) {
    const DeskOption *option = &question->options[i];
    const char key[] = { ' ', g_ascii_toupper (option->key), ' ', '\0' };
    if (x > 0 && x + option_columns (option) > width) {
      x = 0;
      rows++;
    }
    if (surface) {
      surface_put (surface, x, y + rows - 1, width, STYLE_KEY, key, -1);
      surface_put (surface, x + 4, y + rows - 1, width - MIN (x + 4, width), STYLE_PLAIN, option->label, -1);
    }
    x += option_columns (option) + OPTIONS_GAP;
  }
  return rows;
}

guint
question_rows (const Question *question, guint width)
{
  const guint words
      = is_beside (question, width) ? 0 : MIN (paint_text_rows (question->words, width), ROWS_LIMIT);
  const guint remark = question->remark ? MIN (paint_text_rows (question->remark, width), ROWS_LIMIT) : 0;

  /* The last row of options stands where the keys do. */
  return words + remark + (question->kind == KIND_CHOICE ? put_options (question, NULL, width, 0) - 1 : 1);
}

void
question_draw (Question *question, Surface *surface, guint bottom)
{
  const guint rows = question_rows (question, surface->width);
  const gboolean beside = is_beside (question, surface->width);
  guint y = bottom > rows ? bottom - rows : 0, x = 0;

  for (guint row = y; row < bottom; row++)
    surface_fill (surface, 0, row, surface->width, STYLE_PLAIN);
  if (question->remark)
    y += paint_text (surface, 0, y, surface->width, ROWS_LIMIT, STYLE_DIM, question->remark);
  if (beside)
    x = surface_put (surface, 0, y, surface->width, STYLE_STRONG, question->words, -1) + 1;
  else
    y += paint_text (surface, 0, y, surface->width, ROWS_LIMIT, STYLE_STRONG, question->words);
  if (question->kind == KIND_CHOICE) {
    put_options (question, surface, surface->width, y);
    return;
  }
  editor_resize (question->editor, surface->width - x, 1);
  editor_draw (question->editor, surface, x, y, TRUE);
}

/* A question in the last rows of the screen: a line to be typed in, one of several letters, or a
 * file's name with completion. */
#pragma once

#include "tui/desk.h"

typedef struct Question Question;

Question *question_new_text (const char *words, const char *initial, DeskAnswer done, gpointer data);
Question *question_new_choice (const char *words, const DeskOption *options, gsize n, DeskChoice done,
                               gpointer data);
Question *question_new_file (const char *words, DeskAnswer done, gpointer data);

typedef enum {
  QUESTION_OPEN,
  QUESTION_ANSWERED,
  QUESTION_GIVEN_UP,
  QUESTION_BROWSE,   /* a file: to be chosen from the folder that question_folder() names */
} QuestionState;

/* What comes of a key; question_end() is the caller's to call. */
QuestionState question_press (Question *question, KeyCommand command, const Press *press);

/* Tells who asked, and frees QUESTION. ANSWERED: else it was given up. */
void question_end (Question *question, gboolean answered);

/* FALSE: COMMAND means nothing to it. */
gboolean question_takes (const Question *question, KeyCommand command);

/* What was typed of a file's folder, as a path; free with g_free(). */
char *question_folder (const Question *question);

/* PATH becomes what was typed. */
void question_set_text (Question *question, const char *path);

/* Rows that it needs in WIDTH columns, without that of the keys. */
guint question_rows (const Question *question, guint width);

/* TRUE: PRESS is one of its choices. */
gboolean question_has_choice (const Question *question, const Press *press);
/* TRUE: its letters stand where the keys would. */
gboolean question_has_choices (const Question *question);

/* Draws it, above row BOTTOM, with its choices (if any) on that row. */
void question_draw (Question *question, Surface *surface, guint bottom);

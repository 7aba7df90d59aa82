/* The last look at a letter: what the server and the recipients will see, what is missing or odd. */
#pragma once

#include "tui/desk.h"

typedef struct {
  const Letter    *letter;
  const char      *account;
  const Envelope  *envelope;    /* NULL: it can't be made */
  gboolean         foreign;     /* From isn't the account's own */
  const char      *fault;       /* why it can't be sent; NULL: it can */
  guint64          size;        /* octets of the message; 0: it couldn't be made */
  Ticks            undo_window;
  const char      *attachment_words; /* letter_lacks_attachment(); NULL: those of the language */
  const GPtrArray *domains;     /* of char *, known ones; NULL: none */
} ReviewFacts;

/* All of FACTS is copied. DESK outlives it. */
Screen *review_screen_new (Desk *desk, const ReviewFacts *facts);

/* Whoever wants no review sees it all the same: the letter can't be sent, or may go to the wrong
 * person. */
gboolean review_screen_is_needed (const Screen *screen);

/* What a screen may ask of the composer around it. The app is one; tests bring their own. */
#pragma once

#include "engine/engine.h"
#include "mail/letter.h"
#include "tui/screen.h"

typedef struct Desk Desk;

/* TEXT lives during the call; NULL: the question was left without an answer. */
typedef void (*DeskAnswer) (const char *text, gpointer data);
/* The letter of the answer, lower case as in the choice's key; 0: none. */
typedef void (*DeskChoice) (char key, gpointer data);

typedef struct {
  char        key;    /* the letter to press; shown before the label */
  const char *label;
} DeskOption;

/* Addresses that complete what was typed, best first; NULL-terminated, during the call. */
typedef void (*DeskCompletion) (const char *const *addresses, gpointer data);

struct Desk {
  /* --- screens and questions -------------------------------------------------------- */

  /* SCREEN is taken, and goes on top. */
  void (*open)   (Desk *desk, Screen *screen);
  /* SCREEN is freed at the next turn of the loop; the one below is on top again. */
  void (*close)  (Desk *desk, Screen *screen);
  /* A line above the keys, until the next key. */
  void (*say)    (Desk *desk, Style style, const char *text);
  /* A line to be typed in above the keys; DONE once. INITIAL may be NULL. */
  void (*ask)    (Desk *desk, const char *question, const char *initial, DeskAnswer done, gpointer data);
  /* One of OPTIONS (N of them); DONE once. */
  void (*choose) (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
                  gpointer data);
  /* The same, but whoever types on has left it without an answer, and nothing typed is lost. */
  void (*offer)  (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
                  gpointer data);
  /* A file's name, with completion; DONE once. */
  void (*ask_file) (Desk *desk, const char *question, DeskAnswer done, gpointer data);
  /* Something looks different now. */
  void (*redraw) (Desk *desk);
  /* The time of day, µs since 1970. */
  gint64 (*wall) (Desk *desk);

  /* --- a letter being written --------------------------------------------------------- */

  /* Accounts by name, NULL-terminated, the default first. Owned by DESK. */
  const char *const *(*accounts) (Desk *desk);
  /* LETTER is ACCOUNT's from now on, with its From and signature. */
  void (*change_account) (Desk *desk, Letter *letter, const char *account);
  /* The account that writes as FROM; NULL: none does. Owned by DESK. */
  const char *(*account_of) (Desk *desk, const char *from);
  /* Addresses for what was typed; DONE at once or later, until the next question. */
  void (*complete) (Desk *desk, const char *typed, DeskCompletion done, gpointer data);
  void (*complete_cancel) (Desk *desk, gpointer data);
  /* LIST with what aliases in it stand for. Free with g_free(). */
  char *(*expand) (Desk *desk, const char *list);
  /* A domain that was written to, and that ADDRESS's is nearly; NULL: there is none. Free with g_free(). */
  char *(*look_alike) (Desk *desk, const char *address);
  /* The letter of SCREEN as it is now goes to review (or out, with review = no), or becomes a
   * draft and is left. */
  void (*send)   (Desk *desk, Screen *screen);
  void (*keep)   (Desk *desk, Screen *screen);
  /* Makes a draft of it now; that it is safe is told. */
  void (*save)   (Desk *desk, Screen *screen);
  /* Its text speaks of an attachment, and nothing is attached. */
  gboolean (*lacks_attachment) (Desk *desk, const Letter *letter);
  /* Throws it away, and its draft. */
  void (*discard) (Desk *desk, Screen *screen);
  /* $EDITOR on TEXT; DONE with what came of it; NULL: nothing did. */
  void (*edit)   (Desk *desk, const char *text, DeskAnswer done, gpointer data);
  /* edit-headers: the editor gets the fields, too. */
  gboolean (*edits_headers) (Desk *desk);

  /* --- a letter that was reviewed ------------------------------------------------------ */

  /* What SCREEN shows leaves at AT (wall clock; 0: now), once that is safe. */
  void (*submit) (Desk *desk, Screen *screen, gint64 at);
  /* Exact, as engine_cancel(). */
  CancelResult (*cancel) (Desk *desk, Screen *screen);
  /* Takes back what hasn't begun, for undo-window; or what was cancelled or has failed, to be
   * edited. What came of it is told. */
  void (*take_back) (Desk *desk, Screen *screen);
  /* PATH of NETWORK was silent since BEGAN: from now on it comes last there, until it answers. */
  void (*distrust) (Desk *desk, Screen *screen, const char *network, const Path *path, Ticks began, Ticks now);

  /* --- what waits ------------------------------------------------------------------------- */

  /* Item ID of outbox number PLACE. Done on the writer thread; what came of it is told. */
  void (*act)  (Desk *desk, guint place, gint64 id, OutboxAction action);
  void (*show) (Desk *desk, guint place, gint64 id);
  void (*edit_item) (Desk *desk, guint place, gint64 id);
};

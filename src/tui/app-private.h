/* The composer as a whole: what the files that make it one share. Nobody else includes this. */
#pragma once

#include "config/config.h"
#include "engine/accounts.h"
#include "engine/completion.h"
#include "engine/file-watch.h"
#include "engine/notices.h"
#include "engine/outbox-source.h"
#include "engine/state.h"
#include "engine/timer.h"
#include "net/link-watch.h"
#include "store/attached.h"
#include "store/draft-locks.h"
#include "tui/board.h"
#include "tui/rescue.h"
#include "tui/terminal.h"
#include "tui/tty-guest.h"

typedef struct App App;

/* One state directory. */
typedef struct {
  App *app;
  guint index;            /* among the App's */
  const Account *account; /* the first that keeps its state here */
  char *directory;
  PathStore *store;
  PathMemory *memory;
  Identity *identity;
  OutboxSource *source; /* the engine's */
  Engine *engine;
  Notices *notices;
  FileWatch *file;
  DraftLocks *locks;
  Attached *attached;
  gint64 version;       /* of the outbox, when it was shown last */
  gboolean looking;
  gboolean leaves_mail; /* to the background */
} Place;

/* One letter, from the first key until it has gone. Sheets live as long as the App. */
typedef struct {
  App *app;
  Place *place;           /* where its row is, or will be */
  Screen *compose, *review, *sending; /* those that are open */
  const Account *account; /* as it was chosen last */
  Letter *letter;         /* as it was reviewed or read last */
  Envelope *envelope;     /* what it goes out with; NULL: it hasn't been asked to */
  BodySource *message;
  gint64 id;              /* of its row; 0: none yet */
  guint64 saved;          /* version of the letter that is in its row */
  Timer *save;            /* runs when a change */
  gboolean unsaved;       /*   is not saved yet */
  Rescue *rescue;         /* while the outbox can't take it */
  Timer *leave;           /* undo-window is over */
  gboolean saving;
  gboolean tells;         /* somebody wants to hear that it is saved */
  gboolean discarded;
  gboolean busy;          /* it is being made ready, put in, or taken back */
  gboolean under_way;     /* submitted, and this try isn't over */
} Sheet;

struct App {
  Desk desk; /* the first: a Desk is its App */
  Config *config;
  Accounts *accounts;
  const Account *account; /* the default */
  GPtrArray *places;      /* of Place; the first is the default account's */

  Terminal *terminal;
  Surface *surface;
  Board *board;
  Timer *frame;
  TtyGuest *guest;   /* while commands fetch secrets; NULL: none does */
  Timer *guest_look;
  Ticks hush;        /* until then nothing is drawn over what a guest may write first */
  gboolean lent;
  guint drawing; /* a GLib source; 0: nothing has changed */

  LinkWatch *links;

  AddressBook *book;
  Mailrc *mailrc;
  Completion *completion;
  const Account *asking; /* whose command it has */
  char *warned; /* what was last said of it; NULL: nothing */

  const char *rescue_folders[4]; /* up to NULL */
  GPtrArray *sheets; /* of Sheet */
  Sheet *blank;      /* the one it began with, while nothing has been chosen; NULL: none */
  Screen *outbox;    /* NULL: it isn't shown */

  GMainLoop *loop;
  Timer *patience;   /* of the end */
  gboolean ending;
  gboolean resting; /* nothing is begun any more */
  gboolean closing;  /* the writer does what it was asked, and is asked nothing more */
  gboolean terminated; /* by SIGTERM */
  gboolean forced;   /* by a signal, or since the terminal is gone: nobody can be asked */
  GString *farewell; /* what is to be said when the screen is gone */
  int status;
};

/* --- app.c ------------------------------------------------------------------------------- */

const Account *app_account (const App *app, const char *name);
/* Account, From and signature, where LETTER has none. */
void app_complete_letter (App *app, Letter *letter);
Letter *app_new_letter (App *app);

/* --- app-terminal.c --------------------------------------------------------------------- */

gboolean app_open_terminal (App *app, GError **error);
/* Draws at the next turn of the loop. */
void app_redraw (App *app);

/* --- app-end.c ----------------------------------------------------------------------------- */

/* A screen was closed: without any left, the composer ends. */
void app_look_for_end (App *app);
/* What is to be saved can't be: the end is called off, where it can be. */
gboolean app_stay (App *app);
void app_quit (App *app);
/* Nobody can be asked any more. */
void app_end_at_once (App *app, int status);
void app_close (App *app);
/* Hands what is on its way to the background. */
void app_leave_mail (const App *app);

/* --- app-place.c --------------------------------------------------------------------------- */

/* Those of all accounts; FALSE with ERROR: the default account's can't be had. */
gboolean app_open_places (App *app, GError **error);
/* ACCOUNT's; NULL with an error of store/outbox.h. */
Place *app_place (App *app, const Account *account, GError **error);
Place *app_place_at (const App *app, guint index);
/* The default account's. */
Place *app_home (const App *app);
/* Ends its engine; what waits there stays. */
void   place_close (Place *place);
void   place_free (gpointer place);

/* --- app-desk.c ----------------------------------------------------------------------------- */

void app_set_desk (App *app);

/* --- sheet.c ----------------------------------------------------------------------------------- */

/* LETTER is taken; ID: of the draft that it is in PLACE (0: it is in no outbox). Opens its screen. */
Sheet *sheet_new (Place *place, Letter *letter, gint64 id);
/* The same for what was rescued; RESCUE is taken, and goes once the letter is in the outbox. */
Sheet *sheet_new_rescued (Place *place, Letter *letter, Rescue *rescue);
void   sheet_free (gpointer sheet);
Sheet *sheet_of (const App *app, const Screen *screen); /* NULL: none of them */
Sheet *sheet_with (const Place *place, gint64 id);
/* Its row is ID of PLACE now; the one that it had elsewhere goes. */
void   sheet_move (Sheet *sheet, Place *place, gint64 id);
/* Where its account keeps letters; where that can't be had, where it is. */
Place *sheet_place (Sheet *sheet, const Account *account);
/* Something may have been typed. */
void   sheet_touch (Sheet *sheet);
/* Begins to save what isn't. */
void   sheet_save (Sheet *sheet);
/* The same, and says so when it is done. */
void   sheet_save_now (Sheet *sheet);
/* Its draft goes, and nothing is saved any more. */
void   sheet_discard (Sheet *sheet);
/* Writes what isn't saved into a file of its own, whose name is the caller's; NULL: nothing is left, or
 * there is no place for it. */
char  *sheet_rescue (const Sheet *sheet);
gboolean sheet_is_saved (const Sheet *sheet);
/* Its screen that isn't there any more. */
void   sheet_forget (Sheet *sheet, const Screen *screen);

/* --- sheet-send.c ------------------------------------------------------------------------------- */

void   sheet_review (Sheet *sheet);
void   sheet_submit (Sheet *sheet, gint64 at);
void   sheet_take_back (Sheet *sheet);
/* It leaves before undo-window is over. */
void   sheet_release (Sheet *sheet);
void   sheet_settle (Sheet *sheet, const OutboxSettled *settled);

/* --- app-outbox.c ----------------------------------------------------------------------------------- */

void app_open_outbox (App *app);
void app_look_at_outbox (App *app);
void app_act (Desk *desk, guint place, gint64 id, OutboxAction action);
void app_show_item (Desk *desk, guint place, gint64 id);
void app_edit_item (Desk *desk, guint place, gint64 id);
/* Closes the letter that the composer began with, if nothing was written. */
void app_close_blank (App *app);

/* --- app-begin.c -------------------------------------------------------------------------- */

/* Opens LETTER (taken), and offers what waits to be finished: IS_PLAIN: nobody asked for this letter. */
void app_begin (App *app, Letter *letter, gboolean is_plain);

/* --- app-attached.c ------------------------------------------------------------------------ */

/* Removes what was taken out of messages and no draft needs any more. */
void app_sweep_attached (App *app);
/* Keeps what LETTER names while this process lives. */
void app_hold_attached (const App *app, const Letter *letter);

/* --- app-people.c ---------------------------------------------------------------------------- */

void app_open_people (App *app);
void app_close_people (App *app);
/* As of a Desk. */
void app_complete (App *app, const char *typed, DeskCompletion done, gpointer data);
char *app_expand (const App *app, const char *list);
/* LETTER's recipients instead of aliases. */
void app_expand_letter (const App *app, Letter *letter);
/* Those that were written to before: of char *, the caller's. */
GPtrArray *app_known_domains (const App *app);
/* LETTER was sent. */
void app_learn (App *app, const Letter *letter);

/* --- app-guest.c ---------------------------------------------------------------------------- */

/* Programs that fetch secrets may ask on this terminal. */
void app_open_guest (App *app);
void app_close_guest (App *app);

/* --- app-editor.c -------------------------------------------------------------------------------------- */

void app_edit (Desk *desk, const char *text, DeskAnswer done, gpointer data);

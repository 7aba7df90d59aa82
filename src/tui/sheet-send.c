/* From the last key to the outbox: the message is made and safe on the writer thread before anybody
 * tries to send it; and the way back. */
#include "tui/app-private.h"

#include <time.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/when.h"
#include "mail/summary.h"
#include "net/clock.h"
#include "tui/compose-screen.h"
#include "tui/review-screen.h"
#include "tui/sending-screen.h"
#include "tui/stored.h"
#include "tui/writer.h"

static void
say (const App *app, Style style, const char *text)
{
  app->desk.say ((Desk *)&app->desk, style, text);
}

/* --- made ready ------------------------------------------------------------------------- */

typedef struct {
  Sheet *sheet;
  Letter *letter;
  BodySource *message; /* NULL: ERROR says why */
  Envelope *envelope;
  GError *error;
} Making;

static void
make (Outbox *outbox, gpointer data)
{
  Making *making = data;

  making->envelope = letter_envelope (making->letter, &making->error);
  if (making->envelope)
    making->message = letter_build (making->letter, (gint64)time (NULL), &making->error);
}

/* FALSE: nobody needs it. */
static gboolean
open_review (Sheet *sheet, const Making *making)
{
  App *app = sheet->app;
  g_autoptr (GPtrArray) domains = app_known_domains (app);
  const ReviewFacts facts = {
    .letter = making->letter,
    .account = sheet->account->name,
    .envelope = making->envelope,
    .foreign = sheet->account->from && !writer_is_own (sheet->account, making->letter->from),
    .fault = making->error ? making->error->message : NULL,
    .size = making->message ? body_source_size (making->message) : 0,
    .undo_window = sheet->account->undo_window,
    .attachment_words = sheet->account->attachment_words,
    .domains = domains,
  };

  Screen *review = review_screen_new (&app->desk, &facts);
  if (!sheet->account->review && !review_screen_is_needed (review)) {
    review->free (review);
    return FALSE;
  }
  sheet->review = review;
  board_open (app->board, review);
  return TRUE;
}

static void
after_make (Outbox *outbox, gpointer data)
{
  Making *making = data;
  Sheet *sheet = making->sheet;
  App *app = sheet->app;

  sheet->busy = FALSE;
  envelope_free (sheet->envelope);
  sheet->envelope = making->envelope ? envelope_copy (making->envelope) : NULL;
  g_clear_pointer (&sheet->message, body_source_unref);
  sheet->message = making->message;
  letter_free (sheet->letter);
  sheet->letter = making->letter;
  if (!open_review (sheet, making))
    sheet_submit (sheet, 0);
  envelope_free (making->envelope);
  g_clear_error (&making->error);
  g_free (making);
  app_redraw (app);
}

void
sheet_review (Sheet *sheet)
{
  App *app = sheet->app;
  g_autoptr (GError) error = NULL;

  if (sheet->busy)
    return;
  g_autoptr (Letter) letter = compose_screen_letter (sheet->compose);
  sheet->account = app_account (app, letter->account);
  if (!app_place (app, sheet->account, &error)) {
    say (app, STYLE_BAD, error->message);
    return;
  }
  sheet_save (sheet);
  sheet->busy = TRUE;
  Making *making = g_new0 (Making, 1);
  making->sheet = sheet;
  making->letter = g_steal_pointer (&letter);
  app_expand_letter (app, making->letter);
  /* Where it was just saved: that is over when this is. */
  outbox_source_run (sheet_place (sheet, sheet->account)->source, make, after_make, making);
}

/* --- put in ------------------------------------------------------------------------------ */

typedef struct {
  Sheet *sheet;
  Place *place;
  OutboxWish wish;
  Ticks leaves; /* undo-window; 0: none */
  gint64 id;
  OutboxItem *item; /* leased */
  gboolean done;
  GError *error;
} Putting;

static void
put (Outbox *outbox, gpointer data)
{
  Putting *putting = data;
  const Sheet *sheet = putting->sheet;
  g_autoptr (MessageSummary) summary = message_summary_new (sheet->message, &putting->error);
  gboolean found = FALSE;

  if (!summary)
    return;
  putting->wish.from = summary->from;
  putting->wish.subject = summary->subject;
  putting->wish.message_id = summary->message_id;
  if (putting->id != 0
      && !outbox_put_over (outbox, putting->id, sheet->account, sheet->envelope, sheet->message,
                           &putting->wish, &found, &putting->error))
    return;
  putting->done = found
                  || outbox_put (outbox, sheet->account, sheet->envelope, sheet->message, &putting->wish,
                                 &putting->id, &putting->error);
  if (putting->done && putting->wish.state == OUTBOX_SENDING)
    putting->item = outbox_find (outbox, putting->id, &putting->error);
}

static void
close_writing (Sheet *sheet)
{
  Desk *desk = &sheet->app->desk;

  if (sheet->review)
    desk->close (desk, sheet->review);
  if (sheet->compose)
    desk->close (desk, sheet->compose);
}

static void
open_sending (Sheet *sheet, Ticks leaves)
{
  App *app = sheet->app;
  const SendingFacts facts = { .subject = sheet->letter->subject,
                               .account = sheet->account->name,
                               .envelope = sheet->envelope,
                               .leaves = leaves,
                               .ask_on_silence = sheet->account->ask_on_silence,
                               .patience = sheet->account->port_patience };

  sheet->sending = sending_screen_new (&app->desk, &facts, clock_now ());
  board_open (app->board, sheet->sending);
}

static void
say_scheduled (const Sheet *sheet, gint64 at)
{
  App *app = sheet->app;
  g_autofree char *when = when_format (at, clock_instant ().wall);
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, sheet->id);
  g_autofree char *words = g_strdup_printf (
      _ ("In the outbox as %s; it leaves %s, if an agent runs then (toukan agent)"), id, when);

  say (app, STYLE_GOOD, words);
  g_string_append_printf (app->farewell, "toukan: %s\n", words);
}

static void
after_put (Outbox *outbox, gpointer data)
{
  Putting *putting = data;
  Sheet *sheet = putting->sheet;
  App *app = sheet->app;

  sheet->busy = FALSE;
  if (putting->done) {
    sheet_move (sheet, putting->place, putting->id);
    rescue_remove (sheet->rescue);
    sheet->under_way = putting->wish.reason == NULL || putting->leaves > 0;
    if (sheet->under_way)
      open_sending (sheet, putting->leaves);
    close_writing (sheet);
    if (!sheet->under_way)
      say_scheduled (sheet, putting->wish.not_before);
    if (putting->leaves > 0)
      timer_set (sheet->leave, putting->leaves);
    /* At the end its lease goes with this process, and whoever sends next takes it over. */
    if (putting->item && !app->closing)
      outbox_source_take (putting->place->source, putting->item, sheet->message);
  } else {
    g_autofree char *words = g_strdup_printf (_ ("Nothing was sent, since the outbox can't keep it: %s"),
                                              putting->error->message);
    say (app, STYLE_BAD, words);
  }
  if (putting->item && app->closing)
    outbox_item_free (putting->item);
  g_clear_error (&putting->error);
  g_free (putting);
  app_look_for_end (app);
  app_redraw (app);
}

void
sheet_submit (Sheet *sheet, gint64 at)
{
  App *app = sheet->app;
  const Ticks undo = at == 0 ? sheet->account->undo_window : 0;
  const Instant now = clock_instant ();

  if (sheet->busy || app->closing)
    return;
  if (sheet->saving) {
    say (app, STYLE_WARNING, _ ("The draft is being saved; try again in a moment"));
    return;
  }
  Putting *putting = g_new0 (Putting, 1);
  putting->sheet = sheet;
  putting->place = sheet_place (sheet, sheet->account);
  putting->id = putting->place == sheet->place ? sheet->id : 0;
  putting->leaves = undo > 0 ? ticks_after (now.ticks, undo) : 0;
  putting->wish = (OutboxWish){
    .state = at == 0 && undo == 0 ? OUTBOX_SENDING : OUTBOX_QUEUED,
    .reason = at != 0    ? "scheduled"
              : undo > 0 ? "undo"
                         : NULL,
    .not_before = at != 0    ? at
                  : undo > 0 ? now.wall + undo
                             : 0,
    .hold_until = at,
    .owner = (guint32)getuid (),
  };
  sheet->busy = TRUE;
  timer_set (sheet->save, TICKS_NEVER);
  outbox_source_run (putting->place->source, put, after_put, putting);
}

void
sheet_release (Sheet *sheet)
{
  timer_set (sheet->leave, TICKS_NEVER);
  outbox_source_adopt (sheet->place->source, sheet->id);
}

void
sheet_settle (Sheet *sheet, const OutboxSettled *settled)
{
  App *app = sheet->app;
  const gboolean well = settled->outcome->overall.kind == OUTCOME_ACCEPTED;

  sheet->under_way = FALSE;
  if (well && !app->closing)
    app_learn (app, sheet->letter);
  if (sheet->sending)
    sending_screen_settle (sheet->sending, settled, clock_instant ().wall);
  if (board_top (app->board) != sheet->sending) {
    g_autofree char *subject = visible_text (sheet->letter->subject, -1);
    g_autofree char *words
        = g_strdup_printf (well ? _ ("Sent: %s") : _ ("Not sent: %s (F2 shows the outbox)"), subject);
    say (app, well ? STYLE_GOOD : STYLE_BAD, words);
  }
  app_look_for_end (app);
  app_redraw (app);
}

/* --- taken back ---------------------------------------------------------------------------- */

typedef struct {
  Sheet *sheet;
  gboolean waiting; /* nobody has begun to send it: else it may have become another's */
  gboolean done;
  GError *error;
} TakingBack;

static void
take_back (Outbox *outbox, gpointer data)
{
  TakingBack *taking = data;
  const Sheet *sheet = taking->sheet;

  taking->done = stored_put_draft_over (outbox, sheet->id, sheet->letter, sheet->account, &taking->error);
}

static void
after_take_back (Outbox *outbox, gpointer data)
{
  TakingBack *taking = data;
  Sheet *sheet = taking->sheet;
  App *app = sheet->app;

  sheet->busy = FALSE;
  if (taking->done || !taking->waiting) {
    Screen *sending = sheet->sending;
    sheet->under_way = FALSE;
    timer_set (sheet->leave, TICKS_NEVER);
    /* What is history stays so: the letter begins anew. */
    sheet_new (sheet->place, letter_copy (sheet->letter), taking->done ? sheet->id : 0);
    if (taking->done)
      sheet->id = 0;
    if (sending)
      app->desk.close (&app->desk, sending);
    say (app, STYLE_GOOD, _ ("Taken back: nobody has it"));
  } else {
    say (app, STYLE_BAD, taking->error ? taking->error->message : _ ("Too late: it has left already"));
  }
  g_clear_error (&taking->error);
  g_free (taking);
  app_redraw (app);
}

void
sheet_take_back (Sheet *sheet)
{
  if (sheet->busy)
    return;
  TakingBack *taking = g_new0 (TakingBack, 1);
  taking->sheet = sheet;
  taking->waiting = sheet->under_way;
  sheet->busy = TRUE;
  outbox_source_run (sheet->place->source, take_back, after_take_back, taking);
}

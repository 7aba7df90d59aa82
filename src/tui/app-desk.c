/* What screens ask for, and who does it. */
#include "tui/app-private.h"

#include "base/i18n.h"
#include "mail/address.h"
#include "mail/lookalike.h"
#include "net/clock.h"
#include "tui/sending-screen.h"
#include "tui/writer.h"

static App *
app_of (Desk *desk)
{
  return (App *)desk;
}

/* --- screens and questions --------------------------------------------------------------- */

static void
desk_open (Desk *desk, Screen *screen)
{
  board_open (app_of (desk)->board, screen);
  app_redraw (app_of (desk));
}

static void
desk_close (Desk *desk, Screen *screen)
{
  App *app = app_of (desk);
  Sheet *sheet = sheet_of (app, screen);

  if (sheet && screen == sheet->compose && !sheet->discarded)
    sheet_save (sheet);
  if (sheet)
    sheet_forget (sheet, screen);
  if (screen == app->outbox)
    app->outbox = NULL;
  board_close (app->board, screen);
  app_redraw (app);
  app_look_for_end (app);
}

static void
desk_say (Desk *desk, Style style, const char *text)
{
  board_say (app_of (desk)->board, style, text);
  app_redraw (app_of (desk));
}

static void
desk_ask (Desk *desk, const char *question, const char *initial, DeskAnswer done, gpointer data)
{
  board_ask (app_of (desk)->board, question, initial, done, data);
  app_redraw (app_of (desk));
}

static void
desk_choose (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
             gpointer data)
{
  board_choose (app_of (desk)->board, question, options, n, done, data);
  app_redraw (app_of (desk));
}

static void
desk_offer (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
            gpointer data)
{
  board_offer (app_of (desk)->board, question, options, n, done, data);
  app_redraw (app_of (desk));
}

static void
desk_ask_file (Desk *desk, const char *question, DeskAnswer done, gpointer data)
{
  board_ask_file (app_of (desk)->board, question, done, data);
  app_redraw (app_of (desk));
}

static void
desk_redraw (Desk *desk)
{
  app_redraw (app_of (desk));
}

static gint64
desk_wall (Desk *desk)
{
  return clock_instant ().wall;
}

/* --- a letter being written ----------------------------------------------------------------- */

static const char *const *
desk_accounts (Desk *desk)
{
  return config_account_names (app_of (desk)->config);
}

static void
desk_change_account (Desk *desk, Letter *letter, const char *name)
{
  const Config *config = app_of (desk)->config;
  g_autoptr (GError) error = NULL;

  if (!writer_change (config, config_account_named (config, name), letter, &error))
    desk_say (desk, STYLE_WARNING, error->message);
}

static const char *
desk_account_of (Desk *desk, const char *from)
{
  const Account *account = writer_account (app_of (desk)->config, from);

  return account ? account->name : NULL;
}

static void
desk_complete (Desk *desk, const char *typed, DeskCompletion done, gpointer data)
{
  app_complete (app_of (desk), typed, done, data);
}

static void
desk_complete_cancel (Desk *desk, gpointer data)
{
  if (app_of (desk)->completion)
    completion_cancel (app_of (desk)->completion);
}

static char *
desk_expand (Desk *desk, const char *list)
{
  return app_expand (app_of (desk), list);
}

static char *
desk_look_alike (Desk *desk, const char *address)
{
  g_autoptr (GPtrArray) domains = app_known_domains (app_of (desk));

  return g_strdup (lookalike_find (address_domain (address), domains));
}

static void
desk_send (Desk *desk, Screen *screen)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (sheet && sheet->compose)
    sheet_review (sheet);
}

static void
desk_keep (Desk *desk, Screen *screen)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (!sheet)
    return;
  if (sheet->review)
    desk_close (desk, sheet->review);
  if (sheet->compose)
    desk_close (desk, sheet->compose);
  desk_say (desk, STYLE_GOOD, _ ("Kept as a draft"));
}

static void
desk_save (Desk *desk, Screen *screen)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (sheet)
    sheet_save_now (sheet);
}

static gboolean
desk_lacks_attachment (Desk *desk, const Letter *letter)
{
  const Account *account = app_account (app_of (desk), letter->account);

  return letter_lacks_attachment (letter, account->attachment_words);
}

static void
desk_discard (Desk *desk, Screen *screen)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (!sheet)
    return;
  sheet_discard (sheet);
  desk_close (desk, screen);
}

static gboolean
desk_edits_headers (Desk *desk)
{
  return app_of (desk)->account->edit_headers;
}

/* --- a letter that was reviewed ---------------------------------------------------------------- */

static void
desk_submit (Desk *desk, Screen *screen, gint64 at)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (sheet)
    sheet_submit (sheet, at);
}

static CancelResult
desk_cancel (Desk *desk, Screen *screen)
{
  const Sheet *sheet = sheet_of (app_of (desk), screen);

  return sheet ? engine_cancel (sheet->place->engine, (DeliveryId)sheet->id) : CANCEL_UNKNOWN;
}

static void
desk_take_back (Desk *desk, Screen *screen)
{
  Sheet *sheet = sheet_of (app_of (desk), screen);

  if (sheet)
    sheet_take_back (sheet);
}

static void
desk_distrust (Desk *desk, Screen *screen, const char *network, const Path *path, Ticks began, Ticks now)
{
  const Sheet *sheet = sheet_of (app_of (desk), screen);
  g_autofree char *span = ticks_to_string (PATH_MEMORY_FIRST);
  g_autofree char *words = g_strdup_printf (
      _ ("It comes last here for %s, or longer if it stays silent; toukan paths shows and forgets it"), span);

  if (!sheet)
    return;
  path_memory_note_cost (sheet->place->memory, network, path, PATH_COST_SILENCE, began, now);
  desk_say (desk, STYLE_PLAIN, words);
}

void
app_set_desk (App *app)
{
  app->desk = (Desk){
    .open = desk_open,
    .close = desk_close,
    .say = desk_say,
    .ask = desk_ask,
    .choose = desk_choose,
    .offer = desk_offer,
    .ask_file = desk_ask_file,
    .redraw = desk_redraw,
    .wall = desk_wall,
    .accounts = desk_accounts,
    .change_account = desk_change_account,
    .account_of = desk_account_of,
    .complete = desk_complete,
    .complete_cancel = desk_complete_cancel,
    .expand = desk_expand,
    .look_alike = desk_look_alike,
    .send = desk_send,
    .keep = desk_keep,
    .save = desk_save,
    .lacks_attachment = desk_lacks_attachment,
    .discard = desk_discard,
    .edit = app_edit,
    .edits_headers = desk_edits_headers,
    .submit = desk_submit,
    .cancel = desk_cancel,
    .take_back = desk_take_back,
    .distrust = desk_distrust,
    .act = app_act,
    .show = app_show_item,
    .edit_item = app_edit_item,
  };
}

/* What the composer is made of, how it begins and how it ends. The end waits for what is being
 * written down, and hands mail that is on its way to the background. */
#include "tui/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/error.h"
#include "base/i18n.h"
#include "config/secret-command.h"
#include "engine/background.h"
#include "net/clock.h"
#include "tui/app-private.h"
#include "tui/sending-screen.h"
#include "tui/writer.h"

/* For servers that hold a message in doubt, once everybody wants to go. */
#define END_PATIENCE (20 * TICKS_PER_SECOND)

/* The same when nobody is there any more. */
#define FORCED_PATIENCE (5 * TICKS_PER_SECOND)

/* --- drawing ------------------------------------------------------------------------ */

static gboolean
on_draw (gpointer data)
{
  App *app = data;
  const Ticks now = clock_now ();

  app->drawing = 0;
  if (!app->terminal)
    return G_SOURCE_REMOVE;
  if (app->guest && now < app->hush) {
    timer_set (app->frame, app->hush);
    return G_SOURCE_REMOVE;
  }
  board_draw (app->board, app->surface, now);
  terminal_show (app->terminal, app->surface);
  timer_set (app->frame, board_changes_at (app->board, now));
  return G_SOURCE_REMOVE;
}

void
app_redraw (App *app)
{
  if (app->drawing == 0)
    app->drawing = g_idle_add_full (G_PRIORITY_DEFAULT, on_draw, app, NULL);
}

static void
on_frame (gpointer data)
{
  app_redraw (data);
}

static void
fit_surface (App *app)
{
  surface_free (app->surface);
  app->surface = surface_new (terminal_width (app->terminal), terminal_height (app->terminal));
}

/* --- the end -------------------------------------------------------------------------- */

static gboolean
all_is_saved (const App *app)
{
  for (guint i = 0; i < app->sheets->len; i++) {
    const Sheet *sheet = g_ptr_array_index (app->sheets, i);
    if (sheet->busy || !sheet_is_saved (sheet))
      return FALSE;
  }
  return TRUE;
}

static guint
count_under_way (const App *app)
{
  guint n = 0;

  for (guint i = 0; i < app->sheets->len; i++)
    n += ((const Sheet *)g_ptr_array_index (app->sheets, i))->under_way ? 1 : 0;
  return n;
}

/* Nothing is begun any more, and what hasn't left is put back. */
static void
let_mail_go (App *app)
{
  if (app->resting)
    return;
  app->resting = TRUE;
  outbox_source_rest (app->source);
  if (engine_put_back_all (app->engine) > 0 && !app->forced)
    app->desk.say (&app->desk, STYLE_STRONG, _ ("Waiting for the server's answer to what has left already"));
}

void
app_look_for_end (App *app)
{
  if (app->closing)
    return;
  if (!app->ending && !board_top (app->board) && all_is_saved (app))
    app_quit (app);
  if (!app->ending || !all_is_saved (app))
    return;
  let_mail_go (app);
  if (engine_is_idle (app->engine))
    g_main_loop_quit (app->loop);
}

gboolean
app_stay (App *app)
{
  if (!app->ending || app->forced || app->resting)
    return FALSE;
  /* A full disk: whoever wrote it is still here, and may make room. */
  app->ending = FALSE;
  timer_set (app->patience, TICKS_NEVER);
  app->desk.say (&app->desk, STYLE_BAD, _ ("What you have written isn't saved yet; the composer stays"));
  app_redraw (app);
  return TRUE;
}

static void
on_patience (gpointer data)
{
  App *app = data;

  if (!app_stay (app))
    g_main_loop_quit (app->loop);
}

static void
begin_end (App *app)
{
  if (app->ending && !app->forced)
    return;
  app->ending = TRUE;
  app->leaves_mail = count_under_way (app) > 0;
  for (guint i = 0; i < app->sheets->len; i++) {
    Sheet *sheet = g_ptr_array_index (app->sheets, i);
    sheet_save (sheet);
  }
  if (app->forced)
    let_mail_go (app);
  timer_set (app->patience, clock_now () + (app->forced ? FORCED_PATIENCE : END_PATIENCE));
  app_redraw (app);
  app_look_for_end (app);
}

static void
on_quit_choice (char key, gpointer data)
{
  if (key == 'q')
    begin_end (data);
}

void
app_quit (App *app)
{
  const guint n = count_under_way (app);
  const DeskOption options[] = { { 'q', _ ("Quit; it goes on in the background") }, { 's', _ ("Stay") } };

  if (n == 0 || !board_top (app->board)) {
    begin_end (app);
    return;
  }
  g_autofree char *words
      = g_strdup_printf (ngettext ("%u letter is on its way", "%u letters are on their way", n), n);
  app->desk.choose (&app->desk, words, options, G_N_ELEMENTS (options), on_quit_choice, app);
}

/* Nobody can be asked any more. */
static void
end_at_once (App *app, int status)
{
  app->forced = TRUE;
  app->status = status;
  begin_end (app);
}

static gboolean
on_signal (App *app, int number)
{
  if (app->ending && app->forced)
    g_main_loop_quit (app->loop);
  end_at_once (app, 128 + number);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup (gpointer data)
{
  return on_signal (data, SIGHUP);
}

static gboolean
on_terminate (gpointer data)
{
  return on_signal (data, SIGTERM);
}

/* The terminal sends none while the composer has it; what $EDITOR's terminal sends isn't meant for
 * us. */
static gboolean
on_interrupt (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* --- the terminal ------------------------------------------------------------------------ */

static void
do_command (App *app, KeyCommand command)
{
  switch (command) {
  case COMMAND_REDRAW:
    terminal_redraw (app->terminal);
    break;
  case COMMAND_SUSPEND:
    terminal_suspend (app->terminal);
    break;
  case COMMAND_QUIT:
    app_quit (app);
    break;
  case COMMAND_OUTBOX:
    app_open_outbox (app);
    break;
  case COMMAND_NEW:
    sheet_new (app, app_new_letter (app), 0);
    break;
  default:
    break;
  }
}

static void
on_pressed (const Press *press, gpointer data)
{
  App *app = data;

  do_command (app, board_press (app->board, press, clock_now ()));
  for (guint i = 0; i < app->sheets->len; i++)
    sheet_touch (g_ptr_array_index (app->sheets, i));
  app_redraw (app);
  app_look_for_end (app);
}

static void
on_resized (guint width, guint height, gpointer data)
{
  App *app = data;

  if (!app->terminal)
    return;
  fit_surface (app);
  app_redraw (app);
}

static void
on_gone (gpointer data)
{
  end_at_once (data, 128 + SIGHUP);
}

/* --- the engine ------------------------------------------------------------------------------ */

static void
on_event (const EngineEvent *event, gpointer data)
{
  App *app = data;
  const Sheet *sheet = sheet_with (app, (gint64)event->id);

  if (event->kind == ENGINE_IDLE) {
    app_look_for_end (app);
    return;
  }
  if (!sheet || !sheet->sending)
    return;
  sending_screen_take (sheet->sending, event, clock_now ());
  if (board_top (app->board) == sheet->sending)
    app_redraw (app);
}

static void
on_settled (const OutboxSettled *settled, gpointer data)
{
  App *app = data;
  Sheet *sheet = sheet_with (app, settled->item->id);

  notices_settled (app->notices, settled, sheet != NULL && !app->ending);
  if (sheet && !settled->put_back)
    sheet_settle (sheet, settled);
}

static void
on_warning (const char *text, gpointer data)
{
  App *app = data;

  app->desk.say (&app->desk, STYLE_WARNING, text);
  app_redraw (app);
}

static void
on_link (gpointer data)
{
  App *app = data;

  engine_network_changed (app->engine);
  outbox_source_network_changed (app->source);
}

static void
on_file (gpointer data)
{
  App *app = data;

  outbox_source_look_again (app->source);
  app_look_at_outbox (app);
}

static gboolean
open_engine (App *app, GError **error)
{
  const OutboxSourceRules rules = { .directory = app->directory,
                                    .find_account = accounts_find,
                                    .data = app->accounts,
                                    .only_own = !app->account->flush_along };

  app->source = outbox_source_new (&rules, error);
  if (!app->source)
    return FALSE;
  app->store = state_open (app->account);
  app->memory = state_load (app->store);
  app->identity = state_identity (app->store);
  app->engine = engine_new (outbox_source_work (app->source), app->memory, app->identity);
  const NoticesRules notices_rules = { .visit = notices_visit_outbox,
                                       .visit_data = app->source,
                                       .find_account = accounts_find,
                                       .find_data = app->accounts,
                                       .warn = on_warning,
                                       .warn_data = app };
  app->notices = notices_new (&notices_rules);
  engine_watch (app->engine, on_event, app);
  outbox_source_listen (app->source, on_settled, app);
  outbox_source_attach (app->source, app->engine);
  app->links = link_watch_new (on_link, app);
  app->file = file_watch_new (app->directory, OUTBOX_NAME, on_file, app);
  return TRUE;
}

/* --- letters ------------------------------------------------------------------------------------ */

const Account *
app_account (const App *app, const char *name)
{
  const Account *account = name ? config_account_named (app->config, name) : NULL;

  return account ? account : app->account;
}

void
app_complete_letter (App *app, Letter *letter)
{
  g_autoptr (GError) error = NULL;

  if (!writer_complete (app->config, app->account, letter, &error))
    app->desk.say (&app->desk, STYLE_WARNING, error->message);
}

Letter *
app_new_letter (App *app)
{
  Letter *letter = letter_new ();

  app_complete_letter (app, letter);
  return letter;
}

/* --- life ---------------------------------------------------------------------------------------- */

static App *
app_new (Config *config, const Account *account)
{
  App *app = g_new0 (App, 1);

  app_set_desk (app);
  app->config = config;
  app->account = account;
  app->accounts = accounts_new ();
  accounts_set_base (app->accounts, config);
  app->directory = state_directory (account);
  app->locks = draft_locks_new (app->directory);
  app->rescue_folders[0] = g_get_home_dir ();
  app->rescue_folders[1] = app->directory;
  app->rescue_folders[2] = g_get_tmp_dir ();
  app->attached = attached_new (app->directory);
  app->board = board_new (config_keymap (config), &app->desk);
  app->frame = timer_new (on_frame, app);
  app->patience = timer_new (on_patience, app);
  app->sheets = g_ptr_array_new_with_free_func (sheet_free);
  app->loop = g_main_loop_new (NULL, FALSE);
  app->farewell = g_string_new (NULL);
  return app;
}

/* What the outbox couldn't take, when nobody can be asked to make room. */
static void
rescue (App *app)
{
  for (guint i = 0; i < app->sheets->len; i++) {
    g_autofree char *file = sheet_rescue (g_ptr_array_index (app->sheets, i));
    if (file)
      g_string_append_printf (
          app->farewell, _ ("toukan: the outbox could not keep what was written last; it is in %s\n"), file);
  }
}

/* The terminal first: nothing is said on it before it is itself again. */
static void
close_all (App *app)
{
  app->closing = TRUE;
  rescue (app);
  g_clear_pointer (&app->terminal, terminal_close);
  fputs (app->farewell->str, stdout);
  if (app->source)
    outbox_source_rest (app->source);
  link_watch_free (app->links);
  file_watch_free (app->file);
  notices_free (app->notices);
  /* Work that was begun is done, and told to those who asked for it: they are still there. */
  if (app->engine)
    engine_free (app->engine);
  board_free (app->board);
  app_close_people (app);
  secret_forget_all ();
}

/* While any letter of this composer may still be undone. */
static Ticks
longest_undo (const App *app)
{
  Ticks longest = 0;

  for (guint i = 0; i < app->sheets->len; i++) {
    const Sheet *sheet = g_ptr_array_index (app->sheets, i);
    if (sheet->account)
      longest = MAX (longest, sheet->account->undo_window);
  }
  return longest;
}

static void
leave_mail (const App *app)
{
  g_autoptr (GError) error = NULL;

  if (!app->leaves_mail)
    return;
  if (background_start (app->directory, longest_undo (app), &error))
    printf (_ ("toukan: what was on its way goes on in the background; toukan outbox tells how it fares\n"));
  else
    fprintf (stderr, _ ("toukan: warning: %s\n"), error->message);
}

static void
app_free (App *app)
{
  if (app->memory)
    state_save (app->store, app->memory);
  if (app->drawing != 0)
    g_source_remove (app->drawing);
  timer_free (app->frame);
  timer_free (app->patience);
  g_ptr_array_unref (app->sheets);
  identity_free (app->identity);
  path_memory_free (app->memory);
  path_store_free (app->store);
  surface_free (app->surface);
  draft_locks_free (app->locks);
  attached_free (app->attached);
  accounts_free (app->accounts);
  g_main_loop_unref (app->loop);
  g_string_free (app->farewell, TRUE);
  g_free (app->directory);
  g_free (app);
}

static gboolean
open_all (App *app, GError **error)
{
  const TerminalWatch watch = { on_pressed, on_resized, on_gone, app };

  if (!open_engine (app, error))
    return FALSE;
  app->terminal = terminal_open (&watch, error);
  if (!app->terminal)
    return FALSE;
  fit_surface (app);
  app_open_people (app);
  if (outbox_source_warning (app->source))
    on_warning (outbox_source_warning (app->source), app);
  return TRUE;
}

int
app_run (Config *config, const Account *account, Letter *letter, gboolean is_plain)
{
  App *app = app_new (config, account);
  g_autoptr (GError) error = NULL;
  const guint signals[]
      = { g_unix_signal_add (SIGHUP, on_hangup, app), g_unix_signal_add (SIGTERM, on_terminate, app),
          g_unix_signal_add (SIGINT, on_interrupt, app) };

  app_open_guest (app);
  app_complete_letter (app, letter);
  if (open_all (app, &error)) {
    app_begin (app, letter, is_plain);
    app_sweep_attached (app);
    g_main_loop_run (app->loop);
  } else {
    letter_free (letter);
    app->status = toukan_error_exit_status (error);
    fprintf (stderr, "toukan: %s\n", error->message);
  }
  app_close_guest (app);
  close_all (app);
  leave_mail (app);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  const int status = app->status;
  app_free (app);
  return status;
}

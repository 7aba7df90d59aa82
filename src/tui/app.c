/* What the composer is made of, and how it begins. */
#include "tui/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include "base/error.h"
#include "tui/app-private.h"
#include "tui/writer.h"

/* --- signals ----------------------------------------------------------------------------- */

/* May come more than once, with the end of the terminal itself. */
static gboolean
on_hangup (gpointer data)
{
  app_end_at_once (data, 128 + SIGHUP);
  return G_SOURCE_CONTINUE;
}

/* Whoever says it twice doesn't want to wait. */
static gboolean
on_terminate (gpointer data)
{
  App *app = data;

  if (app->terminated)
    g_main_loop_quit (app->loop);
  app->terminated = TRUE;
  app_end_at_once (app, 128 + SIGTERM);
  return G_SOURCE_CONTINUE;
}

/* The terminal sends none while the composer has it; what $EDITOR's terminal sends isn't meant for
 * us. */
static gboolean
on_interrupt (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* --- the network ---------------------------------------------------------------------------- */

static void
on_link (gpointer data)
{
  App *app = data;

  for (guint i = 0; i < app->places->len; i++) {
    engine_network_changed (app_place_at (app, i)->engine);
    outbox_source_network_changed (app_place_at (app, i)->source);
  }
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
  app->places = g_ptr_array_new_with_free_func (place_free);
  app->board = board_new (config_keymap (config), &app->desk);
  app->sheets = g_ptr_array_new_with_free_func (sheet_free);
  app->loop = g_main_loop_new (NULL, FALSE);
  app->farewell = g_string_new (NULL);
  return app;
}

static void
app_free (App *app)
{
  if (app->drawing != 0)
    g_source_remove (app->drawing);
  timer_free (app->frame);
  timer_free (app->patience);
  g_ptr_array_unref (app->sheets);
  g_ptr_array_unref (app->places);
  surface_free (app->surface);
  accounts_free (app->accounts);
  g_main_loop_unref (app->loop);
  g_string_free (app->farewell, TRUE);
  g_free (app);
}

static gboolean
open_all (App *app, GError **error)
{
  if (!app_open_places (app, error) || !app_open_terminal (app, error))
    return FALSE;
  app->links = link_watch_new (on_link, app);
  app->rescue_folders[0] = g_get_home_dir ();
  app->rescue_folders[1] = app_home (app)->directory;
  app->rescue_folders[2] = g_get_tmp_dir ();
  app_open_people (app);
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
  app_close (app);
  app_leave_mail (app);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  const int status = app->status;
  app_free (app);
  return status;
}

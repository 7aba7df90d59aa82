/* What is drawn, and what keys do that no screen takes. */
#include "tui/app-private.h"

#include <signal.h>

#include "net/clock.h"

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

/* --- keys ------------------------------------------------------------------------ */

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
    sheet_new (app_home (app), app_new_letter (app), 0);
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
  app_end_at_once (data, 128 + SIGHUP);
}

gboolean
app_open_terminal (App *app, GError **error)
{
  const TerminalWatch watch = { on_pressed, on_resized, on_gone, app };

  app->terminal = terminal_open (&watch, error);
  if (!app->terminal)
    return FALSE;
  app->frame = timer_new (on_frame, app);
  fit_surface (app);
  return TRUE;
}

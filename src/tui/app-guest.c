/* A password's question: while a command fetches a secret, the composer looks whether somebody else uses
 * this terminal, and gives way until the command ends. Commands that ask nothing here cost nobody a key. */
#include "tui/app-private.h"

#include <unistd.h>

#include "config/secret-command.h"
#include "net/clock.h"

#define HUSH_SPAN (250 * TICKS_PER_MS)
#define LOOK_SPAN (60 * TICKS_PER_MS)

static void
on_look (gpointer data)
{
  App *app = data;

  if (!app->guest || !app->terminal)
    return;
  if (tty_guest_is_there (app->guest)) {
    app->lent = TRUE;
    terminal_lend (app->terminal);
  } else {
    timer_set (app->guest_look, clock_now () + LOOK_SPAN);
  }
}

static void
on_running (gboolean running, gpointer data)
{
  App *app = data;
  const char *name = ttyname (STDIN_FILENO);

  g_clear_pointer (&app->guest, tty_guest_free);
  timer_set (app->guest_look, TICKS_NEVER);
  if (running && name) {
    app->guest = tty_guest_new (name);
    app->hush = clock_now () + HUSH_SPAN;
    timer_set (app->guest_look, clock_now () + LOOK_SPAN / 3);
  } else if (app->lent && app->terminal) {
    terminal_reclaim (app->terminal);
    app_redraw (app);
  }
  app->lent = FALSE;
}

void
app_open_guest (App *app)
{
  const char *name = ttyname (STDIN_FILENO);

  if (name)
    g_setenv ("GPG_TTY", name, TRUE);
  app->guest_look = timer_new (on_look, app);
  secret_watch (on_running, app);
}

void
app_close_guest (App *app)
{
  secret_watch (NULL, NULL);
  g_clear_pointer (&app->guest, tty_guest_free);
  g_clear_pointer (&app->guest_look, timer_free);
}

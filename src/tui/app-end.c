/* How the composer ends. The end waits for what is being written down, and hands mail that is on its way
 * to the background. */
#include "tui/app-private.h"

#include <stdio.h>

#include "base/i18n.h"
#include "config/secret-command.h"
#include "engine/background.h"
#include "net/clock.h"

/* For servers that hold a message in doubt, once everybody wants to go. */
#define END_PATIENCE (20 * TICKS_PER_SECOND)

/* The same when nobody is there any more. */
#define FORCED_PATIENCE (5 * TICKS_PER_SECOND)

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

static gboolean
all_is_idle (const App *app)
{
  for (guint i = 0; i < app->places->len; i++)
    if (!engine_is_idle (app_place_at (app, i)->engine))
      return FALSE;
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

/* Returns how many can't be put back any more. */
static guint
put_back_all (App *app)
{
  guint n = 0;

  for (guint i = 0; i < app->places->len; i++) {
    const Place *place = app_place_at (app, i);
    outbox_source_rest (place->source);
    n += engine_put_back_all (place->engine);
  }
  return n;
}

/* Nothing is begun any more, and what hasn't left is put back. */
static void
let_mail_go (App *app)
{
  if (app->resting)
    return;
  app->resting = TRUE;
  for (guint i = 0; i < app->sheets->len; i++) {
    Sheet *sheet = g_ptr_array_index (app->sheets, i);
    sheet->place->leaves_mail = sheet->place->leaves_mail || sheet->under_way;
  }
  if (put_back_all (app) > 0 && !app->forced)
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
  if (all_is_idle (app))
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
  for (guint i = 0; i < app->sheets->len; i++)
    sheet_save (g_ptr_array_index (app->sheets, i));
  if (app->forced)
    let_mail_go (app);
  if (!app->patience)
    app->patience = timer_new (on_patience, app);
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

void
app_end_at_once (App *app, int status)
{
  app->forced = TRUE;
  app->status = status;
  begin_end (app);
}

/* --- afterwards -------------------------------------------------------------------------- */

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
void
app_close (App *app)
{
  app->closing = TRUE;
  rescue (app);
  g_clear_pointer (&app->terminal, terminal_close);
  fputs (app->farewell->str, stdout);
  link_watch_free (app->links);
  /* Work that was begun is done, and told to those who asked for it: they are still there. */
  for (guint i = 0; i < app->places->len; i++)
    place_close (app_place_at (app, i));
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

void
app_leave_mail (const App *app)
{
  gboolean told = FALSE;

  for (guint i = 0; i < app->places->len; i++) {
    g_autoptr (GError) error = NULL;
    const Place *place = app_place_at (app, i);
    if (!place->leaves_mail)
      continue;
    if (!background_start (place->directory, longest_undo (app), &error))
      fprintf (stderr, _ ("toukan: warning: %s\n"), error->message);
    else if (!told)
      printf (
          _ ("toukan: what was on its way goes on in the background; toukan outbox tells how it fares\n"));
    told = told || !error;
  }
}

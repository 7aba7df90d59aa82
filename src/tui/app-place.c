/* State directories: each has an outbox of its own, and so an engine that serves it. Most people have
 * one; accounts may keep theirs apart (on a disk that is encrypted, or shared with nobody). */
#include "tui/app-private.h"

#include <string.h>

#include "net/clock.h"
#include "tui/sending-screen.h"

/* --- what happens there ------------------------------------------------------------------ */

static void
on_event (const EngineEvent *event, gpointer data)
{
  const Place *place = data;
  App *app = place->app;
  const Sheet *sheet = sheet_with (place, (gint64)event->id);

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
  const Place *place = data;
  App *app = place->app;
  Sheet *sheet = sheet_with (place, settled->item->id);

  notices_settled (place->notices, settled, sheet != NULL && !app->ending);
  if (sheet && !settled->put_back)
    sheet_settle (sheet, settled);
}

static void
on_warning (const char *text, gpointer data)
{
  const Place *place = data;

  place->app->desk.say (&place->app->desk, STYLE_WARNING, text);
}

static void
on_file (gpointer data)
{
  Place *place = data;

  outbox_source_look_again (place->source);
  app_look_at_outbox (place->app);
}

/* --- life -------------------------------------------------------------------------------- */

static void
open_engine (Place *place)
{
  const NoticesRules rules = { .visit = notices_visit_outbox,
                               .visit_data = place->source,
                               .find_account = accounts_find,
                               .find_data = place->app->accounts,
                               .warn = on_warning,
                               .warn_data = place };

  place->store = state_open (place->account);
  place->memory = state_load (place->store);
  place->identity = state_identity (place->store);
  place->engine = engine_new (outbox_source_work (place->source), place->memory, place->identity);
  place->notices = notices_new (&rules);
  engine_watch (place->engine, on_event, place);
  outbox_source_listen (place->source, on_settled, place);
  outbox_source_attach (place->source, place->engine);
  place->file = file_watch_new (place->directory, OUTBOX_NAME, on_file, place);
}

static Place *
place_open (App *app, const Account *account, GError **error)
{
  g_autofree char *directory = state_directory (account);
  const OutboxSourceRules rules = { .directory = directory,
                                    .find_account = accounts_find,
                                    .data = app->accounts,
                                    .only_own = !account->flush_along };
  OutboxSource *source = outbox_source_new (&rules, error);

  if (!source)
    return NULL;
  Place *place = g_new0 (Place, 1);
  place->app = app;
  place->account = account;
  place->source = source;
  place->locks = draft_locks_new (directory);
  place->attached = attached_new (directory);
  place->directory = g_steal_pointer (&directory);
  open_engine (place);
  if (outbox_source_warning (source))
    on_warning (outbox_source_warning (source), place);
  return place;
}

void
place_close (Place *place)
{
  outbox_source_rest (place->source);
  g_clear_pointer (&place->file, file_watch_free);
  g_clear_pointer (&place->notices, notices_free);
  engine_free (place->engine);
}

void
place_free (gpointer data)
{
  Place *place = data;

  state_save (place->store, place->memory);
  identity_free (place->identity);
  path_memory_free (place->memory);
  path_store_free (place->store);
  draft_locks_free (place->locks);
  attached_free (place->attached);
  g_free (place->directory);
  g_free (place);
}

/* --- which ------------------------------------------------------------------------------- */

Place *
app_place_at (const App *app, guint index)
{
  return g_ptr_array_index (app->places, index);
}

Place *
app_place (App *app, const Account *account, GError **error)
{
  g_autofree char *directory = state_directory (account);

  for (guint i = 0; i < app->places->len; i++)
    if (strcmp (app_place_at (app, i)->directory, directory) == 0)
      return app_place_at (app, i);
  Place *place = place_open (app, account, error);
  if (!place)
    return NULL;
  place->index = app->places->len;
  g_ptr_array_add (app->places, place);
  return place;
}

gboolean
app_open_places (App *app, GError **error)
{
  const char *const *names = config_account_names (app->config);

  if (!app_place (app, app->account, error))
    return FALSE;
  for (gsize i = 0; names[i]; i++) {
    g_autoptr (GError) cause = NULL;
    if (!app_place (app, config_account_named (app->config, names[i]), &cause))
      app->desk.say (&app->desk, STYLE_WARNING, cause->message);
  }
  return TRUE;
}

Place *
app_home (const App *app)
{
  return app_place_at (app, 0);
}

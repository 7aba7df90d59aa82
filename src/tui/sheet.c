/* Drafts: a letter that is being written goes into the outbox again and again, on the writer thread,
 * so that no key waits for the disk. */
#include "tui/app-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "net/clock.h"
#include "tui/compose-screen.h"
#include "tui/stored.h"

/* From the first key that isn't saved; with the disk's own time, words are safe within 2 s. */
#define SAVE_AFTER TICKS_PER_SECOND

/* Where that failed. */
#define SAVE_AGAIN (2 * TICKS_PER_SECOND)

typedef struct {
  Sheet *sheet;
  Place *place; /* where the row is to be */
  Letter *letter;
  const Account *account;
  gint64 id;
  guint64 version;
  gboolean rescued; /* in a file */
  GError *error;
} Saving;

static void
save (Outbox *outbox, gpointer data)
{
  Saving *saving = data;

  if (letter_is_empty (saving->letter)) {
    if (saving->id != 0 && (stored_remove (outbox, saving->id, &saving->error) || !saving->error))
      saving->id = 0;
    return;
  }
  if (!stored_put_draft (outbox, &saving->id, saving->letter, saving->account, &saving->error))
    saving->rescued = rescue_write (saving->sheet->rescue, saving->letter);
}

gboolean
sheet_is_saved (const Sheet *sheet)
{
  return !sheet->saving && (!sheet->compose || sheet->saved == compose_screen_version (sheet->compose));
}

static void
tell_saved (Sheet *sheet)
{
  App *app = sheet->app;

  if (sheet->tells && sheet_is_saved (sheet))
    app->desk.say (&app->desk, STYLE_GOOD, _ ("Saved as a draft"));
  sheet->tells = sheet->tells && !sheet_is_saved (sheet);
}

static void
say_unsaved (const Saving *saving)
{
  App *app = saving->sheet->app;
  g_autofree char *file = saving->rescued ? visible_text (rescue_file (saving->sheet->rescue), -1) : NULL;
  g_autofree char *where = file ? g_strdup_printf (_ ("Until it can, it is in %s"), file) : g_strdup ("");
  g_autofree char *why = g_strdup_printf (_ ("The draft can't be saved: %s"), saving->error->message);
  g_autofree char *words = g_strjoin (file ? "\n" : "", why, where, NULL);

  if (!app_stay (app))
    app->desk.say (&app->desk, STYLE_BAD, words);
}

static void
after_save (Outbox *outbox, gpointer data)
{
  Saving *saving = data;
  Sheet *sheet = saving->sheet;
  App *app = sheet->app;

  sheet->saving = FALSE;
  if (saving->error) {
    say_unsaved (saving);
    sheet->unsaved = TRUE;
    timer_set (sheet->save, clock_now () + SAVE_AGAIN);
  } else {
    sheet_move (sheet, saving->place, saving->id);
    if (sheet->id != 0)
      draft_locks_take (sheet->place->locks, sheet->id);
    sheet->saved = saving->version;
    rescue_remove (sheet->rescue);
    sheet_touch (sheet);
    tell_saved (sheet);
    if (sheet->discarded && sheet->id != 0 && !app->closing)
      sheet_discard (sheet);
  }
  g_clear_error (&saving->error);
  letter_free (saving->letter);
  g_free (saving);
  app_look_for_end (app);
}

void
sheet_save (Sheet *sheet)
{
  App *app = sheet->app;

  timer_set (sheet->save, TICKS_NEVER);
  sheet->unsaved = FALSE;
  if (!sheet->compose || sheet->saving || sheet->busy || sheet_is_saved (sheet))
    return;
  Saving *saving = g_new0 (Saving, 1);
  saving->sheet = sheet;
  saving->letter = compose_screen_letter (sheet->compose);
  saving->account = app_account (app, saving->letter->account);
  saving->place = sheet_place (sheet, saving->account);
  saving->id = saving->place == sheet->place ? sheet->id : 0;
  saving->version = compose_screen_version (sheet->compose);
  sheet->saving = TRUE;
  outbox_source_run (saving->place->source, save, after_save, saving);
}

void
sheet_save_now (Sheet *sheet)
{
  sheet->tells = TRUE;
  sheet_save (sheet);
  tell_saved (sheet);
}

void
sheet_discard (Sheet *sheet)
{
  App *app = sheet->app;

  timer_set (sheet->save, TICKS_NEVER);
  sheet->discarded = TRUE;
  if (sheet->saving)
    return; /* once it is known in which row */
  Saving *saving = g_new0 (Saving, 1);
  sheet->saving = TRUE;
  *saving = (Saving){
    .sheet = sheet, .place = sheet->place, .letter = letter_new (), .account = app->account, .id = sheet->id
  };
  outbox_source_run (sheet->place->source, save, after_save, saving);
}

/* What the writer thread has in hand stays its own. */
char *
sheet_rescue (const Sheet *sheet)
{
  if (!sheet->compose || sheet_is_saved (sheet))
    return NULL;
  g_autoptr (Letter) letter = compose_screen_letter (sheet->compose);
  Rescue *rescue = sheet->saving ? rescue_new (sheet->app->rescue_folders) : sheet->rescue;
  char *file = rescue_write (rescue, letter) ? g_strdup (rescue_file (rescue)) : NULL;
  if (sheet->saving)
    rescue_free (rescue);
  return file;
}

static void
on_save (gpointer data)
{
  sheet_save (data);
}

/* The timer stays where it is while typing goes on. */
void
sheet_touch (Sheet *sheet)
{
  if (sheet->unsaved || sheet->busy || sheet_is_saved (sheet) || sheet->saving)
    return;
  sheet->unsaved = TRUE;
  timer_set (sheet->save, clock_now () + SAVE_AFTER);
}

/* --- which --------------------------------------------------------------------------------- */

Sheet *
sheet_of (const App *app, const Screen *screen)
{
  for (guint i = 0; i < app->sheets->len; i++) {
    Sheet *sheet = g_ptr_array_index (app->sheets, i);
    if (screen && (sheet->compose == screen || sheet->review == screen || sheet->sending == screen))
      return sheet;
  }
  return NULL;
}

Sheet *
sheet_with (const Place *place, gint64 id)
{
  for (guint i = 0; i < place->app->sheets->len; i++) {
    Sheet *sheet = g_ptr_array_index (place->app->sheets, i);
    if (id != 0 && sheet->place == place && sheet->id == id)
      return sheet;
  }
  return NULL;
}

void
sheet_forget (Sheet *sheet, const Screen *screen)
{
  if (sheet->compose == screen)
    sheet->compose = NULL;
  if (sheet->review == screen)
    sheet->review = NULL;
  if (sheet->sending == screen)
    sheet->sending = NULL;
}

/* --- where ---------------------------------------------------------------------------------- */

static void
remove_row (Outbox *outbox, gpointer data)
{
  stored_remove (outbox, *(const gint64 *)data, NULL);
}

static void
after_remove_row (Outbox *outbox, gpointer data)
{
  g_free (data);
}

void
sheet_move (Sheet *sheet, Place *place, gint64 id)
{
  Place *before = sheet->place;

  if (before != place && sheet->id != 0 && !sheet->app->closing)
    outbox_source_run (before->source, remove_row, after_remove_row,
                       g_memdup2 (&sheet->id, sizeof sheet->id));
  sheet->place = place;
  sheet->id = id;
}

Place *
sheet_place (Sheet *sheet, const Account *account)
{
  g_autoptr (GError) error = NULL;
  Place *place = app_place (sheet->app, account, &error);

  return place ? place : sheet->place;
}

/* --- life ------------------------------------------------------------------------------------ */

static void
on_leave (gpointer data)
{
  sheet_release (data);
}

Sheet *
sheet_new (Place *place, Letter *letter, gint64 id)
{
  App *app = place->app;
  Sheet *sheet = g_new0 (Sheet, 1);

  sheet->app = app;
  sheet->place = place;
  sheet->letter = letter;
  sheet->id = id;
  sheet->rescue = rescue_new (app->rescue_folders);
  sheet->save = timer_new (on_save, sheet);
  sheet->leave = timer_new (on_leave, sheet);
  sheet->compose = compose_screen_new (&app->desk, letter);
  sheet->saved = compose_screen_version (sheet->compose);
  g_ptr_array_add (app->sheets, sheet);
  app_hold_attached (app, letter);
  board_open (app->board, sheet->compose);
  app_redraw (app);
  return sheet;
}

Sheet *
sheet_new_rescued (Place *place, Letter *letter, Rescue *rescue)
{
  Sheet *sheet = sheet_new (place, letter, 0);

  rescue_free (sheet->rescue);
  sheet->rescue = rescue;
  sheet->saved = G_MAXUINT64;
  sheet_save (sheet);
  return sheet;
}

void
sheet_free (gpointer data)
{
  Sheet *sheet = data;

  timer_free (sheet->save);
  timer_free (sheet->leave);
  rescue_free (sheet->rescue);
  letter_free (sheet->letter);
  envelope_free (sheet->envelope);
  g_clear_pointer (&sheet->message, body_source_unref);
  g_free (sheet);
}

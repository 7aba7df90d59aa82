/* Drafts: a letter that is being written goes into the outbox again and again, on the writer thread,
 * so that no key waits for the disk. */
#include "tui/app-private.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/i18n.h"
#include "net/clock.h"
#include "tui/compose-screen.h"

/* From the first key that isn't saved; with the disk's own time, words are safe within 2 s. */
#define SAVE_AFTER TICKS_PER_SECOND

/* Where that failed. */
#define SAVE_AGAIN (2 * TICKS_PER_SECOND)

typedef struct {
  Sheet *sheet;
  Letter *letter;
  const Account *account;
  gint64 id;
  guint64 version;
  GError *error;
} Saving;

static void
remove_draft (Outbox *outbox, Saving *saving)
{
  OutboxResult result;
  OutboxState state;

  if (saving->id != 0
      && outbox_act (outbox, saving->id, OUTBOX_REMOVE, OUTBOX_ANYBODY, clock_instant ().wall, &result,
                     &state, &saving->error))
    saving->id = 0;
}

/* A draft has no recipients: whoever lets it go by another way sends nothing half written. */
static void
write_draft (Outbox *outbox, gpointer data)
{
  Saving *saving = data;
  g_autoptr (Envelope) nobody = envelope_new ("");
  g_autoptr (GBytes) octets = NULL;
  const OutboxWish wish = { .state = OUTBOX_DRAFT,
                            .owner = (guint32)getuid (),
                            .from = saving->letter->from,
                            .subject = saving->letter->subject };
  gboolean found = FALSE;

  if (letter_is_empty (saving->letter)) {
    remove_draft (outbox, saving);
    return;
  }
  octets = letter_write_draft (saving->letter);
  g_autoptr (BodySource) body = body_source_new_bytes (octets);
  if (saving->id != 0
      && !outbox_put_over (outbox, saving->id, saving->account, nobody, body, &wish, &found, &saving->error))
    return;
  /* Somebody else took it meanwhile: this one is another from now on. */
  if (!found)
    outbox_put (outbox, saving->account, nobody, body, &wish, &saving->id, &saving->error);
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
after_save (Outbox *outbox, gpointer data)
{
  Saving *saving = data;
  Sheet *sheet = saving->sheet;
  App *app = sheet->app;

  sheet->saving = FALSE;
  if (saving->error) {
    g_autofree char *words = g_strdup_printf (_ ("The draft can't be saved: %s"), saving->error->message);
    if (!app_stay (app))
      app->desk.say (&app->desk, STYLE_BAD, words);
    sheet->unsaved = TRUE;
    timer_set (sheet->save, clock_now () + SAVE_AGAIN);
  } else {
    sheet->id = saving->id;
    if (sheet->id != 0)
      draft_locks_take (app->locks, sheet->id);
    sheet->saved = saving->version;
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
  saving->id = sheet->id;
  saving->version = compose_screen_version (sheet->compose);
  sheet->saving = TRUE;
  outbox_source_run (app->source, write_draft, after_save, saving);
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
  *saving = (Saving){ .sheet = sheet, .letter = letter_new (), .account = app->account, .id = sheet->id };
  outbox_source_run (app->source, write_draft, after_save, saving);
}

/* The outbox didn't take it: any disk will do. */
char *
sheet_rescue (Sheet *sheet)
{
  const char *const folders[] = { g_get_home_dir (), sheet->app->directory, g_get_tmp_dir () };

  if (!sheet->compose || sheet_is_saved (sheet))
    return NULL;
  g_autoptr (Letter) letter = compose_screen_letter (sheet->compose);
  g_autoptr (GBytes) octets = letter_write_draft (letter);
  gsize length;
  const char *data = g_bytes_get_data (octets, &length);
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *file = g_build_filename (folders[i], "toukan-unsaved-XXXXXX", NULL);
    const int descriptor = g_mkstemp (file);
    if (descriptor < 0)
      continue;
    close (descriptor);
    if (g_file_set_contents_full (file, data, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
      return g_steal_pointer (&file);
    unlink (file);
  }
  return NULL;
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
sheet_with (const App *app, gint64 id)
{
  for (guint i = 0; i < app->sheets->len; i++) {
    Sheet *sheet = g_ptr_array_index (app->sheets, i);
    if (id != 0 && sheet->id == id)
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

/* --- life ------------------------------------------------------------------------------------ */

static void
on_leave (gpointer data)
{
  sheet_release (data);
}

Sheet *
sheet_new (App *app, Letter *letter, gint64 id)
{
  Sheet *sheet = g_new0 (Sheet, 1);

  sheet->app = app;
  sheet->letter = letter;
  sheet->id = id;
  sheet->save = timer_new (on_save, sheet);
  sheet->leave = timer_new (on_leave, sheet);
  sheet->compose = compose_screen_new (&app->desk, letter);
  sheet->saved = compose_screen_version (sheet->compose);
  g_ptr_array_add (app->sheets, sheet);
  board_open (app->board, sheet->compose);
  app_redraw (app);
  return sheet;
}

void
sheet_free (gpointer data)
{
  Sheet *sheet = data;

  timer_free (sheet->save);
  timer_free (sheet->leave);
  letter_free (sheet->letter);
  envelope_free (sheet->envelope);
  g_clear_pointer (&sheet->message, body_source_unref);
  g_free (sheet);
}

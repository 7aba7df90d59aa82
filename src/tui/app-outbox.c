/* The outbox, looked at and acted on by the writer thread. */
#include "tui/app-private.h"

#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "engine/outbox-show.h"
#include "engine/outbox-words.h"
#include "mail/address.h"
#include "net/clock.h"
#include "tui/compose-screen.h"
#include "tui/outbox-screen.h"
#include "tui/stored.h"
#include "tui/text-screen.h"
#include "tui/writer.h"

#define WAITING                                                                                              \
  (1U << OUTBOX_DRAFT | 1U << OUTBOX_HELD | 1U << OUTBOX_QUEUED | 1U << OUTBOX_SENDING                       \
   | 1U << OUTBOX_IN_DOUBT)

/* As many as a person looks at. */
#define ITEMS_LIMIT 2000

static void
say (App *app, Style style, const char *text)
{
  app->desk.say (&app->desk, style, text);
}

/* --- looking -------------------------------------------------------------------------- */

typedef struct {
  Place *place;
  gint64 version;   /* when it was looked at last */
  GPtrArray *items; /* NULL: nothing has changed */
} Look;

static void
note_item (const OutboxItem *item, gpointer data)
{
  Look *look = data;

  if (look->items->len < ITEMS_LIMIT)
    g_ptr_array_add (look->items, outbox_item_copy (item));
}

static void
look_at (Outbox *outbox, gpointer data)
{
  Look *look = data;
  const OutboxFilter filter = { .states = WAITING, .owner = OUTBOX_ANYBODY };
  const gint64 version = outbox_version (outbox);

  if (version == look->version)
    return;
  look->version = version;
  look->items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  if (!outbox_list (outbox, &filter, note_item, look, NULL))
    g_clear_pointer (&look->items, g_ptr_array_unref);
}

static void
after_look (Outbox *outbox, gpointer data)
{
  Look *look = data;
  Place *place = look->place;
  App *app = place->app;

  place->looking = FALSE;
  if (look->items && app->outbox) {
    outbox_screen_set (app->outbox, place->index, g_steal_pointer (&look->items));
    place->version = look->version;
    app_redraw (app);
  }
  if (look->items)
    g_ptr_array_unref (look->items);
  g_free (look);
}

static void
look_at_place (Place *place)
{
  if (place->looking)
    return;
  Look *look = g_new0 (Look, 1);
  *look = (Look){ .place = place, .version = place->version };
  place->looking = TRUE;
  outbox_source_run (place->source, look_at, after_look, look);
}

void
app_look_at_outbox (App *app)
{
  if (!app->outbox || app->closing)
    return;
  for (guint i = 0; i < app->places->len; i++)
    look_at_place (app_place_at (app, i));
}

void
app_open_outbox (App *app)
{
  if (app->outbox) {
    board_raise (app->board, app->outbox);
  } else {
    app->outbox = outbox_screen_new (&app->desk);
    for (guint i = 0; i < app->places->len; i++)
      app_place_at (app, i)->version = 0;
    board_open (app->board, app->outbox);
  }
  app_look_at_outbox (app);
}

/* --- acting ----------------------------------------------------------------------------- */

typedef struct {
  Place *place;
  gint64 id;
  OutboxAction action;
  OutboxResult result;
  OutboxState state;
  GError *error;
} Act;

static const char *const done_words[] = {
  [OUTBOX_RETRY] = N_ ("It is tried now"),
  [OUTBOX_HOLD] = N_ ("It is held until it is released"),
  [OUTBOX_RELEASE] = N_ ("It may go now"),
  [OUTBOX_CANCEL] = N_ ("Cancelled: nobody has it, and nobody will"),
  [OUTBOX_RESOLVE_SENT] = N_ ("It counts as sent"),
  [OUTBOX_RESOLVE_RESEND] = N_ ("It is sent again"),
  [OUTBOX_REMOVE] = N_ ("It is gone"),
};

static void
act (Outbox *outbox, gpointer data)
{
  Act *job = data;

  outbox_act (outbox, job->id, job->action, OUTBOX_ANYBODY, clock_instant ().wall, &job->result, &job->state,
              &job->error);
}

static void
tell_act (const Act *job)
{
  App *app = job->place->app;

  if (job->error) {
    say (app, STYLE_BAD, job->error->message);
    return;
  }
  switch (job->result) {
  case OUTBOX_DONE:
    say (app, STYLE_GOOD, _ (done_words[job->action]));
    break;
  case OUTBOX_UNKNOWN:
    say (app, STYLE_WARNING, _ ("It isn't there any more"));
    break;
  case OUTBOX_BUSY:
    say (app, STYLE_WARNING,
         job->action == OUTBOX_CANCEL ? _ ("Another process is sending it, and was asked to cancel it")
                                      : _ ("Another process is sending it; try again when that is over"));
    break;
  case OUTBOX_NOT_SO:
    say (app, STYLE_WARNING, _ ("Not possible as it stands; Show says more"));
    break;
  }
}

static void
after_act (Outbox *outbox, gpointer data)
{
  Act *job = data;
  App *app = job->place->app;
  const gboolean goes
      = job->action == OUTBOX_RETRY || job->action == OUTBOX_RESOLVE_RESEND || job->action == OUTBOX_RELEASE;

  tell_act (job);
  if (!job->error && job->result == OUTBOX_DONE && goes && !app->closing)
    outbox_source_adopt (job->place->source, job->id);
  app_look_at_outbox (app);
  g_clear_error (&job->error);
  g_free (job);
}

void
app_act (Desk *desk, guint number, gint64 id, OutboxAction action)
{
  App *app = (App *)desk;
  Place *place = app_place_at (app, number);

  /* What is in hand here is cancelled exactly, and at once. */
  if (action == OUTBOX_CANCEL) {
    const CancelResult result = engine_cancel (place->engine, (DeliveryId)id);
    if (result != CANCEL_UNKNOWN) {
      say (app, STYLE_WARNING,
           result == CANCEL_CANCELLED ? _ (done_words[OUTBOX_CANCEL])
                                      : _ ("Too late to cancel: it has left; the server's answer decides"));
      return;
    }
  }
  Act *job = g_new0 (Act, 1);
  *job = (Act){ .place = place, .id = id, .action = action };
  outbox_source_run (place->source, act, after_act, job);
}

/* --- showing ------------------------------------------------------------------------------ */

typedef struct {
  App *app;
  gint64 id;
  OutboxItem *item;
  GPtrArray *attempts;
} Show;

static void
find_item (Outbox *outbox, gpointer data)
{
  Show *show = data;

  show->item = outbox_find (outbox, show->id, NULL);
  show->attempts = show->item ? outbox_attempts (outbox, show->id, NULL) : NULL;
}

static void
after_find_item (Outbox *outbox, gpointer data)
{
  Show *show = data;
  App *app = show->app;

  if (show->attempts) {
    const Account *account
        = accounts_find (show->item->account, (const char *const *)show->item->overrides, app->accounts);
    g_autofree char *text = outbox_show (show->item, show->attempts, account, clock_instant ().wall);
    g_autofree char *title = outbox_subject_words (show->item);
    app->desk.open (&app->desk, text_screen_new (&app->desk, title, text));
    g_ptr_array_unref (show->attempts);
  } else {
    say (app, STYLE_WARNING, _ ("It isn't there any more"));
  }
  outbox_item_free (show->item);
  g_free (show);
}

void
app_show_item (Desk *desk, guint number, gint64 id)
{
  Show *show = g_new0 (Show, 1);

  *show = (Show){ .app = (App *)desk, .id = id };
  outbox_source_run (app_place_at (show->app, number)->source, find_item, after_find_item, show);
}

/* --- editing -------------------------------------------------------------------------------- */

typedef struct {
  Place *place;
  gint64 id;
  GStrv own; /* addresses that are the writer's */
  const Account *account;
  Letter *letter;
  GError *error;
} Editing;

static GBytes *
read_whole (BodyReader *reader, GError **error)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  guint8 piece[65536];
  gssize got;

  while ((got = body_reader_read (reader, piece, sizeof piece, error)) > 0)
    g_byte_array_append (octets, piece, (guint)got);
  return got < 0 ? NULL : g_byte_array_free_to_bytes (g_steal_pointer (&octets));
}

static gboolean
names (const char *field, const char *address)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (field, NULL, NULL);

  for (guint i = 0; mailboxes && i < mailboxes->len; i++)
    if (strcmp (((const Mailbox *)g_ptr_array_index (mailboxes, i))->address, address) == 0)
      return TRUE;
  return FALSE;
}

/* Whom no field names got a blind copy. */
static void
restore_bcc (Letter *letter, const Envelope *envelope)
{
  for (guint i = 0; i < envelope->recipients->len; i++) {
    const char *address = envelope_recipient (envelope, i)->address;
    if (names (letter->to, address) || names (letter->cc, address) || names (letter->bcc, address))
      continue;
    char *bcc = *letter->bcc != '\0' ? g_strconcat (letter->bcc, ", ", address, NULL) : g_strdup (address);
    g_free (letter->bcc);
    letter->bcc = bcc;
  }
}

static void
read_message (Outbox *outbox, Editing *editing, const OutboxItem *item)
{
  g_autoptr (BodyReader) reader = stored_open (outbox, item->id, &editing->error);
  g_autoptr (GBytes) bytes = reader ? read_whole (reader, &editing->error) : NULL;
  g_autofree char *folder = bytes ? attached_folder (editing->place->attached, &editing->error) : NULL;

  if (!folder)
    return;
  g_autoptr (BodySource) message = body_source_new_bytes (bytes);
  editing->letter
      = letter_of_message (message, LETTER_EDIT, (const char *const *)editing->own, folder, &editing->error);
  rmdir (folder); /* where nothing is attached */
  if (!editing->letter)
    return;
  restore_bcc (editing->letter, item->envelope);
  g_free (editing->letter->account);
  editing->letter->account = g_strdup (item->account);
  /* What was to be sent becomes a draft again, in the same place, before anybody writes in it. */
  if (!stored_put_draft_over (outbox, item->id, editing->letter, editing->account, &editing->error))
    g_clear_pointer (&editing->letter, letter_free);
}

static void
read_letter (Outbox *outbox, gpointer data)
{
  Editing *editing = data;
  g_autoptr (OutboxItem) item = outbox_find (outbox, editing->id, &editing->error);

  if (!item)
    return;
  if (item->state == OUTBOX_DRAFT) {
    g_autoptr (BodyReader) reader = stored_open (outbox, item->id, &editing->error);
    editing->letter = reader ? letter_read_draft (reader, NULL) : NULL;
  }
  if (!editing->letter && !editing->error)
    read_message (outbox, editing, item);
}

void
app_close_blank (App *app)
{
  Sheet *blank = g_steal_pointer (&app->blank);

  if (!blank || !blank->compose)
    return;
  g_autoptr (Letter) letter = compose_screen_letter (blank->compose);
  if (letter_is_empty (letter))
    app->desk.close (&app->desk, blank->compose);
}

static void
after_read_letter (Outbox *outbox, gpointer data)
{
  Editing *editing = data;
  App *app = editing->place->app;

  if (editing->letter) {
    sheet_new (editing->place, editing->letter, editing->id);
    app_close_blank (app);
  } else {
    say (app, STYLE_BAD,
         editing->error ? editing->error->message : _ ("It can't be edited: it is being sent, or has gone"));
  }
  app_look_at_outbox (app);
  g_clear_error (&editing->error);
  g_strfreev (editing->own);
  g_free (editing);
  app_redraw (app);
}

void
app_edit_item (Desk *desk, guint number, gint64 id)
{
  App *app = (App *)desk;
  Place *place = app_place_at (app, number);
  const Sheet *sheet = sheet_with (place, id);

  if (sheet && sheet->compose) {
    board_raise (app->board, sheet->compose);
    app_redraw (app);
    return;
  }
  if (!draft_locks_take (place->locks, id)) {
    say (app, STYLE_WARNING, _ ("It is being written in another composer"));
    return;
  }
  Editing *editing = g_new0 (Editing, 1);
  *editing = (Editing){
    .place = place, .id = id, .own = writer_addresses (app->config), .account = place->account
  };
  outbox_source_run (place->source, read_letter, after_read_letter, editing);
}

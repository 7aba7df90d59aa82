/* The outbox, looked at and acted on by the writer thread. */
#include "tui/app-private.h"

#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/outbox-show.h"
#include "engine/outbox-words.h"
#include "engine/when.h"
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
  App *app;
  guint states;
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
  const OutboxFilter filter = { .states = look->states, .owner = OUTBOX_ANYBODY };
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
  App *app = look->app;

  app->looking = FALSE;
  if (look->items && app->outbox) {
    outbox_screen_set (app->outbox, g_steal_pointer (&look->items));
    app->outbox_version = look->version;
    app_redraw (app);
  }
  if (look->items)
    g_ptr_array_unref (look->items);
  g_free (look);
}

void
app_look_at_outbox (App *app)
{
  if (!app->outbox || app->looking || app->closing)
    return;
  Look *look = g_new0 (Look, 1);
  *look = (Look){ .app = app, .states = WAITING, .version = app->outbox_version };
  app->looking = TRUE;
  outbox_source_run (app->source, look_at, after_look, look);
}

void
app_open_outbox (App *app)
{
  if (app->outbox) {
    board_raise (app->board, app->outbox);
  } else {
    app->outbox = outbox_screen_new (&app->desk);
    app->outbox_version = 0;
    board_open (app->board, app->outbox);
  }
  app_look_at_outbox (app);
}

/* --- acting ----------------------------------------------------------------------------- */

typedef struct {
  App *app;
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
  App *app = job->app;

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
  App *app = job->app;
  const gboolean goes
      = job->action == OUTBOX_RETRY || job->action == OUTBOX_RESOLVE_RESEND || job->action == OUTBOX_RELEASE;

  tell_act (job);
  if (!job->error && job->result == OUTBOX_DONE && goes && !app->closing)
    outbox_source_adopt (app->source, job->id);
  app_look_at_outbox (app);
  g_clear_error (&job->error);
  g_free (job);
}

void
app_act (Desk *desk, gint64 id, OutboxAction action)
{
  App *app = (App *)desk;

  /* What is in hand here is cancelled exactly, and at once. */
  if (action == OUTBOX_CANCEL) {
    const CancelResult result = engine_cancel (app->engine, (DeliveryId)id);
    if (result != CANCEL_UNKNOWN) {
      say (app, STYLE_WARNING,
           result == CANCEL_CANCELLED ? _ (done_words[OUTBOX_CANCEL])
                                      : _ ("Too late to cancel: it has left; the server's answer decides"));
      return;
    }
  }
  Act *job = g_new0 (Act, 1);
  *job = (Act){ .app = app, .id = id, .action = action };
  outbox_source_run (app->source, act, after_act, job);
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
app_show_item (Desk *desk, gint64 id)
{
  Show *show = g_new0 (Show, 1);

  *show = (Show){ .app = (App *)desk, .id = id };
  outbox_source_run (show->app->source, find_item, after_find_item, show);
}

/* --- editing -------------------------------------------------------------------------------- */

typedef struct {
  App *app;
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

/* What was to be sent becomes a draft again, in the same place, before anybody writes in it. */
static gboolean
make_draft (Outbox *outbox, Editing *editing, const OutboxItem *item)
{
  g_autoptr (Envelope) nobody = envelope_new ("");
  g_autoptr (GBytes) octets = letter_write_draft (editing->letter);
  g_autoptr (BodySource) body = body_source_new_bytes (octets);
  const OutboxWish wish = { .state = OUTBOX_DRAFT,
                            .owner = (guint32)getuid (),
                            .from = editing->letter->from,
                            .subject = editing->letter->subject };
  gboolean found;

  return outbox_put_over (outbox, item->id, editing->account, nobody, body, &wish, &found, &editing->error)
         && found;
}

static void
read_message (Outbox *outbox, Editing *editing, const OutboxItem *item)
{
  g_autoptr (BodyReader) reader = stored_open (outbox, item->id, &editing->error);
  g_autoptr (GBytes) bytes = reader ? read_whole (reader, &editing->error) : NULL;
  g_autofree char *folder = bytes ? attached_folder (editing->app->attached, &editing->error) : NULL;

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
  if (!make_draft (outbox, editing, item))
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
  App *app = editing->app;

  if (editing->letter) {
    sheet_new (app, editing->letter, editing->id);
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
app_edit_item (Desk *desk, gint64 id)
{
  App *app = (App *)desk;
  const Sheet *sheet = sheet_with (app, id);

  if (sheet && sheet->compose) {
    board_raise (app->board, sheet->compose);
    app_redraw (app);
    return;
  }
  if (!draft_locks_take (app->locks, id)) {
    say (app, STYLE_WARNING, _ ("It is being written in another composer"));
    return;
  }
  Editing *editing = g_new0 (Editing, 1);
  *editing
      = (Editing){ .app = app, .id = id, .own = writer_addresses (app->config), .account = app->account };
  outbox_source_run (app->source, read_letter, after_read_letter, editing);
}

/* Attachments that no draft names any more go when the composer begins. */
#include "tui/app-private.h"

#include "tui/stored.h"

typedef struct {
  char *directory;
  GArray *ids;      /* of gint64: drafts */
  GPtrArray *files; /* that they name */
} Sweep;

static void
note_draft (const OutboxItem *item, gpointer data)
{
  const Sweep *sweep = data;

  g_array_append_val (sweep->ids, item->id);
}

static void
note_files (const Sweep *sweep, const Letter *letter)
{
  for (guint i = 0; i < letter->attachments->len; i++) {
    const LetterAttachment *attachment = g_ptr_array_index (letter->attachments, i);
    g_ptr_array_add (sweep->files, g_strdup (attachment->path));
  }
}

/* Unless all drafts can be read, nothing goes. */
static gboolean
find_files (Outbox *outbox, Sweep *sweep)
{
  const OutboxFilter drafts = { .states = 1U << OUTBOX_DRAFT, .owner = OUTBOX_ANYBODY };

  if (!outbox_list (outbox, &drafts, note_draft, sweep, NULL))
    return FALSE;
  for (guint i = 0; i < sweep->ids->len; i++) {
    g_autoptr (BodyReader) reader = stored_open (outbox, g_array_index (sweep->ids, gint64, i), NULL);
    g_autoptr (Letter) letter = reader ? letter_read_draft (reader, NULL) : NULL;
    if (!letter)
      return FALSE;
    note_files (sweep, letter);
  }
  return TRUE;
}

static void
sweep (Outbox *outbox, gpointer data)
{
  Sweep *job = data;

  if (attached_any (job->directory) && find_files (outbox, job))
    attached_sweep (job->directory, job->files);
}

static void
after_sweep (Outbox *outbox, gpointer data)
{
  Sweep *job = data;

  g_free (job->directory);
  g_array_unref (job->ids);
  g_ptr_array_unref (job->files);
  g_free (job);
}

void
app_sweep_attached (App *app)
{
  for (guint i = 0; i < app->places->len; i++) {
    const Place *place = app_place_at (app, i);
    Sweep *job = g_new0 (Sweep, 1);
    *job = (Sweep){ g_strdup (place->directory), g_array_new (FALSE, FALSE, sizeof (gint64)),
                    g_ptr_array_new_with_free_func (g_free) };
    outbox_source_run (place->source, sweep, after_sweep, job);
  }
}

void
app_hold_attached (const App *app, const Letter *letter)
{
  for (guint i = 0; i < letter->attachments->len; i++)
    for (guint place = 0; place < app->places->len; place++)
      attached_hold (app_place_at (app, place)->attached,
                     ((const LetterAttachment *)g_ptr_array_index (letter->attachments, i))->path);
}

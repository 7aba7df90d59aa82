/* Copies and reports read messages where the outbox is: on its writer thread, since an
 * Outbox belongs to one thread and a large copy must not hold up the loop. What is asked for
 * when a message has been settled runs before anything that could forget its octets. */
#include "engine/notices.h"

typedef struct {
  OutboxSource *source;
  gint64 id;
  NoticesUse use;
  NoticesDone done;
  gpointer job;
} Errand;

typedef struct {
  Outbox *outbox;
  gint64 id;
} Stored;

typedef struct {
  BodyReader reader;
  OutboxReader *stored;
} StoredReader;

static gssize
stored_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return outbox_read (((StoredReader *)reader)->stored, buffer, length, error);
}

static void
stored_free (BodyReader *reader)
{
  outbox_reader_free (((StoredReader *)reader)->stored);
  g_free (reader);
}

static BodyReader *
open_stored (gpointer data, GError **error)
{
  const Stored *message = data;
  OutboxReader *stored = outbox_open_message (message->outbox, message->id, error);

  if (!stored)
    return NULL;
  StoredReader *reader = g_new0 (StoredReader, 1);
  *reader = (StoredReader){ { stored_read, stored_free }, stored };
  return &reader->reader;
}

static gboolean
put_stored (gpointer data, const Account *account, const Envelope *envelope, BodySource *message,
            const OutboxWish *wish, GError **error)
{
  const Stored *place = data;
  gint64 id;

  return outbox_put (place->outbox, account, envelope, message, wish, &id, error);
}

/* On the writer thread. */
static void
errand_run (Outbox *outbox, gpointer data)
{
  const Errand *errand = data;
  Stored message = { outbox, errand->id };
  const NoticesPlace place = { open_stored, put_stored, &message };

  errand->use (&place, errand->job);
}

/* Back on the main context. */
static void
errand_done (Outbox *outbox, gpointer data)
{
  Errand *errand = data;

  errand->done (errand->job);
  outbox_source_look_again (errand->source);
  g_free (errand);
}

void
notices_visit_outbox (gint64 id, NoticesUse use, NoticesDone done, gpointer job, gpointer data)
{
  Errand *errand = g_new (Errand, 1);

  *errand = (Errand){ data, id, use, done, job };
  outbox_source_run (data, errand_run, errand_done, errand);
}

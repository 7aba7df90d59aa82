/* Copies and reports read messages where the outbox is: on its writer thread, since an
 * Outbox belongs to one thread and a large copy must not hold up the loop. What is asked for
 * when a message has been settled runs before anything that could forget its octets. */
#include "engine/notices.h"
#include "engine/stored-message.h"

typedef struct {
  OutboxSource *source;
  gint64 id;
  NoticesUse use;
  NoticesDone done;
  gpointer job;
} Errand;

static gboolean
put_stored (gpointer data, const Account *account, const Envelope *envelope, BodySource *message,
            const OutboxWish *wish, GError **error)
{
  const StoredMessage *place = data;
  gint64 id;

  return outbox_put (place->outbox, account, envelope, message, wish, &id, error);
}

/* On the writer thread. */
static void
errand_run (Outbox *outbox, gpointer data)
{
  const Errand *errand = data;
  StoredMessage message = { outbox, errand->id };
  const NoticesPlace place = { stored_message_open, put_stored, &message };

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

/* What other processes do to the file: wishes to cancel what is in hand here, asked for once
 * a second meanwhile; and new messages, of which the kernel tells (inotify). */
#include "engine/outbox-source-private.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <glib-unix.h>

#include "net/clock.h"

#define WISH_INTERVAL TICKS_PER_SECOND

/* --- wishes ------------------------------------------------------------------------------ */

typedef struct {
  OutboxSource *source;
  gint64 version; /* when they were asked for last */
  GArray *ids;    /* of gint64; NULL: nothing has changed */
} Wishes;

static void
ask_for_wishes (Outbox *outbox, gpointer data)
{
  Wishes *wishes = data;
  gint64 version = outbox_version (outbox);

  if (version != wishes->version)
    wishes->ids = outbox_cancel_wishes (outbox, NULL);
  wishes->version = version;
}

static void
take_wishes (Outbox *outbox, gpointer data)
{
  Wishes *wishes = data;
  OutboxSource *source = wishes->source;

  source->asking_wishes = FALSE;
  source->version = wishes->version;
  for (guint i = 0; wishes->ids && i < wishes->ids->len && source->engine && !source->closing; i++)
    engine_cancel (source->engine, (DeliveryId)g_array_index (wishes->ids, gint64, i));
  if (wishes->ids)
    g_array_unref (wishes->ids);
  g_free (wishes);
  outbox_source_watch_wishes (source);
}

void
outbox_source_on_wishes (gpointer data)
{
  OutboxSource *source = data;
  Wishes *wishes = g_new0 (Wishes, 1);

  wishes->source = source;
  wishes->version = source->version;
  source->watching_wishes = FALSE;
  source->asking_wishes = TRUE;
  outbox_writer_run (source->writer, ask_for_wishes, take_wishes, wishes);
}

void
outbox_source_watch_wishes (OutboxSource *source)
{
  if (source->closing || source->asking_wishes)
    return;
  if (source->out == 0) {
    timer_set (source->wish_timer, TICKS_NEVER);
    source->watching_wishes = FALSE;
  } else if (!source->watching_wishes) {
    timer_set (source->wish_timer, ticks_after (clock_now (), WISH_INTERVAL));
    source->watching_wishes = TRUE;
  }
}

/* --- the file ------------------------------------------------------------------------------ */

/* TRUE: one of the events concerns the outbox. */
static gboolean
drain (int fd)
{
  union {
    struct inotify_event event;
    char octets[16 * (sizeof (struct inotify_event) + 256)];
  } buffer;
  gboolean ours = FALSE;
  ssize_t got;

  while ((got = read (fd, &buffer, sizeof buffer)) > 0)
    for (ssize_t at = 0; at < got;) {
      const struct inotify_event *event = (const struct inotify_event *)(gpointer)(buffer.octets + at);
      ours = ours || event->len == 0 || g_str_has_prefix (event->name, OUTBOX_NAME);
      at += (ssize_t)(sizeof *event + event->len);
    }
  return ours;
}

static gboolean
on_change (int fd, GIOCondition condition, gpointer data)
{
  OutboxSource *source = data;

  if (drain (fd)) {
    source->dry = FALSE;
    outbox_source_wake (source);
  }
  return G_SOURCE_CONTINUE;
}

/* The journal (-wal) is what grows with each commit. */
void
outbox_source_watch_file (OutboxSource *source)
{
  int fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);

  if (fd < 0 || inotify_add_watch (fd, source->directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
    g_autofree char *text = g_strdup_printf ("inotify: %s", g_strerror (errno));
    outbox_source_warn (source, text);
    if (fd >= 0)
      close (fd);
    return;
  }
  source->watch = fd;
  source->watch_source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_callback (source->watch_source, G_SOURCE_FUNC (on_change), source, NULL);
  g_source_attach (source->watch_source, NULL);
}

void
outbox_source_unwatch_file (OutboxSource *source)
{
  if (source->watch < 0)
    return;
  g_source_destroy (source->watch_source);
  g_source_unref (source->watch_source);
  close (source->watch);
  source->watch = -1;
}

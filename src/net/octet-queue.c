/* A queue of octets. GByteArray won't do: it leaves copies behind when it grows. */
#include "net/octet-queue.h"

#include "base/secret.h"

#include <string.h>

#define SMALLEST_SIZE 1024

/* Memory for LENGTH more octets behind the end. */
static void
make_room (OctetQueue *queue, gsize length)
{
  gsize held = octet_queue_length (queue);
  g_assert (length <= G_MAXSSIZE - held);
  if (length <= queue->size - queue->end)
    return;
  gsize size = MAX (queue->size, SMALLEST_SIZE);
  while (size < held + held / 2 + length) /* so that the next octets needn't move these again */
    size *= 2;
  guint8 *octets = g_malloc (size);
  if (held > 0)
    memcpy (octets, octet_queue_front (queue), held);
  octet_queue_clear (queue);
  *queue = (OctetQueue){ .octets = octets, .end = held, .size = size };
}

void
octet_queue_append (OctetQueue *queue, const guint8 *octets, gsize length)
{
  if (length == 0)
    return;
  make_room (queue, length);
  memcpy (queue->octets + queue->end, octets, length);
  queue->end += length;
}

void
octet_queue_drop (OctetQueue *queue, gsize length)
{
  g_assert (length <= octet_queue_length (queue));
  if (length == 0)
    return;
  secret_wipe (queue->octets + queue->start, length);
  queue->start += length;
  if (queue->start == queue->end)
    queue->start = queue->end = 0;
}

void
octet_queue_clear (OctetQueue *queue)
{
  if (queue->end > queue->start)
    secret_wipe (queue->octets + queue->start, queue->end - queue->start);
  g_free (queue->octets);
  *queue = (OctetQueue){ 0 };
}

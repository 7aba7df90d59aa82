/* Private to the net room: octets on their way out, in order, wiped when they leave,
 * since a password may be among them. */
#pragma once

#include <glib.h>

/* All zero: empty. */
typedef struct {
  guint8 *octets;
  gsize   start, end, size;
} OctetQueue;

void octet_queue_append (OctetQueue *queue, const guint8 *octets, gsize length);
/* Takes LENGTH octets away from the front, and wipes them. */
void octet_queue_drop   (OctetQueue *queue, gsize length);
void octet_queue_clear  (OctetQueue *queue);

static inline gsize
octet_queue_length (const OctetQueue *queue)
{
  return queue->end - queue->start;
}

static inline const guint8 *
octet_queue_front (const OctetQueue *queue)
{
  return queue->octets + queue->start;
}

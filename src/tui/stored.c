/* The outbox gives its messages out in pieces, as bodies do. */
#include "tui/stored.h"

typedef struct {
  BodyReader reader;
  OutboxReader *stored;
} Stored;

static gssize
stored_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return outbox_read (((Stored *)reader)->stored, buffer, length, error);
}

static void
stored_free (BodyReader *reader)
{
  outbox_reader_free (((Stored *)reader)->stored);
  g_free (reader);
}

BodyReader *
stored_open (Outbox *outbox, gint64 id, GError **error)
{
  OutboxReader *stored = outbox_open_message (outbox, id, error);

  if (!stored)
    return NULL;
  Stored *body = g_new (Stored, 1);
  *body = (Stored){ { stored_read, stored_free }, stored };
  return &body->reader;
}

/* The outbox gives octets; everybody else takes them from a BodyReader. */
#include "engine/stored-message.h"

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

BodyReader *
stored_message_open (gpointer data, GError **error)
{
  const StoredMessage *message = data;
  OutboxReader *stored = outbox_open_message (message->outbox, message->id, error);

  if (!stored)
    return NULL;
  StoredReader *reader = g_new0 (StoredReader, 1);
  *reader = (StoredReader){ { stored_read, stored_free }, stored };
  return &reader->reader;
}

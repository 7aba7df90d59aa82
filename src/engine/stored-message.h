/* A message of the outbox, to be read as any other. */
#pragma once

#include "mail/body.h"
#include "store/outbox.h"

typedef struct {
  Outbox *outbox; /* on its thread */
  gint64  id;
} StoredMessage;

/* A WireOpen: from octet 0, as often as asked. STORED: a StoredMessage. */
BodyReader *stored_message_open (gpointer stored, GError **error);

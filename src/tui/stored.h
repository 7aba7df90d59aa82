/* A message of the outbox as a body that can be read. */
#pragma once

#include "mail/body.h"
#include "store/outbox.h"

/* NULL with an error of store/outbox.h. */
BodyReader *stored_open (Outbox *outbox, gint64 id, GError **error);

/* The few fields of a message's header by which people tell it from others. */
#pragma once

#include "mail/body.h"

typedef struct {
  char *from, *subject, *message_id; /* decoded, of limited length; NULL: it has none */
  gboolean one_click; /* it says how to unsubscribe (RFC 8058) */
} MessageSummary;

/* NULL with ERROR when MESSAGE can't be read. */
MessageSummary *message_summary_new (BodySource *message, GError **error);
void            message_summary_free (MessageSummary *summary);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageSummary, message_summary_free)

/* record: a copy of what was sent, in a Maildir. */
#pragma once

#include "mail/wire.h"

/* Copies the message that OPEN gives into MAILDIR, seen and durable: the octets that were
 * kept and sent, so without Bcc. FALSE with ERROR. Any thread's. */
gboolean record_message (const char *maildir, WireOpen open, gpointer data, GError **error);

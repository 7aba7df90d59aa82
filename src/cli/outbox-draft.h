/* A message of the outbox as text that a person edits: its envelope in header lines of its
 * own (X-Toukan-Sender, X-Toukan-Recipient), then the message with LF for line ends. */
#pragma once

#include "core/envelope.h"

#define OUTBOX_DRAFT_LIMIT ((gsize) 64 * 1024 * 1024) /* octets; whoever sends more edits a copy */

/* LENGTH octets of MESSAGE. Free with g_string_free(). */
GString *outbox_draft_write (const Envelope *envelope, const char *message, gsize length);

/* The other way round. What can't be seen of BEFORE (delivery status wishes, the time to be
 * held until) stays as it is there. FALSE with TOUKAN_ERROR_DATA saying which line is wrong. */
gboolean outbox_draft_read (const GString *text, const Envelope *before, Envelope **ret_envelope,
                            GString **ret_message, GError **error);

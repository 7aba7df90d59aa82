/* The octets of a message of the outbox. */
#pragma once

#include "cli/outbox-places.h"
#include <stdio.h>

/* Prints the message as it is kept; whether it arrived is output_flush()'s to say. */
gboolean outbox_message_print (const OutboxTarget *target, FILE *out, GError **error);

/* The whole message, if it has no more than LIMIT octets; else NULL with TOUKAN_ERROR_DATA. */
GString *outbox_message_load (const OutboxTarget *target, gsize limit, GError **error);

/* Writes it to FILE, which is made ("-": to standard output). An existing file is refused, or
 * replaced as a whole with FORCE. FALSE with TOUKAN_ERROR_IO or TOUKAN_ERROR_USAGE. */
gboolean outbox_message_export (const OutboxTarget *target, const char *file, gboolean force, GError **error);

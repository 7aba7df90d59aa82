/* `toukan outbox edit`: a message that has not left, in the user's editor. */
#pragma once

#include "cli/outbox-places.h"

/* Holds the message meanwhile; afterwards it stands as it did. What was written is never
 * lost: what can't be taken stays in a file that is named. The exit status. */
int outbox_edit (const OutboxTarget *target);

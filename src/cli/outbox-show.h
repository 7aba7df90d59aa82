/* One message of the outbox, in plain words: what it is, what was tried, what follows. */
#pragma once

#include "config/account.h"
#include "store/outbox.h"

/* Several lines. ATTEMPTS: of OutboxAttempt, oldest first. ACCOUNT: NULL, if it is not
 * configured any more. Free with g_free(). */
char *outbox_show (const OutboxItem *item, const GPtrArray *attempts, const Account *account, gint64 now);

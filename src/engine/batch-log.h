/* What becomes of a batch's recipients, in the account's log. */
#pragma once

#include "engine/batch-source.h"

/* A line about NEWS where ACCOUNT has a log; SENDER is that of rows that have none of their own. FALSE
 * with TOUKAN_ERROR_IO. */
gboolean batch_log (const BatchNews *news, const Account *account, const char *sender, GError **error);

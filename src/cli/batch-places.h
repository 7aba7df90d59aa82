/* Where batches are: in the state directories of the accounts. */
#pragma once

#include "config/config.h"
#include "store/batch.h"

/* All of them, of BatchInfo, by directory and name; ACCOUNT (NULL: all): in its directory only. The
 * caller's. What can't be read is told on standard error. */
GPtrArray *batch_places_list (const Config *config, const char *account, GError **error);

/* The batch NAME; *RET_DIRECTORY (may be NULL) is the caller's. NULL with TOUKAN_ERROR_USAGE: there
 * is none. */
Batch     *batch_places_find (const Config *config, const char *account, const char *name, char **ret_directory,
                              GError **error);

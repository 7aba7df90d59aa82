/* The account that a message of the outbox names, with the --set options that hold for it alone. */
#pragma once

#include "config/config.h"

typedef struct AccountFinder AccountFinder;

/* CONFIG outlives the finder. */
AccountFinder *account_finder_new (const Config *config);
void           account_finder_free (AccountFinder *finder);

/* An OutboxFindAccount; FINDER is the AccountFinder, which owns what is found. */
const Account *account_finder_find (const char *name, const char *const *overrides, gpointer finder);

/* How many sets of options it keeps in memory. */
guint account_finder_size (const AccountFinder *finder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AccountFinder, account_finder_free)

/* The accounts of messages in the outbox, by the name and the overrides that are kept with
 * each; for engine/outbox-source.h. */
#pragma once

#include "config/config.h"

typedef struct Accounts Accounts;

/* Nothing is read yet. */
Accounts *accounts_new (void);
void      accounts_free (Accounts *accounts);

/* Without overrides accounts are CONFIG's, which outlives ACCOUNTS, whatever the files say by then. */
void      accounts_set_base (Accounts *accounts, const Config *config);

/* How many configurations are kept. */
guint     accounts_count (const Accounts *accounts);

/* OutboxFindAccount; DATA is the Accounts, which owns what is returned. */
const Account *accounts_find (const char *name, const char *const *overrides, gpointer data);

/* Those of OVERRIDES (may be NULL) that may be kept: no secrets. NULL: there is none. Free
 * with g_strfreev(). */
GStrv accounts_keepable (const char *const *overrides);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Accounts, accounts_free)

/* Who writes: accounts and their addresses and signatures, as a letter takes them. */
#pragma once

#include "config/config.h"
#include "mail/letter.h"

/* From of every account, as it is configured: NULL-terminated, the caller's. */
GStrv writer_addresses (const Config *config);

/* The account whose From has the address of FROM, as somebody types it; NULL: none has. */
const Account *writer_account (const Config *config, const char *from);

/* TRUE: FROM has the address that ACCOUNT has in its From. */
gboolean writer_is_own (const Account *account, const char *from);

/* Account (ACCOUNT, or the one that its From belongs to), From and signature, where LETTER has none. FALSE
 * with ERROR: the signature can't be read; all else is done. */
gboolean writer_complete (const Config *config, const Account *account, Letter *letter, GError **error);

/* Another account, with its From, and its signature in the place of the other one's. FALSE with
 * ERROR: likewise. */
gboolean writer_change (const Config *config, const Account *account, Letter *letter, GError **error);

/* Where local mail goes: /etc/aliases and an account's own file, in sendmail's form. Addresses
 * only: what is in such a file never becomes a command, nor a file that is written. */
#pragma once

#include "mail/address.h"

/* The system's file. */
#define ALIASES_FILE "/etc/aliases"

/* Octets of one file; names in all; names between an alias and its addresses. */
#define ALIASES_FILE_LIMIT ((gsize) 4 * 1024 * 1024)
#define ALIASES_LIMIT 100000
#define ALIASES_DEPTH_LIMIT 50

typedef struct Aliases Aliases;

/* LOCAL_NAMES (may be NULL) as in mail/local-names.h; they outlive the aliases. */
Aliases *aliases_new (const char *const *local_names);
void     aliases_free (Aliases *aliases);

/* Adds what FILE says; of two entries for one name the one added first counts. A missing
 * file is an error only when REQUIRED. FALSE with TOUKAN_ERROR_CONFIGURATION when it can't
 * be read. Lines that are wrong are kept for aliases_check() and lead nowhere. */
gboolean aliases_add_file (Aliases *aliases, const char *file, gboolean required, GError **error);

/* The same from TEXT; NAME stands for the file. */
void aliases_add_text (Aliases *aliases, const char *name, const char *text, gsize length);

guint aliases_count (const Aliases *aliases);

/* All that is wrong, as "FILE:LINE: what", lines that are no alias first: of char *, the
 * caller's. */
GPtrArray *aliases_check (const Aliases *aliases);

/* Where mail for ADDRESS, which is local, goes: addresses, of char *, each once, the caller's.
 * A local name that nothing leads on from is there as it is, ADDRESS too, and one that was
 * written without a domain as NAME@LOCAL_DOMAIN. What is left out (commands, files, loops)
 * is added to NOTES, of char *. NULL with TOUKAN_ERROR_DATA when nothing would be left. */
GPtrArray *aliases_expand (const Aliases *aliases, const char *address, GPtrArray *notes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Aliases, aliases_free)

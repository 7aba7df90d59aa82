/* How every verb reads its options. */
#pragma once

#include <glib.h>

/* Reads ENTRIES from the command line of a verb; FORM is what stands behind the options in
 * --help (NULL: nothing), SUMMARY what the verb does; both translated. FALSE with
 * TOUKAN_ERROR_USAGE. */
gboolean verb_parse_options (const GOptionEntry *entries, const char *form, const char *summary, int *argc,
                             char ***argv, GError **error);

/* What isn't UTF-8 is in the locale's encoding; but cron's C locale must not spoil what is. What
 * TEXTS point to, and the members of LISTS (that end with NULL), are exchanged; each may be NULL.
 * FALSE with TOUKAN_ERROR_USAGE. */
gboolean verb_make_utf8 (char **const *texts, gsize n_texts, char **const *lists, gsize n_lists, GError **error);

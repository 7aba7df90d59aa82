/* How every verb reads its options. */
#pragma once

#include <glib.h>

/* Reads ENTRIES from the command line of a verb; FORM is what stands behind the options in
 * --help (NULL: nothing), SUMMARY what the verb does; both translated. FALSE with
 * TOUKAN_ERROR_USAGE. */
gboolean verb_parse_options (const GOptionEntry *entries, const char *form, const char *summary, int *argc,
                             char ***argv, GError **error);

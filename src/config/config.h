/* The configuration: files, accounts, and where each value comes from. */
#pragma once

#include "config/account.h"
#include "config/keymap.h"
#include "config/option.h"

typedef struct Config Config;

/* Reads $TOUKAN_CONFIG, else $XDG_CONFIG_HOME/toukan/config, over /etc/toukan/config.
 * OVERRIDES: "key=value" of --set, NULL-terminated or NULL. NULL with
 * TOUKAN_ERROR_CONFIGURATION naming file, line, and the nearest valid name; or with
 * TOUKAN_ERROR_PERMISSION for a file with a password that others may read. A missing
 * file is no error here. */
Config *config_load (const char *const *overrides, GError **error);

/* The same from TEXT, for tests and fuzzing; NAME stands for the file. */
Config *config_load_text (const char *name, const char *text, gsize length,
                          const char *const *overrides, GError **error);
void    config_free (Config *config);

/* config_load() with other files: the most important, the user's own, last. Only that
 * one must be readable if it exists. */
Config *config_load_files (const char *const *files, const char *const *overrides, GError **error);

/* The files that config_load() reads, for the above; NULL-terminated, the caller's. */
GStrv   config_default_files (void);

/* The same, but never NULL: what is wrong is kept for config_check(), what is right can
 * be used. */
Config *config_read (const char *const *files, const char *const *overrides);

/* All that is wrong, with files, options, and accounts as wholes (that of NAME only; NULL:
 * all), and with files named in them: an array of GError, the caller's; empty when nothing
 * is. NULL with TOUKAN_ERROR_CONFIGURATION when there is no account NAME. */
GPtrArray *config_check (const Config *config, const char *name, GError **error);

/* The files that were there and have been read, NULL-terminated, owned by CONFIG. */
const char *const *config_file_names (const Config *config);

/* Names of all accounts in order, the user's own first, NULL-terminated, owned by CONFIG. */
const char *const *config_account_names (const Config *config);

/* The account NAME, whatever is wrong with it; NULL: there is none. Owned by CONFIG. */
const Account *config_account_named (const Config *config, const char *name);

/* The account NAME; or, when NAME is NULL, the one whose `from` is SENDER (may be
 * NULL), otherwise `default-account`, otherwise the only one. NULL with
 * TOUKAN_ERROR_CONFIGURATION: with no configuration at all the message names the file
 * and shows the five lines to put there. Owned by CONFIG. */
const Account *config_account (const Config *config, const char *name, const char *sender, GError **error);

/* "file:line", "default" or "--set" for this value. Owned by CONFIG. */
const char *config_origin (const Config *config, const Account *account, const Option *option);

/* The composer's keys: the defaults, and what [keys] says. Owned by CONFIG. */
const Keymap *config_keymap (const Config *config);

/* The file that a user would write: where it is looked for first. Free with g_free(). */
char *config_user_file (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_free)

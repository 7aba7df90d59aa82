/* The one table of options: name, type, range, unit, default, help. The parser,
 * `toukan config show`, the manual page toukan.conf(5), the sample file and the
 * shell completion are made from it. */
#pragma once

#include "config/account.h"

typedef enum {
  OPTION_TEXT, OPTION_ADDRESS, OPTION_HOSTS, OPTION_PORTS, OPTION_FAMILY, OPTION_DURATION,
  OPTION_CHOICE, OPTION_BOOLEAN, OPTION_FILE, OPTION_DIRECTORY, OPTION_FINGERPRINT,
  OPTION_COMMAND, OPTION_SECRET, OPTION_AUTH, OPTION_DOMAIN,
  OPTION_LOG, OPTION_ADDRESS_OR_OFF,
} OptionType;

typedef struct {
  const char *name;
  OptionType  type;
  gboolean    made;             /* OPTION_DIRECTORY: made when it is needed, so it may be missing */
  gsize       offset;           /* of the field in Account */
  const char *fallback;         /* the default, written as in a file; NULL: none */
  const char *const *choices;   /* OPTION_CHOICE, in the order of the enum */
  Ticks       least, most;      /* OPTION_DURATION */
  const char *help;             /* N_(): a sentence or two */
  const char *example;          /* for the sample file; NULL: the default will do */
} Option;

gsize         option_count (void);
const Option *option_at (gsize index);
const Option *option_find (const char *name);    /* NULL: unknown */
const char   *option_nearest (const char *name); /* for "did you mean"; NULL: nothing near */

/* What kind of value it takes, in a word or two (N_()): "duration", "yes or no". Static. */
const char   *option_kind (const Option *option);

/* Reads TEXT into ACCOUNT's field; an empty TEXT takes back what has no default. FALSE with
 * TOUKAN_ERROR_CONFIGURATION saying what would be right, without place: the caller knows
 * file and line. */
gboolean option_set (const Option *option, Account *account, const char *text, GError **error);

/* What option_set() would read back; "(set)" for a secret. Free with g_free(). */
char *option_get (const Option *option, const Account *account);

/* Frees what the field holds, wiping secrets, and zeroes it. */
void option_clear (const Option *option, Account *account);

/* TRUE when ACCOUNT's field holds something. */
gboolean option_is_set (const Option *option, const Account *account);

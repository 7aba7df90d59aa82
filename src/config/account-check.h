/* What is wrong with an account as a whole, though each of its values is right. */
#pragma once

#include "config/option.h"

typedef struct {
  const Option *option;  /* whose place is to be named; NULL: the account's as a whole */
  gboolean      only_told; /* mail could still go: `config check` tells it, sending doesn't stop */
  char         *text;      /* what is wrong, and what to do */
} AccountFault;

/* All that is wrong, an array of AccountFault, the caller's. */
GPtrArray *account_check (const Account *account);

/* Files and directories that ACCOUNT names and that can't be read, likewise. */
GPtrArray *account_check_files (const Account *account);

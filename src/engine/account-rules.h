/* An account's options as the rules that core goes by. */
#pragma once

#include "config/account.h"

/* What is inside is lent by ACCOUNT. */
LadderRules  account_ladder_rules (const Account *account);
AuthSettings account_auth_settings (const Account *account);

/* A server's certificate has to be verified. */
gboolean account_must_verify (const Account *account);

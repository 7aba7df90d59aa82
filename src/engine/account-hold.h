/* By what one knows, later and in another process, whether an account whose login was
 * refused still has the settings and the secret that were refused. */
#pragma once

#include "config/account.h"

/* Salted and hashed, so that neither settings nor secret can be read from it. SECRET may be
 * NULL: none could be had. Free with g_free(). */
char    *account_fingerprint (const Account *account, const Secret *secret);

/* What FINGERPRINT was made of had these settings for its login. A text that is none matches
 * nothing. */
gboolean account_fingerprint_has_settings (const char *fingerprint, const Account *account);

/* … and this secret. */
gboolean account_fingerprint_has_secret (const char *fingerprint, const Secret *secret);

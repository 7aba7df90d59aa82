/* The composer: screens on a terminal, an engine and an outbox, on one main loop. */
#pragma once

#include "config/config.h"
#include "mail/letter.h"

/* Returns the exit status. LETTER (taken) is what it begins with; IS_PLAIN: nobody has asked for
 * anything in particular, so that drafts are offered first. ACCOUNT: the default. */
int app_run (Config *config, const Account *account, Letter *letter, gboolean is_plain);

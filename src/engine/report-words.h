/* Words and exit statuses for what became of a message, for all who have to say it. */
#pragma once

#include "core/outcome.h"

/* The exit status of sysexits.h. A message in doubt is EX_IOERR (74): whoever repeats on
 * 75 must not repeat this one. */
int report_exit_status (const Outcome *outcome);

/* One sentence on VERDICT, without a full stop; the server's words are made visible.
 * Free with g_free(). */
char *report_verdict (const Verdict *verdict);

/* What can be done about CAUSE, translated; NULL: the server's words are the advice. */
const char *report_advice (Cause cause);

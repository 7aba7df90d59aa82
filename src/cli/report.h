/* What became of a message, in words: what happened, why, what to do; and the exit
 * status of sysexits.h that says the same to a program. */
#pragma once

#include "core/envelope.h"
#include "core/ladder.h"
#include "core/outcome.h"

/* The exit status. A message in doubt is EX_IOERR (74): whoever repeats on 75 must not
 * repeat this one. */
int report_exit_status (const Outcome *outcome);

/* One sentence on VERDICT, without a full stop; the server's words are made visible.
 * Free with g_free(). */
char *report_verdict (const Verdict *verdict);

/* The whole report for the terminal, several lines, each ended by a line break; "" when
 * everything was accepted without anything to remark. LADDER may be NULL. Free with
 * g_free(). */
char *report_outcome (const Outcome *outcome, const Envelope *envelope, const Ladder *ladder);

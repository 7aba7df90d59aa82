/* What became of a message, in words: what happened, why, what to do. The exit status that
 * says the same to a program is engine/report-words.h's. */
#pragma once

#include "core/envelope.h"
#include "core/ladder.h"
#include "core/outcome.h"
#include "engine/report-words.h"

/* The whole report for the terminal, several lines, each ended by a line break; "" when
 * everything was accepted without anything to remark. LADDER may be NULL. Free with
 * g_free(). */
char *report_outcome (const Outcome *outcome, const Envelope *envelope, const Ladder *ladder);

/* Future message release (RFC 4865): a server that keeps a message until its time. A wish
 * that a server can't fulfil keeps the message here (CAUSE_HOLD_NOT_OFFERED); it never makes
 * it leave early. Times are of the wall clock, µs since 1970. */
#pragma once

#include "core/capabilities.h"
#include "core/envelope.h"

#define FUTURE_RELEASE_LONGEST 999999999 /* seconds: 1*9DIGIT */

/* The date-time of RFC 3339, section 5.6. FALSE for anything else, and before 1970. */
gboolean future_release_read_time (const char *text, gint64 *ret_time);

/* TIME in UTC; what is below a second is rounded up, since nothing may leave early.
 * Free with g_free(). */
char    *future_release_write_time (gint64 time);

/* When the message of ENVELOPE may be released, where its MAIL came at NOW; 0: at once. */
gint64   future_release_moment (const Envelope *envelope, gint64 now);

/* What is left of the wish at NOW: both of its forms set, or none once its time has come. */
void     future_release_refresh (Envelope *envelope, gint64 now);

/* Can this server fulfil the wish of ENVELOPE? TRUE where there is none. */
gboolean future_release_is_possible (const Envelope *envelope, const Capabilities *capabilities);

/* The parameter of MAIL for it; nothing where there is no wish, or it isn't possible. */
void     future_release_append (GString *out, const Envelope *envelope, const Capabilities *capabilities);

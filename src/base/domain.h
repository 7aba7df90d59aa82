/* Internationalised domain names (RFC 5890): both ways, by libidn2. */
#pragma once

#include <glib.h>

/* The A-label form of a host or mail domain, lower case; address literals
 * ("[192.0.2.1]", "2001:db8::1") come back as they are. NULL with
 * TOUKAN_ERROR_DATA when it is no domain. Free with g_free(). */
char *domain_to_ascii (const char *domain, GError **error);

/* The U-label form for people; what can't be converted comes back as it is. */
char *domain_to_unicode (const char *domain);

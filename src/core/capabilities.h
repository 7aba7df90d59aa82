/* What EHLO announced (RFC 5321, 4.1.1.1). Thrown away after STARTTLS. */
#pragma once

#include "core/reply.h"

typedef enum {
  CAPABILITY_PIPELINING          = 1 << 0,  /* RFC 2920 */
  CAPABILITY_SIZE                = 1 << 1,  /* RFC 1870 */
  CAPABILITY_8BITMIME            = 1 << 2,  /* RFC 6152 */
  CAPABILITY_SMTPUTF8            = 1 << 3,  /* RFC 6531 */
  CAPABILITY_DSN                 = 1 << 4,  /* RFC 3461 */
  CAPABILITY_CHUNKING            = 1 << 5,  /* RFC 3030 */
  CAPABILITY_BINARYMIME          = 1 << 6,  /* RFC 3030 */
  CAPABILITY_ENHANCEDSTATUSCODES = 1 << 7,  /* RFC 2034 */
  CAPABILITY_STARTTLS            = 1 << 8,  /* RFC 3207 */
  CAPABILITY_AUTH                = 1 << 9,  /* RFC 4954, and the old AUTH= */
  CAPABILITY_LIMITS              = 1 << 10, /* RFC 9422 */
  CAPABILITY_REQUIRETLS          = 1 << 11, /* RFC 8689 */
  CAPABILITY_FUTURERELEASE       = 1 << 12, /* RFC 4865 */
} CapabilityFlag;

typedef struct {
  guint   flags;              /* CapabilityFlag */
  guint64 size;               /* largest message, octets; 0: none stated */
  guint   mail_max;           /* LIMITS MAILMAX: transactions in a session; 0: none stated */
  guint   rcpt_max;           /* LIMITS RCPTMAX; 0: none stated */
  guint   rcpt_domain_max;    /* LIMITS RCPTDOMAINMAX; 0: none stated */
  guint64 future_release_interval; /* longest, in seconds; 0: none stated */
  gint64  future_release_until;    /* latest, wall clock, µs; 0: none stated */
  char  **mechanisms;         /* AUTH, upper case, each once, in the server's order */
  char  **keywords;           /* every keyword line as it came, for people to see */
  char   *server_name;        /* first word of the first line */
} Capabilities;

/* From the 250 reply to EHLO. Never fails: what can't be understood is left out.
 * Free with capabilities_free(). */
Capabilities *capabilities_parse (const Reply *reply);

/* Nothing offered: after HELO. */
Capabilities *capabilities_new_empty (void);
Capabilities *capabilities_copy (const Capabilities *capabilities);
void          capabilities_free (Capabilities *capabilities);

gboolean capabilities_have (const Capabilities *capabilities, CapabilityFlag flag);
gboolean capabilities_have_mechanism (const Capabilities *capabilities, const char *mechanism);

/* "PIPELINING" …; static. */
const char *capability_name (CapabilityFlag flag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Capabilities, capabilities_free)

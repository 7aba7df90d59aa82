/* The two mechanisms of bearer tokens, server side: XOAUTH2 and OAUTHBEARER (RFC 7628). */
#pragma once

#include "sink/options.h"

typedef enum {
  BEARER_ACCEPTED,
  BEARER_REFUSED, /* to be said in a challenge first: *ret_challenge */
  BEARER_MALFORMED,
} BearerResult;

gboolean bearer_is_mechanism (const char *mechanism);

/* Looks at the client's first message. *ret_user (BEARER_ACCEPTED) and *ret_challenge
 * (BEARER_REFUSED) are the caller's to free. */
BearerResult bearer_check (const SinkOptions *options, const char *mechanism, const guint8 *octets, gsize length,
                           char **ret_user, char **ret_challenge);

/* Is this the dummy response that acknowledges the challenge (RFC 7628, section 3.2.3)? */
gboolean bearer_is_dummy (const char *mechanism, const guint8 *octets, gsize length);

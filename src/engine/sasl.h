/* One SASL interface, two makers: libgsasl, and XOAUTH2 and OAUTHBEARER (RFC 7628),
 * which it lacks. A step never waits; secrets are brought before the first. */
#pragma once

#include "base/secret.h"
#include "core/dialogue.h"

typedef struct {
  const char *mechanism;
  const char *user;
  const char *host;     /* for OAUTHBEARER and DIGEST's service names */
  guint16     port;
  Secret     *secret;   /* password or token; NULL for EXTERNAL */
  GBytes     *binding;  /* handed to -PLUS mechanisms only; NULL: none */
} SaslSettings;

typedef struct Sasl Sasl;

Sasl *sasl_new (const SaslSettings *settings, GError **error);
void  sasl_free (Sasl *sasl); /* zeroes what the library copied, too */

/* The response to CHALLENGE (INITIAL: there is none yet). *ret_response is the
 * caller's to wipe and free; NULL with AUTH_RESPONSE_NONE and the failures. */
AuthResponseStatus sasl_step (Sasl *sasl, const guint8 *challenge, gsize length, gboolean initial,
                              GByteArray **ret_response);

/* Why it failed, or what the server said of a refused token; NULL: nothing. */
const char *sasl_detail (const Sasl *sasl);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sasl, sasl_free)

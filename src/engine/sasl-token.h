/* XOAUTH2 and OAUTHBEARER (RFC 7628): a bearer token in one message. */
#pragma once

#include "engine/sasl.h"

typedef struct SaslToken SaslToken;

/* SETTINGS: the mechanism is one of the two, the secret is the token. */
SaslToken *sasl_token_new (const SaslSettings *settings);
void       sasl_token_free (SaslToken *token); /* accepts NULL */

/* First the token; a challenge after it is the server's reason for its refusal, which
 * is kept and answered so that the refusal itself can come. */
AuthResponseStatus sasl_token_step (SaslToken *token, const guint8 *challenge, gsize length,
                                    GByteArray **ret_response);

/* The server's reason in words; NULL: it gave none. */
const char *sasl_token_detail (const SaslToken *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SaslToken, sasl_token_free)

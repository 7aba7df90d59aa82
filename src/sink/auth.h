/* The server side of logging in: libgsasl for what it has, bearer tokens by hand. */
#pragma once

#include "sink/options.h"

typedef struct SinkAuth SinkAuth;

/* BINDING: of the TLS session, NULL: none. CERTIFICATE_NAME: whom the client's certificate
 * names, NULL: nobody. Both are copied. */
SinkAuth *sink_auth_new (const SinkOptions *options, GBytes *binding, const char *certificate_name);
void      sink_auth_free (SinkAuth *auth);

typedef struct {
  guint       code;      /* 334: CHALLENGE follows; 235: USER has logged in; else refused */
  GByteArray *challenge; /* the caller's; NULL: none */
  const char *user;      /* owned by AUTH */
} SinkAuthAnswer;

/* MECHANISM begins a new exchange; NULL goes on. INITIAL: the client sent no response yet. */
SinkAuthAnswer sink_auth_step (SinkAuth *auth, const char *mechanism, const guint8 *octets, gsize length, gboolean initial);

/* The mechanism of the exchange under way or over; NULL: none was begun. */
const char *sink_auth_mechanism (const SinkAuth *auth);

/* Which of OPTIONS' mechanisms can work on this connection; free with g_free(), the
 * strings are OPTIONS' own. */
const char **sink_auth_offer (const SinkAuth *auth);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SinkAuth, sink_auth_free)

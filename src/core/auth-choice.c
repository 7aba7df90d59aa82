/* Which SASL mechanism to use. The allow-list is ours; the server's list only says
 * which of ours it has. */
#include "core/auth-choice.h"

/* Best first. Tokens stand before passwords: who set a token-command knows that this
 * server wants one. */
static const AuthMechanism mechanisms[] = {
  { .name = "EXTERNAL", .needs_certificate = TRUE, .client_first = TRUE },
  { .name = "OAUTHBEARER", .needs_token = TRUE, .reveals_password = TRUE, .client_first = TRUE },
  { .name = "XOAUTH2", .needs_token = TRUE, .reveals_password = TRUE, .client_first = TRUE },
  { .name = "SCRAM-SHA-256-PLUS",
    .needs_password = TRUE,
    .needs_binding = TRUE,
    .client_first = TRUE,
    .proof_at = 1 },
  { .name = "SCRAM-SHA-1-PLUS",
    .needs_password = TRUE,
    .needs_binding = TRUE,
    .client_first = TRUE,
    .proof_at = 1 },
  { .name = "SCRAM-SHA-256", .needs_password = TRUE, .client_first = TRUE, .proof_at = 1 },
  { .name = "SCRAM-SHA-1", .needs_password = TRUE, .client_first = TRUE, .proof_at = 1 },
  { .name = "PLAIN", .needs_password = TRUE, .reveals_password = TRUE, .client_first = TRUE },
  { .name = "LOGIN", .needs_password = TRUE, .reveals_password = TRUE, .proof_at = 1 },
  { .name = "CRAM-MD5", .needs_password = TRUE, .only_by_name = TRUE },
};

gsize
auth_mechanism_count (void)
{
  return G_N_ELEMENTS (mechanisms);
}

const AuthMechanism *
auth_mechanism_at (gsize index)
{
  g_assert (index < G_N_ELEMENTS (mechanisms));
  return &mechanisms[index];
}

const AuthMechanism *
auth_mechanism_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mechanisms); i++)
    if (g_ascii_strcasecmp (mechanisms[i].name, name) == 0)
      return &mechanisms[i];
  return NULL;
}

typedef enum { FIT_NO, FIT_ONLY_UNDER_TLS, FIT_YES } Fit;

static gboolean
was_tried (const AuthMechanism *mechanism, const char *const *tried)
{
  for (gsize i = 0; tried != NULL && tried[i] != NULL; i++)
    if (g_ascii_strcasecmp (tried[i], mechanism->name) == 0)
      return TRUE;
  return FALSE;
}

/* A password or token may neither be read nor be guessed from what crosses in the clear:
 * SCRAM's and CRAM-MD5's proofs can be tried against a dictionary at leisure, so they
 * need the encryption as much as PLAIN does. */
static Fit
mechanism_fit (const AuthMechanism *mechanism, const AuthSettings *settings, const AuthSituation *situation)
{
  gboolean has_secret = mechanism->needs_password || mechanism->needs_token;
  if (mechanism->only_by_name && settings->order == NULL)
    return FIT_NO;
  if (mechanism->needs_certificate && !situation->certificate_asked)
    return FIT_NO;
  if (has_secret && !settings->have_user)
    return FIT_NO;
  if (mechanism->needs_password && !settings->have_password)
    return FIT_NO;
  if (mechanism->needs_token && !settings->have_token)
    return FIT_NO;
  if ((has_secret && !situation->encrypted && !settings->without_tls)
      || (mechanism->needs_certificate && !situation->encrypted))
    return FIT_ONLY_UNDER_TLS;
  if (mechanism->needs_binding && (!situation->encrypted || !situation->binding_available))
    return FIT_NO;
  return FIT_YES;
}

/* The mechanism at INDEX of the user's order or, without one, of ours. NULL: the end;
 * a name outside the allow-list is passed over. */
static const AuthMechanism *
candidate_at (const AuthSettings *settings, gsize *index)
{
  if (settings->order == NULL)
    return *index < G_N_ELEMENTS (mechanisms) ? &mechanisms[(*index)++] : NULL;
  while (settings->order[*index] != NULL) {
    const AuthMechanism *mechanism = auth_mechanism_find (settings->order[(*index)++]);
    if (mechanism != NULL)
      return mechanism;
  }
  return NULL;
}

/* What needs the password itself, or a hash made for it alone, on the server. */
static gboolean
needs_own_record (const AuthMechanism *mechanism)
{
  return mechanism->needs_password && !mechanism->reveals_password;
}

/* A server with hashed passwords refuses every SCRAM that it offers, and few refusals are
 * enough to lock a user out: after one of them, PLAIN comes before the next of its kind. */
static gboolean
was_tried_in_kind (const AuthMechanism *mechanism, const char *const *tried)
{
  for (gsize i = 0; tried != NULL && tried[i] != NULL; i++) {
    const AuthMechanism *other = auth_mechanism_find (tried[i]);
    if (other != NULL && needs_own_record (other) && needs_own_record (mechanism))
      return TRUE;
  }
  return FALSE;
}

static AuthChoice
choose_among_offered (const AuthSettings *settings, const AuthSituation *situation,
                      const Capabilities *capabilities, const char *const *tried)
{
  const AuthMechanism *second_best = NULL;
  gboolean needs_tls = FALSE;
  const AuthMechanism *mechanism;
  for (gsize i = 0; (mechanism = candidate_at (settings, &i)) != NULL;) {
    if (!capabilities_have_mechanism (capabilities, mechanism->name) || was_tried (mechanism, tried))
      continue;
    Fit fit = mechanism_fit (mechanism, settings, situation);
    if (fit == FIT_YES && !was_tried_in_kind (mechanism, tried))
      return (AuthChoice){ .kind = AUTH_CHOICE_USE, .mechanism = mechanism };
    if (fit == FIT_YES && second_best == NULL)
      second_best = mechanism;
    needs_tls = needs_tls || fit == FIT_ONLY_UNDER_TLS;
  }
  if (second_best != NULL)
    return (AuthChoice){ .kind = AUTH_CHOICE_USE, .mechanism = second_best };
  return (AuthChoice){ .kind = needs_tls ? AUTH_CHOICE_NEEDS_TLS : AUTH_CHOICE_NONE_IN_COMMON };
}

AuthChoice
auth_choose (const AuthSettings *settings, const AuthSituation *situation, const Capabilities *capabilities,
             const char *const *tried)
{
  if (settings->rule == AUTH_OFF)
    return (AuthChoice){ .kind = AUTH_CHOICE_SKIP };

  gboolean have_secret = settings->have_user && (settings->have_password || settings->have_token);
  gboolean required = settings->rule == AUTH_REQUIRED;
  if (!have_secret && !situation->certificate_asked)
    return required ? (AuthChoice){ .kind = AUTH_CHOICE_NO_SECRET }
                    : (AuthChoice){ .kind = AUTH_CHOICE_SKIP, .wanted = settings->have_user };
  if (!capabilities_have (capabilities, CAPABILITY_AUTH))
    return required ? (AuthChoice){ .kind = AUTH_CHOICE_NOT_OFFERED }
                    : (AuthChoice){ .kind = AUTH_CHOICE_SKIP, .wanted = TRUE };

  AuthChoice choice = choose_among_offered (settings, situation, capabilities, tried);
  /* A client certificate alone proves who we are in the handshake already: a server that
   * has no EXTERNAL for it is no reason to stop. */
  if (choice.kind == AUTH_CHOICE_NONE_IN_COMMON && !have_secret && !required)
    return (AuthChoice){ .kind = AUTH_CHOICE_SKIP };
  return choice;
}

/* The SASL client's two makers behind one interface. libgsasl knows the classical
 * mechanisms; the token mechanisms, which it lacks, are one message each. */
#include "engine/sasl.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "engine/gsasl.h"
#include "engine/sasl-token.h"

struct Sasl {
  const AuthMechanism *mechanism;
  SaslToken *token; /* set: XOAUTH2 or OAUTHBEARER */
  Gsasl *context;
  Gsasl_session *session;
  char *detail;
};

static gboolean
is_token_mechanism (const AuthMechanism *mechanism)
{
  return mechanism->needs_token;
}

/* Binding data may go to -PLUS mechanisms only: libgsasl would otherwise announce
 * support of channel binding under a name that has none, and fail. */
static gboolean
set_properties (Sasl *sasl, const SaslSettings *settings)
{
  g_autofree char *binding = NULL;
  int result = GSASL_OK;

  if (settings->user && !sasl->mechanism->needs_certificate)
    result = gsasl_property_set (sasl->session, GSASL_AUTHID, settings->user);
  if (result == GSASL_OK && settings->secret)
    result = gsasl_property_set_raw (sasl->session, GSASL_PASSWORD, secret_text (settings->secret),
                                     secret_length (settings->secret));
  if (result == GSASL_OK && settings->binding && sasl->mechanism->needs_binding) {
    gsize length;
    const guint8 *octets = g_bytes_get_data (settings->binding, &length);
    binding = g_base64_encode (octets, length);
    result = gsasl_property_set (sasl->session, GSASL_CB_TLS_EXPORTER, binding);
  }
  return result == GSASL_OK;
}

static gboolean
start_gsasl (Sasl *sasl, const SaslSettings *settings, GError **error)
{
  int result = gsasl_init (&sasl->context);

  if (result == GSASL_OK)
    result = gsasl_client_start (sasl->context, sasl->mechanism->name, &sasl->session);
  if (result != GSASL_OK) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE, _ ("libgsasl can't do the mechanism %s: %s"),
                 sasl->mechanism->name, gsasl_strerror (result));
    return FALSE;
  }
  if (!set_properties (sasl, settings)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("libgsasl took no user or password"));
    return FALSE;
  }
  return TRUE;
}

Sasl *
sasl_new (const SaslSettings *settings, GError **error)
{
  g_autoptr (Sasl) sasl = g_new0 (Sasl, 1);

  sasl->mechanism = auth_mechanism_find (settings->mechanism);
  g_assert (sasl->mechanism);
  if (is_token_mechanism (sasl->mechanism))
    sasl->token = sasl_token_new (settings);
  else if (!start_gsasl (sasl, settings, error))
    return NULL;
  return g_steal_pointer (&sasl);
}

/* libgsasl frees its copies without zeroing them. gsasl_property_fast() gives the
 * copy itself; the cast is the point. */
static void
wipe_properties (Gsasl_session *session)
{
  static const Gsasl_property secret_properties[] = {
    GSASL_PASSWORD,
    GSASL_SCRAM_SALTED_PASSWORD,
    GSASL_SCRAM_SERVERKEY,
    GSASL_SCRAM_STOREDKEY,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (secret_properties); i++) {
    char *copy = (char *)gsasl_property_fast (session, secret_properties[i]);
    if (copy)
      secret_wipe (copy, strlen (copy));
  }
}

void
sasl_free (Sasl *sasl)
{
  if (!sasl)
    return;
  if (sasl->session) {
    wipe_properties (sasl->session);
    gsasl_finish (sasl->session);
  }
  if (sasl->context)
    gsasl_done (sasl->context);
  sasl_token_free (sasl->token);
  g_free (sasl->detail);
  g_free (sasl);
}

static AuthResponseStatus
step_gsasl (Sasl *sasl, const guint8 *challenge, gsize length, GByteArray **ret_response)
{
  char *output = NULL;
  gsize output_length = 0;
  int result
      = gsasl_step (sasl->session, length ? (const char *)challenge : "", length, &output, &output_length);

  if (result != GSASL_OK && result != GSASL_NEEDS_MORE) {
    g_free (sasl->detail);
    sasl->detail = g_strdup (gsasl_strerror (result));
    gsasl_free (output);
    return AUTH_RESPONSE_FAILED;
  }
  *ret_response = g_byte_array_sized_new (output_length);
  if (output_length > 0) {
    g_byte_array_append (*ret_response, (const guint8 *)output, output_length);
    secret_wipe (output, output_length);
  }
  gsasl_free (output);
  return result == GSASL_OK ? AUTH_RESPONSE_DONE : AUTH_RESPONSE_MORE;
}

AuthResponseStatus
sasl_step (Sasl *sasl, const guint8 *challenge, gsize length, gboolean initial, GByteArray **ret_response)
{
  *ret_response = NULL;
  if (sasl->token)
    return sasl_token_step (sasl->token, challenge, length, ret_response);
  /* LOGIN and CRAM-MD5: the server speaks first. */
  if (initial && !sasl->mechanism->client_first)
    return AUTH_RESPONSE_NONE;
  return step_gsasl (sasl, challenge, length, ret_response);
}

const char *
sasl_detail (const Sasl *sasl)
{
  return sasl->token ? sasl_token_detail (sasl->token) : sasl->detail;
}

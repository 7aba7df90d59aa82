/* One client's attempts to log in. */
#include "sink/auth.h"

#include <gsasl.h>
#include <string.h>

#include "base/secret.h"
#include "sink/bearer.h"

struct SinkAuth {
  const SinkOptions *options;
  char *binding; /* base64; NULL: none */
  char *certificate_name;
  char *mechanism;
  guint step; /* responses taken in this exchange */
  Gsasl *library;
  Gsasl_session *session;
  gboolean proved;        /* all is well once the client has acknowledged our last words */
  gboolean token_refused; /* waits for the dummy response */
  char *user;
};

static const SinkLogin *
login_find (const GArray *logins, const char *name)
{
  for (guint i = 0; name != NULL && i < logins->len; i++) {
    const SinkLogin *login = &g_array_index (logins, SinkLogin, i);
    if (strcmp (login->name, name) == 0)
      return login;
  }
  return NULL;
}

/* ---- what libgsasl asks -------------------------------------------------- */

static int
give_binding (SinkAuth *auth, Gsasl_session *session)
{
  if (auth->binding == NULL)
    return GSASL_NO_CALLBACK;
  return gsasl_property_set (session, GSASL_CB_TLS_EXPORTER, auth->binding);
}

static int
give_password (SinkAuth *auth, Gsasl_session *session)
{
  const SinkLogin *login = login_find (auth->options->users, gsasl_property_fast (session, GSASL_AUTHID));
  if (login == NULL)
    return GSASL_AUTHENTICATION_ERROR;
  return gsasl_property_set (session, GSASL_PASSWORD, login->secret);
}

static int
validate_simple (SinkAuth *auth, Gsasl_session *session)
{
  const char *name = gsasl_property_fast (session, GSASL_AUTHID);
  const char *password = gsasl_property_fast (session, GSASL_PASSWORD);
  const char *other = gsasl_property_fast (session, GSASL_AUTHZID);
  const SinkLogin *login = login_find (auth->options->users, name);
  gboolean itself = other == NULL || *other == '\0' || g_strcmp0 (other, name) == 0;
  gboolean good = login != NULL && itself && g_strcmp0 (login->secret, password) == 0;
  return good ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static int
validate_external (SinkAuth *auth, Gsasl_session *session)
{
  const char *name = gsasl_property_fast (session, GSASL_AUTHZID);
  gboolean itself = name == NULL || *name == '\0' || g_strcmp0 (name, auth->certificate_name) == 0;
  return auth->certificate_name != NULL && itself ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static int
answer_library (Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
  SinkAuth *auth = gsasl_callback_hook_get (library);
  switch (property) {
  case GSASL_CB_TLS_EXPORTER:
    return give_binding (auth, session);
  case GSASL_PASSWORD:
    return give_password (auth, session);
  case GSASL_VALIDATE_SIMPLE:
    return validate_simple (auth, session);
  case GSASL_VALIDATE_EXTERNAL:
    return validate_external (auth, session);
  default:
    return GSASL_NO_CALLBACK;
  }
}

/* ---- life ---------------------------------------------------------------- */

SinkAuth *
sink_auth_new (const SinkOptions *options, GBytes *binding, const char *certificate_name)
{
  SinkAuth *auth = g_new0 (SinkAuth, 1);
  auth->options = options;
  auth->certificate_name = g_strdup (certificate_name);
  if (binding != NULL)
    auth->binding = g_base64_encode (g_bytes_get_data (binding, NULL), g_bytes_get_size (binding));
  return auth;
}

static void
end_exchange (SinkAuth *auth)
{
  g_clear_pointer (&auth->session, gsasl_finish);
  g_clear_pointer (&auth->mechanism, g_free);
  auth->step = 0;
  auth->proved = FALSE;
  auth->token_refused = FALSE;
}

void
sink_auth_free (SinkAuth *auth)
{
  if (auth == NULL)
    return;
  end_exchange (auth);
  if (auth->library != NULL)
    gsasl_done (auth->library);
  g_free (auth->binding);
  g_free (auth->certificate_name);
  g_free (auth->user);
  g_free (auth);
}

const char *
sink_auth_mechanism (const SinkAuth *auth)
{
  return auth->mechanism;
}

const char **
sink_auth_offer (const SinkAuth *auth)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  char **mechanisms = auth->options->mechanisms;
  for (gsize i = 0; mechanisms != NULL && mechanisms[i] != NULL; i++) {
    gboolean needs_binding = g_str_has_suffix (mechanisms[i], "-PLUS");
    gboolean needs_certificate = strcmp (mechanisms[i], "EXTERNAL") == 0;
    if ((!needs_binding || auth->binding != NULL) && (!needs_certificate || auth->certificate_name != NULL))
      g_ptr_array_add (names, mechanisms[i]);
  }
  g_ptr_array_add (names, NULL);
  return (const char **)g_ptr_array_steal (names, NULL);
}

/* ---- steps --------------------------------------------------------------- */

static SinkAuthAnswer
refused (void)
{
  return (SinkAuthAnswer){ .code = 535 };
}

static SinkAuthAnswer
accepted (SinkAuth *auth, const char *user)
{
  g_free (auth->user);
  auth->user = g_strdup (user != NULL ? user : "");
  return (SinkAuthAnswer){ .code = 235, .user = auth->user };
}

static SinkAuthAnswer
challenge (const void *octets, gsize length)
{
  SinkAuthAnswer answer = { .code = 334, .challenge = g_byte_array_new () };
  g_byte_array_append (answer.challenge, octets, (guint)length);
  return answer;
}

static SinkAuthAnswer
bearer_step (SinkAuth *auth, const guint8 *octets, gsize length, gboolean initial)
{
  g_autofree char *user = NULL, *reason = NULL;
  if (initial)
    return challenge ("", 0);
  if (auth->token_refused) {
    /* A client that answers anything else has not understood the reason; it shows. */
    return bearer_is_dummy (auth->mechanism, octets, length) ? refused () : (SinkAuthAnswer){ .code = 501 };
  }
  switch (bearer_check (auth->options, auth->mechanism, octets, length, &user, &reason)) {
  case BEARER_ACCEPTED:
    return accepted (auth, user);
  case BEARER_REFUSED:
    auth->token_refused = TRUE;
    return challenge (reason, strlen (reason));
  default:
    return (SinkAuthAnswer){ .code = 501 };
  }
}

static const char *
user_of_session (SinkAuth *auth)
{
  const char *name = gsasl_property_fast (auth->session, GSASL_AUTHID);
  return name != NULL ? name : auth->certificate_name;
}

static SinkAuthAnswer
library_step (SinkAuth *auth, const guint8 *octets, gsize length, gboolean initial)
{
  char *output = NULL;
  size_t output_length = 0;
  if (auth->proved)
    return length == 0 ? accepted (auth, user_of_session (auth)) : refused ();
  /* Mechanisms in which the client speaks first ask for its response with nothing. */
  gboolean client_first = strcmp (auth->mechanism, "LOGIN") != 0 && strcmp (auth->mechanism, "CRAM-MD5") != 0;
  if (initial && client_first)
    return challenge ("", 0);

  const char *input = length == 0 ? "" : (const char *)octets;
  int status = gsasl_step (auth->session, input, length, &output, &output_length);
  SinkAuthAnswer answer = refused ();
  if (status == GSASL_NEEDS_MORE) {
    answer = challenge (output, output_length);
  } else if (status == GSASL_OK && (output_length == 0 || auth->options->skip_signature)) {
    answer = accepted (auth, user_of_session (auth));
  } else if (status == GSASL_OK) {
    auth->proved = TRUE;
    answer = challenge (output, output_length);
  }
  gsasl_free (output);
  return answer;
}

/* LOGIN's first challenge only asks for the name, which some clients bring along. */
static void
skip_challenge (SinkAuth *auth)
{
  char *output = NULL;
  size_t length = 0;
  (void)gsasl_step (auth->session, "", 0, &output, &length);
  gsasl_free (output);
}

/* FALSE: the library doesn't have it. */
static gboolean
begin_exchange (SinkAuth *auth, const char *mechanism)
{
  end_exchange (auth);
  auth->mechanism = g_strdup (mechanism);
  if (bearer_is_mechanism (mechanism))
    return TRUE;
  if (auth->library == NULL) {
    if (gsasl_init (&auth->library) != GSASL_OK)
      return FALSE;
    gsasl_callback_hook_set (auth->library, auth);
    gsasl_callback_set (auth->library, answer_library);
  }
  return gsasl_server_start (auth->library, mechanism, &auth->session) == GSASL_OK;
}

static gboolean
is_refused_first (const SinkAuth *auth)
{
  return auth->options->refuse_first != NULL
         && g_strv_contains ((const char *const *)auth->options->refuse_first, auth->mechanism);
}

SinkAuthAnswer
sink_auth_step (SinkAuth *auth, const char *mechanism, const guint8 *octets, gsize length, gboolean initial)
{
  if (mechanism != NULL && !begin_exchange (auth, mechanism))
    return (SinkAuthAnswer){ .code = 454 };
  if (auth->mechanism == NULL)
    return refused ();
  if (mechanism != NULL && !initial && strcmp (mechanism, "LOGIN") == 0)
    skip_challenge (auth);
  if (!initial && auth->step++ == 0 && is_refused_first (auth))
    return refused ();
  return bearer_is_mechanism (auth->mechanism) ? bearer_step (auth, octets, length, initial)
                                               : library_step (auth, octets, length, initial);
}

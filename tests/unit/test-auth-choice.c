#include "core/auth-choice.h"
#include "../lib/table.h"

#define ALL                                                                                                  \
  "EXTERNAL OAUTHBEARER XOAUTH2 SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN "  \
  "CRAM-MD5"

enum {
  TLS = 1,
  BINDING = 2,
  CERTIFICATE = 4, /* ours, asked for */
  USER = 8,
  PASSWORD = 16,
  TOKEN = 32,
  CLEAR = 64, /* auth-without-tls */
  LOGIN = USER | PASSWORD,
};

static const struct row {
  const char *about;
  AuthRule rule;
  guint has;
  const char *order;   /* NULL: ours */
  const char *offered; /* NULL: no AUTH at all */
  const char *tried;
  AuthChoiceKind kind;
  const char *mechanism;
  gboolean wanted;
} rows[] = {
  { "everything there", AUTH_AUTO, TLS | BINDING | CERTIFICATE | LOGIN | TOKEN, NULL, ALL, "",
    AUTH_CHOICE_USE, "EXTERNAL", 0 },
  { "a token", AUTH_AUTO, TLS | BINDING | USER | TOKEN | PASSWORD, NULL, ALL, "", AUTH_CHOICE_USE,
    "OAUTHBEARER", 0 },
  { "a token, XOAUTH2 only", AUTH_AUTO, TLS | USER | TOKEN, NULL, "PLAIN XOAUTH2", "", AUTH_CHOICE_USE,
    "XOAUTH2", 0 },
  { "a password, binding", AUTH_AUTO, TLS | BINDING | LOGIN, NULL, ALL, "", AUTH_CHOICE_USE,
    "SCRAM-SHA-256-PLUS", 0 },
  { "only the older PLUS", AUTH_AUTO, TLS | BINDING | LOGIN, NULL, "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "",
    AUTH_CHOICE_USE, "SCRAM-SHA-1-PLUS", 0 },
  { "no binding, no PLUS", AUTH_AUTO, TLS | LOGIN, NULL, ALL, "", AUTH_CHOICE_USE, "SCRAM-SHA-256", 0 },
  { "SHA-1", AUTH_AUTO, TLS | LOGIN, NULL, "LOGIN PLAIN SCRAM-SHA-1", "", AUTH_CHOICE_USE, "SCRAM-SHA-1", 0 },
  { "PLAIN before LOGIN", AUTH_AUTO, TLS | LOGIN, NULL, "LOGIN PLAIN", "", AUTH_CHOICE_USE, "PLAIN", 0 },
  { "LOGIN", AUTH_AUTO, TLS | LOGIN, NULL, "LOGIN", "", AUTH_CHOICE_USE, "LOGIN", 0 },
  { "CRAM-MD5 not by itself", AUTH_AUTO, TLS | LOGIN, NULL, "CRAM-MD5", "", AUTH_CHOICE_NONE_IN_COMMON, NULL,
    0 },
  { "CRAM-MD5 by name", AUTH_AUTO, TLS | LOGIN, "CRAM-MD5", ALL, "", AUTH_CHOICE_USE, "CRAM-MD5", 0 },
  { "the user's order", AUTH_AUTO, TLS | BINDING | LOGIN, "LOGIN PLAIN SCRAM-SHA-256", ALL, "",
    AUTH_CHOICE_USE, "LOGIN", 0 },
  { "the user's order without case", AUTH_AUTO, TLS | LOGIN, "plain", ALL, "", AUTH_CHOICE_USE, "PLAIN", 0 },
  { "outside the allow-list", AUTH_AUTO, TLS | LOGIN, "DIGEST-MD5 PLAIN", "DIGEST-MD5 PLAIN", "",
    AUTH_CHOICE_USE, "PLAIN", 0 },
  { "only outside the allow-list", AUTH_AUTO, TLS | LOGIN, NULL, "DIGEST-MD5 NTLM GSSAPI ANONYMOUS", "",
    AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
  { "named and not offered", AUTH_AUTO, TLS | LOGIN, "SCRAM-SHA-256", "PLAIN", "", AUTH_CHOICE_NONE_IN_COMMON,
    NULL, 0 },
  { "EXTERNAL not asked for", AUTH_AUTO, TLS | LOGIN, NULL, "EXTERNAL PLAIN", "", AUTH_CHOICE_USE, "PLAIN",
    0 },
  { "EXTERNAL without user", AUTH_AUTO, TLS | CERTIFICATE, NULL, "EXTERNAL", "", AUTH_CHOICE_USE, "EXTERNAL",
    0 },
  { "a certificate is enough", AUTH_AUTO, TLS | CERTIFICATE, NULL, "PLAIN", "", AUTH_CHOICE_SKIP, NULL, 0 },
  { "a certificate is not enough", AUTH_REQUIRED, TLS | CERTIFICATE, NULL, "PLAIN", "",
    AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
  { "tried before", AUTH_AUTO, TLS | LOGIN, NULL, "LOGIN PLAIN", "PLAIN", AUTH_CHOICE_USE, "LOGIN", 0 },
  { "after SCRAM not its like", AUTH_AUTO, TLS | LOGIN, NULL, ALL, "SCRAM-SHA-256", AUTH_CHOICE_USE, "PLAIN",
    0 },
  { "after SCRAM its like, if there is no other", AUTH_AUTO, TLS | LOGIN, NULL, "SCRAM-SHA-256 SCRAM-SHA-1",
    "SCRAM-SHA-256", AUTH_CHOICE_USE, "SCRAM-SHA-1", 0 },
  { "after SCRAM its like, if the user wants no other", AUTH_AUTO, TLS | LOGIN, "SCRAM-SHA-256 SCRAM-SHA-1",
    ALL, "SCRAM-SHA-256", AUTH_CHOICE_USE, "SCRAM-SHA-1", 0 },
  { "all tried", AUTH_AUTO, TLS | LOGIN, NULL, "PLAIN LOGIN", "plain LOGIN", AUTH_CHOICE_NONE_IN_COMMON, NULL,
    0 },
  { "clear: PLAIN", AUTH_AUTO, LOGIN, NULL, "PLAIN", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear: LOGIN", AUTH_AUTO, LOGIN, NULL, "LOGIN", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear: SCRAM", AUTH_AUTO, LOGIN, NULL, "SCRAM-SHA-256 SCRAM-SHA-1", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear: CRAM-MD5 by name", AUTH_AUTO, LOGIN, "CRAM-MD5", "CRAM-MD5", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear: a token", AUTH_AUTO, USER | TOKEN, NULL, "XOAUTH2 OAUTHBEARER", "", AUTH_CHOICE_NEEDS_TLS, NULL,
    0 },
  { "clear: EXTERNAL", AUTH_AUTO, CERTIFICATE | CLEAR, NULL, "EXTERNAL", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear: none of ours", AUTH_AUTO, LOGIN, NULL, "GSSAPI", "", AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
  { "clear: required", AUTH_REQUIRED, LOGIN, NULL, "PLAIN", "", AUTH_CHOICE_NEEDS_TLS, NULL, 0 },
  { "clear and allowed: SCRAM first", AUTH_AUTO, LOGIN | CLEAR, NULL, ALL, "", AUTH_CHOICE_USE,
    "SCRAM-SHA-256", 0 },
  { "clear and allowed: PLAIN", AUTH_AUTO, LOGIN | CLEAR, NULL, "PLAIN", "", AUTH_CHOICE_USE, "PLAIN", 0 },
  { "clear and allowed: never PLUS", AUTH_AUTO, LOGIN | CLEAR | BINDING, NULL, "SCRAM-SHA-1-PLUS", "",
    AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
  { "off", AUTH_OFF, TLS | LOGIN, NULL, ALL, "", AUTH_CHOICE_SKIP, NULL, 0 },
  { "no login", AUTH_AUTO, TLS, NULL, ALL, "", AUTH_CHOICE_SKIP, NULL, 0 },
  { "no login, required", AUTH_REQUIRED, TLS, NULL, ALL, "", AUTH_CHOICE_NO_SECRET, NULL, 0 },
  { "a user without secret", AUTH_AUTO, TLS | USER, NULL, ALL, "", AUTH_CHOICE_SKIP, NULL, TRUE },
  { "a user without secret, required", AUTH_REQUIRED, TLS | USER, NULL, ALL, "", AUTH_CHOICE_NO_SECRET, NULL,
    0 },
  { "a password without user", AUTH_REQUIRED, TLS | PASSWORD, NULL, ALL, "", AUTH_CHOICE_NO_SECRET, NULL, 0 },
  { "not offered", AUTH_AUTO, TLS | LOGIN, NULL, NULL, "", AUTH_CHOICE_SKIP, NULL, TRUE },
  { "not offered in the clear", AUTH_AUTO, LOGIN, NULL, NULL, "", AUTH_CHOICE_SKIP, NULL, TRUE },
  { "not offered, required", AUTH_REQUIRED, TLS | LOGIN, NULL, NULL, "", AUTH_CHOICE_NOT_OFFERED, NULL, 0 },
  { "AUTH without a mechanism", AUTH_AUTO, TLS | LOGIN, NULL, "", "", AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
  { "a token and no token mechanism", AUTH_AUTO, TLS | USER | TOKEN, NULL, "PLAIN LOGIN", "",
    AUTH_CHOICE_NONE_IN_COMMON, NULL, 0 },
};

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  g_auto (GStrv) order = row->order == NULL ? NULL : g_strsplit (row->order, " ", -1);
  g_auto (GStrv) tried = g_strsplit (row->tried, " ", -1);
  g_autofree char *ehlo
      = row->offered == NULL ? g_strdup ("mx\nSIZE") : g_strdup_printf ("mx\nAUTH %s", row->offered);
  g_autoptr (Reply) reply = reply_new (250, ehlo);
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  AuthSettings settings = {
    .rule = row->rule,
    .order = order,
    .without_tls = (row->has & CLEAR) != 0,
    .have_user = (row->has & USER) != 0,
    .have_password = (row->has & PASSWORD) != 0,
    .have_token = (row->has & TOKEN) != 0,
  };
  AuthSituation situation = {
    .encrypted = (row->has & TLS) != 0,
    .binding_available = (row->has & BINDING) != 0,
    .certificate_asked = (row->has & CERTIFICATE) != 0,
  };
  AuthChoice choice = auth_choose (&settings, &situation, capabilities, (const char *const *)tried);
  g_assert_cmpint (choice.kind, ==, row->kind);
  g_assert_cmpstr (choice.mechanism == NULL ? NULL : choice.mechanism->name, ==, row->mechanism);
  g_assert_cmpint (choice.wanted, ==, row->wanted);
}

/* Whatever a server offers: no secret crosses in the clear, no binding without TLS. */
static void
test_never_in_the_clear (void)
{
  g_autoptr (Reply) reply = reply_new (250, "mx\nAUTH " ALL);
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  for (guint bits = 0; bits < 32; bits++)
    for (gsize i = 0; i <= auth_mechanism_count (); i++) {
      char *order[] = { i == 0 ? NULL : (char *)auth_mechanism_at (i - 1)->name, NULL };
      AuthSettings settings = { .rule = bits & 1 ? AUTH_REQUIRED : AUTH_AUTO,
                                .order = i == 0 ? NULL : order,
                                .have_user = (bits & 2) != 0,
                                .have_password = (bits & 4) != 0,
                                .have_token = (bits & 8) != 0 };
      AuthSituation situation = { .certificate_asked = (bits & 16) != 0, .binding_available = TRUE };
      g_assert_cmpint (auth_choose (&settings, &situation, capabilities, NULL).kind, !=, AUTH_CHOICE_USE);
    }
}

static void
test_find (void)
{
  g_assert_cmpstr (auth_mechanism_find ("scram-sha-1")->name, ==, "SCRAM-SHA-1");
  g_assert_null (auth_mechanism_find ("DIGEST-MD5"));
  g_assert_null (auth_mechanism_find (""));
  for (gsize i = 0; i < auth_mechanism_count (); i++)
    g_assert_true (auth_mechanism_find (auth_mechanism_at (i)->name) == auth_mechanism_at (i));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/auth-choice", rows, test_row);
  g_test_add_func ("/auth-never-in-the-clear", test_never_in_the_clear);
  g_test_add_func ("/auth-mechanism-find", test_find);
  return g_test_run ();
}

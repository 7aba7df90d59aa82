/* "SALT:SETTINGS:SECRET" in hexadecimal digits. Each has a salt of its own; the secret's part
 * is slow to try out, since a password may be short. */
#include "engine/account-hold.h"

#include <string.h>

#include "config/option.h"
#include "net/openssl.h"

#define SALT_OCTETS 16
#define HASH_OCTETS 32
#define ROUNDS 100000
#define NO_SECRET "none"

/* What a login depends on. */
static const char *const settings[] = {
  "host",
  "ports",
  "family",
  "tls",
  "tls-ca-file",
  "tls-ca-dir",
  "tls-name",
  "tls-fingerprint",
  "tls-client-certificate",
  "tls-client-key",
  "user",
  "password-command",
  "token-command",
  "auth",
  "auth-without-tls",
  "tunnel",
};

static char *
hexadecimal (const guint8 *octets, gsize length)
{
  GString *text = g_string_sized_new (2 * length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", octets[i]);
  return g_string_free (text, FALSE);
}

static char *
hash_of_settings (const char *salt, const Account *account)
{
  g_autoptr (GString) text = g_string_new (account->name);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *value = option_get (option_find (settings[i]), account);
    g_string_append_printf (text, "\n%s=%s", settings[i], value ? value : "");
  }
  return g_compute_hmac_for_data (G_CHECKSUM_SHA256, (const guint8 *)salt, strlen (salt),
                                  (const guint8 *)text->str, text->len);
}

static char *
hash_of_secret (const char *salt, const Secret *secret)
{
  guint8 hash[HASH_OCTETS];

  if (!secret)
    return g_strdup (NO_SECRET);
  if (PKCS5_PBKDF2_HMAC (secret_text (secret), (int)secret_length (secret), (const guint8 *)salt,
                         (int)strlen (salt), ROUNDS, EVP_sha256 (), sizeof hash, hash)
      != 1)
    g_error ("PBKDF2 failed");
  return hexadecimal (hash, sizeof hash);
}

char *
account_fingerprint (const Account *account, const Secret *secret)
{
  guint8 octets[SALT_OCTETS];

  if (RAND_bytes (octets, sizeof octets) != 1)
    g_error ("no random numbers");
  g_autofree char *salt = hexadecimal (octets, sizeof octets);
  g_autofree char *of_settings = hash_of_settings (salt, account);
  g_autofree char *of_secret = hash_of_secret (salt, secret);
  return g_strconcat (salt, ":", of_settings, ":", of_secret, NULL);
}

/* NULL: it is none. */
static GStrv
take_apart (const char *fingerprint)
{
  GStrv parts = g_strsplit (fingerprint ? fingerprint : "", ":", -1);

  if (g_strv_length (parts) == 3)
    return parts;
  g_strfreev (parts);
  return NULL;
}

gboolean
account_fingerprint_has_settings (const char *fingerprint, const Account *account)
{
  g_auto (GStrv) parts = take_apart (fingerprint);
  g_autofree char *hash = parts ? hash_of_settings (parts[0], account) : NULL;

  return hash && strcmp (parts[1], hash) == 0;
}

gboolean
account_fingerprint_has_secret (const char *fingerprint, const Secret *secret)
{
  g_auto (GStrv) parts = take_apart (fingerprint);
  g_autofree char *hash = parts ? hash_of_secret (parts[0], secret) : NULL;

  return hash && strcmp (parts[2], hash) == 0;
}

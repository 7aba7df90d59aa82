/* libidn2 speaks of failures in its own numbers and accepts names that no mail
 * server has; this is the one place that knows both. */
#include "base/domain.h"

#include "base/error.h"
#include "base/visible.h"

#include <idn2.h>
#include <string.h>

/* RFC 1035, 2.3.4. */
#define LABEL_LIMIT 63
#define DOMAIN_LIMIT 253

static gboolean
is_literal (const char *domain)
{
  gsize length = strlen (domain);
  return g_hostname_is_ip_address (domain)
         || (length > 2 && domain[0] == '[' && strpbrk (domain + 1, "[]\\ \t\r\n") == domain + length - 1);
}

/* Letters, digits, hyphens inside; the underscore is no host name's, but names with
 * it exist and resolve. */
static gboolean
label_is_good (const char *label, gsize length)
{
  if (length == 0 || length > LABEL_LIMIT || label[0] == '-' || label[length - 1] == '-')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (label[i]) && label[i] != '-' && label[i] != '_')
      return FALSE;
  return TRUE;
}

/* A last dot says that the name is complete. */
static gboolean
ascii_is_good (const char *domain)
{
  gsize length = strlen (domain);
  if (length > 1 && domain[length - 1] == '.')
    length--;
  if (length > DOMAIN_LIMIT)
    return FALSE;
  for (const char *label = domain;;) {
    gsize rest = length - (gsize)(label - domain);
    const char *dot = memchr (label, '.', rest);
    if (!label_is_good (label, dot != NULL ? (gsize)(dot - label) : rest))
      return FALSE;
    if (dot == NULL)
      return TRUE;
    label = dot + 1;
  }
}

static void
refuse (const char *domain, const char *reason, GError **error)
{
  g_autofree char *shown = visible_text (domain, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, "\"%s\": %s", shown, reason);
}

char *
domain_to_ascii (const char *domain, GError **error)
{
  if (is_literal (domain))
    return g_strdup (domain);

  g_autofree char *ascii = NULL;
  if (g_str_is_ascii (domain)) {
    ascii = g_ascii_strdown (domain, -1);
  } else {
    char *converted = NULL;
    /* UTS 46 without its old mapping: a "ß" stays one. */
    int result = g_utf8_validate (domain, -1, NULL)
                     ? idn2_to_ascii_8z (domain, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)
                     : IDN2_ENCODING_ERROR;
    if (result != IDN2_OK) {
      refuse (domain, idn2_strerror (result), error);
      return NULL;
    }
    ascii = g_strdup (converted);
    idn2_free (converted);
  }
  if (!ascii_is_good (ascii)) {
    refuse (domain, "not a domain name", error);
    return NULL;
  }
  return g_steal_pointer (&ascii);
}

char *
domain_to_unicode (const char *domain)
{
  char *converted = NULL;
  if (is_literal (domain) || !g_utf8_validate (domain, -1, NULL)
      || idn2_to_unicode_8z8z (domain, &converted, IDN2_NONTRANSITIONAL) != IDN2_OK)
    return g_strdup (domain);
  char *unicode = g_strdup (converted);
  idn2_free (converted);
  return unicode;
}

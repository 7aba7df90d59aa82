/* From value to text: what a field holds, spelt as option_set() reads it. */
#include "config/option.h"
#include "core/auth-choice.h"

#include <string.h>

/* option_set() writes a choice as its number. */
G_STATIC_ASSERT (sizeof (LadderMode) == sizeof (guint) && sizeof (TlsRule) == sizeof (guint));
G_STATIC_ASSERT (sizeof (DeliveryMode) == sizeof (guint) && sizeof (InDoubtRule) == sizeof (guint)
                 && sizeof (RewriteRule) == sizeof (guint));
G_STATIC_ASSERT (DELIVERY_FOREGROUND == 0 && DELIVERY_BACKGROUND == 1 && DELIVERY_QUEUE == 2);
G_STATIC_ASSERT (IN_DOUBT_HOLD == 0 && IN_DOUBT_RESEND == 1);
G_STATIC_ASSERT (REWRITE_NO == 0 && REWRITE_IF_LOCAL == 1 && REWRITE_ALWAYS == 2);
G_STATIC_ASSERT (LADDER_RACE == 0 && LADDER_STRICT == 1);
G_STATIC_ASSERT (TLS_REQUIRED == 0 && TLS_WHEN_OFFERED == 1 && TLS_OFF == 2);

static const void *
field_of (const Option *option, const Account *account)
{
  return (const char *)account + option->offset;
}

static char *
text_of (const Option *option, const Account *account)
{
  const char *text = *(char *const *)field_of (option, account);
  return g_strdup (text != NULL ? text : "");
}

static char *
secret_of (const Option *option, const Account *account)
{
  return g_strdup (*(char *const *)field_of (option, account) != NULL ? "(set)" : "");
}

static char *
hosts_of (const Option *option, const Account *account)
{
  return account->hosts != NULL ? g_strjoinv (", ", account->hosts) : g_strdup ("");
}

static char *
ports_of (const Option *option, const Account *account)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; account->ports != NULL && i < account->ports->len; i++) {
    const LadderPort *port = &g_array_index (account->ports, LadderPort, i);
    g_string_append_printf (text, "%s%u%s", i > 0 ? ", " : "", port->port,
                            port->implicit_tls ? "/implicit" : "");
  }
  return g_string_free (text, FALSE);
}

/* The choices are, in order: IPv6 first, IPv4 first, IPv6 alone, IPv4 alone. */
static char *
family_of (const Option *option, const Account *account)
{
  if (account->families == NULL)
    return g_strdup ("");
  const gboolean ipv4 = g_array_index (account->families, Family, 0) == FAMILY_IPV4;
  const gboolean alone = account->families->len == 1;
  return g_strdup (option->choices[(alone ? 2 : 0) + (ipv4 ? 1 : 0)]);
}

static char *
duration_of (const Option *option, const Account *account)
{
  return ticks_to_string (*(const Ticks *)field_of (option, account));
}

static char *
choice_of (const Option *option, const Account *account)
{
  guint index;
  memcpy (&index, field_of (option, account), sizeof (index));
  return g_strdup (option->choices[index]);
}

static char *
boolean_of (const Option *option, const Account *account)
{
  return g_strdup (*(const gboolean *)field_of (option, account) ? "yes" : "no");
}

static char *
auth_of (const Option *option, const Account *account)
{
  static const char *const rules[]
      = { [AUTH_AUTO] = "auto", [AUTH_REQUIRED] = "required", [AUTH_OFF] = "off" };
  if (account->auth_mechanisms == NULL)
    return g_strdup (rules[account->auth]);
  g_autofree char *list = g_strjoinv (", ", account->auth_mechanisms);
  return g_strconcat (account->auth == AUTH_REQUIRED ? "required, " : "", list, NULL);
}

typedef char *(*Getter) (const Option *option, const Account *account);

static const Getter getters[] = {
  [OPTION_TEXT] = text_of,      [OPTION_ADDRESS] = text_of,        [OPTION_HOSTS] = hosts_of,
  [OPTION_PORTS] = ports_of,    [OPTION_FAMILY] = family_of,       [OPTION_DURATION] = duration_of,
  [OPTION_CHOICE] = choice_of,  [OPTION_BOOLEAN] = boolean_of,     [OPTION_FILE] = text_of,
  [OPTION_DIRECTORY] = text_of, [OPTION_FINGERPRINT] = text_of,    [OPTION_COMMAND] = text_of,
  [OPTION_SECRET] = secret_of,  [OPTION_AUTH] = auth_of,           [OPTION_DOMAIN] = text_of,
  [OPTION_LOG] = text_of,       [OPTION_ADDRESS_OR_OFF] = text_of,
};

char *
option_get (const Option *option, const Account *account)
{
  return getters[option->type](option, account);
}

gboolean
option_is_set (const Option *option, const Account *account)
{
  g_autofree char *text = option_get (option, account);
  return *text != '\0';
}

/* From text to value, one reader for each type. Each reads the whole text before it
 * touches the account, so that a bad value leaves the old one in place, and each says
 * what would have been right. */
#include "config/option.h"
#include "config/option-parse.h"
#include "base/domain.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "core/auth-choice.h"

#include <string.h>

#define HOSTS_LIMIT 32
#define PORTS_LIMIT 16
#define MECHANISMS_LIMIT 16
#define SHOWN_LIMIT 60
#define FINGERPRINT_DIGITS 64
#define SHA1_DIGITS 40

static gboolean refuse (GError **error, const Option *option, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Always FALSE: "option: why". */
static gboolean
refuse (GError **error, const Option *option, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, "%s: %s", option->name, why);
  return FALSE;
}

/* TEXT for a message: short, and harmless to a terminal. */
static char *
shown (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL) || g_utf8_strlen (text, -1) <= SHOWN_LIMIT)
    return visible_text (text, MIN (strlen (text), (gsize)4 * SHOWN_LIMIT));
  g_autofree char *begin = g_utf8_substring (text, 0, SHOWN_LIMIT);
  g_autofree char *safe = visible_text (begin, -1);
  return g_strconcat (safe, "…", NULL);
}

static void *
field_of (const Option *option, Account *account)
{
  return (char *)account + option->offset;
}

/* The words of a list: commas and blanks separate. */
static GStrv
split_list (const char *text)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) pieces = g_strsplit_set (text, ", \t\n", -1);
  for (gsize i = 0; pieces[i] != NULL; i++)
    if (*pieces[i] != '\0')
      g_strv_builder_add (builder, pieces[i]);
  return g_strv_builder_end (builder);
}

static gboolean
has_control (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return TRUE;
  return FALSE;
}

static gboolean
store_text (const Option *option, Account *account, const char *text)
{
  option_clear (option, account);
  *(char **)field_of (option, account) = g_strdup (text);
  return TRUE;
}

static gboolean
set_text (const Option *option, Account *account, const char *text, GError **error)
{
  if (has_control (text))
    return refuse (error, option, _ ("a control character (tab, line break, …) can't be part of it"));
  return store_text (option, account, text);
}

/* Commands belong to the shell and secrets to nobody: taken as they are. */
static gboolean
set_as_is (const Option *option, Account *account, const char *text, GError **error)
{
  return store_text (option, account, text);
}

const char *
address_in (const char *text, gsize *ret_length)
{
  const char *open = strrchr (text, '<');
  const gsize length = strlen (text);
  if (open == NULL || text[length - 1] != '>') {
    *ret_length = length;
    return text;
  }
  *ret_length = length - (gsize)(open + 1 - text) - 1;
  return open + 1;
}

/* Only what keeps a typing error from becoming a sender; the mail room parses it in full
 * when a message is made. */
static gboolean
set_address (const Option *option, Account *account, const char *text, GError **error)
{
  gsize length;
  const char *address = address_in (text, &length);
  const char *at = g_strrstr_len (address, (gssize)length, "@");
  if (at == NULL || at == address || at + 1 == address + length || has_control (text)
      || (address == text && strpbrk (text, "<> \t,;") != NULL)) {
    g_autofree char *bad = shown (text);
    return refuse (error, option, _ ("\"%s\" is no address: write \"%s\", or \"%s\""), bad,
                   "hanako@example.org", option->example);
  }
  return store_text (option, account, text);
}

static gboolean
set_address_or_off (const Option *option, Account *account, const char *text, GError **error)
{
  return strcmp (text, "off") == 0 ? store_text (option, account, text)
                                   : set_address (option, account, text, error);
}

/* A word that is none of those known is more likely a mistake than a file's name. */
static gboolean
set_log (const Option *option, Account *account, const char *text, GError **error)
{
  if (g_strv_contains (option->choices, text))
    return store_text (option, account, text);
  if (strchr (text, '/') != NULL)
    return set_text (option, account, text, error);
  g_autofree char *bad = shown (text);
  g_autofree char *all = g_strjoinv (", ", (char **)option->choices);
  return refuse (error, option,
                 _ ("\"%s\" is none of %s, and no file, which is written with its place: \"%s\""), bad, all,
                 option->example);
}

static gboolean
set_domain (const Option *option, Account *account, const char *text, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autofree char *domain = domain_to_ascii (text, &why);
  if (domain == NULL)
    return refuse (error, option, _ ("no domain name: %s; write it as in \"%s\""), why->message,
                   option->example);
  return store_text (option, account, domain);
}

/* The form in which HOST is looked up or connected to; NULL with the reason. */
static char *
host_to_ascii (const Option *option, const char *host, GError **error)
{
  IpAddress literal;
  if (ip_address_parse (host, &literal))
    return ip_address_to_string (&literal);
  if (strchr (host, ':') != NULL) {
    g_autofree char *bad = shown (host);
    refuse (error, option, _ ("\"%s\" is no name and no IPv6 address; ports are written in \"ports\""), bad);
    return NULL;
  }
  g_autoptr (GError) why = NULL;
  char *ascii = domain_to_ascii (host, &why);
  if (ascii == NULL)
    refuse (error, option, _ ("no host name: %s"), why->message);
  return ascii;
}

static gboolean
set_hosts (const Option *option, Account *account, const char *text, GError **error)
{
  g_auto (GStrv) hosts = split_list (text);
  g_autoptr (GStrvBuilder) ascii = g_strv_builder_new ();
  if (g_strv_length (hosts) > HOSTS_LIMIT)
    return refuse (error, option, _ ("more than %d hosts"), HOSTS_LIMIT);
  for (gsize i = 0; hosts[i] != NULL; i++) {
    g_autofree char *one = host_to_ascii (option, hosts[i], error);
    if (one == NULL)
      return FALSE;
    g_strv_builder_add (ascii, one);
  }
  option_clear (option, account);
  if (hosts[0] != NULL) {
    account->hosts = g_steal_pointer (&hosts);
    account->hosts_ascii = g_strv_builder_end (ascii);
  }
  return TRUE;
}

static gboolean
parse_port (const char *word, LadderPort *ret_port)
{
  char *end;
  if (!g_ascii_isdigit (*word))
    return FALSE;
  const guint64 number = g_ascii_strtoull (word, &end, 10);
  if (number < 1 || number > G_MAXUINT16)
    return FALSE;
  ret_port->port = (guint16)number;
  ret_port->implicit_tls = strcmp (end, "/implicit") == 0;
  return *end == '\0' || ret_port->implicit_tls;
}

static gboolean
ports_hold (const GArray *ports, guint16 number)
{
  for (guint i = 0; i < ports->len; i++)
    if (g_array_index (ports, LadderPort, i).port == number)
      return TRUE;
  return FALSE;
}

static gboolean
set_ports (const Option *option, Account *account, const char *text, GError **error)
{
  g_autoptr (GArray) ports = g_array_new (FALSE, FALSE, sizeof (LadderPort));
  g_auto (GStrv) words = split_list (text);
  const char *implicit = NULL;
  if (words[0] == NULL)
    return refuse (error, option, _ ("no port is named: write \"%s\""), option->fallback);
  for (gsize i = 0; words[i] != NULL; i++) {
    LadderPort port;
    g_autofree char *bad = shown (words[i]);
    if (!parse_port (words[i], &port))
      return refuse (
          error, option,
          _ ("\"%s\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, "
             "as in \"465/implicit\""),
          bad);
    if (ports_hold (ports, port.port))
      return refuse (error, option, _ ("%u is named twice"), port.port);
    if (ports->len == PORTS_LIMIT)
      return refuse (error, option, _ ("more than %d ports"), PORTS_LIMIT);
    if (port.implicit_tls)
      implicit = words[i];
    g_array_append_val (ports, port);
  }
  if (implicit != NULL && ports_hold (ports, 25))
    return refuse (error, option,
                   _ ("\"%s\" wants TLS from the first octet, and 25 never has it: write \"%s\""), implicit,
                   "465/implicit, 587");
  option_clear (option, account);
  account->ports = g_steal_pointer (&ports);
  return TRUE;
}

static gboolean
choice_find (const Option *option, const char *text, guint *ret_index, GError **error)
{
  for (guint i = 0; option->choices[i] != NULL; i++)
    if (strcmp (option->choices[i], text) == 0) {
      *ret_index = i;
      return TRUE;
    }
  g_autofree char *bad = shown (text);
  g_autofree char *all = g_strjoinv (", ", (char **)option->choices);
  return refuse (error, option, _ ("\"%s\" is none of %s"), bad, all);
}

static gboolean
set_choice (const Option *option, Account *account, const char *text, GError **error)
{
  guint index = 0;
  if (!choice_find (option, text, &index, error))
    return FALSE;
  /* The enums of choices count from 0, as guint does (checked in option-show.c). */
  memcpy (field_of (option, account), &index, sizeof (index));
  return TRUE;
}

static gboolean
set_family (const Option *option, Account *account, const char *text, GError **error)
{
  static const struct {
    Family families[2];
    guint n;
  } orders[] = {
    { { FAMILY_IPV6, FAMILY_IPV4 }, 2 },
    { { FAMILY_IPV4, FAMILY_IPV6 }, 2 },
    { { FAMILY_IPV6 }, 1 },
    { { FAMILY_IPV4 }, 1 },
  };
  guint index = 0;
  if (!choice_find (option, text, &index, error))
    return FALSE;
  option_clear (option, account);
  account->families = g_array_new (FALSE, FALSE, sizeof (Family));
  g_array_append_vals (account->families, orders[index].families, orders[index].n);
  return TRUE;
}

/* A number without a unit most likely means the unit of the default. */
static gboolean
refuse_duration (const Option *option, const char *text, GError **error)
{
  const char *unit = option->fallback + strspn (option->fallback, "0123456789");
  g_autofree char *bad = shown (text);
  if (strspn (text, "0123456789") == strlen (text))
    return refuse (error, option, _ ("\"%s\" has no unit: write \"%s%s\""), bad, bad, unit);
  return refuse (
      error, option,
      _ ("\"%s\" is no duration: write a whole number and its unit (ms, s, min, h or d), as in \"%s\""), bad,
      option->fallback);
}

static gboolean
set_duration (const Option *option, Account *account, const char *text, GError **error)
{
  Ticks span;
  if (!ticks_parse (text, &span))
    return refuse_duration (option, text, error);
  if (span < option->least || span > option->most) {
    g_autofree char *least = ticks_to_string (option->least);
    g_autofree char *most = ticks_to_string (option->most);
    g_autofree char *bad = shown (text);
    return refuse (error, option, _ ("%s is out of range: write %s to %s"), bad, least, most);
  }
  *(Ticks *)field_of (option, account) = span;
  return TRUE;
}

static gboolean
set_boolean (const Option *option, Account *account, const char *text, GError **error)
{
  static const struct {
    const char *word;
    gboolean value;
  } words[] = {
    { "yes", TRUE }, { "no", FALSE }, { "true", TRUE }, { "false", FALSE }, { "on", TRUE }, { "off", FALSE },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i].word, text) == 0) {
      *(gboolean *)field_of (option, account) = words[i].value;
      return TRUE;
    }
  g_autofree char *bad = shown (text);
  return refuse (error, option, _ ("\"%s\" is neither yes nor no"), bad);
}

/* Kept as 64 lower-case digits, so that two spellings of one fingerprint are equal. */
static gboolean
set_fingerprint (const Option *option, Account *account, const char *text, GError **error)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  gboolean good = TRUE;
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_isxdigit (*at))
      g_string_append_c (digits, g_ascii_tolower (*at));
    else
      good = good && *at == ':';
  if (good && digits->len == SHA1_DIGITS)
    return refuse (error, option,
                   _ ("40 digits are a SHA-1 fingerprint: write that of SHA-256, as \"%s\" prints it"),
                   "openssl x509 -noout -fingerprint -sha256 -in FILE");
  if (!good || digits->len != FINGERPRINT_DIGITS) {
    g_autofree char *bad = shown (text);
    return refuse (
        error, option,
        _ ("\"%s\" is no SHA-256 fingerprint: write 64 hexadecimal digits, with or without colons"), bad);
  }
  return store_text (option, account, digits->str);
}

static gboolean
refuse_mechanism (const Option *option, const char *word, GError **error)
{
  g_autofree char *bad = shown (word);
  g_autoptr (GString) all = g_string_new ("auto, required, off");
  for (gsize i = 0; i < auth_mechanism_count (); i++)
    g_string_append_printf (all, ", %s", auth_mechanism_at (i)->name);
  return refuse (error, option, _ ("\"%s\" is none of %s"), bad, all->str);
}

/* "auto" | "required" | "off" | ["auto" | "required"] mechanism… */
static gboolean
set_auth (const Option *option, Account *account, const char *text, GError **error)
{
  static const char *const rules[]
      = { [AUTH_AUTO] = "auto", [AUTH_REQUIRED] = "required", [AUTH_OFF] = "off" };
  g_auto (GStrv) words = split_list (text);
  g_autoptr (GStrvBuilder) mechanisms = g_strv_builder_new ();
  AuthRule rule = AUTH_AUTO;
  gsize n = 0;
  for (guint i = 0; words[0] != NULL && i < G_N_ELEMENTS (rules); i++)
    if (strcmp (words[0], rules[i]) == 0) {
      rule = (AuthRule)i;
      n = 1;
    }
  const gsize first = n;
  for (; words[n] != NULL; n++) {
    g_autofree char *upper = g_ascii_strup (words[n], -1);
    const AuthMechanism *mechanism = auth_mechanism_find (upper);
    if (mechanism == NULL)
      return refuse_mechanism (option, words[n], error);
    if (rule == AUTH_OFF)
      return refuse (error, option, _ ("off stands alone: \"%s\" can't follow it"), mechanism->name);
    if (n - first == MECHANISMS_LIMIT)
      return refuse (error, option, _ ("more than %d mechanisms"), MECHANISMS_LIMIT);
    g_strv_builder_add (mechanisms, mechanism->name);
  }
  option_clear (option, account);
  account->auth = rule;
  account->auth_mechanisms = n > first ? g_strv_builder_end (mechanisms) : NULL;
  return TRUE;
}

typedef gboolean (*Setter) (const Option *option, Account *account, const char *text, GError **error);

static const Setter setters[] = {
  [OPTION_TEXT] = set_text,
  [OPTION_ADDRESS] = set_address,
  [OPTION_HOSTS] = set_hosts,
  [OPTION_PORTS] = set_ports,
  [OPTION_FAMILY] = set_family,
  [OPTION_DURATION] = set_duration,
  [OPTION_CHOICE] = set_choice,
  [OPTION_BOOLEAN] = set_boolean,
  [OPTION_FILE] = set_text,
  [OPTION_DIRECTORY] = set_text,
  [OPTION_FINGERPRINT] = set_fingerprint,
  [OPTION_COMMAND] = set_as_is,
  [OPTION_SECRET] = set_as_is,
  [OPTION_AUTH] = set_auth,
  [OPTION_DOMAIN] = set_domain,
  [OPTION_LOG] = set_log,
  [OPTION_ADDRESS_OR_OFF] = set_address_or_off,
};

gboolean
option_set (const Option *option, Account *account, const char *text, GError **error)
{
  if (*text == '\0' && option->fallback == NULL) {
    option_clear (option, account);
    return TRUE;
  }
  if (*text == '\0')
    return refuse (error, option, _ ("its value is missing: write \"%s = %s\""), option->name,
                   option->fallback);
  return setters[option->type](option, account, text, error);
}

/* The one encoder of SMTP commands. An argument is written only when it has the
 * grammar of what it claims to be: what could be read as anything else never leaves. */
#include "core/command.h"

#include <string.h>

#include "core/future-release.h"

#define HELO_NAME_LIMIT 255   /* RFC 5321, 4.5.3.1.2 */
#define LABEL_LIMIT 63        /* RFC 1035, 2.3.4 */
#define MAILBOX_LIMIT 320     /* 64 + "@" + 255; longer local parts are in use (VERP) */
#define ENVID_LIMIT 100       /* RFC 3461, 4.4 */
#define ORCPT_LIMIT 500       /* RFC 3461, 4.2 */
#define MECHANISM_LIMIT 20    /* RFC 4422, 3.1 */
#define AUTH_LINE_LIMIT 12288 /* RFC 4954, 4.1 */

/* ---- characters ---------------------------------------------------------- */

static gboolean
is_atext (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* A character beyond ASCII that shows as one and is no space: what hides or turns
 * text round would make an address mean another to its reader. The two joiners are
 * letters' own in some scripts (RFC 5892, appendix A). */
static gboolean
is_visible_utf8 (gunichar c)
{
  if (c == 0x200C || c == 0x200D)
    return TRUE;
  switch (g_unichar_type (c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT:
  case G_UNICODE_UNASSIGNED:
  case G_UNICODE_SURROGATE:
  case G_UNICODE_PRIVATE_USE:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
  case G_UNICODE_SPACE_SEPARATOR:
    return FALSE;
  default:
    return TRUE;
  }
}

static gboolean
is_printable_ascii (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

/* ---- the grammar of addresses (RFC 5321, 4.1.2 and 4.1.3; RFC 6531, 3.3) ---- */

/* The functions below walk over one element and return the octet behind it, or NULL. */

static const char *
skip_utf8 (const char *at, gboolean utf8)
{
  return utf8 && (guchar)*at >= 0x80 && is_visible_utf8 (g_utf8_get_char (at)) ? g_utf8_next_char (at) : NULL;
}

/* *qtextSMTP and quoted-pairSMTP between quotes. Angle brackets are in the grammar
 * and yet refused: a server that ends the path at the first '>' would read what
 * follows as parameters. */
static const char *
skip_quoted_string (const char *at, gboolean utf8)
{
  for (at++; at != NULL && *at != '"';) {
    if (*at == '\\' && (*++at < ' ' || *at > '~'))
      return NULL;
    if (*at == '<' || *at == '>')
      return NULL;
    at = *at >= ' ' && *at <= '~' ? at + 1 : skip_utf8 (at, utf8);
  }
  return at == NULL ? NULL : at + 1;
}

static const char *
skip_dot_string (const char *at, gboolean utf8)
{
  for (;; at++) {
    const char *atom = at;
    for (const char *next = at; next != NULL;) {
      at = next;
      next = is_atext (*at) ? at + 1 : skip_utf8 (at, utf8);
    }
    if (at == atom)
      return NULL;
    if (*at != '.')
      return at;
  }
}

static const char *
skip_label (const char *at, gboolean utf8)
{
  const char *label = at;
  gsize limit = LABEL_LIMIT;
  for (const char *next = at; next != NULL;) {
    at = next;
    next = g_ascii_isalnum (*at) || *at == '-' ? at + 1 : skip_utf8 (at, utf8);
    /* A U-label may be longer in octets than the A-label that DNS will see. */
    if ((guchar)*at >= 0x80)
      limit = HELO_NAME_LIMIT;
  }
  gboolean fits = at > label && (gsize)(at - label) <= limit;
  return fits && *label != '-' && at[-1] != '-' ? at : NULL;
}

static gboolean
is_domain (const char *text, gboolean utf8)
{
  const char *at = skip_label (text, utf8);
  while (at != NULL && *at == '.')
    at = skip_label (at + 1, utf8);
  return at != NULL && *at == '\0' && at - text <= HELO_NAME_LIMIT;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]". */
static gboolean
is_address_literal (const char *text)
{
  gsize length = strlen (text);
  if (length < 2 || length > 64 || text[0] != '[' || text[length - 1] != ']')
    return FALSE;
  g_autofree char *inside = g_strndup (text + 1, length - 2);
  gboolean ipv6 = g_ascii_strncasecmp (inside, "IPv6:", 5) == 0;
  const char *address = inside + (ipv6 ? 5 : 0);
  const char *characters = ipv6 ? "0123456789abcdefABCDEF:." : "0123456789.";
  return strspn (address, characters) == strlen (address) && (strchr (address, ':') != NULL) == ipv6
         && g_hostname_is_ip_address (address);
}

gboolean
command_mailbox_is_safe (const char *address, gboolean utf8)
{
  if (strlen (address) > MAILBOX_LIMIT || !g_utf8_validate (address, -1, NULL))
    return FALSE;
  const char *at = *address == '"' ? skip_quoted_string (address, utf8) : skip_dot_string (address, utf8);
  return at != NULL && *at == '@' && (is_domain (at + 1, utf8) || is_address_literal (at + 1));
}

/* ---- parameters ---------------------------------------------------------- */

char *
command_xtext (const char *text)
{
  GString *out = g_string_new (NULL);
  for (; *text != '\0'; text++)
    if (*text < '!' || *text > '~' || *text == '+' || *text == '=')
      g_string_append_printf (out, "+%02X", (guint)(guchar)*text);
    else
      g_string_append_c (out, *text);
  return g_string_free (out, FALSE);
}

gboolean
command_envid_is_safe (const char *envid)
{
  g_autofree char *xtext = command_xtext (envid);
  return is_printable_ascii (envid) && *xtext != '\0' && strlen (xtext) <= ENVID_LIMIT;
}

static gboolean
append_envid (GString *out, const char *envid)
{
  g_autofree char *xtext = command_xtext (envid);
  if (!command_envid_is_safe (envid))
    return FALSE;
  g_string_append_printf (out, " ENVID=%s", xtext);
  return TRUE;
}

/* The type goes as it is, the address behind it as xtext (RFC 3461, section 4.2). */
static gboolean
append_orcpt (GString *out, const char *orcpt)
{
  const char *semicolon = strchr (orcpt, ';');
  if (semicolon == NULL || semicolon == orcpt || semicolon[1] == '\0' || !is_printable_ascii (orcpt))
    return FALSE;
  for (const char *c = orcpt; c < semicolon; c++)
    if (!is_atext (*c) || *c == '+' || *c == '=')
      return FALSE;
  g_autofree char *xtext = command_xtext (semicolon + 1);
  gsize type_length = (gsize)(semicolon - orcpt);
  if (type_length + 1 + strlen (xtext) > ORCPT_LIMIT)
    return FALSE;
  g_string_append_printf (out, " ORCPT=%.*s;%s", (int)type_length, orcpt, xtext);
  return TRUE;
}

static gboolean
append_notify (GString *out, guint notify)
{
  if ((notify & DSN_NOTIFY_NEVER) && notify != DSN_NOTIFY_NEVER)
    return FALSE;
  const char *separator = " NOTIFY=";
  for (guint flag = DSN_NOTIFY_NEVER; flag <= DSN_NOTIFY_DELAY; flag <<= 1)
    if (notify & flag) {
      g_string_append_printf (out, "%s%s", separator, dsn_notify_name (flag));
      separator = ",";
    }
  return TRUE;
}

static gboolean
append_return (GString *out, DsnReturn ret)
{
  static const char *const parameters[] = {
    [DSN_RETURN_DEFAULT] = "",
    [DSN_RETURN_FULL] = " RET=FULL",
    [DSN_RETURN_HEADERS] = " RET=HDRS",
  };
  g_assert ((gsize)ret < G_N_ELEMENTS (parameters));
  g_string_append (out, parameters[ret]);
  return TRUE;
}

static void
append_body_kind (GString *out, BodyKind kind, const Capabilities *capabilities)
{
  if (kind == BODY_8BITMIME && capabilities_have (capabilities, CAPABILITY_8BITMIME))
    g_string_append (out, " BODY=8BITMIME");
  if (kind == BODY_BINARYMIME && capabilities_have (capabilities, CAPABILITY_BINARYMIME))
    g_string_append (out, " BODY=BINARYMIME");
}

/* ---- commands ------------------------------------------------------------ */

/* Ends the line that begins at START, or takes it back. */
static gboolean
finish (GString *out, gsize start, gboolean good)
{
  if (good)
    g_string_append (out, "\r\n");
  else
    g_string_truncate (out, start);
  return good;
}

static gboolean
append_line (GString *out, const char *line)
{
  g_string_append (out, line);
  return finish (out, out->len, TRUE);
}

static gboolean
append_hello (GString *out, const char *verb, const char *helo_name)
{
  gsize start = out->len;
  g_string_append_printf (out, "%s %s", verb, helo_name);
  return finish (out, start, is_domain (helo_name, FALSE) || is_address_literal (helo_name));
}

gboolean
command_ehlo (GString *out, const char *helo_name)
{
  return append_hello (out, "EHLO", helo_name);
}

gboolean
command_helo (GString *out, const char *helo_name)
{
  return append_hello (out, "HELO", helo_name);
}

gboolean
command_starttls (GString *out)
{
  return append_line (out, "STARTTLS");
}

static gboolean
is_base64 (const char *text)
{
  gsize digits = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  gsize padding = strspn (text + digits, "=");
  return padding <= 2 && (digits + padding) % 4 == 0 && text[digits + padding] == '\0';
}

gboolean
command_auth (GString *out, const char *mechanism, const char *initial)
{
  gsize start = out->len;
  gsize name_length = strspn (mechanism, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
  gboolean good = name_length >= 1 && name_length <= MECHANISM_LIMIT && mechanism[name_length] == '\0';
  g_string_append_printf (out, "AUTH %s", mechanism);
  if (initial != NULL) {
    good = good && is_base64 (initial);
    /* Not by printf, whose buffer would keep a copy of the secret. */
    g_string_append_c (out, ' ');
    g_string_append (out, *initial == '\0' ? "=" : initial);
  }
  return finish (out, start, good && out->len - start + 2 <= AUTH_LINE_LIMIT);
}

gboolean
command_mail (GString *out, const Envelope *envelope, const BodyForm *form, const Capabilities *capabilities)
{
  gsize start = out->len;
  gboolean utf8 = form->smtputf8 && capabilities_have (capabilities, CAPABILITY_SMTPUTF8);
  gboolean good = *envelope->sender == '\0' || command_mailbox_is_safe (envelope->sender, utf8);

  g_string_append_printf (out, "MAIL FROM:<%s>", envelope->sender);
  if (capabilities_have (capabilities, CAPABILITY_SIZE))
    g_string_append_printf (out, " SIZE=%" G_GUINT64_FORMAT, form->size);
  append_body_kind (out, form->kind, capabilities);
  if (utf8)
    g_string_append (out, " SMTPUTF8");
  if (capabilities_have (capabilities, CAPABILITY_DSN)) {
    good = good && append_return (out, envelope->ret);
    good = good && (envelope->envid == NULL || append_envid (out, envelope->envid));
  }
  if (envelope->require_tls && capabilities_have (capabilities, CAPABILITY_REQUIRETLS))
    g_string_append (out, " REQUIRETLS");
  future_release_append (out, envelope, capabilities);
  return finish (out, start, good);
}

gboolean
command_rcpt (GString *out, const EnvelopeRecipient *recipient, gboolean smtputf8,
              const Capabilities *capabilities)
{
  gsize start = out->len;
  gboolean utf8 = smtputf8 && capabilities_have (capabilities, CAPABILITY_SMTPUTF8);
  gboolean good = command_mailbox_is_safe (recipient->address, utf8);

  g_string_append_printf (out, "RCPT TO:<%s>", recipient->address);
  if (capabilities_have (capabilities, CAPABILITY_DSN)) {
    good = good && append_notify (out, recipient->notify);
    good = good && (recipient->orcpt == NULL || append_orcpt (out, recipient->orcpt));
  }
  return finish (out, start, good);
}

gboolean
command_data (GString *out)
{
  return append_line (out, "DATA");
}

gboolean
command_bdat (GString *out, guint64 octets, gboolean last)
{
  g_string_append_printf (out, "BDAT %" G_GUINT64_FORMAT, octets);
  return append_line (out, last ? " LAST" : "");
}

gboolean
command_rset (GString *out)
{
  return append_line (out, "RSET");
}

gboolean
command_noop (GString *out)
{
  return append_line (out, "NOOP");
}

gboolean
command_quit (GString *out)
{
  return append_line (out, "QUIT");
}

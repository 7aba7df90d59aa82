/* The arguments of MAIL and RCPT, taken apart by grammar (RFC 5321, 4.1.2; RFC 1870,
 * 3461, 4865, 4954, 6152, 6531, 8689): what has two readings is refused. */
#include "core/receiver-private.h"

#include <string.h>

#include "core/future-release.h"

#define SYNTAX_FAULT ((ReceiverFault){ 501, "5.5.4 Syntax: the address or a parameter" })
#define UNKNOWN_FAULT ((ReceiverFault){ 555, "5.5.4 A parameter that isn't offered here" })
#define UTF8_FAULT ((ReceiverFault){ 553, "5.6.7 A UTF-8 address needs SMTPUTF8" })
#define TOO_FAR_FAULT ((ReceiverFault){ 501, "5.5.4 Not held that long here" })
#define TOO_BIG_FAULT ((ReceiverFault){ 552, "5.3.4 Message too big" })

/* ---- paths --------------------------------------------------------------- */

/* Where the path that begins behind '<' at START ends: at its '>', quotes respected. */
static const char *
path_end (const char *start)
{
  gboolean quoted = FALSE;
  for (const char *at = start; *at != '\0'; at++) {
    if (quoted && *at == '\\' && at[1] != '\0')
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (!quoted && *at == '>')
      return at;
  }
  return NULL;
}

/* "TO:<address> parameters": the address, and the parameters apart. NULL when it has
 * another form. */
static char *
split_path (const char *arguments, const char *keyword, char ***ret_parameters)
{
  gsize length = strlen (keyword);
  if (g_ascii_strncasecmp (arguments, keyword, length) != 0)
    return NULL;
  /* No space is allowed here, but old clients write one. */
  const char *open = arguments + length + strspn (arguments + length, " ");
  const char *end = *open == '<' ? path_end (open + 1) : NULL;
  if (end == NULL || (end[1] != '\0' && end[1] != ' '))
    return NULL;
  const char *address = open + 1;
  /* A source route is accepted and ignored (RFC 5321, appendix C). */
  const char *colon = *address == '@' ? memchr (address, ':', (gsize)(end - address)) : NULL;
  if (colon != NULL)
    address = colon + 1;
  g_autofree char *rest = g_strstrip (g_strdup (end + 1));
  *ret_parameters = g_strsplit (rest, " ", -1);
  return g_strndup (address, (gsize)(end - address));
}

/* ---- values -------------------------------------------------------------- */

/* Undoes xtext; NULL when it isn't printable ASCII in xtext. */
static char *
xtext_decode (const char *xtext)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (const char *at = xtext; *at != '\0'; at++) {
    int octet = (guchar)*at;
    if (*at == '+') {
      int high = g_ascii_xdigit_value (at[1]);
      int low = high < 0 ? -1 : g_ascii_xdigit_value (at[2]);
      if (low < 0)
        return NULL;
      octet = high * 16 + low;
      at += 2;
    } else if (*at == '=') {
      return NULL;
    }
    if (octet < ' ' || octet > '~')
      return NULL;
    g_string_append_c (text, (char)octet);
  }
  return text->len == 0 ? NULL : g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- parameters ---------------------------------------------------------- */

/* What a parameter changes. */
typedef struct {
  const Receiver *receiver;
  Envelope *envelope;
  BodyForm *form;
  EnvelopeRecipient *recipient;
  ReceiverFault fault; /* set when a parameter is refused for more than its syntax */
} Target;

typedef gboolean (*ParameterTake) (Target *target, const char *value);

static gboolean
take_size (Target *target, const char *value)
{
  guint64 limit = target->receiver->settings.size_limit;
  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &target->form->size, NULL))
    return FALSE;
  if (limit != 0 && target->form->size > limit)
    target->fault = TOO_BIG_FAULT;
  return target->fault.code == 0;
}

static gboolean
take_body (Target *target, const char *value)
{
  static const char *const kinds[] = {
    [BODY_7BIT] = "7BIT",
    [BODY_8BITMIME] = "8BITMIME",
    [BODY_BINARYMIME] = "BINARYMIME",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_ascii_strcasecmp (value, kinds[i]) == 0) {
      target->form->kind = (BodyKind)i;
      return i != BODY_BINARYMIME || receiver_offers (target->receiver, CAPABILITY_BINARYMIME);
    }
  return FALSE;
}

static gboolean
take_smtputf8 (Target *target, const char *value)
{
  target->form->smtputf8 = TRUE;
  return value == NULL;
}

static gboolean
take_require_tls (Target *target, const char *value)
{
  target->envelope->require_tls = TRUE;
  return value == NULL && target->receiver->encrypted;
}

static gboolean
take_ret (Target *target, const char *value)
{
  return dsn_return_parse (value, &target->envelope->ret);
}

static gboolean
take_envid (Target *target, const char *value)
{
  g_free (target->envelope->envid);
  target->envelope->envid = xtext_decode (value);
  return target->envelope->envid != NULL;
}

/* Who handed the message in first (RFC 4954, section 5): of no use to a submission
 * server, but it must parse. */
static gboolean
take_auth (Target *target, const char *value)
{
  g_autofree char *mailbox = strcmp (value, "<>") == 0 ? g_strdup (value) : xtext_decode (value);
  return mailbox != NULL;
}

static gboolean
take_notify (Target *target, const char *value)
{
  return dsn_notify_parse (value, &target->recipient->notify);
}

static gboolean
take_orcpt (Target *target, const char *value)
{
  const char *semicolon = strchr (value, ';');
  if (semicolon == NULL || semicolon == value)
    return FALSE;
  g_autofree char *address = xtext_decode (semicolon + 1);
  if (address == NULL)
    return FALSE;
  g_free (target->recipient->orcpt);
  target->recipient->orcpt = g_strdup_printf ("%.*s;%s", (int)(semicolon - value), value, address);
  return TRUE;
}

/* One of the two, and within what EHLO announced (RFC 4865, section 4). */
static gboolean
hold_is_fit (Target *target)
{
  const ReceiverSettings *settings = &target->receiver->settings;
  const Envelope *envelope = target->envelope;
  if (envelope->hold_for > settings->future_release_interval
      || envelope->hold_until > settings->future_release_until)
    target->fault = TOO_FAR_FAULT;
  return target->fault.code == 0 && (envelope->hold_for == 0 || envelope->hold_until == 0);
}

static gboolean
take_hold_for (Target *target, const char *value)
{
  return g_ascii_string_to_unsigned (value, 10, 1, FUTURE_RELEASE_LONGEST, &target->envelope->hold_for, NULL)
         && hold_is_fit (target);
}

static gboolean
take_hold_until (Target *target, const char *value)
{
  return future_release_read_time (value, &target->envelope->hold_until) && hold_is_fit (target);
}

typedef struct {
  const char *name;
  CapabilityFlag capability; /* that must be offered */
  gboolean has_value;
  ParameterTake take;
} Parameter;

static const Parameter mail_parameters[] = {
  { "SIZE", CAPABILITY_SIZE, TRUE, take_size },
  { "BODY", CAPABILITY_8BITMIME, TRUE, take_body },
  { "SMTPUTF8", CAPABILITY_SMTPUTF8, FALSE, take_smtputf8 },
  { "REQUIRETLS", CAPABILITY_REQUIRETLS, FALSE, take_require_tls },
  { "RET", CAPABILITY_DSN, TRUE, take_ret },
  { "ENVID", CAPABILITY_DSN, TRUE, take_envid },
  { "AUTH", CAPABILITY_AUTH, TRUE, take_auth },
  { "HOLDFOR", CAPABILITY_FUTURERELEASE, TRUE, take_hold_for },
  { "HOLDUNTIL", CAPABILITY_FUTURERELEASE, TRUE, take_hold_until },
};

static const Parameter rcpt_parameters[] = {
  { "NOTIFY", CAPABILITY_DSN, TRUE, take_notify },
  { "ORCPT", CAPABILITY_DSN, TRUE, take_orcpt },
};

static const Parameter *
parameter_find (const Parameter *table, gsize n, const char *text, gsize name_length)
{
  for (gsize i = 0; i < n; i++)
    if (strlen (table[i].name) == name_length && g_ascii_strncasecmp (table[i].name, text, name_length) == 0)
      return &table[i];
  return NULL;
}

static gboolean
take_parameters (Target *target, char **parameters, const Parameter *table, gsize n, ReceiverFault *ret_fault)
{
  guint seen = 0;
  for (gsize i = 0; parameters[i] != NULL; i++) {
    if (*parameters[i] == '\0')
      continue;
    gsize name_length = strcspn (parameters[i], "=");
    const char *value = parameters[i][name_length] == '=' ? parameters[i] + name_length + 1 : NULL;
    const Parameter *parameter = parameter_find (table, n, parameters[i], name_length);
    *ret_fault = UNKNOWN_FAULT;
    if (parameter == NULL || !receiver_offers (target->receiver, parameter->capability))
      return FALSE;
    guint bit = 1u << (parameter - table);
    *ret_fault = SYNTAX_FAULT;
    if ((seen & bit) || (value != NULL) != parameter->has_value || !parameter->take (target, value)) {
      if (target->fault.code != 0)
        *ret_fault = target->fault;
      return FALSE;
    }
    seen |= bit;
  }
  return TRUE;
}

/* ---- the two commands ---------------------------------------------------- */

static gboolean
is_safe (const Receiver *receiver, const char *address)
{
  if (!receiver->settings.bare_addresses || strchr (address, '@') != NULL)
    return command_mailbox_is_safe (address, TRUE);
  g_autofree char *whole = g_strconcat (address, "@localhost", NULL);
  return command_mailbox_is_safe (whole, TRUE);
}

/* Checks the address itself, now that it is known whether UTF-8 was announced. */
static gboolean
address_is_fit (const Receiver *receiver, const char *address, gboolean smtputf8, ReceiverFault *ret_fault)
{
  *ret_fault = SYNTAX_FAULT;
  if (!is_safe (receiver, address))
    return FALSE;
  *ret_fault = UTF8_FAULT;
  return smtputf8 || g_str_is_ascii (address);
}

gboolean
receiver_parse_mail (const Receiver *receiver, const char *arguments, Envelope **ret_envelope,
                     BodyForm *ret_form, ReceiverFault *ret_fault)
{
  g_auto (GStrv) parameters = NULL;
  g_autofree char *address = split_path (arguments, "FROM:", &parameters);
  *ret_fault = SYNTAX_FAULT;
  if (address == NULL)
    return FALSE;

  g_autoptr (Envelope) envelope = envelope_new (address);
  BodyForm form = { 0 };
  Target target = { .receiver = receiver, .envelope = envelope, .form = &form };
  if (!take_parameters (&target, parameters, mail_parameters, G_N_ELEMENTS (mail_parameters), ret_fault))
    return FALSE;
  if (*address != '\0' && !address_is_fit (receiver, address, form.smtputf8, ret_fault))
    return FALSE;
  *ret_envelope = g_steal_pointer (&envelope);
  *ret_form = form;
  return TRUE;
}

gboolean
receiver_parse_rcpt (const Receiver *receiver, const char *arguments, EnvelopeRecipient *ret_recipient,
                     ReceiverFault *ret_fault)
{
  g_auto (GStrv) parameters = NULL;
  g_autofree char *address = split_path (arguments, "TO:", &parameters);
  *ret_fault = SYNTAX_FAULT;
  if (address == NULL)
    return FALSE;
  /* The one address that needs no domain (RFC 5321, section 4.5.1). */
  if (g_ascii_strcasecmp (address, "postmaster") != 0
      && !address_is_fit (receiver, address, receiver->form.smtputf8, ret_fault))
    return FALSE;

  EnvelopeRecipient recipient = { 0 };
  Target target = { .receiver = receiver, .recipient = &recipient };
  if (!take_parameters (&target, parameters, rcpt_parameters, G_N_ELEMENTS (rcpt_parameters), ret_fault)) {
    g_free (recipient.orcpt);
    return FALSE;
  }
  *ret_recipient = recipient;
  ret_recipient->address = g_steal_pointer (&address);
  return TRUE;
}

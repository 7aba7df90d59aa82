/* A mailto: URL comes from a page that somebody else made. Its words may fill in fields that a
 * person sees before anything is sent, and nothing else (RFC 6068, 4 and 7). */
#include "mail/letter-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"

#include <string.h>

#define SCHEME "mailto:"
#define URL_LIMIT ((gsize)256 * 1024)
#define IGNORED_LIMIT 200

static gboolean
refuse (const char *reason, GError **error)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("this mailto: link can't be used: %s"), reason);
  return FALSE;
}

/* NULL with an error: not UTF-8, or "%" without two digits. A NUL isn't decoded. */
static char *
decode (const char *text, gsize length, GError **error)
{
  g_autoptr (GString) decoded = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++) {
    if (text[i] != '%') {
      g_string_append_c (decoded, text[i]);
      continue;
    }
    const int high = i + 2 < length ? g_ascii_xdigit_value (text[i + 1]) : -1;
    const int low = i + 2 < length ? g_ascii_xdigit_value (text[i + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0) {
      refuse (_ ("\"%\" must be followed by two hexadecimal digits, and not by 00"), error);
      return NULL;
    }
    g_string_append_c (decoded, (char)(high << 4 | low));
    i += 2;
  }
  if (!g_utf8_validate_len (decoded->str, decoded->len, NULL)) {
    refuse (_ ("it isn't UTF-8"), error);
    return NULL;
  }
  return g_strdup (decoded->str);
}

/* One that could end a line here, or hide something from who looks at it. */
static gboolean
is_control (gunichar character)
{
  return g_unichar_iscntrl (character) || character == 0x2028 || character == 0x2029 /* line, paragraph */
         || (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

static gboolean
has_control (const char *text, const char *allowed)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (is_control (g_utf8_get_char (at)) && strchr (allowed, *at) == NULL)
      return TRUE;
  return FALSE;
}

/* --- what a field may do ------------------------------------------------------------------ */

typedef gboolean (*Taker) (char **field, const char *value, gsize length, GError **error);

/* Commas part addresses before anything is decoded: one that was encoded belongs to an address. */
static gboolean
take_addresses (char **field, const char *value, gsize length, GError **error)
{
  g_autofree char *list = g_strndup (value, length);
  g_auto (GStrv) pieces = g_strsplit (list, ",", -1);
  g_autoptr (GString) all = g_string_new (*field);

  for (gsize i = 0; pieces[i] != NULL; i++) {
    g_autofree char *text = decode (pieces[i], strlen (pieces[i]), error);
    if (text == NULL)
      return FALSE;
    if (*g_strstrip (text) == '\0')
      continue;
    g_autoptr (GPtrArray) mailboxes = has_control (text, "") ? NULL : address_parse_list (text, NULL, NULL);
    if (mailboxes == NULL || mailboxes->len != 1)
      return refuse (_ ("an address in it is none"), error);
    const Mailbox *mailbox = mailboxes->pdata[0];
    g_autofree char *written = address_write (mailbox->name, mailbox->address);
    g_string_append_printf (all, "%s%s", all->len > 0 ? ", " : "", written);
  }
  g_free (*field);
  *field = g_strdup (all->str);
  return TRUE;
}

static gboolean
take_line (char **field, const char *value, gsize length, GError **error)
{
  g_autofree char *text = decode (value, length, error);

  if (text == NULL)
    return FALSE;
  if (has_control (text, ""))
    return refuse (_ ("a header field with a control character"), error);
  if (*field != NULL && **field != '\0')
    return refuse (_ ("a header field twice"), error);
  g_free (*field);
  *field = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
is_message_ids (const char *text)
{
  g_auto (GStrv) ids = g_strsplit (text, " ", -1);

  for (gsize i = 0; ids[i] != NULL; i++) {
    const gsize length = strlen (ids[i]);
    const char *at = strchr (ids[i], '@');
    if (length == 0)
      continue;
    if (ids[i][0] != '<' || ids[i][length - 1] != '>' || strcspn (ids[i] + 1, "<>\"()\\,;:") != length - 2
        || !g_str_is_ascii (ids[i]) || at == NULL || at == ids[i] + 1 || at == ids[i] + length - 2)
      return FALSE;
  }
  return *text != '\0';
}

static gboolean
take_message_ids (char **field, const char *value, gsize length, GError **error)
{
  if (!take_line (field, value, length, error))
    return FALSE;
  g_strstrip (*field);
  return is_message_ids (*field) || refuse (_ ("a message-id in it is none"), error);
}

/* Several are paragraphs of one. Line ends are CRLF (RFC 6068, 5); others are understood. */
static gboolean
take_body (char **field, const char *value, gsize length, GError **error)
{
  g_autofree char *text = decode (value, length, error);

  if (text == NULL)
    return FALSE;
  if (has_control (text, "\t\r\n"))
    return refuse (_ ("a control character in its text"), error);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_autofree char *joined = g_strjoinv ("\n", lines);
  g_strdelimit (joined, "\r", '\n');
  char *body = **field != '\0' ? g_strjoin ("\n", *field, joined, NULL) : g_strdup (joined);
  g_free (*field);
  *field = body;
  return TRUE;
}

static const struct {
  const char *name;
  gsize offset; /* in Letter */
  Taker take;
} takers[] = {
  { "to", offsetof (Letter, to), take_addresses },
  { "cc", offsetof (Letter, cc), take_addresses },
  { "bcc", offsetof (Letter, bcc), take_addresses },
  { "subject", offsetof (Letter, subject), take_line },
  { "body", offsetof (Letter, body), take_body },
  { "in-reply-to", offsetof (Letter, in_reply_to), take_message_ids },
  { "references", offsetof (Letter, references), take_message_ids },
};

/* --- the URL ---------------------------------------------------------------------------------- */

static void
ignore (GString *ignored, const char *name)
{
  if (ignored->len > IGNORED_LIMIT)
    return;
  g_autofree char *shown = visible_text (name, (gssize)MIN (strlen (name), IGNORED_LIMIT));
  g_string_append_printf (ignored, "%s%s", ignored->len > 0 ? ", " : "", shown);
}

/* NAME=VALUE, LENGTH octets of it. */
static gboolean
take_field (Letter *letter, const char *field, gsize length, GString *ignored, GError **error)
{
  const char *equals = memchr (field, '=', length);
  const gsize name_length = equals != NULL ? (gsize)(equals - field) : length;
  g_autofree char *name = decode (field, name_length, error);

  if (name == NULL)
    return FALSE;
  for (gsize i = 0; equals != NULL && i < G_N_ELEMENTS (takers); i++)
    if (g_ascii_strcasecmp (name, takers[i].name) == 0)
      return takers[i].take ((char **)((char *)letter + takers[i].offset), equals + 1,
                             length - name_length - 1, error);
  if (length > 0)
    ignore (ignored, name);
  return TRUE;
}

static gboolean
take_fields (Letter *letter, const char *fields, GString *ignored, GError **error)
{
  while (*fields != '\0') {
    const gsize length = strcspn (fields, "&");
    if (!take_field (letter, fields, length, ignored, error))
      return FALSE;
    fields += length + (fields[length] == '&');
  }
  return TRUE;
}

Letter *
letter_of_mailto (const char *url, char **ret_ignored, GError **error)
{
  g_autoptr (Letter) letter = letter_new ();
  g_autoptr (GString) ignored = g_string_new (NULL);
  const gsize scheme = strlen (SCHEME);

  if (ret_ignored != NULL)
    *ret_ignored = NULL;
  if (g_ascii_strncasecmp (url, SCHEME, scheme) != 0) {
    refuse (_ ("it doesn't begin with mailto:"), error);
    return NULL;
  }
  if (strlen (url) > URL_LIMIT) {
    refuse (_ ("it is too long"), error);
    return NULL;
  }
  g_autofree char *bare = g_strndup (url + scheme, strcspn (url + scheme, "#"));
  const gsize to = strcspn (bare, "?");
  if (!take_addresses (&letter->to, bare, to, error)
      || !take_fields (letter, bare + to + (bare[to] == '?'), ignored, error))
    return NULL;
  if (ret_ignored != NULL && ignored->len > 0)
    *ret_ignored = g_strdup (ignored->str);
  return g_steal_pointer (&letter);
}

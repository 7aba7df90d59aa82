/* RFC 5322's grammar without its obsolete forms, read once from left to right, so
 * that a list of 100,000 costs 100,000 times one. GMime's own parser is built to make
 * sense of anything; here a doubt must end in an error that names the place. */
#include "mail/address-parse.h"

#include "base/domain.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "core/command.h"
#include "mail/gmime-start.h"

#include <gmime/gmime.h>
#include <string.h>

/* 64 for the local part, 255 for the domain (RFC 5321, 4.5.3.1) and the "@". The share
 * of each isn't checked: forwarders make longer local parts, and they work. */
#define ADDRESS_LENGTH_LIMIT 320

/* Words before a "<", "@", ":" or the end: a display name or a local part. */
typedef struct {
  GString *text; /* without quotes and backslashes */
  GString *comment;
  guint words;
  gboolean quoted;  /* the last word */
  const char *last; /* where the last word begins */
  const char *first;
} Phrase;

static void
phrase_clear (Phrase *phrase)
{
  g_string_free (phrase->text, TRUE);
  g_string_free (phrase->comment, TRUE);
}

static Phrase
phrase_new (void)
{
  return (Phrase){ .text = g_string_new (NULL), .comment = g_string_new (NULL) };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Phrase, phrase_clear)

/* The piece as far as its comma. */
static char *
shown_piece (const AddressParser *parser, const char *where)
{
  gsize length = MAX (strcspn (parser->piece, ","), (gsize)(where - parser->piece));
  gboolean cut = length > ADDRESS_SHOWN_LIMIT;
  length = MIN (length, ADDRESS_SHOWN_LIMIT);
  /* Never inside a character, which has four octets at most. */
  for (guint i = 0; cut && i < 3 && ((guchar)parser->piece[length] & 0xC0) == 0x80; i++)
    length--;
  g_autofree char *shown = visible_text (parser->piece, (gssize)length);
  return g_strconcat (g_strchomp (shown), cut ? "…" : "", NULL);
}

gboolean
address_parser_fail (const AddressParser *parser, const char *where, const char *reason)
{
  g_autofree char *piece = shown_piece (parser, where);
  long position = g_utf8_strlen (parser->piece, where - parser->piece) + 1;
  g_set_error (parser->error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("in \"%s\", at character %ld: %s"), piece,
               position, reason);
  return FALSE;
}

static gboolean
is_atext (char octet)
{
  return (octet & 0x80) != 0 || g_ascii_isalnum (octet)
         || (octet != '\0' && strchr ("!#$%&'*+-/=?^_`{|}~", octet) != NULL);
}

static gboolean
is_dot_atom (const char *text)
{
  gboolean after_dot = TRUE;
  for (; *text != '\0'; text++) {
    if (*text == '.' ? after_dot : !is_atext (*text))
      return FALSE;
    after_dot = *text == '.';
  }
  return !after_dot;
}

/* Behind the comment that begins here; parentheses are counted, not descended into. */
static gboolean
skip_comment (AddressParser *parser, GString *comment)
{
  const char *open = parser->at++;
  for (guint depth = 1; *parser->at != '\0'; parser->at++) {
    if (*parser->at == '\\' && parser->at[1] != '\0') {
      parser->at++;
    } else {
      depth += *parser->at == '(';
      depth -= *parser->at == ')';
      if (depth == 0) {
        parser->at++;
        return TRUE;
      }
    }
    g_string_append_c (comment, *parser->at);
  }
  return address_parser_fail (parser, open, _ ("this comment has no end"));
}

/* Spaces and comments; the text of the last comment stays in COMMENT. */
static gboolean
skip_space (AddressParser *parser, GString *comment)
{
  for (;;) {
    gsize spaces = strspn (parser->at, " \t");
    if (parser->bare && (spaces > 0 || *parser->at == '('))
      return address_parser_fail (parser, parser->at, _ ("nothing may stand around the address"));
    parser->at += spaces;
    if (*parser->at != '(')
      return TRUE;
    g_string_truncate (comment, 0);
    if (!skip_comment (parser, comment))
      return FALSE;
  }
}

static gboolean
read_quoted (AddressParser *parser, GString *text)
{
  const char *open = parser->at++;
  for (; *parser->at != '"'; parser->at++) {
    if (*parser->at == '\\')
      parser->at++;
    if (*parser->at == '\0')
      return address_parser_fail (parser, open, _ ("this quote has no end"));
    g_string_append_c (text, *parser->at);
  }
  parser->at++;
  return TRUE;
}

static gboolean
read_phrase (AddressParser *parser, Phrase *phrase)
{
  if (!skip_space (parser, phrase->comment))
    return FALSE;
  phrase->first = parser->at;
  while (is_atext (*parser->at) || *parser->at == '.' || *parser->at == '"') {
    phrase->last = parser->at;
    phrase->quoted = *parser->at == '"';
    if (phrase->words++ > 0)
      g_string_append_c (phrase->text, ' ');
    if (phrase->quoted) {
      if (!read_quoted (parser, phrase->text))
        return FALSE;
    } else {
      while (is_atext (*parser->at) || *parser->at == '.')
        g_string_append_c (phrase->text, *parser->at++);
    }
    if (!skip_space (parser, phrase->comment))
      return FALSE;
  }
  return TRUE;
}

/* Encoded words (RFC 2047) as text. */
static char *
decode_words (const char *text)
{
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_phrase (NULL, text);
  return g_utf8_make_valid (decoded, -1);
}

/* NULL: nothing is left of it. No line break or control comes out of encoded words. */
static char *
decode_name (const GString *text)
{
  gboolean encoded = strstr (text->str, "=?") != NULL;
  g_autofree char *name = encoded ? decode_words (text->str) : g_strdup (text->str);
  for (char *at = name; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return name[0] != '\0' ? g_steal_pointer (&name) : NULL;
}

/* The local part as it goes out: quoted only where it must be (RFC 5321, 4.1.2). */
static gboolean
append_local_part (AddressParser *parser, const Phrase *phrase, GString *address)
{
  const char *text = phrase->text->str, *where = phrase->first;
  if (strchr ("-|/", text[0]) != NULL && text[0] != '\0')
    return address_parser_fail (parser, where, _ ("an address must not begin with \"-\", \"|\" or \"/\""));
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (!g_unichar_isgraph (g_utf8_get_char (at)) && *at != ' ')
      return address_parser_fail (parser, where, _ ("an invisible character in front of the \"@\""));
  if (is_dot_atom (text)) {
    g_string_append (address, text);
    return TRUE;
  }
  if (!phrase->quoted)
    return address_parser_fail (
        parser, where, _ ("dots must stand alone and inside; put quotes around what is before the \"@\""));
  g_string_append_c (address, '"');
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_c (address, '\\');
    g_string_append_c (address, *text);
  }
  g_string_append_c (address, '"');
  return TRUE;
}

static gboolean
check_literal (AddressParser *parser, const char *where, const char *literal, gsize length)
{
  g_autofree char *inside = g_strndup (literal + 1, length - 2);
  gboolean ipv6 = g_ascii_strncasecmp (inside, "IPv6:", 5) == 0;
  const char *number = ipv6 ? inside + 5 : inside;
  if (strchr (number, '%') == NULL && g_hostname_is_ip_address (number)
      && (strchr (number, ':') != NULL) == ipv6)
    return TRUE;
  return address_parser_fail (parser, where,
                              _ ("not an address literal like [192.0.2.1] or [IPv6:2001:db8::1]"));
}

/* After the "@". */
static gboolean
read_domain (AddressParser *parser, GString *comment, GString *address)
{
  if (!skip_space (parser, comment))
    return FALSE;
  const char *from = parser->at;
  if (*from == '[') {
    gsize length = strcspn (from, "] \t") + 1;
    if (from[length - 1] != ']')
      return address_parser_fail (parser, from, _ ("this bracket has no end"));
    parser->at += length;
    g_string_append_len (address, from, (gssize)length);
    return check_literal (parser, from, from, length) && skip_space (parser, comment);
  }
  while (is_atext (*parser->at) || *parser->at == '.')
    parser->at++;
  g_autofree char *domain = g_strndup (from, (gsize)(parser->at - from));
  if (domain[0] == '\0')
    return address_parser_fail (parser, from, _ ("a domain must follow the \"@\""));
  if (g_hostname_is_ip_address (domain))
    return address_parser_fail (parser, from, _ ("an IP address must stand in brackets"));
  g_autofree char *ascii = domain_to_ascii (domain, NULL);
  if (ascii == NULL || g_str_has_suffix (ascii, ".") || strchr (ascii, '_') != NULL)
    return address_parser_fail (parser, from, _ ("this is not a domain name"));
  g_string_append (address, domain);
  return skip_space (parser, comment);
}

/* The address whose local part is PHRASE; the parser stands on "@" or behind it all. */
static gboolean
read_address (AddressParser *parser, Phrase *phrase, GString *comment, GString *address)
{
  if (phrase->words != 1)
    return address_parser_fail (parser, phrase->words == 0 ? parser->at : phrase->last,
                                phrase->words == 0
                                    ? _ ("something must stand before the \"@\"")
                                    : _ ("a name and its address must be written Name <address>"));
  if (!append_local_part (parser, phrase, address))
    return FALSE;
  g_string_append_c (address, '@');
  if (*parser->at == '@') {
    parser->at++;
    return read_domain (parser, comment, address);
  }
  if (parser->qualify_with == NULL)
    return address_parser_fail (parser, phrase->first,
                                _ ("an address needs a domain, as in name@example.org"));
  g_string_append (address, parser->qualify_with);
  return TRUE;
}

static gboolean
take_mailbox (AddressParser *parser, const char *where, const GString *name, const GString *address)
{
  if (address->len > ADDRESS_LENGTH_LIMIT)
    return address_parser_fail (parser, where, _ ("this address is too long"));
  /* The encoder of commands has the last word on what can be sent. */
  if (!command_mailbox_is_safe (address->str, TRUE))
    return address_parser_fail (parser, where, _ ("this address can't be sent"));
  if (parser->mailboxes->len >= ADDRESS_LIST_LIMIT)
    return address_parser_fail (parser, where, _ ("too many addresses"));
  Mailbox *mailbox = g_new0 (Mailbox, 1);
  mailbox->name = decode_name (name);
  mailbox->address = g_strndup (address->str, address->len);
  g_ptr_array_add (parser->mailboxes, mailbox);
  return TRUE;
}

/* `<address>`, with the name before it in PHRASE. */
static gboolean
read_angle (AddressParser *parser, Phrase *phrase)
{
  const char *open = parser->at++;
  g_auto (Phrase) local = phrase_new ();
  g_autoptr (GString) address = g_string_new (NULL);
  if (!read_phrase (parser, &local))
    return FALSE;
  if (*parser->at == '@' && local.words == 0)
    return address_parser_fail (parser, parser->at,
                                _ ("a route before an address isn't used any more; leave it out"));
  if (*parser->at == '>' && local.words == 0)
    return address_parser_fail (parser, open, _ ("the address is missing"));
  if (!read_address (parser, &local, local.comment, address))
    return FALSE;
  if (*parser->at != '>')
    return address_parser_fail (parser, parser->at, _ ("a \">\" was expected here"));
  parser->at++;
  return skip_space (parser, phrase->comment) && take_mailbox (parser, open, phrase->text, address);
}

static gboolean read_list (AddressParser *parser);

static gboolean
read_group (AddressParser *parser)
{
  const char *colon = parser->at++;
  if (parser->depth == ADDRESS_GROUP_DEPTH_LIMIT)
    return address_parser_fail (parser, colon, _ ("groups are nested too deeply"));
  parser->depth++;
  const char *piece = parser->piece;
  if (!read_list (parser))
    return FALSE;
  parser->piece = piece;
  parser->depth--;
  if (*parser->at != ';')
    return address_parser_fail (parser, colon, _ ("a group must end with \";\""));
  parser->at++;
  g_autoptr (GString) comment = g_string_new (NULL);
  return skip_space (parser, comment);
}

/* One member of a list, which may be empty; leaves the parser on what ends it. */
static gboolean
read_member (AddressParser *parser)
{
  g_auto (Phrase) phrase = phrase_new ();
  if (!read_phrase (parser, &phrase))
    return FALSE;
  if (*parser->at == '<' && !parser->bare)
    return read_angle (parser, &phrase);
  if (*parser->at == ':' && phrase.words > 0 && !parser->bare)
    return read_group (parser);
  if (phrase.words == 0 && *parser->at != '@' && !parser->bare)
    return TRUE;
  g_autoptr (GString) address = g_string_new (NULL);
  return read_address (parser, &phrase, phrase.comment, address)
         && take_mailbox (parser, phrase.first, phrase.comment, address);
}

static const char *
why_not_here (const AddressParser *parser)
{
  if (parser->bare && strchr (",;:<", *parser->at) != NULL)
    return _ ("one address alone was expected, without a name or brackets");
  switch (*parser->at) {
  case '@':
    return _ ("an address has one \"@\" only; put quotes around a name that holds another");
  case ';':
    return _ ("addresses are separated by commas");
  case '\\':
    return _ ("a backslash is allowed in quotes only");
  default:
    return _ ("this can't stand here");
  }
}

/* Members and commas, to the end or to the ";" of a group. */
static gboolean
read_list (AddressParser *parser)
{
  for (;;) {
    if (!parser->bare)
      parser->at += strspn (parser->at, " \t");
    parser->piece = parser->at;
    if (!read_member (parser))
      return FALSE;
    if (*parser->at == '\0' || (*parser->at == ';' && parser->depth > 0))
      return TRUE;
    if (*parser->at != ',' || parser->bare)
      return address_parser_fail (parser, parser->at, why_not_here (parser));
    parser->at++;
  }
}

/* What no part of an address may hold is found before anything is parsed. */
static gboolean
check_characters (AddressParser *parser, const char *text)
{
  const char *end = NULL;
  gboolean valid = g_utf8_validate (text, -1, &end);
  parser->piece = text;
  for (const char *at = text; at < end; at = g_utf8_next_char (at)) {
    gunichar character = g_utf8_get_char (at);
    if (character == ',')
      parser->piece = at + 1;
    if (character == '\r' || character == '\n')
      return address_parser_fail (parser, at, _ ("a line break"));
    if (g_unichar_iscntrl (character) && character != '\t')
      return address_parser_fail (parser, at, _ ("a control character"));
  }
  return valid || address_parser_fail (parser, end, _ ("not valid UTF-8"));
}

gboolean
address_parser_run (AddressParser *parser, const char *text)
{
  parser->at = text;
  return check_characters (parser, text) && read_list (parser);
}

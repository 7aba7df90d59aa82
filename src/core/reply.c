/* Replies of a server that may be anybody: each octet is looked at once, every
 * length is bounded, and what isn't a reply is seen at the first octet that shows
 * it, so that a server that speaks something else costs no time-out. */
#include "core/reply.h"

#include <string.h>

#define CODE_LENGTH 3

struct ReplyParser {
  GByteArray *line; /* of the line under way, its CR included */
  GPtrArray *lines; /* texts of the lines before */
  gsize line_limit;
  gsize total; /* octets of this reply so far */
  guint code;
  EnhancedCode enhanced;
  ReplyStatus failure; /* REPLY_NEEDS_MORE: none */
};

/* ---- enhanced codes ------------------------------------------------------ */

/* 1*3DIGIT of RFC 3463. Returns the octet behind it, NULL when there is none. */
static const char *
number_parse (const char *text, guint16 *ret_number)
{
  guint16 number = 0;
  gsize digits = 0;
  for (; digits < 3 && g_ascii_isdigit (text[digits]); digits++)
    number = (guint16)(number * 10 + (text[digits] - '0'));
  *ret_number = number;
  return digits == 0 ? NULL : text + digits;
}

/* Reads the enhanced code that TEXT begins with. Its class must be the reply's own
 * (RFC 2034, section 4). Returns its length, 0 when there is none. */
static gsize
enhanced_parse (const char *text, guint code, EnhancedCode *ret_enhanced)
{
  EnhancedCode enhanced = { .class = (guint8)(code / 100) };
  if (enhanced.class == 3 || text[0] != (char)('0' + enhanced.class) || text[1] != '.')
    return 0;
  const char *at = number_parse (text + 2, &enhanced.subject);
  if (at == NULL || *at != '.')
    return 0;
  at = number_parse (at + 1, &enhanced.detail);
  if (at == NULL || (*at != ' ' && *at != '\0'))
    return 0;
  *ret_enhanced = enhanced;
  return (gsize)(at - text);
}

/* ---- the value ----------------------------------------------------------- */

Reply *
reply_new (guint code, const char *text)
{
  Reply *reply = g_new0 (Reply, 1);
  reply->code = code;
  reply->lines = g_strsplit (text != NULL && *text != '\0' ? text : " ", "\n", -1);
  if (text == NULL || *text == '\0')
    reply->lines[0][0] = '\0';
  reply->n_lines = g_strv_length (reply->lines);
  for (gsize i = 0; i < reply->n_lines; i++)
    enhanced_parse (reply->lines[i], code, &reply->enhanced);
  return reply;
}

Reply *
reply_copy (const Reply *reply)
{
  if (reply == NULL)
    return NULL;
  Reply *copy = g_memdup2 (reply, sizeof *reply);
  copy->lines = g_strdupv (reply->lines);
  return copy;
}

void
reply_free (Reply *reply)
{
  if (reply == NULL)
    return;
  g_strfreev (reply->lines);
  g_free (reply);
}

char *
reply_to_string (const Reply *reply)
{
  GString *out = g_string_new (NULL);
  g_string_printf (out, "%03u", reply->code);
  const EnhancedCode *enhanced = &reply->enhanced;
  if (enhanced->class != 0)
    g_string_append_printf (out, " %u.%u.%u", enhanced->class, enhanced->subject, enhanced->detail);

  /* Servers repeat the enhanced code on each line; a person needs it once. */
  for (gsize i = 0; i < reply->n_lines; i++) {
    const char *text = reply->lines[i];
    EnhancedCode own;
    text += enhanced_parse (text, reply->code, &own);
    while (*text == ' ')
      text++;
    if (*text != '\0')
      g_string_append_printf (out, " %s", text);
  }
  return g_string_free (out, FALSE);
}

gboolean
reply_is_positive (const Reply *reply)
{
  return reply->code / 100 == 2;
}

gboolean
reply_is_temporary (const Reply *reply)
{
  return reply->code / 100 == 4;
}

gboolean
reply_is_permanent (const Reply *reply)
{
  return reply->code / 100 == 5;
}

/* ---- the parser ---------------------------------------------------------- */

ReplyParser *
reply_parser_new (void)
{
  ReplyParser *parser = g_new0 (ReplyParser, 1);
  parser->line = g_byte_array_new ();
  parser->lines = g_ptr_array_new_with_free_func (g_free);
  parser->line_limit = REPLY_LINE_LIMIT;
  parser->failure = REPLY_NEEDS_MORE;
  return parser;
}

void
reply_parser_free (ReplyParser *parser)
{
  if (parser == NULL)
    return;
  g_byte_array_unref (parser->line);
  g_ptr_array_unref (parser->lines);
  g_free (parser);
}

void
reply_parser_set_line_limit (ReplyParser *parser, gsize limit)
{
  parser->line_limit = limit;
}

gboolean
reply_parser_is_inside (const ReplyParser *parser)
{
  return parser->line->len > 0 || parser->lines->len > 0;
}

/* May OCTET stand at column AT? The code is three digits, the first from 2 to 5, the
 * same on all lines, followed by a space, a hyphen or the line's end (RFC 5321, 4.2). */
static gboolean
octet_fits (const ReplyParser *parser, gsize at, guint8 octet)
{
  if (octet == '\0')
    return FALSE;
  if (at > 0 && parser->line->data[at - 1] == '\r')
    return octet == '\n';
  if (octet == '\n')
    return FALSE;
  if (at > CODE_LENGTH)
    return TRUE;
  if (at == CODE_LENGTH)
    return octet == ' ' || octet == '-' || octet == '\r';
  if (parser->lines->len > 0) {
    const guint digits[CODE_LENGTH] = { parser->code / 100, parser->code / 10 % 10, parser->code % 10 };
    return octet == '0' + digits[at];
  }
  return at == 0 ? octet >= '2' && octet <= '5' : g_ascii_isdigit (octet);
}

/* The line is whole, without its CRLF. Returns TRUE when it was the reply's last. */
static gboolean
line_complete (ReplyParser *parser)
{
  const char *line = (const char *)parser->line->data;
  gsize length = parser->line->len - 1;
  gboolean last = length == CODE_LENGTH || line[CODE_LENGTH] == ' ';
  gsize text_at = MIN (length, CODE_LENGTH + 1);

  parser->code = (guint)((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  char *text = g_strndup (line + text_at, length - text_at);
  enhanced_parse (text, parser->code, &parser->enhanced);
  g_ptr_array_add (parser->lines, text);
  g_byte_array_set_size (parser->line, 0);
  return last;
}

static Reply *
take_reply (ReplyParser *parser)
{
  Reply *reply = g_new0 (Reply, 1);
  reply->code = parser->code;
  reply->enhanced = parser->enhanced;
  reply->n_lines = parser->lines->len;
  g_ptr_array_add (parser->lines, NULL);
  reply->lines = (char **)g_ptr_array_steal (parser->lines, NULL);
  parser->enhanced = (EnhancedCode){ 0 };
  parser->total = 0;
  return reply;
}

static ReplyStatus
take_octet (ReplyParser *parser, guint8 octet)
{
  gsize at = parser->line->len;
  if (!octet_fits (parser, at, octet))
    return REPLY_MALFORMED;
  if (at + 1 > parser->line_limit || ++parser->total > REPLY_TOTAL_LIMIT)
    return REPLY_TOO_LONG;
  if (octet != '\n') {
    g_byte_array_append (parser->line, &octet, 1);
    return REPLY_NEEDS_MORE;
  }
  if (line_complete (parser))
    return REPLY_COMPLETE;
  return parser->lines->len < REPLY_LINES_LIMIT ? REPLY_NEEDS_MORE : REPLY_TOO_LONG;
}

ReplyStatus
reply_parser_feed (ReplyParser *parser, const guint8 *octets, gsize length, gsize *ret_used,
                   Reply **ret_reply)
{
  *ret_used = length;
  *ret_reply = NULL;
  for (gsize i = 0; i < length && parser->failure == REPLY_NEEDS_MORE; i++) {
    ReplyStatus status = take_octet (parser, octets[i]);
    if (status == REPLY_COMPLETE) {
      *ret_used = i + 1;
      *ret_reply = take_reply (parser);
      return REPLY_COMPLETE;
    }
    parser->failure = status;
  }
  return parser->failure;
}

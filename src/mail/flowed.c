/* A paragraph is one line to who writes, and several to who reads on a narrow screen: each but
 * the last ends in a blank (RFC 3676, 4.1). */
#include "mail/flowed.h"

#include <string.h>

/* What no line may be longer than (RFC 5322, 2.1.1), with room for the quote marks. */
#define LINE_OCTETS 900

#define SIGNATURE "-- "

typedef struct {
  guint depth;
  const char *text; /* behind the quote marks */
  gsize length;
} Quoted;

/* "> > text" is quoted twice, too. */
static Quoted
quoted_of (const char *line, gsize length)
{
  Quoted quoted = { 0, line, length };

  while (quoted.length > 0) {
    const gsize skip
        = quoted.depth > 0 && quoted.length > 1 && quoted.text[0] == ' ' && quoted.text[1] == '>';
    if (quoted.text[skip] != '>')
      break;
    quoted.depth++;
    quoted.text += skip + 1;
    quoted.length -= skip + 1;
  }
  if (quoted.depth > 0 && quoted.length > 0 && *quoted.text == ' ') {
    quoted.text++;
    quoted.length--;
  }
  return quoted;
}

static guint
columns_of (gunichar character)
{
  return g_unichar_iszerowidth (character) ? 0 : g_unichar_iswide (character) ? 2 : 1;
}

/* Octets of TEXT that make the next line: all of it, or up to behind the blank where it is to
 * be parted. */
static gsize
next_piece (const char *text, gsize length, guint width)
{
  const char *end = text + length, *part = NULL;
  guint columns = 0;

  for (const char *at = text; at < end; at = g_utf8_next_char (at)) {
    columns += columns_of (g_utf8_get_char (at));
    const gboolean too_long = columns > width || at - text > LINE_OCTETS;
    if (too_long && part)
      return (gsize)(part - text);
    /* A line of blanks alone, or one that would begin with a blank, isn't parted there; and none is
     * left that would begin a signature. */
    const gboolean signature = at - text == 2 && memcmp (text, SIGNATURE, 3) == 0;
    if (*at == ' ' && at > text && at + 1 < end && at[1] != ' ' && !signature)
      part = at + 1;
  }
  return length;
}

static void
append_line (GString *out, const Quoted *quoted, const char *text, gsize length)
{
  for (guint i = 0; i < quoted->depth; i++)
    g_string_append_c (out, '>');
  const gboolean stuffed = quoted->depth > 0 || (length > 0 && (*text == ' ' || *text == '>'))
                           || (length >= 5 && memcmp (text, "From ", 5) == 0);
  if (stuffed && (quoted->depth == 0 || length > 0))
    g_string_append_c (out, ' ');
  g_string_append_len (out, text, (gssize)length);
  g_string_append_c (out, '\n');
}

static void
append_paragraph (GString *out, const Quoted *quoted)
{
  const char *text = quoted->text;
  gsize left = quoted->length;
  const guint marks = quoted->depth > 0 ? quoted->depth + 1 : 0;
  const guint width = marks + 20 < FLOWED_WIDTH ? FLOWED_WIDTH - marks : 20;

  if (left == strlen (SIGNATURE) && memcmp (text, SIGNATURE, left) == 0) {
    append_line (out, quoted, text, left);
    return;
  }
  /* A blank at its end would make it flow into the next paragraph. */
  while (left > 0 && text[left - 1] == ' ')
    left--;
  do {
    const gsize piece = next_piece (text, left, width);
    append_line (out, quoted, text, piece);
    text += piece;
    left -= piece;
  } while (left > 0);
}

char *
flowed_encode (const char *body)
{
  GString *out = g_string_new (NULL);

  while (*body != '\0') {
    const gsize length = strcspn (body, "\n");
    const Quoted quoted = quoted_of (body, length);
    append_paragraph (out, &quoted);
    body += length + (body[length] == '\n' ? 1 : 0);
  }
  return g_string_free (out, FALSE);
}

/* --- and back ------------------------------------------------------------------------- */

/* RFC 3676, 4.5: the marks first, then the stuffing. */
static Quoted
unstuffed (const char *line, gsize length)
{
  Quoted quoted = { 0, line, length };

  while (quoted.length > 0 && *quoted.text == '>') {
    quoted.depth++;
    quoted.text++;
    quoted.length--;
  }
  if (quoted.length > 0 && *quoted.text == ' ') {
    quoted.text++;
    quoted.length--;
  }
  return quoted;
}

typedef struct {
  GString *out;
  gboolean open; /* the last line flows on */
  guint depth;
} Decoder;

static void
decode_line (Decoder *decoder, const Quoted *quoted, gboolean delsp)
{
  const gboolean signature
      = quoted->length == strlen (SIGNATURE) && memcmp (quoted->text, SIGNATURE, quoted->length) == 0;
  const gboolean flows = !signature && quoted->length > 0 && quoted->text[quoted->length - 1] == ' ';

  if (decoder->open && (signature || quoted->depth != decoder->depth)) {
    g_string_append_c (decoder->out, '\n');
    decoder->open = FALSE;
  }
  if (!decoder->open) {
    for (guint i = 0; i < quoted->depth; i++)
      g_string_append_c (decoder->out, '>');
    if (quoted->depth > 0 && quoted->length > 0)
      g_string_append_c (decoder->out, ' ');
  }
  g_string_append_len (decoder->out, quoted->text, (gssize)quoted->length - (flows && delsp ? 1 : 0));
  decoder->open = flows;
  decoder->depth = quoted->depth;
  if (!flows)
    g_string_append_c (decoder->out, '\n');
}

char *
flowed_decode (const char *text, gboolean delsp)
{
  Decoder decoder = { g_string_new (NULL), FALSE, 0 };

  while (*text != '\0') {
    const gsize length = strcspn (text, "\n");
    const gsize line = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
    const Quoted quoted = unstuffed (text, line);
    decode_line (&decoder, &quoted, delsp);
    text += length + (text[length] == '\n' ? 1 : 0);
  }
  if (decoder.open)
    g_string_append_c (decoder.out, '\n');
  return g_string_free (decoder.out, FALSE);
}

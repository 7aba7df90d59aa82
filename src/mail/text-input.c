/* Converts piece by piece, so that a file of any size takes the memory of one piece. */
#include "mail/text-input.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <errno.h>
#include <string.h>

#define PIECE_SIZE ((gsize)64 * 1024)

#define UTF8_MARK "\357\273\277"

struct TextInput {
  BodyReader *reader;
  char *charset;    /* NULL: UTF-8 */
  GIConv converter; /* NULL: none */
  guint8 raw[PIECE_SIZE];
  gsize raw_length;
  GString *text;
  gsize taken;      /* of text */
  gboolean started; /* past the byte order mark */
  gboolean ended;
  guint64 lines;   /* line ends that were converted */
  GError *pending; /* told once all before it is read */
};

static gboolean
is_utf8_name (const char *charset)
{
  return g_ascii_strcasecmp (charset, "utf-8") == 0 || g_ascii_strcasecmp (charset, "utf8") == 0;
}

static gboolean
open_converter (TextInput *input, const char *charset, GError **error)
{
  g_autofree char *shown = visible_text (charset, -1);
  GIConv converter = g_iconv_open ("UTF-8", charset);
  if (charset[0] == '\0' || converter == (GIConv)-1) {
    if (converter != (GIConv)-1)
      g_iconv_close (converter);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("no charset is called \"%s\""), shown);
    return FALSE;
  }
  input->converter = converter;
  input->charset = g_steal_pointer (&shown);
  return TRUE;
}

TextInput *
text_input_new (BodyReader *reader, const char *charset, GError **error)
{
  TextInput *input = g_new0 (TextInput, 1);
  input->reader = reader;
  input->text = g_string_new (NULL);
  if (charset == NULL || is_utf8_name (charset) || open_converter (input, charset, error))
    return input;
  text_input_free (input);
  return NULL;
}

void
text_input_free (TextInput *input)
{
  if (input == NULL)
    return;
  if (input->converter != NULL)
    g_iconv_close (input->converter);
  body_reader_free (input->reader);
  g_string_free (input->text, TRUE);
  g_clear_error (&input->pending);
  g_free (input->charset);
  g_free (input);
}

static void
count_lines (TextInput *input, gsize from)
{
  for (gsize i = from; i < input->text->len; i++)
    input->lines += input->text->str[i] == '\n';
}

static gboolean
refuse_octets (const TextInput *input, GError **error)
{
  g_autofree char *line = g_strdup_printf ("%" G_GUINT64_FORMAT, input->lines + 1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("line %s: this isn't in the charset %s"), line,
               input->charset);
  return FALSE;
}

/* What is in RAW, but for the beginning of a character whose rest is still to come. */
static gboolean
convert (TextInput *input, GError **error)
{
  char *from = (char *)input->raw;
  gsize left = input->raw_length;
  gsize before = input->text->len;
  gboolean good = TRUE;
  while (left > 0 && good) {
    char buffer[16 * 1024], *to = buffer;
    gsize room = sizeof buffer;
    int reason = g_iconv (input->converter, &from, &left, &to, &room) == (gsize)-1 ? errno : 0;
    g_string_append_len (input->text, buffer, to - buffer);
    if (reason == EINVAL && !input->ended)
      break;
    good = reason == 0 || reason == E2BIG;
  }
  count_lines (input, before);
  memmove (input->raw, from, left);
  input->raw_length = left;
  return good || refuse_octets (input, error);
}

/* A byte order mark names the charset, unless the user did. */
static gboolean
start (TextInput *input, GError **error)
{
  const guint8 *raw = input->raw;
  gboolean little = input->raw_length >= 2 && raw[0] == 0xFF && raw[1] == 0xFE;
  gboolean big = input->raw_length >= 2 && raw[0] == 0xFE && raw[1] == 0xFF;
  return input->converter != NULL || (!little && !big)
         || open_converter (input, little ? "UTF-16LE" : "UTF-16BE", error);
}

static void
drop_mark (TextInput *input)
{
  input->started = TRUE;
  if (g_str_has_prefix (input->text->str, UTF8_MARK))
    g_string_erase (input->text, 0, strlen (UTF8_MARK));
}

/* Another piece into RAW. */
static gboolean
read_raw (TextInput *input, GError **error)
{
  gssize given = body_reader_read (input->reader, input->raw + input->raw_length,
                                   sizeof input->raw - input->raw_length, error);
  if (given < 0)
    return FALSE;
  input->raw_length += (gsize)given;
  input->ended = given == 0;
  return TRUE;
}

int
text_input_more (TextInput *input, GError **error)
{
  g_string_erase (input->text, 0, (gssize)input->taken);
  input->taken = 0;
  gsize before = input->text->len;
  while (!input->ended && input->text->len == before) {
    if (!read_raw (input, error))
      return -1;
    /* A mark of three octets must be there whole. */
    if (!input->started && input->raw_length < strlen (UTF8_MARK) && !input->ended)
      continue;
    if (!input->started && !start (input, error))
      return -1;
    if (input->converter != NULL && !convert (input, &input->pending))
      input->ended = TRUE;
    if (input->converter == NULL) {
      g_string_append_len (input->text, (char *)input->raw, (gssize)input->raw_length);
      input->raw_length = 0;
    }
    if (!input->started && input->text->len > 0)
      drop_mark (input);
  }
  if (input->text->len > before)
    return 1;
  if (input->pending == NULL)
    return 0;
  g_propagate_error (error, g_steal_pointer (&input->pending));
  return -1;
}

const char *
text_input_peek (const TextInput *input, gsize *ret_length)
{
  *ret_length = input->text->len - input->taken;
  return input->text->str + input->taken;
}

void
text_input_take (TextInput *input, gsize length)
{
  g_assert (length <= input->text->len - input->taken);
  input->taken += length;
}

int
text_input_line (TextInput *input, gsize limit, const char **ret_text, gsize *ret_length, gsize *ret_whole,
                 GError **error)
{
  for (gsize searched = 0;;) {
    gsize length;
    const char *text = text_input_peek (input, &length);
    const char *end = length > searched ? memchr (text + searched, '\n', length - searched) : NULL;
    if (end == NULL && length > limit) {
      g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the line is too long"));
      return -1;
    }
    searched = length;
    int more = end != NULL ? 0 : text_input_more (input, error);
    if (more < 0)
      return -1;
    if (more > 0)
      continue;
    *ret_text = text_input_peek (input, &length);
    *ret_length = end != NULL ? (gsize)(end - text) : length;
    *ret_whole = *ret_length + (end != NULL);
    return *ret_whole > 0;
  }
}

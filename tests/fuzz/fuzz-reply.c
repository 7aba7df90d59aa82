/* Replies: whole and octet by octet must come to the same end, within the limits. */
#include <stdint.h>
#include <string.h>

#include "core/reply.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

typedef struct {
  ReplyStatus status;
  GString *shown;
} Result;

/* Feeds everything in pieces of PIECE octets. */
static Result
parse (const uint8_t *octets, size_t length, size_t piece)
{
  Result result = { REPLY_NEEDS_MORE, g_string_new (NULL) };
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  for (size_t at = 0; at < length && result.status <= REPLY_COMPLETE;) {
    gsize used = 0;
    g_autoptr (Reply) reply = NULL;
    result.status = reply_parser_feed (parser, octets + at, MIN (piece, length - at), &used, &reply);
    at += used;
    if (result.status == REPLY_COMPLETE) {
      g_assert (reply->code >= 200 && reply->code <= 599);
      g_assert (reply->n_lines >= 1 && reply->n_lines <= REPLY_LINES_LIMIT);
      for (gsize i = 0; i < reply->n_lines; i++)
        g_assert (strpbrk (reply->lines[i], "\r\n") == NULL);
      g_autofree char *text = reply_to_string (reply);
      g_string_append_printf (result.shown, "%s|", text);
    }
  }
  return result;
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  Result whole = parse (octets, length, SIZE_MAX);
  Result single = parse (octets, length, 1);
  g_assert (whole.status == single.status || length == 0);
  g_assert (g_string_equal (whole.shown, single.shown));
  g_string_free (whole.shown, TRUE);
  g_string_free (single.shown, TRUE);
  return 0;
}

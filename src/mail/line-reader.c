/* Keeps where the next LF is, so that a text of CRs isn't searched again for each. */
#include "mail/line-reader.h"

#include <string.h>

void
line_reader_init (LineReader *lines, BodyReader *reader)
{
  lines->reader = reader;
  lines->start = lines->end = lines->lf = 0;
  lines->at_end = lines->in_line = FALSE;
}

static void
find_lf (LineReader *lines)
{
  const guint8 *lf = memchr (lines->buffer + lines->start, '\n', lines->end - lines->start);
  lines->lf = lf != NULL ? (gsize)(lf - lines->buffer) : lines->end;
}

static gboolean
refill (LineReader *lines, GError **error)
{
  memmove (lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
  lines->end -= lines->start;
  lines->start = 0;
  gssize given = body_reader_read (lines->reader, lines->buffer + lines->end,
                                   sizeof lines->buffer - lines->end, error);
  if (given < 0)
    return FALSE;
  lines->at_end = given == 0;
  lines->end += (gsize)given;
  find_lf (lines);
  return TRUE;
}

/* What can be said with what is there; FALSE: more is needed. */
static gboolean
take_piece (LineReader *lines, LinePiece *piece)
{
  if (lines->lf < lines->start)
    find_lf (lines);
  const guint8 *from = lines->buffer + lines->start;
  const guint8 *cr = memchr (from, '\r', lines->lf - lines->start);
  gsize length = cr != NULL ? (gsize)(cr - from) : lines->lf - lines->start;
  gsize left = lines->end - lines->start, seen = left - length;
  gboolean long_enough = lines->at_end || left > LINE_PIECE_LIMIT;
  piece->octets = from;
  piece->length = length;
  piece->end_length = 0;
  piece->first = !lines->in_line;
  if (seen >= 2 && cr != NULL && cr[1] == '\n')
    piece->end_length = 2;
  else if (seen >= 2 || (seen == 1 && (cr == NULL || lines->at_end)))
    piece->end_length = 1;
  /* A CR that is the last octet waits for what follows it. */
  return piece->end_length > 0 || (length > 0 && long_enough);
}

int
line_reader_next (LineReader *lines, LinePiece *ret_piece, GError **error)
{
  while (!take_piece (lines, ret_piece)) {
    if (lines->at_end)
      return 0;
    if (!refill (lines, error))
      return -1;
  }
  lines->start += ret_piece->length + ret_piece->end_length;
  lines->in_line = ret_piece->end_length == 0;
  return 1;
}

/* A BodyReader's octets, line by line, a very long line in pieces. */
#pragma once

#include "mail/body.h"

typedef struct {
  const guint8 *octets;
  gsize         length;     /* without the line end */
  gsize         end_length; /* of LF, CRLF or CR; 0: the line goes on, or the text ends */
  gboolean      first;      /* begins a line */
} LinePiece;

/* A line up to this length comes in one piece. */
#define LINE_PIECE_LIMIT ((gsize) 16 * 1024)

typedef struct {
  BodyReader *reader;
  guint8      buffer[4 * LINE_PIECE_LIMIT];
  gsize       start, end;
  gsize       lf;       /* where the next LF at or behind start is; end: there is none */
  gboolean    at_end;
  gboolean    in_line;
} LineReader;

void line_reader_init (LineReader *lines, BodyReader *reader);

/* 1: a piece, valid until the next call; 0: the end; -1: ERROR is set. */
int line_reader_next (LineReader *lines, LinePiece *ret_piece, GError **error);

/* A "From " line divides messages where an empty line is before it: what a body says on
 * such a line was quoted by whoever wrote the file (RFC 4155, appendix A). */
#include "mail/mbox.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-writer.h"
#include "mail/line-reader.h"

#include <string.h>

struct MboxReader {
  LineReader lines;
  BodyReader *reader;
  MboxQuoting quoting;
  gboolean started; /* the "From " line of the next message is read */
  guint64 line;
};

MboxReader *
mbox_reader_new (BodyReader *reader, MboxQuoting quoting)
{
  MboxReader *mbox = g_new0 (MboxReader, 1);
  mbox->reader = reader;
  mbox->quoting = quoting;
  line_reader_init (&mbox->lines, reader);
  return mbox;
}

void
mbox_reader_free (MboxReader *mbox)
{
  if (mbox == NULL)
    return;
  body_reader_free (mbox->reader);
  g_free (mbox);
}

static gboolean
begins_with (const LinePiece *piece, gsize at, const char *text)
{
  gsize length = strlen (text);
  return piece->first && piece->length >= at + length && memcmp (piece->octets + at, text, length) == 0;
}

/* The octets at its beginning that are quoting. */
static gsize
quoting_of (const MboxReader *mbox, const LinePiece *piece)
{
  gsize marks = 0;
  while (marks < piece->length && piece->octets[marks] == '>')
    marks++;
  gboolean counts = mbox->quoting == MBOX_RD ? marks > 0 : marks == 1;
  return counts && begins_with (piece, marks, "From ") ? 1 : 0;
}

static int
next_piece (MboxReader *mbox, LinePiece *ret_piece, GError **error)
{
  int got = line_reader_next (&mbox->lines, ret_piece, error);
  mbox->line += got > 0 && ret_piece->first;
  return got;
}

/* Reads through the rest of a "From " line. */
static int
skip_line (MboxReader *mbox, LinePiece *piece, GError **error)
{
  int got = 1;
  while (got > 0 && piece->end_length == 0)
    got = next_piece (mbox, piece, error);
  return got;
}

/* The first "From " line; empty lines before it don't matter. */
static int
find_first (MboxReader *mbox, GError **error)
{
  LinePiece piece;
  int got;
  do
    got = next_piece (mbox, &piece, error);
  while (got > 0 && piece.length == 0);
  if (got > 0 && !begins_with (&piece, 0, "From ")) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("this is no mbox: it doesn't begin with \"From \""));
    return -1;
  }
  mbox->started = got > 0;
  return got > 0 ? skip_line (mbox, &piece, error) : got;
}

/* A line end that may be the one before the next "From " is held back. */
typedef struct {
  BodyWriter *writer;
  guint8 held[2];
  gsize held_length;
} Gathering;

static gboolean
release (Gathering *gathering, GError **error)
{
  gsize length = gathering->held_length;
  gathering->held_length = 0;
  return body_writer_append (gathering->writer, gathering->held, length, error);
}

static gboolean
gather (MboxReader *mbox, Gathering *gathering, const LinePiece *piece, GError **error)
{
  gsize skip = quoting_of (mbox, piece);
  if (!release (gathering, error))
    return FALSE;
  if (piece->first && piece->length == 0) {
    memcpy (gathering->held, piece->octets, piece->end_length);
    gathering->held_length = piece->end_length;
    return TRUE;
  }
  return body_writer_append (gathering->writer, piece->octets + skip,
                             piece->length - skip + piece->end_length, error);
}

static gboolean
gather_message (MboxReader *mbox, Gathering *gathering, GError **error)
{
  for (;;) {
    LinePiece piece;
    int got = next_piece (mbox, &piece, error);
    if (got < 0)
      return FALSE;
    mbox->started = got > 0;
    if (got == 0)
      return TRUE;
    if (gathering->held_length > 0 && begins_with (&piece, 0, "From "))
      return skip_line (mbox, &piece, error) >= 0;
    if (!gather (mbox, gathering, &piece, error))
      return FALSE;
  }
}

int
mbox_reader_next (MboxReader *mbox, BodySource **ret_message, guint64 *ret_line, GError **error)
{
  if (!mbox->started) {
    /* At the end of the file there is nothing behind it; at its beginning, no line yet. */
    int got = mbox->line == 0 ? find_first (mbox, error) : 0;
    if (got < 0 || !mbox->started)
      return got;
  }
  *ret_line = mbox->line + 1;
  g_autoptr (BodyWriter) writer = body_writer_new ();
  Gathering gathering = { .writer = writer };
  if (!gather_message (mbox, &gathering, error))
    return -1;
  *ret_message = body_writer_finish (writer, error);
  return *ret_message != NULL ? 1 : -1;
}

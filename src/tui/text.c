/* Lines lie in an array with a gap where the last change was, so that typing in the middle
 * of a long text moves nothing else. */
#include "tui/text.h"

#include <string.h>

typedef struct {
  char *octets; /* NUL behind them */
  gsize length;
} Line;

typedef struct {
  TextPlace from;
  char *removed, *inserted;
  gsize removed_length, inserted_length;
  guint64 step;
} Change;

struct Text {
  Line *lines; /* room for SIZE: those before the gap, the gap, those behind */
  guint size, gap, gap_length;
  GArray *undo, *redo; /* of Change */
  guint64 step, version;
};

/* --- lines ----------------------------------------------------------------------- */

guint
text_line_count (const Text *text)
{
  return text->size - text->gap_length;
}

static Line *
line_at (const Text *text, guint line)
{
  g_assert (line < text_line_count (text));
  return &text->lines[line < text->gap ? line : line + text->gap_length];
}

const char *
text_line (const Text *text, guint line, gsize *ret_length)
{
  const Line *found = line_at (text, line);

  if (ret_length)
    *ret_length = found->length;
  return found->octets;
}

static void
move_gap (Text *text, guint line)
{
  if (line < text->gap)
    memmove (text->lines + line + text->gap_length, text->lines + line, (text->gap - line) * sizeof (Line));
  else
    memmove (text->lines + text->gap, text->lines + text->gap + text->gap_length,
             (line - text->gap) * sizeof (Line));
  text->gap = line;
}

/* Room for N lines at the gap. */
static void
widen_gap (Text *text, guint n)
{
  if (text->gap_length >= n)
    return;
  const guint behind = text->size - text->gap - text->gap_length;
  const guint size = text->size + MAX (n, text->size / 2);

  text->lines = g_renew (Line, text->lines, size);
  memmove (text->lines + size - behind, text->lines + text->size - behind, behind * sizeof (Line));
  text->gap_length += size - text->size;
  text->size = size;
}

typedef struct {
  const char *octets;
  gsize length;
} Piece;

/* A line of what stands before, what is put in, and what stands behind. */
static Line
line_new (Piece before, Piece piece, Piece behind)
{
  const gsize length = before.length + piece.length + behind.length;
  Line line = { g_malloc (length + 1), length };

  memcpy (line.octets, before.octets, before.length);
  memcpy (line.octets + before.length, piece.octets, piece.length);
  memcpy (line.octets + before.length + piece.length, behind.octets, behind.length);
  line.octets[length] = '\0';
  return line;
}

/* --- places ------------------------------------------------------------------------ */

TextPlace
text_end (const Text *text)
{
  const guint last = text_line_count (text) - 1;
  return (TextPlace){ last, line_at (text, last)->length };
}

int
text_compare (TextPlace one, TextPlace other)
{
  if (one.line != other.line)
    return one.line < other.line ? -1 : 1;
  return one.octet < other.octet ? -1 : one.octet > other.octet;
}

char *
text_copy (const Text *text, TextPlace from, TextPlace to, gsize *ret_length)
{
  GString *copy = g_string_new (NULL);

  for (guint at = from.line; at <= to.line; at++) {
    const Line *line = line_at (text, at);
    const gsize begin = at == from.line ? from.octet : 0;
    const gsize end = at == to.line ? to.octet : line->length;
    g_string_append_len (copy, line->octets + begin, (gssize)(end - begin));
    if (at < to.line)
      g_string_append_c (copy, '\n');
  }
  if (ret_length)
    *ret_length = copy->len;
  return g_string_free (copy, FALSE);
}

/* --- changes -------------------------------------------------------------------------- */

/* OCTETS have LF between lines, and are UTF-8. */
static TextPlace
splice (Text *text, TextPlace from, TextPlace to, const char *octets, gsize length)
{
  const Line first = *line_at (text, from.line), last = *line_at (text, to.line);
  const Piece nothing = { "", 0 }, before = { first.octets, from.octet };
  const Piece behind = { last.octets + to.octet, last.length - to.octet };
  const char *end = octets + length, *at = octets, *stop;
  g_autoptr (GArray) made = g_array_new (FALSE, FALSE, sizeof (Line));
  TextPlace place;

  do {
    stop = memchr (at, '\n', (gsize)(end - at));
    const Piece piece = { at, (gsize)((stop ? stop : end) - at) };
    const Line line = line_new (made->len == 0 ? before : nothing, piece, stop ? nothing : behind);
    place = (TextPlace){ from.line + made->len, line.length - (stop ? 0 : behind.length) };
    g_array_append_val (made, line);
    at = stop ? stop + 1 : end;
  } while (stop);
  move_gap (text, from.line);
  for (guint i = from.line; i <= to.line; i++)
    g_free (text->lines[text->gap + text->gap_length + i - from.line].octets);
  text->gap_length += to.line - from.line + 1;
  widen_gap (text, made->len);
  memcpy (text->lines + text->gap, made->data, made->len * sizeof (Line));
  text->gap += made->len;
  text->gap_length -= made->len;
  text->version++;
  return place;
}

static TextPlace
place_after (TextPlace from, const char *octets, gsize length)
{
  for (const char *at = octets; at < octets + length; at++)
    from = *at == '\n' ? (TextPlace){ from.line + 1, 0 } : (TextPlace){ from.line, from.octet + 1 };
  return from;
}

static char *
clean (const char *octets, gsize length, gsize *ret_length)
{
  GString *out = g_string_sized_new (length);
  g_autofree char *valid = g_utf8_make_valid (octets, (gssize)length);

  for (const char *at = valid; *at != '\0'; at++)
    if (*at != '\r')
      g_string_append_c (out, *at);
    else if (at[1] != '\n')
      g_string_append_c (out, '\n');
  *ret_length = out->len;
  return g_string_free (out, FALSE);
}

static void
change_clear (gpointer data)
{
  Change *change = data;

  g_free (change->removed);
  g_free (change->inserted);
}

TextPlace
text_replace (Text *text, TextPlace from, TextPlace to, const char *octets, gsize length)
{
  Change change = { .from = from, .step = text->step };

  g_assert (text_compare (from, to) <= 0);
  change.removed = text_copy (text, from, to, &change.removed_length);
  change.inserted = clean (octets, length, &change.inserted_length);
  g_array_append_val (text->undo, change);
  g_array_set_size (text->redo, 0);
  return splice (text, from, to, change.inserted, change.inserted_length);
}

void
text_begin_step (Text *text)
{
  text->step++;
}

gboolean
text_undo (Text *text, TextPlace *ret_place)
{
  if (text->undo->len == 0)
    return FALSE;
  const guint64 step = g_array_index (text->undo, Change, text->undo->len - 1).step;
  while (text->undo->len > 0) {
    Change change = g_array_index (text->undo, Change, text->undo->len - 1);
    if (change.step != step)
      break;
    const TextPlace to = place_after (change.from, change.inserted, change.inserted_length);
    *ret_place = splice (text, change.from, to, change.removed, change.removed_length);
    g_array_append_val (text->redo, change);
    /* What it holds has moved. */
    memset (&g_array_index (text->undo, Change, text->undo->len - 1), 0, sizeof (Change));
    g_array_set_size (text->undo, text->undo->len - 1);
  }
  text->step++;
  return TRUE;
}

gboolean
text_redo (Text *text, TextPlace *ret_place)
{
  if (text->redo->len == 0)
    return FALSE;
  const guint64 step = g_array_index (text->redo, Change, text->redo->len - 1).step;
  while (text->redo->len > 0) {
    Change change = g_array_index (text->redo, Change, text->redo->len - 1);
    if (change.step != step)
      break;
    const TextPlace to = place_after (change.from, change.removed, change.removed_length);
    *ret_place = splice (text, change.from, to, change.inserted, change.inserted_length);
    g_array_append_val (text->undo, change);
    memset (&g_array_index (text->redo, Change, text->redo->len - 1), 0, sizeof (Change));
    g_array_set_size (text->redo, text->redo->len - 1);
  }
  text->step++;
  return TRUE;
}

guint64
text_version (const Text *text)
{
  return text->version;
}

/* --- life ------------------------------------------------------------------------------- */

Text *
text_new (void)
{
  Text *text = g_new0 (Text, 1);

  text->size = 16;
  text->lines = g_new (Line, text->size);
  text->lines[0] = (Line){ g_strdup (""), 0 };
  text->gap = 1;
  text->gap_length = text->size - 1;
  text->undo = g_array_new (FALSE, FALSE, sizeof (Change));
  text->redo = g_array_new (FALSE, FALSE, sizeof (Change));
  g_array_set_clear_func (text->undo, change_clear);
  g_array_set_clear_func (text->redo, change_clear);
  return text;
}

void
text_set (Text *text, const char *octets, gsize length)
{
  text_replace (text, (TextPlace){ 0, 0 }, text_end (text), octets, length);
  g_array_set_size (text->undo, 0);
}

void
text_free (Text *text)
{
  if (!text)
    return;
  for (guint i = 0; i < text_line_count (text); i++)
    g_free (line_at (text, i)->octets);
  g_free (text->lines);
  g_array_unref (text->undo);
  g_array_unref (text->redo);
  g_free (text);
}

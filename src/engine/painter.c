/* Painting rows with the few ECMA-48 sequences that every terminal knows. */
#include "engine/painter.h"

#include "base/i18n.h"
#include "net/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_OF_NO_TERMINAL 100
#define WIDTH_MOST 160
#define HEIGHT_UNKNOWN 24

struct Painter {
  TimelineSubject subject;
  Timeline *timeline;
  gboolean live; /* standard output is a terminal that can move its cursor */
  gboolean colour;
  gboolean utf8;
  const char *charset; /* of the locale */
  guint painted;       /* rows that stand on the screen and will be drawn over */
  gboolean begun;
  Ticks origin; /* the clock when the time line was at 0 */
};

Painter *
painter_new (TimelineSubject subject)
{
  Painter *painter = g_new0 (Painter, 1);
  const char *terminal = g_getenv ("TERM"), *no_colour = g_getenv ("NO_COLOR");
  painter->subject = subject;
  painter->timeline = timeline_new (subject);
  painter->utf8 = g_get_charset (&painter->charset);
  painter->live = isatty (STDOUT_FILENO) && terminal != NULL && strcmp (terminal, "dumb") != 0;
  painter->colour = painter->live && (no_colour == NULL || *no_colour == '\0');
  return painter;
}

void
painter_free (Painter *painter)
{
  if (painter == NULL)
    return;
  timeline_free (painter->timeline);
  g_free (painter);
}

/* --- writing ---------------------------------------------------------------- */

static void
put (const Painter *painter, const char *text)
{
  if (painter->utf8) {
    fputs (text, stdout);
    return;
  }
  g_autofree char *converted
      = g_convert_with_fallback (text, -1, painter->charset, "UTF-8", "?", NULL, NULL, NULL);
  fputs (converted != NULL ? converted : text, stdout);
}

void
painter_say (Painter *painter, TimelineStyle style, char *text)
{
  TimelineCell cell = { style, text };
  TimelineRow row = { g_array_new (FALSE, FALSE, sizeof (TimelineCell)) };
  g_array_append_val (row.cells, cell);
  g_autofree char *line = timeline_row_text (&row, painter->colour);
  g_array_unref (row.cells);
  g_free (text);
  put (painter, line);
  putchar ('\n');
  fflush (stdout);
}

/* --- the picture -------------------------------------------------------------- */

static void
measure (guint *ret_width, guint *ret_height)
{
  struct winsize size = { 0 };
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
    *ret_width = WIDTH_OF_NO_TERMINAL;
    *ret_height = HEIGHT_UNKNOWN;
    return;
  }
  /* A character in the last column makes some terminals wrap. */
  *ret_width = MIN (size.ws_col - 1U, WIDTH_MOST);
  *ret_height = MAX (size.ws_row, 2);
}

static void
paint (Painter *painter, gboolean last)
{
  guint width, height;
  measure (&width, &height);
  TimelineShape shape = { width, painter->utf8 };
  Ticks now = painter->begun ? clock_now () - painter->origin : 0;
  GPtrArray *rows = timeline_rows (painter->timeline, now, &shape);
  GString *frame = g_string_new (NULL);
  if (painter->painted > 0)
    g_string_append_printf (frame, "\033[%uA\r", painter->painted);
  /* While drawing in place, what doesn't fit the screen can't be reached again. */
  guint first = !last && rows->len > height - 1 ? rows->len - (height - 1) : 0;
  for (guint i = first; i < rows->len; i++) {
    g_autofree char *text = timeline_row_text (g_ptr_array_index (rows, i), painter->colour);
    g_string_append_printf (frame, "%s%s\n", text, painter->live ? "\033[K" : "");
  }
  if (painter->live)
    g_string_append (frame, "\033[J");
  painter->painted = last ? 0 : rows->len - first;
  put (painter, frame->str);
  fflush (stdout);
  g_string_free (frame, TRUE);
  g_ptr_array_unref (rows);
}

void
painter_take (Painter *painter, const EngineEvent *event)
{
  if (!painter->begun) {
    painter->begun = TRUE;
    painter->origin = clock_now () - event->at;
  }
  gboolean changed = timeline_take (painter->timeline, event);
  if (painter->live) {
    if (changed)
      paint (painter, FALSE);
    return;
  }
  g_autofree char *sentence = timeline_sentence (painter->subject, event);
  if (sentence == NULL)
    return;
  /* TRANSLATORS: seconds since the start, what happened */
  g_autofree char *line
      = g_strdup_printf (_ ("%8.3f s  %s\n"), (double)event->at / (double)TICKS_PER_SECOND, sentence);
  put (painter, line);
  fflush (stdout);
}

void
painter_tick (Painter *painter)
{
  if (painter->live)
    paint (painter, FALSE);
}

void
painter_finish (Painter *painter)
{
  if (!painter->live)
    putchar ('\n');
  paint (painter, TRUE);
}

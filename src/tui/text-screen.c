/* Reading: what became of a message, help. Its rows are those of paint_text(), a line at a time. */
#include "tui/text-screen.h"

#include <string.h>

#include "base/i18n.h"
#include "tui/page.h"
#include "tui/paint.h"
#include "tui/board.h"

typedef struct {
  Screen screen;
  Desk *desk;
  char *title;
  GStrv lines;
  Page page;
  guint width;  /* as it was drawn last */
  char *needle; /* folded; NULL: nothing was looked for */
  gssize found; /* a line; -1: none */
} TextScreen;

static TextScreen *
text_of (const Screen *screen)
{
  return (TextScreen *)screen;
}

/* "  Label:  text" goes on under its text. */
static guint
indent_of (const char *line, guint width)
{
  const gsize begin = strspn (line, " ");
  const char *gap = strstr (line + begin, "  ");
  const gsize text = gap ? (gsize)(gap - line) + strspn (gap, " ") : begin;
  const guint columns = surface_columns (line, (gssize)text);

  return columns * 2 < width ? columns : surface_columns (line, (gssize)begin);
}

static guint
paint_one (const TextScreen *text, Surface *page, guint y, gsize index)
{
  const char *line = text->lines[index];
  const Style style = text->found == (gssize)index ? STYLE_MARKED : STYLE_PLAIN;
  const guint indent = MIN (indent_of (line, text->width), text->width - MIN (text->width, 4));

  if (surface_columns (line, -1) <= text->width || indent == 0)
    return paint_text (page, 0, y, text->width, PAGE_ROWS - y, style, line);
  /* What is left of the indent stands once, the rest is broken beside it. */
  gsize octets = 0;
  guint columns = 0;
  while (columns < indent) {
    const gsize next = (gsize)(g_utf8_next_char (line + octets) - line);
    columns = surface_columns (line, (gssize)next);
    octets = next;
  }
  if (page)
    surface_put (page, 0, y, indent, style, line, (gssize)octets);
  return paint_text (page, indent, y, text->width - indent, PAGE_ROWS - y, style, line + octets);
}

static guint
paint (Surface *page, gpointer data)
{
  const TextScreen *text = data;
  guint y = 0;

  for (gsize i = 0; text->lines[i] && y < PAGE_ROWS; i++)
    y += paint_one (text, page, y, i);
  return y;
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  TextScreen *text = text_of (screen);

  text->width = surface->width;
  paint_title (surface, text->title, NULL);
  page_draw (&text->page, surface, 1, surface->height - MIN (surface->height, BOARD_ROWS), paint, text);
}

/* --- search ------------------------------------------------------------------------- */

static gssize
find_line (const TextScreen *text)
{
  const gsize n = g_strv_length (text->lines);

  for (gsize i = 0; i < n; i++) {
    const gsize at = (gsize)(text->found + 1 + (gssize)i) % n;
    g_autofree char *folded = g_utf8_casefold (text->lines[at], -1);
    if (strstr (folded, text->needle))
      return (gssize)at;
  }
  return -1;
}

static void
on_needle (const char *needle, gpointer data)
{
  TextScreen *text = data;
  guint y = 0;

  if (!needle)
    return;
  if (*needle != '\0') {
    g_free (text->needle);
    text->needle = g_utf8_casefold (needle, -1);
  }
  text->found = text->needle ? find_line (text) : -1;
  if (text->found < 0) {
    text->desk->say (text->desk, STYLE_WARNING, _ ("Not found"));
    return;
  }
  for (gssize i = 0; i < text->found; i++)
    y += paint_one (text, NULL, 0, (gsize)i);
  text->page.top = y > 1 ? y - 1 : 0;
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  TextScreen *text = text_of (screen);

  if (command == COMMAND_CANCEL || command == COMMAND_ACCEPT)
    text->desk->close (text->desk, screen);
  else if (command == COMMAND_SEARCH)
    text->desk->ask (text->desk, _ ("Search for"), NULL, on_needle, text);
  else if (command == COMMAND_SEARCH_NEXT)
    on_needle ("", text);
  else
    page_move (&text->page, command);
}

static KeyPlace
place (const Screen *screen)
{
  return KEYS_HELP;
}

static Ticks
changes_at (const Screen *screen, Ticks now)
{
  return TICKS_NEVER;
}

static void
free_screen (Screen *screen)
{
  TextScreen *text = text_of (screen);

  g_free (text->title);
  g_strfreev (text->lines);
  g_free (text->needle);
  g_free (text);
}

Screen *
text_screen_new (Desk *desk, const char *title, const char *words)
{
  TextScreen *text = g_new0 (TextScreen, 1);

  text->screen = (Screen){ "text", place, draw, press, changes_at, free_screen, NULL };
  text->desk = desk;
  text->title = g_strdup (title);
  text->lines = g_strsplit (words, "\n", -1);
  text->width = 80;
  text->found = -1;
  return &text->screen;
}

/* Pages. */
#include "tui/page.h"

#include "base/i18n.h"

static guint
last_top (const Page *page)
{
  return page->rows > page->window ? page->rows - page->window : 0;
}

/* On a row of its own, that nobody takes for all what is only the beginning. */
static void
draw_more (const Page *page, Surface *surface, guint y)
{
  const guint below = last_top (page) - page->top;
  g_autofree char *words = g_strdup_printf (ngettext (" %u more row ", " %u more rows ", below), below);
  const guint columns = MIN (surface_columns (words, -1), surface->width);

  if (below > 0)
    surface_put (surface, surface->width - columns, y, columns, STYLE_BAR, words, -1);
}

void
page_draw (Page *page, Surface *surface, guint y, guint bottom, PagePaint paint, gpointer data)
{
  g_autoptr (Surface) whole = surface_new (surface->width, PAGE_ROWS);
  const guint room = bottom > y ? bottom - y : 0;

  page->rows = paint (whole, data);
  page->window = page->rows > room && room > 1 ? room - 1 : room;
  page->top = MIN (page->top, last_top (page));
  surface_copy_rows (surface, y, whole, page->top, page->window);
  if (page->window < room)
    draw_more (page, surface, y + page->window);
}

gboolean
page_move (Page *page, KeyCommand command)
{
  const guint step = page->window > 1 ? page->window - 1 : 1;

  switch (command) {
  case COMMAND_UP:
    page->top -= MIN (page->top, 1);
    break;
  case COMMAND_DOWN:
    page->top++;
    break;
  case COMMAND_PAGE_UP:
    page->top -= MIN (page->top, step);
    break;
  case COMMAND_PAGE_DOWN:
    page->top += step;
    break;
  case COMMAND_TEXT_BEGIN:
    page->top = 0;
    break;
  case COMMAND_TEXT_END:
    page->top = last_top (page);
    break;
  default:
    return FALSE;
  }
  page->top = MIN (page->top, last_top (page));
  return TRUE;
}

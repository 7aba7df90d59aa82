/* Pages. */
#include "tui/page.h"

static guint
last_top (const Page *page)
{
  return page->rows > page->window ? page->rows - page->window : 0;
}

void
page_draw (Page *page, Surface *surface, guint y, guint bottom, PagePaint paint, gpointer data)
{
  g_autoptr (Surface) whole = surface_new (surface->width, PAGE_ROWS);

  page->rows = paint (whole, data);
  page->window = bottom > y ? bottom - y : 0;
  page->top = MIN (page->top, last_top (page));
  surface_copy_rows (surface, y, whole, page->top, page->window);
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

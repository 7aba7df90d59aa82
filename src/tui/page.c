/* Pages. */
#include "tui/page.h"

#include "base/i18n.h"

static guint
last_top (const Page *page)
{
  return page->rows > page->window ? page->rows - page->window : 0;
}

/* In the last row's right corner, that nobody takes for all what is only the beginning. */
static void
draw_more (const Page *page, Surface *surface, guint bottom)
{
  const guint below = last_top (page) - page->top;
  g_autofree char *words = g_strdup_printf (ngettext (" %u more row ", " %u more rows ", below), below);
  const guint columns = surface_columns (words, -1);

  if (below > 0 && bottom > 0 && columns < surface->width)
    surface_put (surface, surface->width - columns, bottom - 1, columns, STYLE_BAR, words, -1);
}

void
page_draw (Page *page, Surface *surface, guint y, guint bottom, PagePaint paint, gpointer data)
{
  g_autoptr (Surface) whole = surface_new (surface->width, PAGE_ROWS);

  page->rows = paint (whole, data);
  page->window = bottom > y ? bottom - y : 0;
  page->top = MIN (page->top, last_top (page));
  surface_copy_rows (surface, y, whole, page->top, page->window);
  draw_more (page, surface, bottom);
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

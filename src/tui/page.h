/* A text that may be longer than the screen: painted once on a page of its own, shown in part. */
#pragma once

#include "config/keymap.h"
#include "tui/surface.h"

typedef struct {
  guint top;    /* the row of the page that is shown first */
  guint rows;   /* of the page, as it was drawn last */
  guint window; /* rows that are shown, likewise */
} Page;

/* As many rows as a page can have. */
#define PAGE_ROWS 2000

/* Draws on the page, from row 0 on; returns the rows used. */
typedef guint (*PagePaint) (Surface *page, gpointer data);

/* Shows rows Y… up to BOTTOM (not with it). */
void page_draw (Page *page, Surface *surface, guint y, guint bottom, PagePaint paint, gpointer data);

/* TRUE: COMMAND was one that moves. */
gboolean page_move (Page *page, KeyCommand command);

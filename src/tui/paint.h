/* What screens draw alike: titles, rules, and text in several rows. */
#pragma once

#include "tui/surface.h"

/* FALSE: the locale can't draw lines; ASCII has to do. */
gboolean paint_has_lines (void);

/* The bar on row 0. RIGHT may be NULL, and gives way where both don't fit. */
void  paint_title (Surface *surface, const char *left, const char *right);

/* A line over the whole of row Y. */
void  paint_rule (Surface *surface, guint y);

/* TEXT broken into rows of WIDTH columns, ROOM of them at most, from X, Y on; where more is
 * left, the last ends in "…". Returns the rows used. */
guint paint_text (Surface *surface, guint x, guint y, guint width, guint room, Style style, const char *text);

/* The rows that paint_text() would use, were there room. */
guint paint_text_rows (const char *text, guint width);

/* "LABEL text", the texts of several below each other from column LABELS on. Returns the rows used;
 * nothing is drawn at BOTTOM or below. */
guint paint_field (Surface *surface, guint y, guint bottom, guint labels, const char *label, Style style,
                   const char *text);

/* What moves under one press of an arrow key (a grapheme cluster, UAX 29) and how many
 * cells it takes when ncurses draws it: each character with a width is drawn by itself,
 * so a cluster of several (a family emoji) takes the sum of them. Pure but for the locale's
 * table of widths. */
#pragma once

#include <glib.h>

/* Octets of the cluster that begins at TEXT; 0 when LENGTH is. TEXT is UTF-8. */
gsize glyph_length (const char *text, gsize length);

/* Octets of the cluster that ends at octet AT of TEXT; 0 when AT is. */
gsize glyph_length_before (const char *text, gsize at);

/* Columns between one tab stop and the next. */
#define GLYPH_TAB 8

/* Cells of the cluster of LENGTH octets at TEXT, when it stands in COLUMN (for tabs). What
 * can't be drawn takes what stands for it: see glyph_stand_in(). */
guint glyph_cells (const char *text, gsize length, guint column);

/* Cells of one character: 0 (combining), 1 or 2; -1 when something must stand for it. */
int glyph_character_cells (gunichar character);

/* What is drawn in place of a character that has no width of its own: "^G" for a control,
 * "<200B>" for a format character. Written to BUFFER; static length at most. */
#define GLYPH_STAND_IN 12
void glyph_stand_in (gunichar character, char buffer[GLYPH_STAND_IN]);

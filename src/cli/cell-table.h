/* A table: columns as wide as what is in them, or as narrow as its owner makes them. */
#pragma once

#include <glib.h>

typedef struct CellTable CellTable;

/* HEADS: N_() of each of the N columns; they become row 0. */
CellTable *cell_table_new (const char *const *heads, gsize n);
void       cell_table_free (CellTable *table);

/* N texts of a new row, to be filled in; the table's. */
char **cell_table_add (CellTable *table);

guint  cell_table_rows (const CellTable *table);
char **cell_table_row (CellTable *table, guint row);

/* The width of each column by what is in the rows by now. Whoever writes a smaller one has
 * its cells cut. The table's. */
gsize *cell_table_measure (CellTable *table);

/* All rows, after cell_table_measure(), each behind INDENT blanks. */
void   cell_table_append (const CellTable *table, GString *out, gsize indent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CellTable, cell_table_free)

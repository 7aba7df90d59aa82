/* Tables. */
#include "cli/cell-table.h"

#include "base/i18n.h"
#include "engine/cell.h"

struct CellTable {
  gsize n;
  GPtrArray *rows; /* of char **, N of them and a NULL */
  gsize *widths;
};

static void
row_free (gpointer data)
{
  g_strfreev (data);
}

CellTable *
cell_table_new (const char *const *heads, gsize n)
{
  CellTable *table = g_new0 (CellTable, 1);

  table->n = n;
  table->rows = g_ptr_array_new_with_free_func (row_free);
  table->widths = g_new0 (gsize, n);
  char **head = cell_table_add (table);
  for (gsize i = 0; i < n; i++)
    head[i] = g_strdup (_ (heads[i]));
  return table;
}

void
cell_table_free (CellTable *table)
{
  if (!table)
    return;
  g_ptr_array_unref (table->rows);
  g_free (table->widths);
  g_free (table);
}

char **
cell_table_add (CellTable *table)
{
  char **row = g_new0 (char *, table->n + 1);

  g_ptr_array_add (table->rows, row);
  return row;
}

guint
cell_table_rows (const CellTable *table)
{
  return table->rows->len;
}

char **
cell_table_row (CellTable *table, guint row)
{
  return g_ptr_array_index (table->rows, row);
}

gsize *
cell_table_measure (CellTable *table)
{
  for (gsize column = 0; column < table->n; column++) {
    table->widths[column] = 0;
    for (guint i = 0; i < table->rows->len; i++)
      table->widths[column] = MAX (table->widths[column], cell_width (cell_table_row (table, i)[column]));
  }
  return table->widths;
}

static void
append_row (const CellTable *table, GString *out, char *const *row)
{
  for (gsize i = 0; i < table->n; i++) {
    g_autofree char *cell = cell_cut (row[i], table->widths[i]);
    if (i + 1 < table->n)
      cell_append (out, cell, table->widths[i]);
    else
      g_string_append_printf (out, "%s\n", cell);
  }
}

void
cell_table_append (const CellTable *table, GString *out, gsize indent)
{
  for (guint i = 0; i < table->rows->len; i++) {
    g_string_append_printf (out, "%*s", (int)indent, "");
    append_row (table, out, g_ptr_array_index (table->rows, i));
  }
}

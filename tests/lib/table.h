/* A table of rows, each one line of TAP: "/subject/table/003 what it is about". */
#pragma once

#include "tap.h"

/* Every row type begins with `const char *about`. */
#define TABLE_ADD(path, rows, function) \
  table_add (path, rows, sizeof (rows)[0], G_N_ELEMENTS (rows), function)

static inline void
table_add (const char *path, const void *rows, gsize row_size, gsize n_rows, GTestDataFunc function)
{
  for (gsize i = 0; i < n_rows; i++) {
    const char *row = (const char *) rows + i * row_size;
    g_autofree char *about = g_strdelimit (g_strdup (*(const char *const *) (const void *) row), "/", '|');
    g_autofree char *name = g_strdup_printf ("%s/%03" G_GSIZE_FORMAT " %s", path, i, about);
    g_test_add_data_func (name, row, function);
  }
}

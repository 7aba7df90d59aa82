/* Between rows.c, which knows what a good row is, and those that read one format. */
#pragma once

#include "mail/rows.h"
#include "mail/text-input.h"

/* One row as it is read: values with a NUL behind each. */
typedef struct {
  GString *octets;
  GArray  *starts; /* of gsize, into octets */
  guint64  line;
} RawRow;

typedef struct CsvReader CsvReader;
typedef struct JsonRows JsonRows;

/* DELIMITER: 0: to be found out. INPUT stays the caller's. */
CsvReader *csv_reader_new (TextInput *input, char delimiter);
void       csv_reader_free (CsvReader *csv);
RowResult  csv_reader_next (CsvReader *csv, RawRow *row, GError **error);

JsonRows  *json_rows_new (TextInput *input);
void       json_rows_free (JsonRows *json);

/* NAMES: the columns; empty before the first row, which fills it. */
RowResult  json_rows_next (JsonRows *json, GPtrArray *names, RawRow *row, GError **error);

void raw_row_clear (RawRow *row);
void raw_row_add (RawRow *row, const char *value, gsize length);

/* "line N: what FORMAT makes", with TOUKAN_ERROR_DATA. */
G_GNUC_PRINTF (3, 4)
void rows_refuse (guint64 line, GError **error, const char *format, ...);

/* A table of people, row by row: CSV (RFC 4180) with a header line, the same with tabs, or
 * JSON Lines. Streams: a row stays until the next one is asked for. */
#pragma once

#include "mail/body.h"

#define ROWS_COLUMNS_LIMIT 1000
#define ROWS_VALUE_LIMIT ((gsize) 1024 * 1024)
#define ROWS_ROW_LIMIT ((gsize) 4 * 1024 * 1024)

typedef enum {
  ROWS_CSV,  /* commas, semicolons or tabs: whichever the header line has most of, or what a
              * spreadsheet's first line "sep=;" says */
  ROWS_TSV,  /* tabs; quoted like CSV */
  ROWS_JSON, /* an object a line; the first one names the columns. Others may lack one */
} RowsFormat;

typedef struct RowReader RowReader;

typedef struct {
  const char *const *values; /* one for each name, UTF-8 without NUL, never NULL; then NULL */
  guint64 number;            /* of the row, from 1, the header not counted */
  guint64 line;              /* where it begins in the file, from 1 */
} Row;

typedef enum {
  ROW_END,
  ROW_GIVEN,
  ROW_FAULTY, /* ERROR says what is wrong with this row, with its line; the next may be good */
  ROW_BROKEN, /* ERROR says why nothing more can be read */
} RowResult;

/* By the end of a file's name; CSV when it says nothing. */
RowsFormat rows_format_of (const char *name);

/* Reads up to the names. READER is taken, whatever comes back. CHARSET as in
 * mail/text-input.h. NULL with TOUKAN_ERROR_DATA for an empty file or names that are
 * empty or there twice, TOUKAN_ERROR_USAGE for a charset that nobody knows, or what reading
 * fails with. */
RowReader *row_reader_new (BodyReader *reader, RowsFormat format, const char *charset, GError **error);
void       row_reader_free (RowReader *rows);

/* Ends with NULL; lives as long as ROWS. */
const char *const *row_reader_names (const RowReader *rows);

/* Rows of nothing but empty values, which spreadsheets leave behind, are passed over. */
RowResult row_reader_next (RowReader *rows, Row *ret_row, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RowReader, row_reader_free)

/* Verdicts in tables: what the outbox and batches keep of what servers said. */
#pragma once

#include "core/outcome.h"

#include <sqlite3.h>

/* A verdict as columns, in this order, for the format VERDICT_FORMAT: names, code (0: no
 * reply), enhanced code, lines of the reply, detail. */
#define VERDICT_COLUMNS "kind, stage, cause, code, enhanced, reply, detail"
#define VERDICT_COUNT 7
#define VERDICT_FORMAT "sssisbs"
#define VERDICT_VALUES(row)                                                                                  \
  (row)->kind, (row)->stage, (row)->cause, (row)->code, (row)->enhanced, (const void *)(row)->reply->str,    \
      (gint64)(row)->reply->len, (row)->detail

typedef struct {
  const char *kind, *stage, *cause, *enhanced, *detail;
  gint64      code;
  GString    *reply;
  char        text[24]; /* of .enhanced */
} VerdictRow;

/* Keeps pointers into VERDICT. */
void verdict_row_init  (VerdictRow *row, const Verdict *verdict);
void verdict_row_clear (VerdictRow *row);
void verdict_read      (sqlite3_stmt *row, int first, Verdict *ret_verdict);

char *column_string (sqlite3_stmt *row, int column); /* a copy; NULL is NULL */

/* Leases as rows. */
#include "store/lease-row.h"

#include "store/database.h"
#include "store/verdict-row.h"

int
lease_row_write (sqlite3 *sqlite, const LeaseHolder *holder, gint64 now)
{
  return database_execute (sqlite,
                           "INSERT OR IGNORE INTO lease (token, process, started, boot, space, place, since)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)",
                           "iiisssi", holder->token, holder->process, holder->started, holder->boot,
                           holder->space, holder->place, now);
}

int
lease_row_read (sqlite3 *sqlite, LeaseHolder *holder)
{
  sqlite3_stmt *row = database_prepare (
      sqlite, "SELECT process, started, boot, space, place FROM lease WHERE token = ?", "i", holder->token);
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    holder->process = sqlite3_column_int64 (row, 0);
    holder->started = sqlite3_column_int64 (row, 1);
    holder->boot = column_string (row, 2);
    holder->space = column_string (row, 3);
    holder->place = column_string (row, 4);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

/* Who has something, written down for others in the database in which it is. */
#pragma once

#include "store/lease.h"

#include <sqlite3.h>

/* The table that both functions want. */
#define LEASE_TABLE                                                                                          \
  "CREATE TABLE lease (token INTEGER PRIMARY KEY, process INTEGER NOT NULL, started INTEGER NOT NULL,"       \
  " boot TEXT, space TEXT, place TEXT, since INTEGER NOT NULL);"

int lease_row_write (sqlite3 *sqlite, const LeaseHolder *holder, gint64 now);

/* Of HOLDER's token; SQLITE_DONE where there is none. */
int lease_row_read (sqlite3 *sqlite, LeaseHolder *holder);

/* The tables of the outbox. Enumerations are written as words, so that their order may
 * change. What is updated often (item, recipient) is apart from what is large (chunk): a
 * change of state beside 50 MB of message writes a few pages. */
#include "store/outbox-private.h"

#include <unistd.h>

/* chunk: id is CHUNK_KEY(), so that the table needs no index. message: lease is who
 * writes it still, or NOBODY; NULL: it is whole. item: wish is 1 when somebody asked for it
 * to be cancelled, 2 when its holder knows. */
static const char *const migrations[] = {
  "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, reason TEXT,"
  " owner INTEGER NOT NULL, account TEXT, overrides BLOB, sender TEXT NOT NULL, ret INTEGER NOT NULL,"
  " envid TEXT, require_tls INTEGER NOT NULL, header_from TEXT, subject TEXT, message_id TEXT,"
  " size INTEGER NOT NULL, message INTEGER, submitted INTEGER NOT NULL, not_before INTEGER NOT NULL,"
  " changed INTEGER NOT NULL, finished INTEGER NOT NULL, with_network INTEGER NOT NULL,"
  " hold_until INTEGER NOT NULL, tries INTEGER NOT NULL, lease INTEGER, wish INTEGER NOT NULL);"
  "CREATE INDEX item_due ON item (state, not_before, account, with_network);"
  "CREATE INDEX item_leased ON item (lease) WHERE lease IS NOT NULL;"
  "CREATE TABLE recipient (item INTEGER NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL,"
  " notify INTEGER NOT NULL, orcpt TEXT, pending INTEGER NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL,"
  " cause TEXT NOT NULL, code INTEGER NOT NULL, enhanced TEXT, reply BLOB, detail TEXT,"
  " PRIMARY KEY (item, number)) WITHOUT ROWID;"
  "CREATE TABLE attempt (item INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,"
  " lasted INTEGER NOT NULL, network TEXT, path TEXT, tls TEXT, mechanism TEXT, kind TEXT NOT NULL,"
  " stage TEXT NOT NULL, cause TEXT NOT NULL, code INTEGER NOT NULL, enhanced TEXT, reply BLOB, detail TEXT,"
  " PRIMARY KEY (item, number)) WITHOUT ROWID;"
  "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, lease INTEGER);"
  "CREATE INDEX message_leased ON message (lease) WHERE lease IS NOT NULL;"
  "CREATE TABLE chunk (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);"
  "CREATE TABLE hold (account TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, since INTEGER NOT NULL,"
  " told INTEGER NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL, cause TEXT NOT NULL,"
  " code INTEGER NOT NULL, enhanced TEXT, reply BLOB, detail TEXT) WITHOUT ROWID;"
  LEASE_TABLE,
};

#define CHECK                                                                                                \
  "SELECT item.wish, recipient.detail, attempt.detail, message.lease, chunk.octets, hold.detail, "           \
  "lease.since"                                                                                              \
  " FROM item, recipient, attempt, message, chunk, hold, lease"

/* Where there was another outbox before (damaged, or removed by a person), processes may
 * still remember numbers of that one. */
static int
begin_numbers (sqlite3 *sqlite, gpointer data)
{
  g_autofree char *former = g_build_filename (data, OUTBOX_LEASES, NULL);
  gint64 first = g_get_real_time () / G_USEC_PER_SEC;

  if (access (former, F_OK) != 0)
    return SQLITE_OK;
  return database_execute (
      sqlite, "INSERT INTO sqlite_sequence (name, seq) VALUES ('item', ?1), ('message', ?1)", "i", first);
}

/* With two hundred processes at once, and a disk that takes its time. */
const DatabaseSchema outbox_schema = {
  .name = OUTBOX_NAME,
  .check = CHECK,
  .migrations = migrations,
  .n_migrations = G_N_ELEMENTS (migrations),
  .populate = begin_numbers,
  .precious = TRUE,
  .read_patience = 60000,
  .write_patience = 60000,
};

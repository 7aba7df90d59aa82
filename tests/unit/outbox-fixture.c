/* An outbox of the test's own, and short ways to fill it. */
#include "tests/unit/outbox-fixture.h"

#include <sqlite3.h>
#include <string.h>

#include "tests/lib/folder.h"

static char *directory;

void
state_begin (void)
{
  static guint n;
  g_autofree char *name = g_strdup_printf ("state-%u", n++);
  g_free (directory);
  directory = g_build_filename (test_folder (), name, NULL);
}

const char *
state_directory (void)
{
  return directory;
}

char *
state_file (const char *name)
{
  return g_build_filename (directory, name, NULL);
}

Outbox *
open_outbox (void)
{
  g_autoptr (GError) error = NULL;
  Outbox *outbox = outbox_open (directory, TRUE, &error);
  g_assert_no_error (error);
  g_assert_nonnull (outbox);
  g_assert_cmpstr (outbox_warning (outbox), ==, NULL);
  return outbox;
}

/* --- messages -------------------------------------------------------------------------------- */

#define SHORT 700

GByteArray *
message_of (Wish wish)
{
  gsize size = wish.size == 0 ? SHORT : wish.size;
  GByteArray *octets = g_byte_array_sized_new ((guint)size);
  g_autoptr (GRand) random = g_rand_new_with_seed (wish.seed);
  for (gsize i = 0; i < size; i += 4) {
    guint32 four = g_rand_int (random);
    g_byte_array_append (octets, (const guint8 *)&four, (guint)MIN (4, size - i));
  }
  return octets;
}

typedef struct {
  GByteArray *octets;
  gsize used;
} Source;

/* In pieces that fit nothing. */
static gssize
read_source (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  Source *source = data;
  gsize n = MIN (MIN (length, 10007), source->octets->len - source->used);
  if (n > 0)
    memcpy (buffer, source->octets->data + source->used, n);
  source->used += n;
  return (gssize)n;
}

static Envelope *
make_envelope (guint recipients)
{
  Envelope *envelope = envelope_new ("sender@example.org");
  for (guint i = 0; i < MAX (recipients, 1); i++) {
    g_autofree char *address = g_strdup_printf ("user%u@example.net", i);
    envelope_add (envelope, address);
  }
  return envelope;
}

static OutboxAddition
addition_of (const Wish *wish, const Envelope *envelope, Source *source)
{
  return (OutboxAddition){ .state = wish->state,
                           .reason = wish->reason,
                           .owner = wish->owner,
                           .account = wish->account ? wish->account : "home",
                           .envelope = envelope,
                           .now = NOW,
                           .not_before = wish->not_before,
                           .hold_until = wish->hold_until,
                           .read = read_source,
                           .data = source };
}

gboolean
try_add (Outbox *outbox, Wish wish, gint64 *ret_id, GError **error)
{
  g_autoptr (Envelope) envelope = make_envelope (wish.recipients);
  g_autoptr (GByteArray) octets = message_of (wish);
  Source source = { .octets = octets };
  OutboxAddition addition = addition_of (&wish, envelope, &source);
  return outbox_add (outbox, &addition, ret_id, error);
}

gint64
add (Outbox *outbox, Wish wish)
{
  g_autoptr (GError) error = NULL;
  gint64 id = 0;
  g_assert_true (try_add (outbox, wish, &id, &error));
  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);
  return id;
}

gboolean
try_replace (Outbox *outbox, gint64 id, Wish wish, gboolean *ret_found, GError **error)
{
  g_autoptr (Envelope) envelope = make_envelope (wish.recipients);
  g_autoptr (GByteArray) octets = message_of (wish);
  Source source = { .octets = octets };
  OutboxAddition addition = addition_of (&wish, envelope, &source);
  return outbox_replace (outbox, id, &addition, ret_found, error);
}

void
assert_message (Outbox *outbox, gint64 id, Wish wish)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) expected = message_of (wish);
  g_autoptr (OutboxReader) reader = outbox_open_message (outbox, id, &error);
  g_assert_no_error (error);
  guint8 buffer[4099];
  gsize at = 0;
  gssize n;
  while ((n = outbox_read (reader, buffer, sizeof buffer, &error)) > 0) {
    g_assert_cmpuint (at + (gsize)n, <=, expected->len);
    g_assert_cmpint (memcmp (expected->data + at, buffer, (gsize)n), ==, 0);
    at += (gsize)n;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (at, ==, expected->len);
}

gboolean
has_message (Outbox *outbox, gint64 id)
{
  g_autoptr (OutboxReader) reader = outbox_open_message (outbox, id, NULL);
  return reader != NULL;
}

/* --- items ----------------------------------------------------------------------------------- */

OutboxItem *
claim (Outbox *outbox, gint64 now)
{
  g_autoptr (GError) error = NULL;
  const OutboxClaim wanted = { .now = now };
  OutboxItem *item = NULL;
  gint64 next = 0;
  g_assert_true (outbox_claim (outbox, &wanted, &item, &next, &error));
  g_assert_no_error (error);
  return item;
}

OutboxItem *
find (Outbox *outbox, gint64 id)
{
  g_autoptr (GError) error = NULL;
  OutboxItem *item = outbox_find (outbox, id, &error);
  g_assert_no_error (error);
  g_assert_nonnull (item);
  return item;
}

OutboxState
state_of (Outbox *outbox, gint64 id)
{
  g_autoptr (OutboxItem) item = find (outbox, id);
  return item->state;
}

static void
count (const OutboxItem *item, gpointer data)
{
  ++*(guint *)data;
}

guint
count_items (Outbox *outbox)
{
  const OutboxFilter all = { .owner = OUTBOX_ANYBODY };
  guint n = 0;
  g_assert_true (outbox_list (outbox, &all, count, &n, NULL));
  return n;
}

/* --- changes --------------------------------------------------------------------------------- */

static void
record (Outbox *outbox, OutboxChange change)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (outbox_record (outbox, &change, 1, NOW, &error));
  g_assert_no_error (error);
}

void
give_fate (Outbox *outbox, gint64 id, guint recipient, OutcomeKind kind, gboolean pending)
{
  const Verdict verdict = { .kind = kind, .stage = STAGE_END };
  record (outbox, (OutboxChange){ .kind = OUTBOX_CHANGE_RECIPIENT,
                                  .id = id,
                                  .recipient = recipient,
                                  .verdict = &verdict,
                                  .pending = pending });
}

void
permit (Outbox *outbox, gint64 id, guint recipient)
{
  record (outbox, (OutboxChange){ .kind = OUTBOX_CHANGE_IN_DOUBT, .id = id, .recipient = recipient });
}

void
release (Outbox *outbox, gint64 id, OutboxState state, gint64 not_before)
{
  record (outbox,
          (OutboxChange){ .kind = OUTBOX_CHANGE_RELEASE, .id = id, .state = state, .not_before = not_before });
}

OutboxResult
act (Outbox *outbox, gint64 id, OutboxAction action)
{
  g_autoptr (GError) error = NULL;
  OutboxResult result = OUTBOX_UNKNOWN;
  OutboxState state = OUTBOX_DRAFT;
  g_assert_true (outbox_act (outbox, id, action, OUTBOX_ANYBODY, NOW, &result, &state, &error));
  g_assert_no_error (error);
  if (result == OUTBOX_DONE && action != OUTBOX_REMOVE)
    g_assert_cmpint (state, ==, state_of (outbox, id));
  return result;
}

/* --- without our code ------------------------------------------------------------------------ */

static sqlite3 *
open_raw (void)
{
  g_autofree char *name = state_file (OUTBOX_NAME);
  sqlite3 *sqlite = NULL;
  g_assert_cmpint (sqlite3_open_v2 (name, &sqlite, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_db_config (sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_busy_timeout (sqlite, 10000);
  return sqlite;
}

void
run_sql (const char *sql)
{
  sqlite3 *sqlite = open_raw ();
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (sqlite);
}

gint64
ask_sql (const char *sql)
{
  sqlite3 *sqlite = open_raw ();
  sqlite3_stmt *row = NULL;
  g_assert_cmpint (sqlite3_prepare_v2 (sqlite, sql, -1, &row, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (row), ==, SQLITE_ROW);
  gint64 number = sqlite3_column_int64 (row, 0);
  sqlite3_finalize (row);
  sqlite3_close (sqlite);
  return number;
}

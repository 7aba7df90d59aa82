/* What a disk that is full, a file that is locked, and people who change their minds may not
 * do to a message. */
#include <errno.h>
#include <gio/gio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/clock.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/outbox-source-fixture.h"

/* --- a disk that can be full ------------------------------------------------------- */

static gint disk_is_full; /* atomic: the writer thread looks, too */
static ssize_t (*true_pwrite) (int, const void *, size_t, off_t);

static ssize_t
limited_pwrite (int fd, const void *octets, size_t length, off_t at)
{
  if (g_atomic_int_get (&disk_is_full)) {
    errno = ENOSPC;
    return -1;
  }
  return true_pwrite (fd, octets, length, at);
}

static void
limit_disk (void)
{
  sqlite3_vfs *vfs;

  sqlite3_initialize ();
  vfs = sqlite3_vfs_find (NULL);
  for (const char *const *name = (const char *const[]){ "pwrite", "pwrite64", NULL }; *name; name++)
    if (vfs->xGetSystemCall (vfs, *name)) {
      true_pwrite = (ssize_t (*) (int, const void *, size_t, off_t))vfs->xGetSystemCall (vfs, *name);
      vfs->xSetSystemCall (vfs, *name, (sqlite3_syscall_ptr)limited_pwrite);
    }
}

/* --- a disk that is full ---------------------------------------------------------------------- */

static void
fill_disk (gpointer data, const EngineEvent *event)
{
  g_atomic_int_set (&disk_is_full, TRUE);
}

static void
fill_disk_at_the_end (gpointer data, const EngineEvent *event)
{
  if (strcmp (event->text, ".") == 0)
    g_atomic_int_set (&disk_is_full, TRUE);
}

typedef struct {
  const char *name;
  guint capabilities;
  gboolean large;
} FullRow;

static const FullRow full_rows[] = {
  { "bdat", WITH_BDAT, FALSE },      { "data", WITH_DATA, FALSE },      { "lock-step", LOCK_STEP, FALSE },
  { "bdat-large", WITH_BDAT, TRUE }, { "data-large", WITH_DATA, TRUE },
};

/* The design's promise: without a durable "in doubt" the server never has the end. */
static void
test_full_before_permit (gconstpointer data)
{
  const FullRow *row = data;
  g_autoptr (GString) letter = g_string_new (LETTER);
  g_autoptr (GError) error = NULL;
  Bench bench;

  for (guint i = 0; row->large && i < 20000; i++)
    g_string_append_printf (letter, "%05u: some words to fill the wire, .dots and all\r\n", i);
  bench_init (&bench, row->capabilities, "");
  bench.act = fill_disk;
  bench.act_at = ENGINE_PROGRESS;
  begin (&bench);
  g_assert_true (try_submit (&bench, 2, letter->str, &error));
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  if (row->capabilities & CAPABILITY_CHUNKING)
    g_assert_cmpuint (loopback_server_body_octets (bench.server), <, letter->len);
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_TEMPORARY);
  g_assert_cmpint (bench.outcome->overall.cause, ==, CAUSE_STORE);
  g_assert_nonnull (outbox_source_warning (bench.source));
  assert_on_disk (&bench, OUTBOX_SENDING);
  g_atomic_int_set (&disk_is_full, FALSE);
  bench.act = NULL;
  end (&bench); /* a last chance to write it down */
  assert_on_disk (&bench, OUTBOX_QUEUED);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  /* The server keeps what came before it was given up, too. */
  g_assert_true (g_str_has_suffix (loopback_server_bodies (bench.server)->str, letter->str));
  bench_clear (&bench);
}

/* What the server said stays true, whether it can be written down or not. */
static void
test_full_after_permit (gconstpointer data)
{
  gboolean stays_full = GPOINTER_TO_INT (data);
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = fill_disk_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_ACCEPTED);
  g_assert_nonnull (outbox_source_warning (bench.source));
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  g_atomic_int_set (&disk_is_full, stays_full);
  end (&bench);
  g_atomic_int_set (&disk_is_full, FALSE);
  assert_on_disk (&bench, stays_full ? OUTBOX_IN_DOUBT : OUTBOX_FINISHED);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

static gboolean
empty_disk (gpointer data)
{
  g_atomic_int_set (&disk_is_full, FALSE);
  return G_SOURCE_REMOVE;
}

/* Who stays writes it down when there is room again. */
static void
test_written_later (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = fill_disk_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  empty_disk (NULL);
  bench.idle = FALSE;
  run_for (&bench, 6000);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

static void
test_full_at_once (void)
{
  Bench bench;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, WITH_DATA, "");
  begin (&bench);
  g_atomic_int_set (&disk_is_full, TRUE);
  g_assert_false (try_submit (&bench, 1, LETTER, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY);
  g_atomic_int_set (&disk_is_full, FALSE);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  g_assert_null (outbox_find (other (&bench), 1, NULL));
  bench_clear (&bench);
}

/* --- a file that is locked ------------------------------------------------------------------------ */

static gboolean
count_tick (gpointer data)
{
  ((Bench *)data)->ticks++;
  return G_SOURCE_CONTINUE;
}

static gboolean
unlock (gpointer data)
{
  sqlite3_exec (data, "ROLLBACK", NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static sqlite3 *locker;

static void
lock_file (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;
  g_autofree char *file = g_build_filename (bench->directory, OUTBOX_NAME, NULL);

  bench->act = NULL;
  g_assert_cmpint (sqlite3_open (file, &locker), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_timeout_add (600, unlock, locker);
  g_timeout_add (20, count_tick, bench);
}

/* The main loop lives while the writer waits. */
static void
test_locked (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = lock_file;
  bench.act_at = ENGINE_PROGRESS;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_true (g_source_remove_by_user_data (&bench));
  g_assert_cmpuint (bench.ticks, >=, 15);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  sqlite3_close (locker);
  bench_clear (&bench);
}

/* --- a change of mind ---------------------------------------------------------------------------------- */

static void
put_back (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  bench->act = NULL;
  outbox_source_rest (bench->source);
  bench->result = engine_put_back (bench->engine, bench->id);
}

static void
cancel (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  bench->act = NULL;
  bench->result = engine_cancel (bench->engine, bench->id);
}

typedef struct {
  const char *name;
  EngineEventKind at;
} MomentRow;

static const MomentRow moment_rows[] = {
  { "resolving", ENGINE_RESOLVING }, { "attempt", ENGINE_ATTEMPT },     { "connected", ENGINE_CONNECTED },
  { "greeting", ENGINE_GREETING },   { "capable", ENGINE_CAPABLE },     { "winner", ENGINE_WINNER },
  { "progress", ENGINE_PROGRESS },   { "recipient", ENGINE_RECIPIENT },
};

/* As if this try had not been made. */
static void
test_put_back (gconstpointer data)
{
  const MomentRow *row = data;
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = put_back;
  bench.act_at = row->at;
  begin (&bench);
  submit_letter (&bench, 2);
  run (&bench);
  g_assert_cmpint (bench.result, ==, CANCEL_CANCELLED);
  g_assert_true (bench.put_back);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpuint (item->tries, ==, 0);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_NONE);
  g_assert_cmpint (item->not_before, <=, clock_instant ().wall);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  end (&bench);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

static void
test_cancel (gconstpointer data)
{
  const MomentRow *row = data;
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = cancel;
  bench.act_at = row->at;
  begin (&bench);
  submit_letter (&bench, 2);
  run (&bench);
  g_assert_cmpint (bench.result, ==, CANCEL_CANCELLED);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  assert_on_disk (&bench, OUTBOX_CANCELLED);
  bench_clear (&bench);
}

static gboolean
wish_to_cancel (gpointer data)
{
  Bench *bench = data;
  OutboxResult result;
  OutboxState state;

  g_assert_true (outbox_act (other (bench), (gint64)bench->id, OUTBOX_CANCEL, OUTBOX_ANYBODY,
                             clock_instant ().wall, &result, &state, NULL));
  g_assert_cmpint (result, ==, OUTBOX_BUSY);
  return G_SOURCE_REMOVE;
}

/* Another process asks for it while the server keeps us waiting. */
static void
test_wish (void)
{
  Bench bench;
  g_autoptr (GSocketListener) mute = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (mute, NULL, NULL);
  g_autofree char *more = g_strdup_printf ("ports = %u\nfamily = ipv4\n", port);

  bench_init (&bench, WITH_DATA, more);
  begin (&bench);
  submit_letter (&bench, 1);
  g_timeout_add (200, wish_to_cancel, &bench);
  run_for (&bench, 4000);
  g_assert_true (bench.idle);
  assert_on_disk (&bench, OUTBOX_CANCELLED);
  bench_clear (&bench);
}

static void
add_tables (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (full_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox-source/full/before-permit/%s", full_rows[i].name);
    g_test_add_data_func (path, &full_rows[i], test_full_before_permit);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (moment_rows); i++) {
    g_autofree char *back = g_strdup_printf ("/outbox-source/put-back/%s", moment_rows[i].name);
    g_autofree char *gone = g_strdup_printf ("/outbox-source/cancel/%s", moment_rows[i].name);
    g_test_add_data_func (back, &moment_rows[i], test_put_back);
    g_test_add_data_func (gone, &moment_rows[i], test_cancel);
  }
}

int
main (int argc, char **argv)
{
  limit_disk ();
  tap_init (&argc, &argv);
  test_folder_make ();
  add_tables ();
  g_test_add_data_func ("/outbox-source/full/after-permit", GINT_TO_POINTER (FALSE), test_full_after_permit);
  g_test_add_data_func ("/outbox-source/full/for-good", GINT_TO_POINTER (TRUE), test_full_after_permit);
  g_test_add_func ("/outbox-source/full/written-later", test_written_later);
  g_test_add_func ("/outbox-source/full/at-once", test_full_at_once);
  g_test_add_func ("/outbox-source/locked", test_locked);
  g_test_add_func ("/outbox-source/wish", test_wish);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}

/* One outbox, many processes: each item is handed out once, also when those who have it are
 * killed at any moment; and leases end with their process, whatever its number. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lease.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"
#include "tests/unit/outbox-fixture.h"

typedef int (*Work) (int argument, int pipe);

static pid_t
begin_child (Work work, int argument, int pipe)
{
  pid_t child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (work (argument, pipe));
  return child;
}

static int
wait_for (pid_t child)
{
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  return status;
}

/* --- many at once ---------------------------------------------------------------------------- */

#define N_PROCESSES 8
#define N_EACH 50

static int
add_many (int number, int pipe)
{
  g_autoptr (Outbox) outbox = open_outbox ();
  for (guint i = 0; i < N_EACH; i++)
    add (outbox, (Wish){ .state = OUTBOX_QUEUED, .owner = (guint32)number, .seed = i });
  return 0;
}

static void
tell (int pipe, gint64 id)
{
  g_assert_cmpint (write (pipe, &id, sizeof id), ==, sizeof id);
}

static int
send_all (int number, int pipe)
{
  g_autoptr (Outbox) outbox = open_outbox ();
  while (TRUE) {
    g_autoptr (OutboxItem) item = claim (outbox, NOW);
    if (!item)
      return 0;
    permit (outbox, item->id, 0);
    tell (pipe, item->id); /* as a server would see it */
    give_fate (outbox, item->id, 0, OUTCOME_ACCEPTED, FALSE);
    release (outbox, item->id, OUTBOX_FINISHED, 0);
  }
}

static void
run_many (Work work, int pipe)
{
  pid_t children[N_PROCESSES];
  for (int i = 0; i < N_PROCESSES; i++)
    children[i] = begin_child (work, i, pipe);
  for (int i = 0; i < N_PROCESSES; i++)
    g_assert_cmpint (wait_for (children[i]), ==, 0);
}

/* How often each id was told. */
static GHashTable *
count_told (int pipe)
{
  GHashTable *told = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  gint64 id;
  while (read (pipe, &id, sizeof id) == sizeof id) {
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (told, &id));
    g_hash_table_insert (told, g_memdup2 (&id, sizeof id), GUINT_TO_POINTER (n + 1));
  }
  return told;
}

static void
assert_each_once (GHashTable *told, guint n)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init (&iter, told);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_assert_cmpuint (GPOINTER_TO_UINT (value), ==, 1);
  g_assert_cmpuint (g_hash_table_size (told), ==, n);
}

/* The file isn't there yet when they begin. */
static void
test_many (void)
{
  int ends[2];
  state_begin ();
  run_many (add_many, -1);
  g_assert_cmpint (pipe (ends), ==, 0);
  run_many (send_all, ends[1]);
  close (ends[1]);
  g_autoptr (GHashTable) told = count_told (ends[0]);
  close (ends[0]);
  assert_each_once (told, N_PROCESSES * N_EACH);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM item WHERE state = 'finished'"), ==, N_PROCESSES * N_EACH);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM lease"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
}

/* --- killed ---------------------------------------------------------------------------------- */

/* Where in an item's life its sender dies. */
typedef enum { AFTER_CLAIM, AFTER_PERMIT, AFTER_END, AFTER_FATE, N_DEATHS } Death;

static int
die_at (int death, int pipe)
{
  Outbox *outbox = open_outbox ();
  OutboxItem *item = claim (outbox, NOW);
  g_assert_nonnull (item);
  if (death >= AFTER_PERMIT)
    permit (outbox, item->id, 0);
  if (death >= AFTER_END)
    tell (pipe, item->id);
  if (death >= AFTER_FATE)
    give_fate (outbox, item->id, 0, OUTCOME_ACCEPTED, FALSE);
  kill (getpid (), SIGKILL);
  return 1;
}

static const OutboxState state_after[] = {
  [AFTER_CLAIM] = OUTBOX_QUEUED,
  [AFTER_PERMIT] = OUTBOX_IN_DOUBT,
  [AFTER_END] = OUTBOX_IN_DOUBT,
  [AFTER_FATE] = OUTBOX_FINISHED,
};

static void
test_killed (void)
{
  int ends[2];
  state_begin ();
  Outbox *before = open_outbox ();
  gint64 ids[N_DEATHS];
  for (guint i = 0; i < N_DEATHS; i++)
    ids[i] = add (before, (Wish){ .state = OUTBOX_QUEUED, .not_before = N_DEATHS - i });
  outbox_close (before);
  g_assert_cmpint (pipe (ends), ==, 0);
  /* Due in the order of not_before: so the last one added is the first, and dies last in its life;
   * what the first left QUEUED must not be due before the others have died. */
  for (int death = AFTER_FATE; death >= AFTER_CLAIM; death--)
    g_assert_cmpint (WTERMSIG (wait_for (begin_child (die_at, death, ends[1]))), ==, SIGKILL);
  g_autoptr (Outbox) outbox = open_outbox ();
  g_autoptr (OutboxItem) found = find (outbox, ids[0]);
  g_assert_cmpint (found->state, ==, OUTBOX_SENDING);
  g_assert_cmpint (outbox_item_standing (found, NOW), ==, STANDING_WAITING);
  g_assert_cmpstr (found->holder, ==, NULL);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_cmpint (item->id, ==, ids[0]);
  release (outbox, item->id, OUTBOX_QUEUED, NOW + HOUR);
  g_assert_null (claim (outbox, NOW));
  for (guint i = 0; i < N_DEATHS; i++)
    g_assert_cmpint (state_of (outbox, ids[i]), ==, state_after[i]);
  close (ends[0]);
  close (ends[1]);
}

static int
live_dangerously (int number, int pipe)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)number);
  Outbox *outbox = open_outbox ();
  while (TRUE) {
    g_autoptr (OutboxItem) item = claim (outbox, NOW);
    if (!item)
      return 0;
    if (g_rand_int_range (random, 0, 12) == 0)
      kill (getpid (), SIGKILL);
    permit (outbox, item->id, 0);
    tell (pipe, item->id);
    if (g_rand_int_range (random, 0, 12) == 0)
      kill (getpid (), SIGKILL);
    give_fate (outbox, item->id, 0, OUTCOME_ACCEPTED, FALSE);
    if (g_rand_int_range (random, 0, 12) == 0)
      kill (getpid (), SIGKILL);
    release (outbox, item->id, OUTBOX_FINISHED, 0);
  }
}

/* N_PROCESSES at a time, until one finds nothing more to do. */
static guint
send_with_deaths (int pipe)
{
  guint begun = 0, killed = 0, living = 0;
  gboolean over = FALSE;
  while (!over || living > 0) {
    while (!over && living < N_PROCESSES) {
      begin_child (live_dangerously, (int)begun++, pipe);
      living++;
    }
    int status;
    g_assert_cmpint (wait (&status), >, 0);
    living--;
    g_assert_true (status == 0 || (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL));
    killed += status != 0;
    over = over || status == 0;
  }
  return killed;
}

/* What the last of them left is taken by one who lives. */
static void
test_many_killed (void)
{
  int ends[2];
  state_begin ();
  run_many (add_many, -1);
  g_assert_cmpint (pipe (ends), ==, 0);
  guint killed = send_with_deaths (ends[1]);
  g_assert_cmpint (wait_for (begin_child (send_all, 0, ends[1])), ==, 0);
  close (ends[1]);
  g_autoptr (GHashTable) told = count_told (ends[0]);
  close (ends[0]);
  assert_each_once (told, N_PROCESSES * N_EACH);
  gint64 doubted = ask_sql ("SELECT count(*) FROM item WHERE state = 'in-doubt' AND lease IS NULL");
  g_test_message ("%u processes killed, %d items in doubt", killed, (int)doubted);
  g_assert_cmpint (doubted, >, 0);
  g_assert_cmpint (doubted + ask_sql ("SELECT count(*) FROM item WHERE state = 'finished'"), ==,
                   N_PROCESSES * N_EACH);
}

/* --- one process, two of them ---------------------------------------------------------------- */

static void
test_two_in_one (void)
{
  state_begin ();
  g_autoptr (Outbox) first = open_outbox ();
  Outbox *second = open_outbox ();
  gint64 id = add (second, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  g_autofree char *own = g_strdup_printf ("%d", getpid ());
  g_autoptr (OutboxItem) seen = find (first, id);
  g_assert_cmpstr (seen->holder, ==, own);
  g_assert_cmpint (outbox_item_standing (seen, NOW), ==, STANDING_SENDING);
  g_assert_null (claim (first, NOW));
  permit (second, id, 0);
  g_assert_null (claim (first, NOW)); /* though one who waits may be served */
  Outbox *third = open_outbox ();
  g_assert_null (claim (third, NOW));
  outbox_close (third); /* its descriptor of the locks' file is another one */
  g_assert_null (claim (first, NOW));
  g_assert_cmpint (act (first, id, OUTBOX_HOLD), ==, OUTBOX_BUSY);
  outbox_close (second);
  g_autoptr (OutboxItem) item = claim (first, NOW);
  g_assert_nonnull (item);
}

/* The first claim of a process that others wait for: they look again within a minute. */
static void
test_ask_again (void)
{
  const OutboxClaim wanted = { .now = NOW };
  OutboxItem *item;
  gint64 next;
  state_begin ();
  g_autoptr (Outbox) first = open_outbox ();
  g_autoptr (Outbox) second = open_outbox ();
  gint64 id = add (first, (Wish){ .state = OUTBOX_SENDING });
  g_assert_true (outbox_claim (first, &wanted, &item, &next, NULL));
  g_assert_null (item);
  g_assert_cmpint (next, ==, G_MAXINT64);
  g_assert_true (outbox_claim (second, &wanted, &item, &next, NULL));
  g_assert_null (item);
  g_assert_cmpint (next, ==, NOW + MINUTE);
  release (first, id, OUTBOX_QUEUED, NOW + HOUR);
  g_assert_true (outbox_claim (second, &wanted, &item, &next, NULL));
  g_assert_cmpint (next, ==, NOW + HOUR);
}

/* --- leases ------------------------------------------------------------------------------------------------
 */

typedef struct {
  const char *about;
  gboolean same_boot, same_space, same_process, same_start, same_place;
  gboolean alive;
} LeaseRow;

/* Of somebody whose byte isn't locked. */
static const LeaseRow lease_rows[] = {
  { "the kernel says that the lock is gone", TRUE, TRUE, TRUE, TRUE, TRUE, FALSE },
  { "the file was removed, the process lives", TRUE, TRUE, TRUE, TRUE, FALSE, TRUE },
  { "the file was removed, the number came again", TRUE, TRUE, TRUE, FALSE, FALSE, FALSE },
  { "the file was removed, the process is gone", TRUE, TRUE, FALSE, TRUE, FALSE, FALSE },
  { "the file was removed, the process can't be seen", TRUE, FALSE, FALSE, TRUE, FALSE, TRUE },
  { "another boot", FALSE, TRUE, TRUE, TRUE, FALSE, FALSE },
  { "another boot, a process that can't be seen", FALSE, FALSE, TRUE, TRUE, FALSE, FALSE },
};

static void
test_lease (gconstpointer data)
{
  const LeaseRow *row = data;
  g_autoptr (Lease) lease = lease_new (test_file ("leases"));
  const LeaseHolder *own = lease_take (lease);
  g_assert_true (lease_is_alive (lease, own));
  g_assert_nonnull (own->boot);
  g_assert_nonnull (own->space);
  g_assert_nonnull (own->place);
  g_assert_cmpint (own->started, >, 0);
  const LeaseHolder other = { .token = own->token ^ 1,
                              .process = row->same_process ? own->process : G_MAXINT32,
                              .started = own->started + (row->same_start ? 0 : 1),
                              .boot = (char *)(row->same_boot ? own->boot : "another"),
                              .space = (char *)(row->same_space ? own->space : "another"),
                              .place = row->same_place ? own->place : NULL };
  g_assert_cmpint (lease_is_alive (lease, &other), ==, row->alive);
}

static void
test_lease_of_another (void)
{
  g_autoptr (Lease) first = lease_new (test_file ("leases"));
  Lease *second = lease_new (test_file ("leases"));
  g_auto (LeaseHolder) holder = *lease_take (second);
  holder.boot = g_strdup ("whatever");
  holder.space = g_strdup (holder.space);
  holder.place = g_strdup (holder.place);
  g_assert_true (lease_is_alive (first, &holder));
  lease_free (second);
  g_assert_false (lease_is_alive (first, &holder));
}

/* No directory for the locks: processes have to do. */
static void
test_lease_without_locks (void)
{
  g_autoptr (Lease) first = lease_new ("/nowhere/leases");
  g_autoptr (Lease) second = lease_new ("/nowhere/leases");
  g_assert_null (lease_take (second)->place);
  g_assert_true (lease_is_alive (first, lease_take (second)));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_func ("/outbox-processes/many", test_many);
  g_test_add_func ("/outbox-processes/killed", test_killed);
  g_test_add_func ("/outbox-processes/many-killed", test_many_killed);
  g_test_add_func ("/outbox-processes/two-in-one", test_two_in_one);
  g_test_add_func ("/outbox-processes/ask-again", test_ask_again);
  TABLE_ADD ("/lease/is-alive", lease_rows, test_lease);
  g_test_add_func ("/lease/of-another", test_lease_of_another);
  g_test_add_func ("/lease/without-locks", test_lease_without_locks);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}

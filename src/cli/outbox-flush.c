/* One engine after the other, one for each outbox, each with nothing but the messages that are
 * meant. */
#include "cli/outbox-flush.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "cli/accounts.h"
#include "cli/deliver.h"
#include "cli/interrupt.h"
#include "cli/outbox-words.h"
#include "cli/report.h"
#include "cli/state.h"
#include "cli/watch.h"
#include "config/secret-command.h"
#include "engine/outbox-source.h"
#include "net/clock.h"

#define SECOND_INTERRUPT (TICKS_PER_SECOND / 2)

typedef struct {
  const OutboxFlushView *view;
  Accounts *accounts;
  const char *account; /* NULL: any */
  gint64 now;
  guint n_meant, n_settled;
  int status;
  Ticks interrupted; /* 0: not yet */
  /* of the outbox in hand */
  GHashTable *items; /* id to OutboxItem, owned */
  OutboxSource *source;
  Engine *engine;
  GMainLoop *loop;
} Flush;

/* --- which -------------------------------------------------------------------------------------- */

static void
add_item (Flush *flush, const OutboxItem *item)
{
  OutboxItem *copy = outbox_item_copy (item);
  g_hash_table_replace (flush->items, &copy->id, copy);
}

static void
on_item (const OutboxItem *item, gpointer data)
{
  Flush *flush = data;
  const OutboxStanding standing = outbox_item_standing (item, flush->now);
  if (flush->account && g_strcmp0 (item->account, flush->account) != 0)
    return;
  if (standing == STANDING_WAITING || standing == STANDING_DEFERRED
      || (standing == STANDING_SENDING && !item->holder))
    add_item (flush, item);
}

static gboolean
find_all (Flush *flush, const OutboxPlace *place, GError **error)
{
  const OutboxFilter filter
      = { .states = 1u << OUTBOX_QUEUED | 1u << OUTBOX_SENDING, .owner = OUTBOX_ANYBODY };
  return outbox_list (place->outbox, &filter, on_item, flush, error);
}

static gboolean
find_targets (Flush *flush, const OutboxPlace *place, const GArray *targets, GError **error)
{
  for (guint i = 0; i < targets->len; i++) {
    const OutboxTarget *target = &g_array_index (targets, OutboxTarget, i);
    g_autoptr (GError) cause = NULL;
    if (target->place != place)
      continue;
    g_autoptr (OutboxItem) item = outbox_find (place->outbox, target->id, &cause);
    if (cause) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
    if (item)
      add_item (flush, item);
  }
  return TRUE;
}

/* --- what happens ---------------------------------------------------------------------------------- */

static void
on_event (const EngineEvent *event, gpointer data)
{
  const Flush *flush = data;
  const gint64 id = (gint64)event->id;
  const OutboxItem *item = g_hash_table_lookup (flush->items, &id);
  if (event->kind == ENGINE_IDLE)
    g_main_loop_quit (flush->loop);
  if (!item)
    return;
  if (flush->view->json)
    watch_json (event, item->envelope);
  if (flush->view->verbose)
    watch_verbose (event, item->envelope);
}

static void
print_settled (const OutboxSettled *settled)
{
  const gint64 now = clock_instant ().wall;
  const OutboxStanding standing = outbox_item_standing (settled->item, now);
  g_autoptr (GString) words = g_string_new (outbox_standing_words (standing));
  if (settled->outcome->overall.kind != OUTCOME_ACCEPTED && !settled->put_back) {
    g_autofree char *why = report_verdict (&settled->outcome->overall);
    g_string_append_printf (words, ": %s", why);
  }
  if (standing == STANDING_DEFERRED || standing == STANDING_SCHEDULED) {
    g_autofree char *next = outbox_when_words (settled->item, now);
    g_string_append_printf (words, _ ("; due %s"), next);
  }
  outbox_say (stderr, settled->item->id, words->str);
}

static void
on_settled (const OutboxSettled *settled, gpointer data)
{
  Flush *flush = data;
  const int status = settled->put_back ? EX_TEMPFAIL : report_exit_status (settled->outcome);
  flush->n_settled++;
  print_settled (settled);
  flush->status = flush->status == EX_OK ? status : flush->status;
}

/* The first time nothing more is begun, and what can be goes back; the second time the answers
 * that are still due aren't waited for. One signal often comes twice. */
static void
on_interrupt (int number, gpointer data)
{
  Flush *flush = data;
  const Ticks now = clock_now ();
  if (flush->interrupted == 0) {
    flush->interrupted = now;
    flush->status = flush->status == EX_OK ? EX_TEMPFAIL : flush->status;
    outbox_source_rest (flush->source);
    if (engine_put_back_all (flush->engine) > 0)
      fprintf (stderr,
               _ ("toukan: a message has left; waiting for the server's answer. Interrupt again to stop "
                  "waiting\n"));
  } else if (now - flush->interrupted >= SECOND_INTERRUPT) {
    g_main_loop_quit (flush->loop);
  }
}

/* --- one outbox ------------------------------------------------------------------------------------- */

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  const gint64 one = *(const gint64 *)a, other = *(const gint64 *)b;
  return (one > other) - (one < other);
}

/* Oldest first. */
static void
adopt_all (const Flush *flush)
{
  g_autoptr (GList) ids = g_list_sort (g_hash_table_get_keys (flush->items), compare_ids);
  for (const GList *link = ids; link; link = link->next)
    outbox_source_adopt (flush->source, *(const gint64 *)link->data);
}

static gboolean
serve (Flush *flush, const OutboxPlace *place, GError **error)
{
  const OutboxSourceRules rules = {
    .directory = place->directory, .find_account = accounts_find, .data = flush->accounts, .only_own = TRUE
  };
  g_autoptr (PathStore) store = path_store_new (place->directory);
  g_autoptr (PathMemory) memory = state_load (store);
  g_autoptr (Identity) identity = state_identity (store);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  flush->source = outbox_source_new (&rules, error);
  if (!flush->source)
    return FALSE;
  flush->loop = loop;
  flush->engine = engine_new (outbox_source_work (flush->source), memory, identity);
  outbox_source_attach (flush->source, flush->engine);
  outbox_source_listen (flush->source, on_settled, flush);
  engine_watch (flush->engine, on_event, flush);
  flush->n_meant += g_hash_table_size (flush->items);
  adopt_all (flush);
  interrupt_watch (on_interrupt, flush);
  g_main_loop_run (loop);
  interrupt_unwatch ();
  if (outbox_source_warning (flush->source))
    fprintf (stderr, _ ("toukan: warning: outbox: %s\n"), outbox_source_warning (flush->source));
  engine_free (flush->engine);
  state_save (store, memory);
  return TRUE;
}

/* Outboxes are served one after the other: TRUE when the next one may be. */
static gboolean
flush_place (Flush *flush, const OutboxPlace *place, const GArray *targets, GError **error)
{
  flush->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)outbox_item_free);
  gboolean good = targets ? find_targets (flush, place, targets, error) : find_all (flush, place, error);
  if (good && g_hash_table_size (flush->items) > 0)
    good = serve (flush, place, error);
  g_clear_pointer (&flush->items, g_hash_table_unref);
  return good;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static int
conclude (const Flush *flush)
{
  if (flush->n_meant == 0)
    fprintf (stderr, _ ("Nothing is waiting in the outbox.\n"));
  if (flush->n_settled >= flush->n_meant || flush->interrupted != 0)
    return flush->status;
  const guint n = flush->n_meant - flush->n_settled;
  fprintf (stderr,
           ngettext ("%u message is being sent by another process, or has been\n",
                     "%u messages are being sent by other processes, or have been\n", n),
           n);
  return flush->status;
}

int
outbox_flush (const Config *config, const char *name, const GPtrArray *places, const GArray *targets,
              const OutboxFlushView *view)
{
  g_autoptr (Accounts) accounts = accounts_new ();
  g_autoptr (GError) error = NULL;
  Flush flush = { .view = view, .accounts = accounts, .account = name, .now = clock_instant ().wall };
  gboolean good = TRUE;

  accounts_set_base (accounts, config);
  for (guint i = 0; i < places->len && good && flush.interrupted == 0; i++)
    good = flush_place (&flush, places->pdata[i], targets, &error);
  secret_forget_all ();
  return good ? conclude (&flush) : deliver_fail (error);
}

/* The engine claims what is due and gives each delivery a courier. All of it runs on
 * GLib's main loop; nothing in it waits. */
#include "engine/engine.h"

#include "engine/courier.h"
#include "engine/engine-private.h"
#include "engine/timer.h"
#include "net/clock.h"

/* Connections at once; sources have narrower limits of their own. */
#define COURIERS_LIMIT 32

typedef struct {
  guint id;
  EngineWatch watch;
  gpointer data;
} Watcher;

typedef struct {
  const Account *account; /* NULL: of another network, for those who have asked it */
  Resolver *resolver;
} AccountResolver;

struct Engine {
  WorkSource *source;
  PathMemory *memory;
  Identity *identity;
  GPtrArray *couriers;
  GPtrArray *finished; /* couriers that may go at the next turn */
  GArray *watchers;
  GArray *resolvers; /* of AccountResolver */
  Timer *timer;
  guint last_watch;
  gboolean idle_told;
};

WorkSource *
engine_source (Engine *engine)
{
  return engine->source;
}

PathMemory *
engine_memory (Engine *engine)
{
  return engine->memory;
}

Identity *
engine_identity (Engine *engine)
{
  return engine->identity;
}

Resolver *
engine_resolver (Engine *engine, const Account *account)
{
  AccountResolver made = { .account = account };

  for (guint i = 0; i < engine->resolvers->len; i++) {
    AccountResolver *known = &g_array_index (engine->resolvers, AccountResolver, i);
    if (known->account == account)
      return known->resolver;
  }
  made.resolver = resolver_new (account->resolve_timeout);
  g_array_append_val (engine->resolvers, made);
  return made.resolver;
}

/* A watcher may leave while it is told. */
void
engine_emit (Engine *engine, const EngineEvent *event)
{
  for (guint i = 0; i < engine->watchers->len; i++) {
    Watcher watcher = g_array_index (engine->watchers, Watcher, i);
    watcher.watch (event, watcher.data);
  }
}

void
engine_courier_done (Engine *engine, Courier *courier)
{
  g_ptr_array_remove (engine->couriers, courier);
  g_ptr_array_add (engine->finished, courier);
  engine_wake (engine);
}

/* Answers are remembered as long as anything is in hand: what comes tomorrow looks again. */
static void
forget_resolvers (Engine *engine)
{
  for (guint i = 0; i < engine->resolvers->len; i++)
    resolver_free (g_array_index (engine->resolvers, AccountResolver, i).resolver);
  g_array_set_size (engine->resolvers, 0);
}

static void
start_what_is_due (Engine *engine)
{
  Ticks ask_again = TICKS_NEVER;

  /* One that has nothing to do comes before a new one. */
  for (guint i = engine->couriers->len; i-- > 0;)
    courier_wake (g_ptr_array_index (engine->couriers, i));
  while (engine->couriers->len < COURIERS_LIMIT) {
    Delivery *delivery = engine->source->claim (engine->source, NULL, clock_now (), &ask_again);
    if (!delivery)
      break;
    Courier *courier = courier_new (engine, delivery);
    g_ptr_array_add (engine->couriers, courier);
    engine->idle_told = FALSE;
    courier_start (courier);
  }
  /* One that could not even begin is over already, and waits to be freed. */
  timer_set (engine->timer, engine->finished->len > 0 ? 0 : ask_again);
}

static gboolean
source_is_busy (const Engine *engine)
{
  return engine->source->is_busy && engine->source->is_busy (engine->source);
}

static void
on_timer (gpointer data)
{
  Engine *engine = data;

  for (guint i = 0; i < engine->finished->len; i++)
    courier_free (g_ptr_array_index (engine->finished, i));
  g_ptr_array_set_size (engine->finished, 0);
  start_what_is_due (engine);
  if (engine->couriers->len == 0 && engine->finished->len == 0 && !source_is_busy (engine)
      && !engine->idle_told) {
    EngineEvent event = { .kind = ENGINE_IDLE };
    engine->idle_told = TRUE;
    forget_resolvers (engine);
    engine_emit (engine, &event);
  }
}

Engine *
engine_new (WorkSource *source, PathMemory *memory, Identity *identity)
{
  Engine *engine = g_new0 (Engine, 1);

  engine->source = source;
  engine->memory = memory;
  engine->identity = identity;
  engine->couriers = g_ptr_array_new ();
  engine->finished = g_ptr_array_new ();
  engine->watchers = g_array_new (FALSE, FALSE, sizeof (Watcher));
  engine->resolvers = g_array_new (FALSE, FALSE, sizeof (AccountResolver));
  engine->timer = timer_new (on_timer, engine);
  return engine;
}

static void
free_couriers (GPtrArray *couriers)
{
  for (guint i = 0; i < couriers->len; i++)
    courier_free (g_ptr_array_index (couriers, i));
  g_ptr_array_unref (couriers);
}

void
engine_free (Engine *engine)
{
  if (!engine)
    return;
  g_array_set_size (engine->watchers, 0);
  free_couriers (engine->couriers);
  free_couriers (engine->finished);
  forget_resolvers (engine);
  g_array_unref (engine->resolvers);
  g_array_unref (engine->watchers);
  timer_free (engine->timer);
  engine->source->free (engine->source);
  g_free (engine);
}

gboolean
submit (Engine *engine, const Submission *submission, DeliveryId *ret_id, GError **error)
{
  g_assert (engine->source->add);
  if (!engine->source->add (engine->source, submission->account, submission->envelope, submission->message,
                            ret_id, error))
    return FALSE;
  engine_wake (engine);
  return TRUE;
}

void
engine_wake (Engine *engine)
{
  timer_set (engine->timer, 0);
}

gboolean
engine_is_idle (const Engine *engine)
{
  return engine->idle_told;
}

void
engine_network_changed (Engine *engine)
{
  for (guint i = 0; i < engine->resolvers->len; i++)
    g_array_index (engine->resolvers, AccountResolver, i).account = NULL;
  /* A courier that has nothing left leaves the array. */
  for (guint i = engine->couriers->len; i-- > 0;)
    courier_network_changed (g_ptr_array_index (engine->couriers, i));
}

guint
engine_watch (Engine *engine, EngineWatch watch, gpointer data)
{
  Watcher watcher = { .id = ++engine->last_watch, .watch = watch, .data = data };

  g_array_append_val (engine->watchers, watcher);
  return watcher.id;
}

void
engine_unwatch (Engine *engine, guint watch_id)
{
  for (guint i = 0; i < engine->watchers->len; i++)
    if (g_array_index (engine->watchers, Watcher, i).id == watch_id) {
      g_array_remove_index (engine->watchers, i);
      return;
    }
}

static Courier *
find_courier (Engine *engine, DeliveryId id)
{
  for (guint i = 0; i < engine->couriers->len; i++)
    if (courier_holds (g_ptr_array_index (engine->couriers, i), id))
      return g_ptr_array_index (engine->couriers, i);
  return NULL;
}

CancelResult
engine_cancel (Engine *engine, DeliveryId id)
{
  Courier *courier = find_courier (engine, id);

  if (courier)
    return courier_cancel (courier, id, OUTCOME_CANCELLED);
  return engine->source->withdraw (engine->source, id) ? CANCEL_CANCELLED : CANCEL_UNKNOWN;
}

CancelResult
engine_put_back (Engine *engine, DeliveryId id)
{
  Courier *courier = find_courier (engine, id);

  return courier ? courier_cancel (courier, id, OUTCOME_TEMPORARY) : CANCEL_UNKNOWN;
}

/* A courier that has nothing left leaves the array. */
guint
engine_put_back_all (Engine *engine)
{
  guint too_late = 0;

  for (guint i = engine->couriers->len; i-- > 0;)
    too_late += courier_put_back (g_ptr_array_index (engine->couriers, i));
  return too_late;
}

const Ladder *
engine_ladder (Engine *engine, DeliveryId id)
{
  Courier *courier = find_courier (engine, id);

  return courier ? courier_ladder (courier) : NULL;
}

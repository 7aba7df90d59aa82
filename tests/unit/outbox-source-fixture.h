/* One process that sends from an outbox of the test's own, to a server of the test's own; and
 * somebody else who looks at the file meanwhile. */
#pragma once

#include "config/config.h"
#include "engine/engine.h"
#include "engine/outbox-source.h"
#include "tests/lib/loopback-server.h"

#define LETTER "From: me@example.org\r\nTo: you@example.org\r\nSubject: t\r\n\r\nA line.\r\n"

#define WITH_BDAT (CAPABILITY_PIPELINING | CAPABILITY_CHUNKING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define WITH_DATA (CAPABILITY_PIPELINING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define LOCK_STEP (CAPABILITY_8BITMIME)

typedef struct {
  char *directory;
  LoopbackServer *server;
  Config *config;
  PathMemory *memory;
  GMainLoop *loop;
  Outbox *other; /* somebody else who looks */

  OutboxSource *source; /* NULL: the process isn't running */
  Engine *engine;
  gboolean wants_others; /* serves all that is due */
  Ticks linger;
  gboolean account_gone;

  DeliveryId id;
  guint outcomes, settled, ticks;
  gboolean idle;
  OutboxItem *item; /* as told last */
  Outcome *outcome;
  RetryDecision decision;
  gboolean tried, put_back;

  void (*act) (gpointer bench, const EngineEvent *event); /* at each event; NULL: nothing */
  EngineEventKind act_at;
  CancelResult result;
} Bench;

/* MORE: lines of the account's configuration. */
void bench_init (Bench *bench, guint capabilities, const char *more);
void bench_clear (Bench *bench);

/* The process begins, and ends. */
void begin (Bench *bench);
void end (Bench *bench);

gboolean try_submit (Bench *bench, guint n_recipients, const char *letter, GError **error);
void     submit_letter (Bench *bench, guint n_recipients);

/* Until the engine is idle, which it must become. */
void run (Bench *bench);
/* The same, or PATIENCE ms. */
void run_for (Bench *bench, guint patience);

/* As `toukan outbox retry` and the next process do it. */
void retry_now (Bench *bench);

/* By another process. */
Outbox     *other (Bench *bench);
gint64      put (Bench *bench, gint64 not_before);
OutboxItem *on_disk (Bench *bench, gint64 id);

#define assert_on_disk(bench, wanted)                                                                        \
  G_STMT_START                                                                                               \
  {                                                                                                          \
    g_autoptr (OutboxItem) item_ = on_disk (bench, (gint64)(bench)->id);                                     \
    g_assert_cmpstr (outbox_state_name (item_->state), ==, outbox_state_name (wanted));                      \
  }                                                                                                          \
  G_STMT_END

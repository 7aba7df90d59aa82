/* An outbox of the test's own, and short ways to fill it. */
#pragma once

#include "store/outbox.h"

#define NOW (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)
#define HOUR TICKS_PER_HOUR
#define MINUTE TICKS_PER_MINUTE

/* A state directory for each test, below the test's folder; it isn't made yet. */
void        state_begin (void);
const char *state_directory (void);
/* DIRECTORY/NAME; free with g_free(). */
char       *state_file (const char *name);

/* Must succeed, without a warning. */
Outbox *open_outbox (void);

/* What a test wants to put in; the rest is filled in. */
typedef struct {
  OutboxState state;
  const char *reason, *account;
  guint       recipients;  /* 0: one */
  gsize       size;        /* of the message; 0: a short one */
  gint64      not_before, hold_until;
  guint32     owner, seed; /* of its octets */
} Wish;

gint64   add (Outbox *outbox, Wish wish);
gboolean try_add (Outbox *outbox, Wish wish, gint64 *ret_id, GError **error);
gboolean try_replace (Outbox *outbox, gint64 id, Wish wish, gboolean *ret_found, GError **error);

/* The octets that WISH puts in. */
GByteArray *message_of (Wish wish);
/* What is kept of ID is exactly that. */
void assert_message (Outbox *outbox, gint64 id, Wish wish);
gboolean has_message (Outbox *outbox, gint64 id);

OutboxItem *claim (Outbox *outbox, gint64 now); /* NULL: nothing is due */
OutboxItem *find (Outbox *outbox, gint64 id);   /* must be there */
OutboxState state_of (Outbox *outbox, gint64 id);
guint       count_items (Outbox *outbox);

/* One change a call; each must succeed. */
void give_fate (Outbox *outbox, gint64 id, guint recipient, OutcomeKind kind, gboolean pending);
void permit (Outbox *outbox, gint64 id, guint recipient);
void release (Outbox *outbox, gint64 id, OutboxState state, gint64 not_before);

/* What is asked by anybody. */
OutboxResult act (Outbox *outbox, gint64 id, OutboxAction action);

/* Runs SQL on the file without any of our code. */
void run_sql (const char *sql);
gint64 ask_sql (const char *sql);

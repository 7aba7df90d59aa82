/* One message through one world under a virtual clock, watched by the oracle. */
#pragma once

#include "oracle.h"

typedef struct {
  /* What outlives a message. */
  PathMemory *memory;
  Shadow     *shadow;
  guint64     counts[N_DECISIONS];
  Ticks       clock;
  gboolean    alone;          /* only this claim counts: */
  Claim       only;
  /* What became of the latest. */
  GString    *trace;          /* one line an event, for people */
  char       *violation;      /* NULL: none */
  Claim       claim;
  gboolean    won;
  Path        winner;         /* its host is static */
  Ticks       won_after;      /* since the message began */
  Ticks       ended_after;
  guint       n_attempts;
} Run;

Run *run_new (Ticks clock);
void run_free (Run *run);

/* FALSE when a claim was violated. DICE decides what is delivered together and what
 * still comes from attempts that were abandoned; NULL: nothing of that. */
gboolean run_message (Run *run, const World *world, Dice *dice);

/* Was PORT/FAMILY ever tried for the latest message? */
gboolean run_tried (const Run *run, guint16 port, Family family);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* The ladder and the path memory in many thousands of random worlds. Each claim of the
 * oracle is one TAP line. TOUKAN_SIM_SEED and TOUKAN_SIM_NETWORKS replay a run. For the
 * mutations TOUKAN_SIM_QUICK leaves out what needs many worlds, and TOUKAN_SIM_ONLY is
 * the number of the one claim that counts, as in TAP. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>

#define NETWORKS 20000
#define MESSAGES 6 /* at the most, in a row in one world */

static guint64
number_from_environment (const char *name, guint64 fallback)
{
  const char *text = g_getenv (name);
  return text ? g_ascii_strtoull (text, NULL, 10) : fallback;
}

/* Somebody sends a few messages, now and then from elsewhere. */
static gboolean
live (Run *run, Dice *dice, guint64 *n_messages)
{
  World world;
  world_randomize (&world, dice);
  guint messages = 1 + dice_below (dice, MESSAGES);
  for (guint i = 0; i < messages; i++) {
    ++*n_messages;
    if (!run_message (run, &world, dice))
      return FALSE;
    run->clock += dice_chance (dice, 70) ? dice_below (dice, 60) * TICKS_PER_SECOND
                                         : dice_below (dice, 180) * TICKS_PER_MINUTE;
    if (dice_chance (dice, 25))
      world_change (&world, dice);
  }
  return TRUE;
}

static gboolean
print_histogram (const guint64 *counts)
{
  gboolean complete = TRUE;
  printf ("# decisions reached:\n");
  for (guint i = 0; i < N_DECISIONS; i++) {
    printf ("# %10" G_GUINT64_FORMAT "  %s\n", counts[i], decision_name (i));
    complete &= counts[i] > 0;
  }
  return complete;
}

static void
print_trace (const Run *run)
{
  g_auto (GStrv) lines = g_strsplit (run->trace->str, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    printf ("# %s\n", lines[i]);
}

int
main (void)
{
  guint64 seed = number_from_environment ("TOUKAN_SIM_SEED", (guint64)g_get_real_time ());
  guint64 networks = number_from_environment ("TOUKAN_SIM_NETWORKS", NETWORKS);
  guint64 only = number_from_environment ("TOUKAN_SIM_ONLY", 0);
  gboolean quick = g_getenv ("TOUKAN_SIM_QUICK") != NULL;
  guint64 counts[N_DECISIONS] = { 0 }, n_messages = 0;
  gboolean held[N_CLAIMS];
  gboolean all_held = TRUE;
  for (guint i = 0; i < N_CLAIMS; i++)
    held[i] = TRUE;

  for (guint64 i = 0; i < networks && all_held; i++) {
    Dice dice = { .state = seed + i };
    g_autoptr (Run) run = run_new (TICKS_PER_DAY);
    run->alone = only > 0;
    run->only = (Claim)(only - 1);
    all_held = live (run, &dice, &n_messages);
    for (guint k = 0; k < N_DECISIONS; k++)
      counts[k] += run->counts[k];
    if (all_held)
      continue;
    held[run->claim] = FALSE;
    printf ("# replay with TOUKAN_SIM_SEED=%" G_GUINT64_FORMAT " TOUKAN_SIM_NETWORKS=1\n", seed + i);
    print_trace (run);
  }

  printf ("1..%d\n", N_CLAIMS + (quick ? 0 : 1));
  printf ("# seed %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " networks, %" G_GUINT64_FORMAT " messages\n",
          seed, networks, n_messages);
  for (guint i = 0; i < N_CLAIMS; i++)
    printf ("%s %u - %s\n", held[i] ? "ok" : "not ok", i + 1, claim_text (i));
  gboolean complete = print_histogram (counts);
  if (!quick)
    printf ("%s %u - every decision was reached\n", complete ? "ok" : "not ok", N_CLAIMS + 1);
  return all_held && (quick || complete) ? EXIT_SUCCESS : EXIT_FAILURE;
}

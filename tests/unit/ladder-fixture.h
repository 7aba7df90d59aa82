/* A ladder on the bench: events go in by hand, and what it says to do comes out as a
 * line of text. Addresses are numbered by their last octet. Times are ms. */
#pragma once

#include "core/ladder.h"

#define HOME "home"
#define MS(ms) ((Ticks)(ms) * TICKS_PER_MS)

typedef struct {
  LadderRules rules;
  PathMemory *memory;
  const char *network; /* of both families */
  Ladder     *ladder;
  GString    *said;
} Fixture;

/* The usual rules, one host, an empty memory. DATA is the LadderMode. */
void fixture_set_up (Fixture *f, gconstpointer data);
void fixture_tear_down (Fixture *f, gconstpointer data);

/* Begins anew with the rules and the memory as they are now. */
void fixture_start (Fixture *f, gsize n_hosts);

/* All that the ladder says at MS: "drop 1 silent; try 2 587/4.1; wait 3000". */
const char *says (Fixture *f, gint64 ms);
void        expect (Fixture *f, gint64 ms, const char *text, int line);

#define SAYS(ms, text) expect (f, ms, text, __LINE__)

/* ---- what happens ---- */
void resolve (Fixture *f, guint host, Family family, guint n, gint64 ms);
void resolve_on (Fixture *f, const char *network, Family family, guint n, gint64 ms); /* of host 0 */
void resolve_both (Fixture *f, guint n_ipv6, guint n_ipv4); /* asks and answers at 0 */
void refused (Fixture *f, LadderAttemptId id, gint64 ms);
void failed (Fixture *f, LadderAttemptId id, LadderFailure failure, gint64 ms);
void progress (Fixture *f, LadderAttemptId id, LadderProgress step, gint64 ms);

/* ---- what is remembered of host "one" ---- */
Path                   path_of (const char *host, guint16 port, Family family);
void                   demote (Fixture *f, guint16 port, Family family);
const PathMemoryEntry *remembered (Fixture *f, guint16 port, Family family);
guint                  repetitions (Fixture *f, guint16 port, Family family);

typedef struct {
  const char *name;
  LadderMode  mode;
  void (*run) (Fixture *f, gconstpointer data);
} FixtureRow;

void fixture_add_rows (const FixtureRow *rows, gsize n_rows);

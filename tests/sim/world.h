/* A world made of numbers: names, addresses and how each of them answers. */
#pragma once

#include "core/ladder.h"

#define WORLD_HOSTS 3
#define WORLD_PORTS 4
#define WORLD_ADDRESSES 12

/* The steps that an accepted connection takes. */
enum { STEP_GREETING, STEP_EHLO, STEP_TLS, STEP_SESSION, N_STEPS };

typedef enum {
  FAULT_NONE,
  FAULT_STALL,        /* nothing comes any more */
  FAULT_CLOSE,        /* closed or reset */
  FAULT_BAD_GREETING, /* 421 or 5xx */
  FAULT_VERIFICATION, /* the certificate, or another verdict that is final */
} Fault;

/* What one address on one port does, the same at each attempt. */
typedef struct {
  AttemptEnd connect;         /* ATTEMPT_SILENT: nothing comes, unless */
  Ticks      connect_after;   /*   the kernel gives up before: TICKS_NEVER if not */
  Ticks      after[N_STEPS];  /* how long each step takes */
  guint      fault_step;
  Fault      fault;
} Behaviour;

typedef struct {
  Ticks answers_after;
  guint n_addresses;
} Resolving;

typedef struct {
  LadderRules rules; /* its families and ports point to the arrays below */
  Family      families[FAMILY_COUNT];
  LadderPort  ports[WORLD_PORTS];
  guint       n_hosts;
  const char *networks[WORLD_HOSTS][FAMILY_COUNT]; /* static; NULL: unknown, as a tunnel's is */
  Resolving   resolving[WORLD_HOSTS][FAMILY_COUNT];
  Behaviour   behaviour[WORLD_HOSTS][WORLD_PORTS][FAMILY_COUNT][WORLD_ADDRESSES];
} World;

/* Numbers from a seed, the same on every machine. */
typedef struct {
  guint64 state;
} Dice;

guint64  dice_next (Dice *dice);
guint    dice_below (Dice *dice, guint n);      /* 0 to n - 1 */
gboolean dice_chance (Dice *dice, guint percent);

extern const char *const world_hosts[WORLD_HOSTS];

/* The usual rules of race or strict, two families, 587 and 25, one host, one address
 * each, everything open with a round trip of RTT. */
void world_init (World *world, LadderMode mode, Ticks rtt);

/* Any world. */
void world_randomize (World *world, Dice *dice);

/* The same options and names in another mood: what a machine sees that moved, or a
 * network that changed. */
void world_change (World *world, Dice *dice);

IpAddress world_address (Family family, guint index);
guint     world_address_index (const IpAddress *address);

/* Where the machine is attached for the route to HOST in FAMILY. */
const char *world_network (const World *world, const char *host, Family family);

/* All of it is reached by way of NETWORK. */
void world_attach (World *world, const char *network);

/* A mail gets through by this address, if it is tried. */
gboolean behaviour_is_good (const Behaviour *behaviour, const LadderRules *rules);

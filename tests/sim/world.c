/* Worlds, mostly bad ones. */
#include "world.h"

#include <string.h>

#define MS(ms) ((Ticks)(ms)*TICKS_PER_MS)

const char *const world_hosts[WORLD_HOSTS] = { "one.example", "two.example", "three.example" };

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
guint64
dice_next (Dice *dice)
{
  guint64 z = dice->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

guint
dice_below (Dice *dice, guint n)
{
  return (guint)(dice_next (dice) % n);
}

gboolean
dice_chance (Dice *dice, guint percent)
{
  return dice_below (dice, 100) < percent;
}

static Ticks
dice_span (Dice *dice, Ticks least, Ticks most)
{
  return least + (Ticks)(dice_next (dice) % (guint64)(most - least + 1));
}

static void
use_lists (World *world, gsize n_families, gsize n_ports)
{
  world->rules.families = world->families;
  world->rules.n_families = n_families;
  world->rules.ports = world->ports;
  world->rules.n_ports = n_ports;
}

void
world_init (World *world, LadderMode mode, Ticks rtt)
{
  *world = (World){ .n_hosts = 1 };
  world_attach (world, "home");
  world->rules = (LadderRules){
    .mode = mode,
    .attempt_delay = MS (250),
    .port_patience = MS (3000),
    .connect_timeout = MS (5000),
    .greeting_patience = MS (5000),
    .greeting_timeout = MS (60000),
    .last_greeting_timeout = MS (300000),
    .resolution_delay = MS (50),
  };
  world->families[0] = FAMILY_IPV6;
  world->families[1] = FAMILY_IPV4;
  world->ports[0] = (LadderPort){ .port = 587 };
  world->ports[1] = (LadderPort){ .port = 25 };
  use_lists (world, 2, 2);
  for (guint family = 0; family < FAMILY_COUNT; family++) {
    world->resolving[0][family] = (Resolving){ .answers_after = 0, .n_addresses = 1 };
    for (guint port = 0; port < 2; port++)
      world->behaviour[0][port][family][0] = (Behaviour){ .connect = ATTEMPT_ACCEPTED,
                                                          .connect_after = rtt,
                                                          .after = { rtt, rtt, rtt, 4 * rtt } };
  }
}

/* ---- networks ------------------------------------------------------------------- */

void
world_attach (World *world, const char *network)
{
  for (guint host = 0; host < WORLD_HOSTS; host++)
    world->networks[host][FAMILY_IPV6] = world->networks[host][FAMILY_IPV4] = network;
}

const char *
world_network (const World *world, const char *host, Family family)
{
  for (guint i = 0; i < WORLD_HOSTS; i++)
    if (strcmp (world_hosts[i], host) == 0)
      return world->networks[i][family];
  g_assert_not_reached ();
}

/* ---- at random ------------------------------------------------------------------ */

static void
randomize_rules (World *world, Dice *dice)
{
  static const Family orders[][2] = {
    { FAMILY_IPV6, FAMILY_IPV4 }, { FAMILY_IPV4, FAMILY_IPV6 }, { FAMILY_IPV6, 0 }, { FAMILY_IPV4, 0 }
  };
  static const guint16 numbers[] = { 587, 25, 465, 2525 };
  gboolean usual = dice_chance (dice, 40);
  world_init (world, dice_chance (dice, 60) ? LADDER_RACE : LADDER_STRICT, 0);
  if (!usual)
    world->rules = (LadderRules){
      .mode = world->rules.mode,
      .attempt_delay = dice_chance (dice, 5) ? 0 : dice_span (dice, MS (10), MS (1000)),
      .port_patience = dice_span (dice, MS (100), MS (8000)),
      .connect_timeout = dice_span (dice, MS (500), MS (15000)),
      .greeting_patience = dice_span (dice, MS (200), MS (10000)),
      .greeting_timeout = dice_span (dice, MS (5000), MS (90000)),
      .last_greeting_timeout = dice_span (dice, MS (60000), MS (300000)),
      .resolution_delay = dice_span (dice, 0, MS (200)),
    };
  guint order = dice_chance (dice, 70) ? 0 : dice_below (dice, G_N_ELEMENTS (orders));
  world->families[0] = orders[order][0];
  world->families[1] = orders[order][1];
  gsize n_families = order < 2 ? 2 : 1;
  if (dice_chance (dice, 3)) {
    world->families[0] = FAMILY_TUNNEL;
    n_families = 1;
  }
  gsize n_ports = dice_chance (dice, 60) ? 2 : 1 + dice_below (dice, WORLD_PORTS);
  for (guint i = 0; i < WORLD_PORTS; i++)
    world->ports[i] = (LadderPort){ .port = numbers[i], .implicit_tls = numbers[i] == 465 };
  use_lists (world, n_families, n_ports);
  world->n_hosts = dice_chance (dice, 70) ? 1 : 1 + dice_below (dice, WORLD_HOSTS);
}

static void
randomize_resolving (World *world, Dice *dice)
{
  for (guint host = 0; host < world->n_hosts; host++)
    for (guint family = 0; family < FAMILY_COUNT; family++) {
      Resolving *resolving = &world->resolving[host][family];
      resolving->n_addresses = dice_chance (dice, 75) ? 1 : dice_below (dice, 5);
      if (dice_chance (dice, 3))
        resolving->n_addresses = WORLD_ADDRESSES;
      resolving->answers_after = dice_chance (dice, 20)   ? 0
                                 : dice_chance (dice, 80) ? dice_span (dice, 0, MS (150))
                                                          : dice_span (dice, 0, MS (10000));
      if (family == FAMILY_TUNNEL)
        *resolving = (Resolving){ .answers_after = 0, .n_addresses = 1 };
    }
}

/* A round trip, or what a slow one costs; sometimes the very time that an option names. */
static Ticks
any_delay (Dice *dice, const LadderRules *rules)
{
  switch (dice_below (dice, 12)) {
  case 0:
    return dice_span (dice, 0, 2 * rules->attempt_delay);
  case 1:
    return dice_span (dice, 0, 2 * rules->port_patience);
  case 2:
    return dice_span (dice, 0, rules->connect_timeout);
  case 3:
    return rules->attempt_delay;
  default:
    return dice_span (dice, 0, MS (200));
  }
}

static Behaviour
any_behaviour (Dice *dice, const LadderRules *rules, guint badness)
{
  static const AttemptEnd ends[]
      = { ATTEMPT_REFUSED, ATTEMPT_PROHIBITED, ATTEMPT_UNREACHABLE, ATTEMPT_SILENT,
          ATTEMPT_SILENT,  ATTEMPT_SILENT,     ATTEMPT_SILENT,      ATTEMPT_OWN_HOST };
  static const Fault faults[] = { FAULT_STALL, FAULT_STALL, FAULT_STALL, FAULT_CLOSE, FAULT_BAD_GREETING };
  Behaviour behaviour = { .connect = ATTEMPT_ACCEPTED, .connect_after = any_delay (dice, rules) };
  for (guint i = 0; i < N_STEPS; i++)
    behaviour.after[i] = any_delay (dice, rules);
  if (dice_chance (dice, 10)) /* greet pause */
    behaviour.after[STEP_GREETING] = dice_span (dice, rules->greeting_patience, 2 * rules->greeting_timeout);
  if (dice_chance (dice, 20))
    behaviour.after[STEP_SESSION] = dice_span (dice, 0, 3 * rules->connect_timeout);
  if (dice_chance (dice, badness)) {
    behaviour.connect = ends[dice_below (dice, G_N_ELEMENTS (ends))];
    if (behaviour.connect == ATTEMPT_SILENT && dice_chance (dice, 95))
      behaviour.connect_after = TICKS_NEVER;
  } else if (dice_chance (dice, badness)) {
    behaviour.fault = faults[dice_below (dice, G_N_ELEMENTS (faults))];
    behaviour.fault_step = dice_below (dice, behaviour.fault == FAULT_STALL ? N_STEPS - 1 : N_STEPS);
    if (behaviour.fault == FAULT_BAD_GREETING)
      behaviour.fault_step = STEP_GREETING;
  } else if (dice_chance (dice, 3)) {
    behaviour.fault = FAULT_VERIFICATION;
    behaviour.fault_step = STEP_TLS + dice_below (dice, 2);
  }
  return behaviour;
}

static void
randomize_behaviours (World *world, Dice *dice)
{
  guint badness = 20 * dice_below (dice, 6);
  for (guint host = 0; host < world->n_hosts; host++)
    for (guint port = 0; port < world->rules.n_ports; port++)
      for (guint family = 0; family < FAMILY_COUNT; family++) {
        /* Mostly a whole path is as it is: that is what a firewall does. */
        gboolean alike = dice_chance (dice, 70);
        for (guint i = 0; i < WORLD_ADDRESSES; i++) {
          Behaviour *behaviour = world->behaviour[host][port][family];
          behaviour[i] = alike && i > 0 ? behaviour[0] : any_behaviour (dice, &world->rules, badness);
        }
      }
}

void
world_randomize (World *world, Dice *dice)
{
  randomize_rules (world, dice);
  world_change (world, dice);
}

/* Mostly one network for all; now and then IPv6 takes another way than IPv4 (a tunnel), or a
 * host does (a VPN). */
static void
randomize_networks (World *world, Dice *dice)
{
  static const char *const networks[] = { "home", "café", "home", "train", NULL };
  world_attach (world, networks[dice_below (dice, G_N_ELEMENTS (networks))]);
  for (guint host = 0; host < WORLD_HOSTS; host++)
    for (guint family = FAMILY_IPV6; family <= FAMILY_IPV4; family++)
      if (dice_chance (dice, 15))
        world->networks[host][family] = networks[dice_below (dice, G_N_ELEMENTS (networks))];
}

void
world_change (World *world, Dice *dice)
{
  randomize_networks (world, dice);
  randomize_resolving (world, dice);
  randomize_behaviours (world, dice);
}

/* ---- addresses -------------------------------------------------------------------- */

IpAddress
world_address (Family family, guint index)
{
  IpAddress address = { .family = family };
  address.octets[family == FAMILY_IPV6 ? 15 : 3] = (guint8)index;
  return address;
}

guint
world_address_index (const IpAddress *address)
{
  return address->octets[address->family == FAMILY_IPV6 ? 15 : 3];
}

gboolean
behaviour_is_good (const Behaviour *behaviour, const LadderRules *rules)
{
  Ticks greeting = MIN (rules->greeting_timeout, rules->last_greeting_timeout);
  if (behaviour->connect != ATTEMPT_ACCEPTED || behaviour->connect_after >= rules->connect_timeout
      || behaviour->fault != FAULT_NONE)
    return FALSE;
  for (guint i = STEP_GREETING; i < STEP_SESSION; i++)
    if (behaviour->after[i] >= greeting)
      return FALSE;
  return TRUE;
}

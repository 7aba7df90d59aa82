/* The eleven networks that every change must pass, each in both modes, cold and again
 * with what was remembered, in virtual milliseconds. The round trip is 20 ms; a path
 * that is open is established after four of them. */
#include "run.h"

#include "../lib/tap.h"

#define RTT 20
#define MS(ms) ((Ticks)(ms)*TICKS_PER_MS)
#define SENDS 5

#define V6 FAMILY_IPV6
#define V4 FAMILY_IPV4
enum { P587, P25 };

typedef struct {
  const char *name;
  void (*make) (World *world);
  guint16 port; /* where it arrives, cold */
  Family family;
  gint64 race[SENDS]; /* when the winner was established, send by send */
  gint64 strict[SENDS];
  gboolean spares_25;
} Network;

static void
set_connect (World *world, guint port, Family family, AttemptEnd end)
{
  Behaviour *behaviour = &world->behaviour[0][port][family][0];
  behaviour->connect = end;
  behaviour->connect_after = end == ATTEMPT_SILENT ? TICKS_NEVER : MS (RTT);
}

static void
set_port (World *world, guint port, AttemptEnd end)
{
  set_connect (world, port, FAMILY_IPV6, end);
  set_connect (world, port, FAMILY_IPV4, end);
}

static void
set_family (World *world, Family family, AttemptEnd end)
{
  set_connect (world, P587, family, end);
  set_connect (world, P25, family, end);
}

static void
make_open (World *world)
{
}

static void
make_refused (World *world)
{
  set_port (world, P587, ATTEMPT_REFUSED);
}

static void
make_prohibited (World *world)
{
  set_port (world, P587, ATTEMPT_PROHIBITED);
}

static void
make_unreachable (World *world)
{
  set_port (world, P587, ATTEMPT_UNREACHABLE);
}

static void
make_silent (World *world)
{
  set_port (world, P587, ATTEMPT_SILENT);
}

static void
make_ipv6_silent (World *world)
{
  set_family (world, FAMILY_IPV6, ATTEMPT_SILENT);
}

static void
make_only_25_ipv4 (World *world)
{
  set_port (world, P587, ATTEMPT_SILENT);
  set_family (world, FAMILY_IPV6, ATTEMPT_SILENT);
}

static void
make_never_greets (World *world)
{
  world->behaviour[0][P587][V6][0].fault = FAULT_STALL;
  world->behaviour[0][P587][V6][0].fault_step = STEP_GREETING;
}

static void
make_greet_pause (World *world)
{
  world->behaviour[0][P587][V6][0].after[STEP_GREETING] = MS (12000);
  world->behaviour[0][P587][V4][0].after[STEP_GREETING] = MS (12000);
}

static void
make_path_mtu_black_hole (World *world)
{
  for (guint port = P587; port <= P25; port++) {
    world->behaviour[0][port][V6][0].fault = FAULT_STALL;
    world->behaviour[0][port][V6][0].fault_step = STEP_TLS;
  }
}

static const Network networks[] = {
  { "1 all open", make_open, 587, V6, { 80, 80, 80, 80, 80 }, { 80, 80, 80, 80, 80 }, TRUE },
  { "2 587 RST", make_refused, 25, V6, { 120, 120, 120, 120, 120 }, { 120, 120, 120, 120, 120 }, FALSE },
  { "3 587 ICMP prohibited",
    make_prohibited,
    25,
    V6,
    { 120, 120, 120, 120, 120 },
    { 120, 120, 120, 120, 120 },
    FALSE },
  { "4 587 ICMP no route",
    make_unreachable,
    25,
    V6,
    { 120, 120, 120, 120, 120 },
    { 120, 120, 120, 120, 120 },
    FALSE },
  { "5 587 silent", make_silent, 25, V6, { 3080, 80, 80, 80, 80 }, { 10080, 80, 80, 80, 80 }, FALSE },
  /* 410 ms of silence are weak evidence: three in a row make one. */
  { "6 IPv6 silent", make_ipv6_silent, 587, V4, { 330, 330, 330, 80, 80 }, { 5080, 80, 80, 80, 80 }, TRUE },
  { "7 only 25/IPv4",
    make_only_25_ipv4,
    25,
    V4,
    { 3330, 330, 330, 80, 80 },
    { 15080, 80, 80, 80, 80 },
    FALSE },
  { "8 587/IPv6 never greets",
    make_never_greets,
    587,
    V4,
    { 5100, 80, 80, 80, 80 },
    { 5100, 80, 80, 80, 80 },
    TRUE },
  /* What 25 offers is the session's business: the ladder sees the second network. */
  { "9 587 RST, 25 without AUTH",
    make_refused,
    25,
    V6,
    { 120, 120, 120, 120, 120 },
    { 120, 120, 120, 120, 120 },
    FALSE },
  { "10 greet pause on both 587",
    make_greet_pause,
    587,
    V6,
    { 12060, 12060, 12060, 12060, 12060 },
    { 12060, 12060, 12060, 12060, 12060 },
    TRUE },
  { "11 path-MTU black hole on IPv6",
    make_path_mtu_black_hole,
    587,
    V4,
    { 5140, 80, 80, 80, 80 },
    { 5140, 80, 80, 80, 80 },
    TRUE },
};

static void
send_one (Run *run, const World *world)
{
  if (!run_message (run, world, NULL))
    g_error ("%s", run->trace->str);
  g_assert_true (run->won);
  run->clock += TICKS_PER_SECOND;
}

static void
check_network (const Network *network, LadderMode mode, const gint64 *expected)
{
  World world;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&world, mode, MS (RTT));
  network->make (&world);
  for (guint i = 0; i < SENDS; i++) {
    send_one (run, &world);
    g_test_message ("send %u:\n%s", i + 1, run->trace->str);
    g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, expected[i]);
    g_assert_cmpuint (run->winner.port, ==, network->port);
    g_assert_cmpint (run->winner.family, ==, network->family);
    if (network->spares_25)
      g_assert_false (run_tried (run, 25, FAMILY_IPV6) || run_tried (run, 25, FAMILY_IPV4));
  }
}

static void
test_race (gconstpointer data)
{
  const Network *network = data;
  check_network (network, LADDER_RACE, network->race);
}

static void
test_strict (gconstpointer data)
{
  const Network *network = data;
  check_network (network, LADDER_STRICT, network->strict);
}

/* Ten dead addresses before the one that lives. */
static void
test_ten_dead_addresses (void)
{
  World world;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&world, LADDER_RACE, MS (RTT));
  world.resolving[0][FAMILY_IPV6].n_addresses = 11;
  world.resolving[0][FAMILY_IPV4].n_addresses = 0;
  const Behaviour alive = world.behaviour[0][P587][V6][0];
  set_connect (&world, P587, FAMILY_IPV6, ATTEMPT_SILENT);
  for (guint i = 1; i < 10; i++)
    world.behaviour[0][P587][V6][i] = world.behaviour[0][P587][V6][0];
  world.behaviour[0][P587][V6][10] = alive;
  send_one (run, &world);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 10 * 250 + 80);
}

/* What was learnt at home isn't believed elsewhere, and is still known at home. */
static void
test_roaming (void)
{
  World home, elsewhere;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&home, LADDER_RACE, MS (RTT));
  make_silent (&home);
  world_init (&elsewhere, LADDER_RACE, MS (RTT));
  world_attach (&elsewhere, "café");
  send_one (run, &home);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 3080);
  send_one (run, &elsewhere);
  g_assert_cmpuint (run->winner.port, ==, 587);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 80);
  send_one (run, &home);
  g_assert_cmpuint (run->winner.port, ==, 25);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 80);
  world_attach (&elsewhere, NULL); /* unknown: nothing believed, nothing written */
  make_silent (&elsewhere);
  for (guint i = 0; i < 2; i++) {
    send_one (run, &elsewhere);
    g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 3080);
  }
}

/* IPv4 moves to a café, IPv6 stays at home by way of a VPN: what was learnt of IPv6 is still
 * believed, what was learnt of IPv4 isn't. */
static void
test_roaming_per_family (void)
{
  World home, away;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&home, LADDER_RACE, MS (RTT));
  make_silent (&home);
  send_one (run, &home);
  world_init (&away, LADDER_RACE, MS (RTT));
  away.networks[0][FAMILY_IPV4] = "café";
  send_one (run, &away);
  g_assert_cmpuint (run->winner.port, ==, 587);
  g_assert_cmpint (run->winner.family, ==, FAMILY_IPV4);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 80);
  g_assert_false (run_tried (run, 587, FAMILY_IPV6));
}

/* The firewall goes away: after ten minutes the preferred path has its turn again. */
static void
test_recovery (void)
{
  World world;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&world, LADDER_RACE, MS (RTT));
  make_silent (&world);
  send_one (run, &world);
  world_init (&world, LADDER_RACE, MS (RTT));
  send_one (run, &world);
  g_assert_cmpuint (run->winner.port, ==, 25);
  run->clock += 10 * TICKS_PER_MINUTE;
  send_one (run, &world);
  g_assert_cmpuint (run->winner.port, ==, 587);
  g_assert_cmpint (run->winner.family, ==, FAMILY_IPV6);
}

/* The first host is dead in every way; its time is what the options promise. */
static void
test_second_host (void)
{
  World world;
  g_autoptr (Run) run = run_new (TICKS_PER_DAY);
  world_init (&world, LADDER_RACE, MS (RTT));
  world.n_hosts = 2;
  for (guint family = 0; family < FAMILY_COUNT; family++) {
    world.resolving[1][family] = world.resolving[0][family];
    for (guint port = 0; port < 2; port++)
      world.behaviour[1][port][family][0] = world.behaviour[0][port][family][0];
  }
  set_port (&world, P587, ATTEMPT_SILENT);
  set_port (&world, P25, ATTEMPT_SILENT);
  send_one (run, &world);
  g_assert_cmpstr (run->winner.host, ==, world_hosts[1]);
  g_assert_cmpint (run->won_after / TICKS_PER_MS, ==, 3000 + 250 + 5000 + 80);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (networks); i++) {
    g_autofree char *race = g_strdup_printf ("/lab/race/%s", networks[i].name);
    g_autofree char *strict = g_strdup_printf ("/lab/strict/%s", networks[i].name);
    g_test_add_data_func (race, &networks[i], test_race);
    g_test_add_data_func (strict, &networks[i], test_strict);
  }
  g_test_add_func ("/lab/ten-dead-addresses", test_ten_dead_addresses);
  g_test_add_func ("/lab/roaming", test_roaming);
  g_test_add_func ("/lab/roaming-per-family", test_roaming_per_family);
  g_test_add_func ("/lab/recovery", test_recovery);
  g_test_add_func ("/lab/second-host", test_second_host);
  return g_test_run ();
}

/* The same thing seen at many addresses is said once, of the largest place that it is true
 * of: a port, a family, a path. */
#include "core/probe-advice.h"

#include <string.h>

#define NOTHING (-1)
#define SECONDS_PER_DAY ((gint64)86400)

typedef struct {
  const ProbeReport *report;
  const ProbeRules *rules;
  GArray *advice;    /* of Advice */
  gint64 *keys;      /* by result: results with the same key have something in common */
  gboolean *covered; /* by result: something was said of it under the key in hand */
} Advisor;

static const char *const code_names[] = {
  [ADVICE_LEAVES] = "leaves",
  [ADVICE_STOPS] = "stops",
  [ADVICE_NO_PATH] = "no-path",
  [ADVICE_NO_NETWORK] = "no-network",
  [ADVICE_HOST_UNKNOWN] = "host-unknown",
  [ADVICE_RESOLVER] = "resolver",
  [ADVICE_ALL_WORK] = "all-work",
  [ADVICE_FINDING] = "finding",
  [ADVICE_NO_ADDRESS] = "no-address",
  [ADVICE_SLOW] = "slow",
  [ADVICE_CERTIFICATE] = "certificate",
  [ADVICE_LOGIN] = "login",
  [ADVICE_LOGIN_UNUSED] = "login-unused",
};

const char *
advice_code_name (AdviceCode code)
{
  return code_names[code];
}

static const ProbeResult *
result_at (const Advisor *advisor, guint index)
{
  return g_ptr_array_index (advisor->report->results, index);
}

static void
add (Advisor *advisor, Advice advice)
{
  g_array_append_val (advisor->advice, advice);
}

/* --- places ---------------------------------------------------------------------------- */

static gboolean
is_in (const Place *place, const ProbeResult *result)
{
  if (result->host != place->host)
    return FALSE;
  if ((place->kind == PLACE_PORT || place->kind == PLACE_PATH) && result->path.port != place->port)
    return FALSE;
  return (place->kind != PLACE_FAMILY && place->kind != PLACE_PATH) || result->path.family == place->family;
}

/* TRUE when all of PLACE has KEY; RET_NEWS: something of that wasn't said yet. */
static gboolean
is_true_of (const Advisor *advisor, gint64 key, const Place *place, gboolean *ret_news)
{
  *ret_news = FALSE;
  for (guint i = 0; i < advisor->report->results->len; i++) {
    if (!is_in (place, result_at (advisor, i)))
      continue;
    if (advisor->keys[i] != key)
      return FALSE;
    *ret_news = *ret_news || !advisor->covered[i];
  }
  return TRUE;
}

static void
cover (Advisor *advisor, const Place *place)
{
  for (guint i = 0; i < advisor->report->results->len; i++)
    if (is_in (place, result_at (advisor, i)))
      advisor->covered[i] = TRUE;
}

/* A host with one path has no larger places. */
static gboolean
has_one_path (const Advisor *advisor, const ProbeResult *of)
{
  for (guint i = 0; i < advisor->report->results->len; i++) {
    const ProbeResult *result = result_at (advisor, i);
    if (result->host == of->host
        && (result->path.port != of->path.port || result->path.family != of->path.family))
      return FALSE;
  }
  return TRUE;
}

/* ADVICE of the places of KIND where all results have KEY. */
static void
say_of_places (Advisor *advisor, gint64 key, PlaceKind kind, Advice advice)
{
  for (guint i = 0; i < advisor->report->results->len; i++) {
    const ProbeResult *result = result_at (advisor, i);
    gboolean news = !advisor->covered[i];
    advice.place = (Place){ kind, result->host, result->path.port, result->path.family };
    if (advisor->keys[i] != key)
      continue;
    if (kind == PLACE_ADDRESS ? !news : !is_true_of (advisor, key, &advice.place, &news) || !news)
      continue;
    if (kind < PLACE_PATH && has_one_path (advisor, result))
      continue;
    advice.result = result;
    add (advisor, advice);
    if (kind == PLACE_ADDRESS)
      advisor->covered[i] = TRUE;
    else
      cover (advisor, &advice.place);
  }
}

/* ADVICE of all results with KEY, in as few words as can be. */
static void
say (Advisor *advisor, gint64 key, Advice advice)
{
  static const PlaceKind largest_first[]
      = { PLACE_HOST, PLACE_PORT, PLACE_FAMILY, PLACE_PATH, PLACE_ADDRESS };
  memset (advisor->covered, 0, advisor->report->results->len * sizeof (gboolean));
  for (gsize i = 0; i < G_N_ELEMENTS (largest_first); i++)
    say_of_places (advisor, key, largest_first[i], advice);
}

/* --- what is found ----------------------------------------------------------------------- */

static guint
count_paths (const Advisor *advisor)
{
  guint count = 0;
  for (guint i = 0; i < advisor->report->results->len; i++) {
    const ProbeResult *result = result_at (advisor, i), *last = i > 0 ? result_at (advisor, i - 1) : NULL;
    if (last == NULL || last->host != result->host || last->path.port != result->path.port
        || last->path.family != result->path.family)
      count++;
  }
  return count;
}

static void
advise_of_findings (Advisor *advisor)
{
  guint n = advisor->report->results->len, n_work = 0;
  for (guint i = 0; i < n; i++) {
    ProbeFinding finding = probe_finding (result_at (advisor, i), advisor->rules);
    advisor->keys[i] = finding == PROBE_WORKS ? NOTHING : (gint64)finding;
    n_work += finding == PROBE_WORKS ? 1 : 0;
  }
  if (n_work == n && n > 0)
    add (advisor, (Advice){ .code = ADVICE_ALL_WORK, .count = count_paths (advisor) });
  for (gint64 finding = PROBE_WORKS + 1; finding < PROBE_FINDING_COUNT; finding++)
    say (advisor, finding, (Advice){ .code = ADVICE_FINDING, .finding = (ProbeFinding)finding });
}

static void
advise_of_slowness (Advisor *advisor)
{
  Ticks slowest = 0;
  for (guint i = 0; i < advisor->report->results->len; i++) {
    const ProbeResult *result = result_at (advisor, i);
    Ticks took = result->greeted == TICKS_NEVER ? 0 : result->greeted - result->connected;
    advisor->keys[i] = took > advisor->rules->ladder.greeting_patience ? 0 : NOTHING;
    slowest = MAX (slowest, took);
  }
  say (advisor, 0, (Advice){ .code = ADVICE_SLOW, .at = slowest });
}

gint64
probe_days_left (const ProbeTls *tls, gint64 today)
{
  gint64 seconds = tls->not_after - today;
  return seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0 ? 1 : 0);
}

/* An end that has come already is why it doesn't verify, and said there. */
static void
advise_of_certificates (Advisor *advisor)
{
  for (guint i = 0; i < advisor->report->results->len; i++) {
    const ProbeTls *tls = &result_at (advisor, i)->tls;
    gint64 days = probe_days_left (tls, advisor->rules->today);
    advisor->keys[i] = tls->verified && days >= 0 && days < ADVICE_CERTIFICATE_DAYS ? days : NOTHING;
  }
  for (gint64 days = 0; days < ADVICE_CERTIFICATE_DAYS; days++)
    say (advisor, days, (Advice){ .code = ADVICE_CERTIFICATE, .days = days });
}

/* --- logins -------------------------------------------------------------------------------- */

static gboolean
offer_the_same (const ProbeResult *a, const ProbeResult *b)
{
  const Capabilities *of_a = probe_capabilities (a), *of_b = probe_capabilities (b);
  return g_strv_equal ((const char *const *)of_a->mechanisms, (const char *const *)of_b->mechanisms);
}

/* FALSE: no login is to be had or needed there, or that was said already. */
static gboolean
login_at (const Advisor *advisor, guint index, const AuthMechanism **ret_mechanism)
{
  const ProbeResult *result = result_at (advisor, index);
  *ret_mechanism = NULL;
  if (probe_finding (result, advisor->rules) != PROBE_WORKS || advisor->rules->auth.rule == AUTH_OFF
      || !capabilities_have (probe_capabilities (result), CAPABILITY_AUTH))
    return FALSE;
  *ret_mechanism = probe_login (result, advisor->rules).mechanism;
  return TRUE;
}

static void
advise_of_logins (Advisor *advisor)
{
  const AuthMechanism *mechanism, *other;
  for (guint i = 0; i < advisor->report->results->len; i++) {
    advisor->keys[i] = login_at (advisor, i, &mechanism) ? (gint64)i : NOTHING;
    for (guint j = 0; j < i && advisor->keys[i] != NOTHING; j++)
      if (login_at (advisor, j, &other) && other == mechanism
          && offer_the_same (result_at (advisor, i), result_at (advisor, j))) {
        advisor->keys[i] = advisor->keys[j];
        break;
      }
  }
  for (guint i = 0; i < advisor->report->results->len; i++)
    if (advisor->keys[i] == i && login_at (advisor, i, &mechanism))
      say (
          advisor, i,
          (Advice){ .code = mechanism != NULL ? ADVICE_LOGIN : ADVICE_LOGIN_UNUSED, .mechanism = mechanism });
}

/* --- names ------------------------------------------------------------------------------------ */

/* Where no host has an address: why not. FALSE: one has. */
static gboolean
advise_of_names (Advisor *advisor)
{
  const GArray *lookups = advisor->report->lookups;
  guint failed = 0, unknown = 0, found = 0;
  for (guint i = 0; i < lookups->len; i++) {
    const ProbeLookup *lookup = &g_array_index (lookups, ProbeLookup, i);
    failed += lookup->failed ? 1 : 0;
    unknown += lookup->unknown ? 1 : 0;
    found += lookup->n_addresses > 0 ? 1 : 0;
  }
  if (found > 0)
    return FALSE;
  if (!advisor->report->have_network)
    add (advisor, (Advice){ .code = ADVICE_NO_NETWORK });
  else if (failed > 0)
    add (advisor, (Advice){ .code = ADVICE_RESOLVER });
  else
    add (advisor, (Advice){ .code = unknown > 0 ? ADVICE_HOST_UNKNOWN : ADVICE_NO_PATH });
  return TRUE;
}

static void
advise_of_addresses (Advisor *advisor)
{
  for (guint i = 0; i < advisor->report->lookups->len; i++) {
    const ProbeLookup *lookup = &g_array_index (advisor->report->lookups, ProbeLookup, i);
    Place place = { .kind = PLACE_FAMILY, .host = lookup->host, .family = lookup->family };
    if (lookup->n_addresses == 0)
      add (advisor, (Advice){ .code = ADVICE_NO_ADDRESS, .place = place });
  }
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* The second message finds what the first has learnt. */
static void
advise_of_mail (Advisor *advisor, PathMemory *memory, Ticks now)
{
  static const AdviceCode codes[] = {
    [FORECAST_LEAVES] = ADVICE_LEAVES, [FORECAST_STOPS] = ADVICE_STOPS, [FORECAST_NO_PATH] = ADVICE_NO_PATH
  };
  Forecast first = probe_forecast (advisor->report, advisor->rules, memory, now);
  Forecast next = probe_forecast (advisor->report, advisor->rules, memory,
                                  ticks_after (now + TICKS_PER_MINUTE, first.at));
  Advice advice = { .code = codes[first.kind], .result = first.result, .at = first.at, .again = next.at };
  if (first.kind == FORECAST_NO_PATH && !advisor->report->have_network)
    advice.code = ADVICE_NO_NETWORK;
  if (first.result != NULL) {
    advice.finding = probe_finding (first.result, advisor->rules);
    advice.place
        = (Place){ PLACE_PATH, first.result->host, first.result->path.port, first.result->path.family };
  }
  add (advisor, advice);
}

GArray *
probe_advise (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now)
{
  Advisor advisor = { .report = report, .rules = rules };
  advisor.advice = g_array_new (FALSE, FALSE, sizeof (Advice));
  advisor.keys = g_new0 (gint64, report->results->len + 1);
  advisor.covered = g_new0 (gboolean, report->results->len + 1);
  if (!advise_of_names (&advisor)) {
    advise_of_mail (&advisor, memory, now);
    advise_of_findings (&advisor);
    advise_of_slowness (&advisor);
    advise_of_certificates (&advisor);
    advise_of_logins (&advisor);
    advise_of_addresses (&advisor);
  }
  g_free (advisor.keys);
  g_free (advisor.covered);
  return advisor.advice;
}

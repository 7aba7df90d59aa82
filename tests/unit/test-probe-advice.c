/* What follows from a probe: each row is a network, as it answered, and all that is to be
 * said of it. */
#include "core/probe-advice.h"
#include "../lib/table.h"

#include <string.h>

#define TODAY ((gint64)1000000000)
#define DAY ((gint64)86400)
#define MS(n) ((Ticks)(n)*TICKS_PER_MS)

/* What became of one address; a letter each. */
typedef enum {
  WELL = 'w',        /* TLS, and PLAIN and SCRAM under it */
  NO_AUTH = 'n',     /* TLS, and no login */
  ODD_AUTH = 'o',    /* TLS, and NTLM only */
  CLEAR = 'c',       /* no STARTTLS, no login */
  CLEAR_AUTH = 'a',  /* no STARTTLS, PLAIN in the clear */
  SELF_SIGNED = 's', /* TLS, not verified */
  PIN_DIFFERS = 'p', /* TLS failed for its certificate */
  HANDSHAKE = 'h',   /* TLS failed otherwise */
  ENDS_SOON = 'e',   /* TLS; the certificate ends in 13 days and some hours */
  SLOW = 'g',        /* as WELL, but greets after 12 s */
  SILENT = '.',
  REFUSED = 'x',
  PROHIBITED = '!',
  UNREACHABLE = '?',
  NO_ROUTE = '0',
  MUTE = 'm',
  STUCK_IN_TLS = 't',
  STUCK = 'u',
  CLOSED = 'k',
  TURNED_AWAY = '5',
  WEB_SERVER = 'W',
  EHLO_REFUSED = 'E',
  LEFT = 'l', /* cut short while it was connecting */
} Answer;

/* --- results -------------------------------------------------------------------------- */

static Capabilities *
capabilities_of (const char *text)
{
  g_autoptr (Reply) reply = reply_new (250, "mail.example.org");
  g_auto (GStrv) words = g_strsplit (text, ";", -1);
  g_strfreev (reply->lines);
  reply->lines = g_new0 (char *, g_strv_length (words) + 2);
  reply->lines[0] = g_strdup ("mail.example.org");
  for (gsize i = 0; words[i] != NULL; i++)
    reply->lines[i + 1] = g_strdup (words[i]);
  reply->n_lines = g_strv_length (words) + 1;
  return capabilities_parse (reply);
}

static void
set_verdict (ProbeResult *result, OutcomeKind kind, Stage stage, Cause cause)
{
  verdict_set (&result->verdict, kind, stage, cause, NULL, NULL);
}

static void
secure (ProbeResult *result, const char *offers, gboolean verified, gint64 not_after)
{
  result->before = capabilities_of ("STARTTLS");
  result->securing = result->greeted + MS (10);
  result->established = result->securing + MS (10);
  result->tls = (ProbeTls){ .done = TRUE,
                            .version = g_strdup ("TLSv1.3"),
                            .verified = verified,
                            .binding_available = TRUE,
                            .complaint = verified ? NULL : g_strdup ("it is self-signed"),
                            .not_after = not_after };
  result->after = capabilities_of (offers);
  set_verdict (result, OUTCOME_ACCEPTED, STAGE_QUIT, CAUSE_REPLY);
}

static void
fail_in_tls (ProbeResult *result, OutcomeKind kind, Cause cause)
{
  result->before = capabilities_of ("STARTTLS");
  result->securing = result->greeted + MS (10);
  set_verdict (result, kind, STAGE_TLS, cause);
}

static void
stay_in_clear (ProbeResult *result, const char *offers)
{
  result->before = capabilities_of (offers);
  result->established = result->greeted + MS (10);
  set_verdict (result, OUTCOME_ACCEPTED, STAGE_QUIT, CAUSE_REPLY);
}

/* Connected and, but for those that never greet, greeted. */
static void
answer_greeted (ProbeResult *result, Answer answer)
{
  static const char logins[] = "SIZE 1000;AUTH PLAIN SCRAM-SHA-256-PLUS";
  switch (answer) {
  case NO_AUTH:
    secure (result, "SIZE 1000", TRUE, TODAY + 60 * DAY);
    break;
  case ODD_AUTH:
    secure (result, "AUTH NTLM", TRUE, TODAY + 60 * DAY);
    break;
  case SELF_SIGNED:
    secure (result, logins, FALSE, TODAY + 60 * DAY);
    break;
  case ENDS_SOON:
    secure (result, logins, TRUE, TODAY + 13 * DAY + 7200);
    break;
  case CLEAR:
    stay_in_clear (result, "SIZE 1000");
    break;
  case CLEAR_AUTH:
    stay_in_clear (result, "AUTH PLAIN");
    break;
  case PIN_DIFFERS:
    fail_in_tls (result, OUTCOME_SECURITY, CAUSE_TLS_VERIFICATION);
    break;
  case HANDSHAKE:
    fail_in_tls (result, OUTCOME_SECURITY, CAUSE_TLS_HANDSHAKE);
    break;
  case STUCK_IN_TLS:
    fail_in_tls (result, OUTCOME_TRANSPORT, CAUSE_TIMEOUT);
    break;
  case STUCK:
    set_verdict (result, OUTCOME_TRANSPORT, STAGE_EHLO, CAUSE_TIMEOUT);
    break;
  case EHLO_REFUSED:
    set_verdict (result, OUTCOME_PERMANENT, STAGE_EHLO, CAUSE_REPLY);
    break;
  default:
    secure (result, logins, TRUE, TODAY + 60 * DAY);
    break;
  }
}

static void
answer_connected (ProbeResult *result, Answer answer)
{
  static const struct {
    Answer answer;
    OutcomeKind kind;
    Cause cause;
  } without_greeting[] = {
    { MUTE, OUTCOME_TRANSPORT, CAUSE_TIMEOUT },
    { CLOSED, OUTCOME_TRANSPORT, CAUSE_CLOSED },
    { TURNED_AWAY, OUTCOME_PERMANENT, CAUSE_REPLY },
    { WEB_SERVER, OUTCOME_TRANSPORT, CAUSE_PROTOCOL },
  };
  result->end = ATTEMPT_ACCEPTED;
  result->connected = result->began + MS (10);
  result->ended = result->began + MS (100);
  for (gsize i = 0; i < G_N_ELEMENTS (without_greeting); i++)
    if (without_greeting[i].answer == answer) {
      set_verdict (result, without_greeting[i].kind, STAGE_GREETING, without_greeting[i].cause);
      return;
    }
  result->greeted = result->connected + (answer == SLOW ? MS (12000) : MS (10));
  answer_greeted (result, answer);
}

static void
let_answer (ProbeResult *result, Answer answer)
{
  static const struct {
    Answer answer;
    AttemptEnd end;
  } ends[] = { { SILENT, ATTEMPT_SILENT },         { REFUSED, ATTEMPT_REFUSED },
               { PROHIBITED, ATTEMPT_PROHIBITED }, { UNREACHABLE, ATTEMPT_UNREACHABLE },
               { NO_ROUTE, ATTEMPT_OWN_HOST },     { LEFT, ATTEMPT_SILENT } };
  result->began = 0;
  if (answer == LEFT)
    set_verdict (result, OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_CANCELLED);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (ends[i].answer == answer) {
      result->end = ends[i].end;
      result->ended = answer == SILENT ? 5 * TICKS_PER_SECOND : MS (10);
      return;
    }
  answer_connected (result, answer);
}

/* --- the table ---------------------------------------------------------------------------- */

enum { NO_USER = 1, REQUIRED = 2, WHEN_OFFERED = 4, TLS_OFF_ = 8, STRICT = 16, NO_NETWORK = 32 };

/* Networks: four strings of answers, by address: 587/IPv6, 587/IPv4, 25/IPv6, 25/IPv4. "-":
 * the family has no address; "f" the resolver failed, "N" there is no such name. */
static const struct row {
  const char *about;
  guint how;
  const char *answers[4];
  const char *advice;
} rows[] = {
  { "all open",
    0,
    { "w", "w", "w", "w" },
    "leaves 587/IPv6 40ms 40ms; all-work 4; login everywhere SCRAM-SHA-256-PLUS" },
  { "587 silent",
    0,
    { ".", ".", "w", "w" },
    "leaves 25/IPv6 3040ms 40ms; finding 587 silent; login 25 SCRAM-SHA-256-PLUS" },
  { "587 silent, strict",
    STRICT,
    { ".", ".", "w", "w" },
    "leaves 25/IPv6 10040ms 40ms; finding 587 silent; login 25 SCRAM-SHA-256-PLUS" },
  { "587 refused",
    0,
    { "x", "x", "w", "w" },
    "leaves 25/IPv6 60ms 60ms; finding 587 refused; login 25 SCRAM-SHA-256-PLUS" },
  { "587 prohibited",
    0,
    { "!", "!", "w", "w" },
    "leaves 25/IPv6 60ms 60ms; finding 587 prohibited; login 25 SCRAM-SHA-256-PLUS" },
  { "587 unreachable",
    0,
    { "?", "?", "w", "w" },
    "leaves 25/IPv6 60ms 60ms; finding 587 unreachable; login 25 SCRAM-SHA-256-PLUS" },
  { "IPv6 silent",
    0,
    { ".", "w", ".", "w" },
    "leaves 587/IPv4 290ms 290ms; finding IPv6 silent; login IPv4 SCRAM-SHA-256-PLUS" },
  { "587 silent and IPv6 silent",
    0,
    { ".", ".", ".", "w" },
    "leaves 25/IPv4 3290ms 290ms; finding 587 silent; finding IPv6 silent; login 25/IPv4 "
    "SCRAM-SHA-256-PLUS" },
  { "587/IPv6 never greets",
    0,
    { "m", "w", "w", "w" },
    "leaves 587/IPv4 5050ms 40ms; finding 587/IPv6 mute; login 25 SCRAM-SHA-256-PLUS; login IPv4 "
    "SCRAM-SHA-256-PLUS" },
  { "IPv6 never greets",
    0,
    { "m", "w", "m", "w" },
    "leaves 587/IPv4 5050ms 40ms; finding IPv6 mute; login IPv4 SCRAM-SHA-256-PLUS" },
  { "587 refused, 25 without login",
    0,
    { "x", "x", "n", "n" },
    "leaves 25/IPv6 60ms 60ms; finding 25 works without login; finding 587 refused" },
  { "587 refused, 25 without login, which is required",
    REQUIRED,
    { "x", "x", "n", "n" },
    "stops 25/IPv6 no login; finding 587 refused; finding 25 no login" },
  { "a greet pause on 587",
    0,
    { "g", "g", "w", "w" },
    "leaves 587/IPv6 12030ms 12030ms; all-work 4; slow 587 12000ms; login everywhere SCRAM-SHA-256-PLUS" },
  { "a path-MTU black hole on IPv6",
    0,
    { "t", "w", "t", "w" },
    "leaves 587/IPv4 5070ms 40ms; finding IPv6 TLS stalled; login IPv4 SCRAM-SHA-256-PLUS" },
  { "nothing works", 0, { ".", ".", ".", "." }, "no-path; finding everywhere silent" },
  { "no network", NO_NETWORK, { "0", "0", "0", "0" }, "no-network; finding everywhere no way from here" },
  { "no IPv6 here",
    0,
    { "0", "w", "0", "w" },
    "leaves 587/IPv4 50ms 50ms; finding IPv6 no way from here; login IPv4 SCRAM-SHA-256-PLUS" },
  { "no IPv6 there",
    0,
    { "-", "w", "-", "w" },
    "leaves 587/IPv4 40ms 40ms; all-work 2; login everywhere SCRAM-SHA-256-PLUS; no-address IPv6" },
  { "no such name", 0, { "N", "N", "N", "N" }, "host-unknown" },
  { "no resolver", 0, { "f", "f", "f", "f" }, "resolver" },
  { "half a resolver", 0, { "f", "N", "f", "N" }, "resolver" },
  { "no resolver for want of a network", NO_NETWORK, { "f", "f", "f", "f" }, "no-network" },
  { "no address at all", 0, { "-", "-", "-", "-" }, "no-path" },

  { "25 in the clear",
    0,
    { "x", "x", "c", "c" },
    "stops 25/IPv6 no TLS; finding 587 refused; finding 25 no TLS" },
  { "25 in the clear, TLS when offered",
    WHEN_OFFERED | NO_USER,
    { "x", "x", "c", "c" },
    "leaves 25/IPv6 50ms 50ms; finding 587 refused" },
  { "25 in the clear, unused, since 587 works",
    0,
    { "w", "w", "c", "c" },
    "leaves 587/IPv6 40ms 40ms; finding 25 no TLS; login 587 SCRAM-SHA-256-PLUS" },
  { "a login in the clear, TLS when offered",
    WHEN_OFFERED,
    { "a", "a", "a", "a" },
    "stops 587/IPv6 no login; finding everywhere no login" },
  { "a login in the clear, no TLS",
    TLS_OFF_,
    { "a", "a", "a", "a" },
    "stops 587/IPv6 no login; finding everywhere no login" },
  { "no login in common", 0, { "o", "o", "o", "o" }, "stops 587/IPv6 no login; finding everywhere no login" },
  { "not verified",
    0,
    { "s", "s", "s", "s" },
    "stops 587/IPv6 not verified; finding everywhere not verified" },
  { "not verified on one path only",
    0,
    { "w", "s", "w", "w" },
    "leaves 587/IPv6 40ms 40ms; finding 587/IPv4 not verified; login 25 SCRAM-SHA-256-PLUS; "
    "login IPv6 SCRAM-SHA-256-PLUS" },
  { "25 redirected to somebody else",
    0,
    { ".", ".", "s", "s" },
    "stops 25/IPv6 not verified; finding 587 silent; finding 25 not verified" },
  { "not verified, TLS when offered, without a login",
    WHEN_OFFERED | NO_USER,
    { "s", "s", "s", "s" },
    "leaves 587/IPv6 40ms 40ms; all-work 4; login-unused everywhere" },
  { "not verified, TLS when offered, with a login",
    WHEN_OFFERED,
    { "s", "s", "s", "s" },
    "stops 587/IPv6 not verified; finding everywhere not verified" },
  { "not the pinned one",
    0,
    { "p", "p", "p", "p" },
    "stops 587/IPv6 not verified; finding everywhere not verified" },
  { "TLS that fails", 0, { "h", "h", "h", "h" }, "stops 587/IPv6 TLS failed; finding everywhere TLS failed" },
  { "a certificate that is about to end",
    0,
    { "e", "e", "w", "w" },
    "leaves 587/IPv6 40ms 40ms; all-work 4; certificate 587 13; login everywhere SCRAM-SHA-256-PLUS" },
  { "no login configured",
    NO_USER,
    { "w", "w", "n", "n" },
    "leaves 587/IPv6 40ms 40ms; all-work 4; login-unused 587" },

  { "closed before the greeting",
    0,
    { "k", "k", "w", "w" },
    "leaves 25/IPv6 240ms 240ms; finding 587 closed; login 25 SCRAM-SHA-256-PLUS" },
  { "turned away",
    0,
    { "5", "5", "w", "w" },
    "leaves 25/IPv6 240ms 240ms; finding 587 greeting refused; login 25 SCRAM-SHA-256-PLUS" },
  { "a web server",
    0,
    { "W", "W", "w", "w" },
    "leaves 25/IPv6 240ms 240ms; finding 587 not SMTP; login 25 SCRAM-SHA-256-PLUS" },
  { "EHLO refused",
    0,
    { "E", "E", "w", "w" },
    "stops 587/IPv6 EHLO refused; finding 587 EHLO refused; login 25 SCRAM-SHA-256-PLUS" },
  { "stuck after the greeting",
    0,
    { "u", "w", "w", "w" },
    "leaves 587/IPv4 5060ms 40ms; finding 587/IPv6 stalled; login 25 SCRAM-SHA-256-PLUS; "
    "login IPv4 SCRAM-SHA-256-PLUS" },
  { "cut short",
    0,
    { "l", "w", "l", "w" },
    "leaves 587/IPv4 290ms 290ms; finding IPv6 unfinished; login IPv4 SCRAM-SHA-256-PLUS" },

  { "one of two addresses is silent",
    0,
    { ".w", "w", "w", "w" },
    "leaves 587/IPv4 290ms 290ms; finding 587/IPv6/1 silent; login 25 SCRAM-SHA-256-PLUS; "
    "login IPv4 SCRAM-SHA-256-PLUS; login 587/IPv6/2 SCRAM-SHA-256-PLUS" },
  { "both addresses are silent",
    0,
    { "..", "w", "ww", "w" },
    "leaves 587/IPv4 290ms 290ms; finding 587/IPv6 silent; login 25 SCRAM-SHA-256-PLUS; "
    "login IPv4 SCRAM-SHA-256-PLUS" },
  { "logins that differ",
    0,
    { "w", "w", "n", "w" },
    "leaves 587/IPv6 40ms 40ms; finding 25/IPv6 works without login; login 587 SCRAM-SHA-256-PLUS; "
    "login IPv4 SCRAM-SHA-256-PLUS" },
};

static void
add_path (ProbeReport *report, guint number, const char *answers)
{
  Path path = { .port = number < 2 ? 587 : 25, .family = number % 2 ? FAMILY_IPV4 : FAMILY_IPV6 };
  ProbeLookup lookup = { .family = path.family,
                         .failed = *answers == 'f',
                         .unknown = *answers == 'N',
                         .n_addresses = strchr ("-fN", *answers) ? 0 : strlen (answers) };
  lookup.network = number < 2 ? g_strdup ("here") : NULL;
  if (number < 2)
    g_array_append_val (report->lookups, lookup);
  for (guint8 i = 0; i < lookup.n_addresses; i++) {
    IpAddress address = { .family = path.family, .octets = { 192, 0, 2, (guint8)(i + 1) } };
    let_answer (probe_report_add (report, 0, &path, &address), (Answer)answers[i]);
  }
}

static char *
place_text (const Advice *advice)
{
  const Place *place = &advice->place;
  switch (place->kind) {
  case PLACE_HOST:
    return g_strdup ("everywhere");
  case PLACE_PORT:
    return g_strdup_printf ("%u", place->port);
  case PLACE_FAMILY:
    return g_strdup (family_name (place->family));
  case PLACE_PATH:
    return g_strdup_printf ("%u/%s", place->port, family_name (place->family));
  default:
    return g_strdup_printf ("%u/%s/%u", place->port, family_name (place->family),
                            advice->result->address.octets[3]);
  }
}

static void
append_advice (GString *out, const Advice *advice)
{
  g_autofree char *place = place_text (advice);
  g_string_append_printf (out, "%s%s", out->len > 0 ? "; " : "", advice_code_name (advice->code));
  if (advice->result != NULL || advice->code == ADVICE_NO_ADDRESS)
    g_string_append_printf (out, " %s", place);
  if (advice->code == ADVICE_FINDING || advice->code == ADVICE_STOPS)
    g_string_append_printf (out, " %s", probe_finding_name (advice->finding));
  if (advice->code == ADVICE_LEAVES)
    g_string_append_printf (out, " %dms %dms", (int)(advice->at / MS (1)), (int)(advice->again / MS (1)));
  if (advice->code == ADVICE_SLOW)
    g_string_append_printf (out, " %dms", (int)(advice->at / MS (1)));
  if (advice->code == ADVICE_CERTIFICATE)
    g_string_append_printf (out, " %d", (int)advice->days);
  if (advice->code == ADVICE_ALL_WORK)
    g_string_append_printf (out, " %u", advice->count);
  if (advice->mechanism != NULL)
    g_string_append_printf (out, " %s", advice->mechanism->name);
}

static ProbeRules
rules_of (guint how)
{
  static const Family families[] = { FAMILY_IPV6, FAMILY_IPV4 };
  static const LadderPort ports[] = { { .port = 587 }, { .port = 25 } };
  gboolean user = !(how & NO_USER), when_offered = (how & WHEN_OFFERED) != 0;
  return (ProbeRules){
    .tls = how & TLS_OFF_ ? TLS_OFF
           : when_offered ? TLS_WHEN_OFFERED
                          : TLS_REQUIRED,
    .must_verify = !when_offered || user,
    .auth = { .rule = how & REQUIRED ? AUTH_REQUIRED : AUTH_AUTO, .have_user = user, .have_password = user },
    .ladder = { .mode = how & STRICT ? LADDER_STRICT : LADDER_RACE,
                .attempt_delay = MS (250),
                .port_patience = MS (3000),
                .connect_timeout = MS (5000),
                .greeting_patience = MS (5000),
                .greeting_timeout = MS (60000),
                .last_greeting_timeout = MS (300000),
                .resolution_delay = MS (50),
                .families = families,
                .n_families = G_N_ELEMENTS (families),
                .ports = ports,
                .n_ports = G_N_ELEMENTS (ports) },
    .today = TODAY,
  };
}

static void
test_advice (gconstpointer data)
{
  static const char *const hosts[] = { "mail.example.org", NULL };
  const struct row *row = data;
  const ProbeRules rules = rules_of (row->how);
  g_autoptr (ProbeReport) report = probe_report_new (hosts);
  g_autoptr (GString) said = g_string_new (NULL);
  g_autoptr (PathMemory) memory = path_memory_new ();
  report->have_network = !(row->how & NO_NETWORK);
  for (guint i = 0; i < G_N_ELEMENTS (row->answers); i++)
    add_path (report, i, row->answers[i]);
  g_autoptr (GArray) advice = probe_advise (report, &rules, memory, TICKS_PER_DAY);
  for (guint i = 0; i < advice->len; i++)
    append_advice (said, &g_array_index (advice, Advice, i));
  g_assert_cmpstr (said->str, ==, row->advice);
}

static void
test_days_left (void)
{
  static const struct {
    gint64 not_after, days;
  } cases[] = { { TODAY, 0 },      { TODAY + DAY - 1, 0 }, { TODAY + DAY, 1 },
                { TODAY - 1, -1 }, { TODAY - DAY, -1 },    { TODAY - DAY - 1, -2 } };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    ProbeTls tls = { .not_after = cases[i].not_after };
    g_assert_cmpint (probe_days_left (&tls, TODAY), ==, cases[i].days);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/probe-advice", rows, test_advice);
  g_test_add_func ("/probe-advice/days", test_days_left);
  return g_test_run ();
}

/* Outcomes in, words and exit statuses out. Every cause must have something to say. */
#include <string.h>
#include <sysexits.h>

#include "cli/report.h"
#include "tests/lib/tap.h"

typedef struct {
  OutcomeKind kind;
  Stage stage;
  Cause cause;
  guint code; /* 0: no reply */
} Fate;

typedef struct {
  const char *name;
  Fate fates[3]; /* of one to three recipients; kind NONE ends */
  int status;
  const char *says; /* must be in the report */
} Row;

#define OK                                                                                                   \
  {                                                                                                          \
    OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, 250                                                            \
  }

static const Row rows[] = {
  { "accepted", { OK }, EX_OK, "" },
  { "all-refused",
    { { OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550 } },
    EX_NOUSER,
    "550 some <U+001B> words" },
  { "some-refused", { OK, { OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, 550 } }, EX_UNAVAILABLE, "1 of 2" },
  { "some-later",
    { OK, { OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, 450 } },
    EX_TEMPFAIL,
    "two@example.org" },
  { "content-refused", { { OUTCOME_PERMANENT, STAGE_END, CAUSE_REPLY, 554 } }, EX_UNAVAILABLE, "554" },
  { "too-big", { { OUTCOME_PERMANENT, STAGE_MAIL, CAUSE_TOO_BIG, 0 } }, EX_DATAERR, "larger" },
  { "unfit",
    { { OUTCOME_PERMANENT, STAGE_MESSAGE, CAUSE_MESSAGE, 0 } },
    EX_DATAERR,
    "can't be sent as it is" },
  { "no-path", { { OUTCOME_TRANSPORT, STAGE_CONNECT, CAUSE_NO_PATH, 0 } }, EX_TEMPFAIL, "no path" },
  { "no-name", { { OUTCOME_TRANSPORT, STAGE_RESOLVE, CAUSE_HOST_UNKNOWN, 0 } }, EX_NOHOST, "does not exist" },
  { "resolver", { { OUTCOME_TRANSPORT, STAGE_RESOLVE, CAUSE_RESOLVER, 0 } }, EX_TEMPFAIL, "looked up" },
  { "closed", { { OUTCOME_TRANSPORT, STAGE_MAIL, CAUSE_CLOSED, 0 } }, EX_TEMPFAIL, "closed" },
  { "babble",
    { { OUTCOME_TRANSPORT, STAGE_GREETING, CAUSE_PROTOCOL, 0 } },
    EX_PROTOCOL,
    "does not speak SMTP" },
  { "login", { { OUTCOME_SECURITY, STAGE_AUTH, CAUSE_AUTH_REFUSED, 535 } }, EX_NOPERM, "refused the login" },
  { "certificate", { { OUTCOME_SECURITY, STAGE_TLS, CAUSE_TLS_VERIFICATION, 0 } }, EX_NOPERM, "certificate" },
  { "doubt", { { OUTCOME_IN_DOUBT, STAGE_END, CAUSE_CLOSED, 0 } }, EX_IOERR, "IN DOUBT" },
  { "doubt-protocol", { { OUTCOME_IN_DOUBT, STAGE_END, CAUSE_PROTOCOL, 0 } }, EX_IOERR, "IN DOUBT" },
  { "cancelled", { { OUTCOME_CANCELLED, STAGE_MESSAGE, CAUSE_CANCELLED, 0 } }, EX_TEMPFAIL, "cancelled: the server never" },
};

static const char *const addresses[] = { "one@example.org", "two@example.org", "three@example.org" };

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (Envelope) envelope = envelope_new ("me@example.org");
  gsize n = 0;

  while (n < 3 && row->fates[n].kind != OUTCOME_NONE)
    envelope_add (envelope, addresses[n++]);
  g_autoptr (Outcome) outcome = outcome_new (n);
  for (gsize i = 0; i < n; i++) {
    const Fate *fate = &row->fates[i];
    g_autoptr (Reply) reply = fate->code ? reply_new (fate->code, "some \033 words") : NULL;
    verdict_set (&outcome->recipients[i], fate->kind, fate->stage, fate->cause, reply, NULL);
  }
  outcome_summarize (outcome);
  g_assert_cmpint (report_exit_status (outcome), ==, row->status);
  g_autofree char *report = report_outcome (outcome, envelope, NULL);
  g_assert_nonnull (strstr (report, row->says));
  g_assert_null (strchr (report, '\033'));
  g_assert_true (*report == '\0' || g_str_has_suffix (report, "\n"));
}

static void
test_every_cause_speaks (gconstpointer data)
{
  Cause cause = GPOINTER_TO_INT (data);
  Verdict verdict;

  verdict_init (&verdict);
  verdict_set (&verdict, OUTCOME_SECURITY, STAGE_TLS, cause, NULL, NULL);
  g_autofree char *words = report_verdict (&verdict);
  g_assert_cmpstr (words, !=, "it failed");
  verdict_clear (&verdict);
}

static void
test_remarks (void)
{
  g_autoptr (Envelope) envelope = envelope_new ("me@example.org");
  g_autoptr (Outcome) outcome = outcome_new (1);

  envelope_add (envelope, addresses[0]);
  verdict_set (&outcome->recipients[0], OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, NULL, NULL);
  outcome->without_auth = outcome->without_tls = TRUE;
  outcome_summarize (outcome);
  g_autofree char *report = report_outcome (outcome, envelope, NULL);
  g_assert_nonnull (strstr (report, "without logging in"));
  g_assert_nonnull (strstr (report, "without encryption"));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/report/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (int cause = CAUSE_REPLY; cause <= CAUSE_CANCELLED; cause++) {
    g_autofree char *path = g_strdup_printf ("/report/cause/%s", cause_name (cause));
    g_test_add_data_func (path, GINT_TO_POINTER (cause), test_every_cause_speaks);
  }
  g_test_add_func ("/report/remarks", test_remarks);
  return g_test_run ();
}

#include "core/outcome.h"
#include "../lib/table.h"

/* One letter a recipient: Accepted, Temporary, Permanent, X transport, Security, Doubt,
 * Cancelled, None. */
static OutcomeKind
kind_of (char letter)
{
  switch (letter) {
  case 'A':
    return OUTCOME_ACCEPTED;
  case 'T':
    return OUTCOME_TEMPORARY;
  case 'P':
    return OUTCOME_PERMANENT;
  case 'X':
    return OUTCOME_TRANSPORT;
  case 'S':
    return OUTCOME_SECURITY;
  case 'D':
    return OUTCOME_IN_DOUBT;
  case 'C':
    return OUTCOME_CANCELLED;
  default:
    return OUTCOME_NONE;
  }
}

static const struct sum_row {
  const char *about;
  const char *recipients;
  OutcomeKind kind;
  int lender; /* which recipient lends its words */
} sum_rows[] = {
  { "all accepted", "AAA", OUTCOME_ACCEPTED, 0 },    { "one in doubt", "AATPD", OUTCOME_IN_DOUBT, 4 },
  { "one temporary", "AATP", OUTCOME_TEMPORARY, 2 }, { "one transport", "APX", OUTCOME_TRANSPORT, 2 },
  { "one security", "APS", OUTCOME_SECURITY, 2 },    { "the first of equals", "XTS", OUTCOME_TRANSPORT, 0 },
  { "one permanent", "APPA", OUTCOME_PERMANENT, 1 }, { "all permanent", "PP", OUTCOME_PERMANENT, 0 },
  { "cancelled", "AC", OUTCOME_CANCELLED, 1 },       { "nothing tried for one", "AN", OUTCOME_NONE, 1 },
};

static void
test_sum (gconstpointer data)
{
  const struct sum_row *row = data;
  g_autoptr (Outcome) outcome = outcome_new (strlen (row->recipients));
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    g_autofree char *detail = g_strdup_printf ("recipient %zu", i);
    verdict_set (&outcome->recipients[i], kind_of (row->recipients[i]), STAGE_RCPT, CAUSE_REPLY, NULL,
                 detail);
  }
  outcome_summarize (outcome);
  outcome_summarize (outcome); /* is a function of the recipients alone */
  g_assert_cmpint (outcome->overall.kind, ==, row->kind);
  g_assert_cmpstr (outcome->overall.detail, ==, outcome->recipients[row->lender].detail);
}

static void
test_verdict_of_itself (void)
{
  g_autoptr (Reply) reply = reply_new (550, "5.1.1 no such user");
  Verdict verdict;
  verdict_init (&verdict);
  verdict_set (&verdict, OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, reply, "why");
  verdict_set (&verdict, OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, verdict.reply, verdict.detail);
  g_assert_cmpuint (verdict.reply->code, ==, 550);
  g_assert_cmpstr (verdict.detail, ==, "why");
  verdict_clear (&verdict);
  g_assert_null (verdict.reply);
}

static void
test_copy (void)
{
  g_autoptr (Outcome) outcome = outcome_new (2);
  g_autoptr (Reply) reply = reply_new (250, "ok");
  verdict_set (&outcome->recipients[1], OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, reply, NULL);
  outcome->without_auth = outcome->without_tls = TRUE;
  g_autoptr (Outcome) copy = outcome_copy (outcome);
  g_assert_true (copy->without_auth && copy->without_tls);
  g_assert_cmpuint (outcome_count (copy, OUTCOME_ACCEPTED), ==, 1);
  g_assert_cmpuint (outcome_count (copy, OUTCOME_NONE), ==, 1);
  g_assert_true (copy->recipients[1].reply != outcome->recipients[1].reply);
}

static void
test_names_are_unique (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (int i = OUTCOME_NONE; i <= OUTCOME_CANCELLED; i++)
    g_assert_true (g_hash_table_add (seen, (gpointer)outcome_kind_name (i)));
  g_hash_table_remove_all (seen);
  for (int i = STAGE_RESOLVE; i <= STAGE_QUIT; i++)
    g_assert_true (g_hash_table_add (seen, (gpointer)stage_name (i)));
  g_hash_table_remove_all (seen);
  for (int i = CAUSE_NONE; i <= CAUSE_CANCELLED; i++)
    g_assert_true (g_hash_table_add (seen, (gpointer)cause_name (i)));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/outcome/sum", sum_rows, test_sum);
  g_test_add_func ("/outcome/verdict-of-itself", test_verdict_of_itself);
  g_test_add_func ("/outcome/copy", test_copy);
  g_test_add_func ("/outcome/names", test_names_are_unique);
  return g_test_run ();
}

/* What a verdict says about speed, as a table: the first row that fits counts. Enhanced
 * codes are those of RFC 3463 and its registry. */
#include "core/pacing-private.h"

#define ANY (-1)

typedef struct {
  OutcomeKind kind;
  Stage first, last;
  int code, subject, detail;
  Sign sign;
} SignRow;

static const SignRow rows[] = {
  { OUTCOME_SECURITY, STAGE_AUTH, STAGE_AUTH, ANY, ANY, ANY, SIGN_ACCOUNT },
  /* before any message: there are too many connections, or they come too fast */
  { OUTCOME_TEMPORARY, STAGE_RESOLVE, STAGE_AUTH, ANY, ANY, ANY, SIGN_FEWER },
  { OUTCOME_TRANSPORT, STAGE_CONNECT, STAGE_QUIT, ANY, ANY, ANY, SIGN_FEWER },
  { OUTCOME_PERMANENT, STAGE_GREETING, STAGE_GREETING, ANY, ANY, ANY, SIGN_FEWER },
  { OUTCOME_TEMPORARY, STAGE_MAIL, STAGE_QUIT, 421, ANY, ANY, SIGN_SLOWER },
  /* X.1.z and X.2.z speak of one address or mailbox, but for the "other" of greylisting */
  { OUTCOME_TEMPORARY, STAGE_RCPT, STAGE_END, ANY, 1, ANY, SIGN_NONE },
  { OUTCOME_TEMPORARY, STAGE_RCPT, STAGE_END, ANY, 2, 1, SIGN_NONE },
  { OUTCOME_TEMPORARY, STAGE_RCPT, STAGE_END, ANY, 2, 2, SIGN_NONE },
  { OUTCOME_TEMPORARY, STAGE_RCPT, STAGE_RCPT, ANY, 5, 3, SIGN_NONE }, /* too many recipients */
  { OUTCOME_TEMPORARY, STAGE_MAIL, STAGE_END, 450, ANY, ANY, SIGN_SLOWER },
  { OUTCOME_TEMPORARY, STAGE_MAIL, STAGE_END, 451, ANY, ANY, SIGN_SLOWER },
  { OUTCOME_TEMPORARY, STAGE_MAIL, STAGE_END, 452, ANY, ANY, SIGN_SLOWER },
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_END, ANY, 4, 5, SIGN_ACCOUNT }, /* a quota, says Gmail */
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_END, ANY, 7, ANY, SIGN_ACCOUNT },
  /* MAIL declares the size and form of the message: these refuse it, not the sender */
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_MAIL, 552, ANY, ANY, SIGN_REFUSED },
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_MAIL, ANY, 3, 4, SIGN_REFUSED },
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_MAIL, ANY, 6, ANY, SIGN_REFUSED },
  { OUTCOME_PERMANENT, STAGE_MAIL, STAGE_MAIL, ANY, ANY, ANY, SIGN_ACCOUNT },
  { OUTCOME_PERMANENT, STAGE_RCPT, STAGE_END, ANY, ANY, ANY, SIGN_REFUSED },
};

static gboolean
number_fits (int wanted, guint number)
{
  return wanted == ANY || (guint)wanted == number;
}

static gboolean
row_fits (const SignRow *row, const Verdict *verdict)
{
  static const Reply none = { 0 };
  const Reply *reply = verdict->reply != NULL ? verdict->reply : &none;
  gboolean enhanced = reply->enhanced.class != 0 || (row->subject == ANY && row->detail == ANY);
  return row->kind == verdict->kind && verdict->stage >= row->first && verdict->stage <= row->last
         && number_fits (row->code, reply->code) && enhanced
         && number_fits (row->subject, reply->enhanced.subject)
         && number_fits (row->detail, reply->enhanced.detail);
}

Sign
pacing_sign (const Verdict *verdict)
{
  if (verdict->kind == OUTCOME_ACCEPTED)
    return SIGN_ACCEPTED;
  /* A message that this server can't take at all was refused by ourselves. */
  if (verdict->kind == OUTCOME_PERMANENT && verdict->cause != CAUSE_REPLY)
    return SIGN_NONE;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (row_fits (&rows[i], verdict))
      return rows[i].sign;
  return SIGN_NONE;
}

Sign
pacing_sign_of_outcome (const Outcome *outcome)
{
  Sign gravest = SIGN_NONE;
  for (gsize i = 0; i < outcome->n_recipients; i++) {
    Sign sign = pacing_sign (&outcome->recipients[i]);
    /* Somebody got it: no refusal of a message then. */
    if (sign == SIGN_REFUSED && gravest == SIGN_ACCEPTED)
      continue;
    if (sign == SIGN_ACCEPTED && gravest == SIGN_REFUSED)
      gravest = sign;
    gravest = MAX (gravest, sign);
  }
  return gravest;
}

gboolean
pacing_blames_account (const Verdict *verdict)
{
  return pacing_sign (verdict) == SIGN_ACCOUNT;
}

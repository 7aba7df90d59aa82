/* The one place where options turn into rules, so that what a probe foretells is what a
 * message meets. */
#include "engine/account-rules.h"

#define RESOLUTION_DELAY (50 * TICKS_PER_MS)         /* RFC 8305, section 3 */
#define LAST_GREETING_TIMEOUT (5 * TICKS_PER_MINUTE) /* RFC 5321, 4.5.3.2.1 */

LadderRules
account_ladder_rules (const Account *account)
{
  static const Family tunnel[] = { FAMILY_TUNNEL };

  return (LadderRules){
    .mode = account->ladder,
    .attempt_delay = account->attempt_delay,
    .port_patience = account->port_patience,
    .connect_timeout = account->connect_timeout,
    .greeting_patience = account->greeting_patience,
    .greeting_timeout = account->greeting_timeout,
    .last_greeting_timeout = MAX (account->greeting_timeout, LAST_GREETING_TIMEOUT),
    .resolution_delay = RESOLUTION_DELAY,
    .families = account->tunnel ? tunnel : (const Family *)(gpointer)account->families->data,
    .n_families = account->tunnel ? 1 : account->families->len,
    .ports = (const LadderPort *)(gpointer)account->ports->data,
    .n_ports = account->ports->len,
  };
}

AuthSettings
account_auth_settings (const Account *account)
{
  return (AuthSettings){
    .rule = account->auth,
    .order = account->auth_mechanisms,
    .without_tls = account->auth_without_tls,
    .have_user = account->user != NULL,
    .have_password = account->password || account->password_command,
    .have_token = account->token_command != NULL,
  };
}

/* A login must never be shown to somebody who merely answers, so whoever logs in
 * verifies, unless the account gives its password away in as many words. */
gboolean
account_must_verify (const Account *account)
{
  gboolean logs_in = account->auth != AUTH_OFF && account->user;

  return account->tls != TLS_WHEN_OFFERED || (logs_in && !account->auth_without_tls);
}

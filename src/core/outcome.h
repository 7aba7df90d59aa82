/* What became of a delivery, or of a whole session. Data, never an error code:
 * the server's words travel with it. */
#pragma once

#include "core/envelope.h"
#include "core/reply.h"

typedef enum {
  OUTCOME_NONE,      /* nothing was tried (yet) */
  OUTCOME_ACCEPTED,
  OUTCOME_TEMPORARY, /* 4yz */
  OUTCOME_PERMANENT, /* 5yz, or the message can't be sent to this server */
  OUTCOME_TRANSPORT, /* the connection failed before anything could be in doubt */
  OUTCOME_SECURITY,  /* TLS or AUTH: stop, never retry with less */
  OUTCOME_IN_DOUBT,  /* the end was permitted and no reply came */
  OUTCOME_CANCELLED, /* by the user, before the end was permitted */
} OutcomeKind;

const char *outcome_kind_name (OutcomeKind kind);

typedef enum {
  STAGE_RESOLVE, STAGE_CONNECT, STAGE_GREETING, STAGE_EHLO, STAGE_STARTTLS, STAGE_TLS,
  STAGE_AUTH, STAGE_MESSAGE /* made ready for this server */, STAGE_MAIL, STAGE_RCPT,
  STAGE_DATA, STAGE_BODY, STAGE_END, STAGE_QUIT,
} Stage;

const char *stage_name (Stage stage);

/* What no reply can say, because no server said it. Front ends have a sentence for each. */
typedef enum {
  CAUSE_NONE,
  CAUSE_REPLY,              /* the reply says it */
  CAUSE_CLOSED,             /* the connection was closed or reset */
  CAUSE_TIMEOUT,            /* no reply in time */
  CAUSE_PROTOCOL,           /* a reply that is none, or out of order, or beyond the limits */
  CAUSE_NO_PATH,            /* every path of the ladder failed */
  CAUSE_HOST_UNKNOWN,       /* NXDOMAIN of every host */
  CAUSE_RESOLVER,           /* SERVFAIL or time-out of the resolver */
  CAUSE_NO_NETWORK,         /* this machine has no address but loopback's, or no route */
  CAUSE_TLS_NOT_OFFERED,    /* required, and EHLO had no STARTTLS */
  CAUSE_TLS_REFUSED,        /* STARTTLS was answered with something other than 220 */
  CAUSE_TLS_INJECTION,      /* octets came in the clear behind the reply to STARTTLS */
  CAUSE_TLS_HANDSHAKE,      /* .detail: what OpenSSL said */
  CAUSE_TLS_VERIFICATION,   /* chain, name, date or pin; .detail says which */
  CAUSE_TLS_CLIENT_CERTIFICATE, /* ours was refused, or could not be used */
  CAUSE_AUTH_NOT_OFFERED,   /* auth = required and the server has none */
  CAUSE_AUTH_NO_MECHANISM,  /* none in common; .detail lists what was offered */
  CAUSE_AUTH_NEEDS_TLS,     /* no password over an unencrypted connection */
  CAUSE_AUTH_NO_SECRET,     /* no user or secret, or its command failed; .detail */
  CAUSE_AUTH_REFUSED,       /* reply, and .detail when the server explained itself in a challenge */
  CAUSE_AUTH_NOT_VERIFIED,  /* success claimed before the server proved itself (SCRAM) */
  CAUSE_TOO_BIG,            /* SIZE */
  CAUSE_NEEDS_SMTPUTF8,     /* a UTF-8 local part and no SMTPUTF8 */
  CAUSE_NEEDS_REQUIRETLS,
  CAUSE_HOLD_NOT_OFFERED,   /* the server keeps nothing until then (RFC 4865): it must wait here;
                               reply, when it offered and refused */
  CAUSE_MESSAGE,            /* can't be made fit without altering it; .detail */
  CAUSE_ADDRESS,            /* the encoder refused it */
  CAUSE_BDAT_REFUSED,       /* offered and not parsed: to be sent again with DATA */
  CAUSE_STORE,              /* the record could not be made durable */
  CAUSE_CANCELLED,
} Cause;

const char *cause_name (Cause cause);

/* Why and where something ended. */
typedef struct {
  OutcomeKind kind;
  Stage       stage;
  Cause       cause;
  Reply      *reply;  /* owned; NULL: none */
  char       *detail; /* owned; for people, untranslated, not yet made visible; NULL: none */
} Verdict;

void verdict_init (Verdict *verdict);
void verdict_set (Verdict *verdict, OutcomeKind kind, Stage stage, Cause cause,
                  const Reply *reply, const char *detail); /* copies; frees what was there */
void verdict_copy (Verdict *to, const Verdict *from);
void verdict_clear (Verdict *verdict);

/* The whole: one verdict over all, and one a recipient, in the envelope's order. */
typedef struct {
  Verdict  overall;
  gsize    n_recipients;
  Verdict *recipients;
  gboolean without_auth;        /* an account with a login was served without one */
  gboolean without_tls;         /* it went in the clear where TLS was wished for */
} Outcome;

Outcome *outcome_new (gsize n_recipients);
Outcome *outcome_copy (const Outcome *outcome);
void     outcome_free (Outcome *outcome);

/* Sets OVERALL to what the recipients add up to: accepted if all were; else in
 * doubt if one is; else temporary, transport or security if one is; else
 * permanent. The first recipient of that kind lends its stage, cause and reply. */
void     outcome_summarize (Outcome *outcome);

/* How many recipients have this fate. */
gsize    outcome_count (const Outcome *outcome, OutcomeKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)

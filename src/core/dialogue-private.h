/* What the files of the dialogue share: dialogue.c (the public face, events, times),
 * dialogue-session.c (greeting, EHLO, STARTTLS, QUIT), dialogue-auth.c,
 * dialogue-message.c (MAIL, RCPT), dialogue-body.c (DATA, BDAT, the end) and
 * dialogue-fate.c (what becomes of deliveries and recipients). */
#pragma once

#include "core/dialogue.h"
#include "core/transparency.h"
#include "core/window.h"

typedef enum {
  PHASE_TLS,   /* a handshake is due: no octet may come in the clear */
  PHASE_SETUP, /* greeting, EHLO, STARTTLS */
  PHASE_AUTH,
  PHASE_READY,
  PHASE_FAREWELL, /* 421 was said, and replies to what is out already may follow */
  PHASE_OVER,
} Phase;

/* What the gate checks (CommandKind.guards). */
enum {
  GUARD_TLS   = 1 << 0, /* not in the clear where TLS is required */
  GUARD_LOGIN = 1 << 1, /* not in the clear unless the account says so in as many words */
};

typedef struct {
  const AuthMechanism *mechanism;
  char      *tried[3];     /* names, NULL-terminated */
  char      *held;         /* initial response in base64, too long for the AUTH line */
  guint      n_sent;       /* responses */
  guint      n_challenges;
  gboolean   asked;        /* DIALOGUE_WANTS_AUTH is open */
  gboolean   initial;      /* … for the initial response */
  gboolean   verified;     /* the mechanism has nothing left to check */
  char      *detail;       /* the mechanism's words */
  Verdict    cancelled;    /* told once the reply to "*" has come */
} AuthExchange;

typedef enum {
  RECIPIENT_ASIDE,    /* not to be served */
  RECIPIENT_PENDING,  /* RCPT isn't answered */
  RECIPIENT_ACCEPTED, /* for now */
  RECIPIENT_UNTRIED,  /* left for another transaction */
  RECIPIENT_DECIDED,
  RECIPIENT_CLAIMED,  /* decided by a refused MAIL, and yet RCPT was accepted */
} RecipientState;

/* Where the octets that complete the message are. */
typedef enum { END_HERE, END_QUEUED, END_TAKEN } EndState;

typedef struct {
  DeliveryId      id;
  Envelope       *envelope;
  BodyForm        form;
  Outcome        *outcome;      /* filled in as fates become known */
  RecipientState *states;
  guint           n_tried;      /* RCPTs of this transaction */
  guint           n_unanswered;
  guint           n_accepted;
  guint           n_claimed;    /* accepted by the server after their fate was told */
  gboolean        has_untried;
  gboolean        mail_refused;

  gboolean        bdat;
  gboolean        one_flight;   /* BDAT, and all of it goes in the first group */
  guint64         first_flight; /* octets of the body that go before any recipient is known */
  gboolean        data_sent;
  gboolean        data_ready;   /* 354 */
  gboolean        body_begun;   /* a chunk or a line of the body is out */
  Verdict         chunk_refused; /* kept while the last chunk's reply is awaited */

  Transparency    transparency;
  GByteArray     *body;         /* wire form, supplied and not yet put */
  guint64         supplied;     /* octets, before dot-stuffing */
  gsize           body_asked;   /* limit of the open DIALOGUE_WANTS_BODY; 0: none */
  gboolean        permit_asked;
  gboolean        permitted;
  EndState        end;
  gboolean        dot_put;      /* the final dot, be it a lone one */

  gboolean        told;         /* DIALOGUE_FINISHED was said; commands only drain */
  gboolean        given_up;     /* nothing of its body goes any more */
  gboolean        must_close;   /* … and only closing ends it */
} Transaction;

typedef struct {
  DialogueEvent said;
  char         *text;
  GBytes       *octets;
  Reply        *reply;
  Verdict       verdict;
  Outcome      *outcome;
} Event;

struct Dialogue {
  DialogueSettings settings;    /* strings are our copies */
  Window          *window;
  ReplyParser     *parser;
  GByteArray      *output;
  gsize            unsent;      /* octets taken and not said to be sent */
  GQueue           events;
  Event           *current;
  Ticks            now;
  Ticks            waiting_since;

  Phase            phase;
  Verdict          ending;      /* from PHASE_FAREWELL on */
  gboolean         served_on;   /* the server did something that was asked of it after its 421 */
  gboolean         undone;      /* it did nothing of that to the end */
  gboolean         tls_wanted;  /* DIALOGUE_WANTS_TLS was said */
  gboolean         encrypted;
  gboolean         established;
  gboolean         greeted;
  gboolean         without_auth;
  AuthSituation    situation;
  GPtrArray       *capabilities_seen; /* kept: events point into them */
  const Capabilities *capabilities;   /* NULL: not known */
  AuthExchange     auth;

  GQueue           transactions; /* oldest first */
  guint            n_begun;      /* for LIMITS MAILMAX */
  guint            n_vain;       /* BDAT transactions in which nobody was accepted */
  gboolean         delivery_asked;
  gboolean         quitting;     /* QUIT is in the window */
  gboolean         transaction_open; /* the server holds a MAIL that nothing has ended */
  gboolean         bdat_proven;  /* a BDAT of this session was understood */
};

extern const CommandKind COMMAND_GREETING, COMMAND_QUIT;
extern const CommandKind COMMAND_RESET, COMMAND_RCPT, COMMAND_DATA, COMMAND_END, COMMAND_CHUNK, COMMAND_LAST_CHUNK;

/* dialogue.c */
Event *dialogue_post (Dialogue *dialogue, DialogueEventKind kind);
void   dialogue_post_text (Dialogue *dialogue, DialogueEventKind kind, const char *text);

typedef enum {
  CLOSE_NOW,    /* what is still to go out stays here */
  CLOSE_POLITE, /* behind a QUIT whose reply nobody awaits */
} CloseManner;

/* The session is over; every delivery that is still open gets its fate. */
void dialogue_end (Dialogue *dialogue, CloseManner manner, OutcomeKind kind, Stage stage, Cause cause,
                   const Reply *reply, const char *detail);

/* OUTCOME_TEMPORARY for 4yz, OUTCOME_PERMANENT for 5yz. */
OutcomeKind outcome_kind_of_reply (const Reply *reply);

/* dialogue-session.c */
gboolean session_gate (gpointer owner, const WindowCommand *command);
void     session_start (Dialogue *dialogue);
void     session_ready (Dialogue *dialogue); /* logged in, or knowingly not */
void     session_push_quit (Dialogue *dialogue);

/* dialogue-auth.c */
void auth_start (Dialogue *dialogue);
void auth_respond (Dialogue *dialogue, AuthResponseStatus status, const guint8 *response, gsize length,
                   const char *detail);
void auth_clear (AuthExchange *auth);

/* dialogue-message.c */
void transaction_begin (Dialogue *dialogue, DeliveryId id, const Envelope *envelope, const gboolean *pending,
                        const BodyForm *form, gboolean window_ends);

/* dialogue-fate.c */
Transaction *transaction_new (DeliveryId id, const Envelope *envelope, const gboolean *pending,
                              const BodyForm *form);
Transaction *transaction_find (const Dialogue *dialogue, DeliveryId id); /* NULL: none, or told */
void         transaction_free (Transaction *transaction);
void         recipient_decide (Transaction *transaction, guint recipient, RecipientState state,
                               const Verdict *verdict);
/* Says DIALOGUE_RECIPIENT. */
void         recipient_post (Dialogue *dialogue, const Transaction *transaction, guint recipient);
/* The fate of all whose state is PENDING or ACCEPTED. */
void         transaction_decide (Transaction *transaction, OutcomeKind kind, Stage stage, Cause cause,
                                 const Reply *reply, const char *detail);
/* Fate as above; then drop, drain or close, whatever is gentlest. */
void         transaction_give_up (Dialogue *dialogue, Transaction *transaction, OutcomeKind kind, Stage stage,
                                  Cause cause, const Reply *reply, const char *detail);
/* Says DIALOGUE_FINISHED, once. */
void         transaction_tell (Dialogue *dialogue, Transaction *transaction);
/* Forgets what is over; TRUE when anything was. */
gboolean     transactions_settle (Dialogue *dialogue);
/* The fate of one, or of all, that the end of the session leaves open; told. */
void         transaction_abandon (Dialogue *dialogue, Transaction *transaction, const Verdict *verdict);
void         transactions_abandon (Dialogue *dialogue, const Verdict *verdict);
/* Somebody's fate hangs on a reply to octets that complete a message and are out; of a
 * delivery behind that of SUBJECT (NULL: any). */
gboolean     transactions_await_end (const Dialogue *dialogue, gconstpointer subject);
/* Nothing more will be sent: the fate of those of which the end isn't out. */
void         transactions_leave_unsent (Dialogue *dialogue, const Verdict *verdict);
gboolean     transactions_may_leave_some (const Dialogue *dialogue); /* recipients for another transaction */
guint        transactions_at_once (const Dialogue *dialogue); /* at the most */
/* Asks for the next delivery where one is welcome. TRUE: there is something to send instead. */
gboolean     transactions_ask (Dialogue *dialogue);

/* dialogue-body.c */
/* Queues DATA or the BDATs; GROUP: octets of MAIL and RCPTs; QUIT_FOLLOWS in the same group. */
void body_queue (Dialogue *dialogue, Transaction *transaction, gsize group, gboolean quit_follows);
/* No recipient is left: what of the body has to go, or not to go? */
void body_nobody_left (Dialogue *dialogue, Transaction *transaction, const Reply *reply);
void body_ask (Dialogue *dialogue); /* for octets and permits */
void body_take (Dialogue *dialogue, Transaction *transaction, const guint8 *octets, gsize length);
gboolean body_is_whole (const Transaction *transaction);
gboolean body_is_over (const Transaction *transaction); /* no more octets will be asked for */

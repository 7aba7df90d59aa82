/* The SMTP client as a value that eats octets (RFC 5321, 6409, 3207, 4954, 2920,
 * 3030). It holds no socket, no clock, no file: octets and times go in, octets,
 * deadlines and events come out. Commands in flight are objects in a queue (the
 * window, core/window.h), each with its own completion, so that lock-step,
 * grouped pipelining and deep BDAT streaming are one rule.
 *
 * A body octet that could end a message needs a permit: the dialogue cannot give
 * out the octets that complete a message (the final dot, or the last octet of a
 * BDAT LAST chunk) before dialogue_permit_end() was called for that delivery.
 *
 * The TLS rule is checked where a command is sent, not at a step that could be
 * skipped: with TLS required no AUTH, no MAIL and no body octet is ever encoded
 * on a connection that isn't encrypted and verified.
 *
 * Recipients whose final verdict is OUTCOME_NONE were left for another transaction ("too
 * many", LIMITS): begin the same delivery again with those pending, while the session
 * lasts. Each such round decides at least one recipient, so there is an end to it.
 *
 * A message that fits the initial window leaves as one group, held back until its body
 * was supplied and its end permitted; of a larger one the first chunk is in that group.
 *
 * Several deliveries at once, `window` of them, where PIPELINING is offered:
 * - DIALOGUE_WANTS_DELIVERY comes again while earlier deliveries await their replies. With
 *   BDAT it comes once the latest has its body, with DATA as soon as the latest was begun.
 *   Deliveries end in the order in which they were begun, but for those that are refused
 *   before anything was sent.
 * - Permits come due ahead of their use, so that one write to the disk can record many:
 *   collect every DIALOGUE_WANTS_END_PERMIT of one drain (and all that come while a record
 *   is being written) into the next record, then permit them all. So `window` deliveries
 *   are recorded as in doubt at the most; of fewer the end was sent, and when the
 *   connection dies the dialogue says of which. What is sent waits for the oldest permit.
 * - BDAT: MAIL RCPT BDAT LAST RSET MAIL RCPT … in one stream, from the second message on:
 *   the first has to show that BDAT is parsed. RSET, because a BDAT whose recipients were
 *   all refused may leave the sender behind. Octets of a message whose MAIL or RCPTs are
 *   refused are out already; the server discards them (RFC 3030, 4.1), its 503 or 554 is
 *   awaited and decides nothing. A BDAT answered with 500, 502 or 503 although a recipient
 *   was accepted ends the session at once: what is behind it may be run as commands.
 * - DATA: the final dot and the next MAIL, RCPTs and DATA in one group; one message at a
 *   time can be in doubt.
 * - When the session ends, a delivery whose completing octets were taken and that has no
 *   reply is in doubt; all others are safe to send again (OUTCOME_TRANSPORT, or what the
 *   end was), permitted or not. With 421, nothing but refusals after it, and then its close,
 *   those behind it are safe too: replies come in order. The dialogue waits for that close
 *   (30 s), sends nothing, asks for nothing, and takes what is answered all the same.
 * - A session that many messages have come to nothing over ends with QUIT before the server
 *   ends it, with those in flight.
 * - A reply too few shows with DATA (a 354 out of its place) and at QUIT (221 too early),
 *   and is the end of the session then.
 * - While replies are awaited octets have to be read, also while writing is blocked.
 * - window = 1, or no PIPELINING: nothing of this; one delivery after the other, and its
 *   permit is asked for when it is needed.
 *
 * Use: after every call below, drain dialogue_next_event() until FALSE, then send
 * what dialogue_take_output() gives, then set a timer for dialogue_deadline(). */
#pragma once

#include "core/auth-choice.h"
#include "core/capabilities.h"
#include "core/command.h"
#include "core/envelope.h"
#include "core/outcome.h"
#include "base/ticks.h"

typedef guint64 DeliveryId; /* of a WorkSource's naming; 0 is none */

typedef enum { TLS_REQUIRED, TLS_WHEN_OFFERED, TLS_OFF } TlsRule;

typedef struct {
  TlsRule      tls;
  gboolean     implicit_tls;    /* the stream is under TLS before the greeting */
  AuthSettings auth;
  const char  *helo_name;
  gboolean     chunking;        /* use BDAT where offered */
  guint        window;          /* deliveries begun and not finished, at the most; 1: never two in doubt */
  gsize        initial_window;  /* octets of one flight on a new connection: 14,336 */
  gsize        chunk_size;      /* octets of a BDAT chunk after the first */
  Ticks        greeting_timeout;
  Ticks        command_timeout;
  Ticks        data_timeout;    /* for the reply to the final dot or BDAT LAST */
} DialogueSettings;

typedef struct Dialogue Dialogue;

/* SETTINGS are copied. NOW is when the connection was made. */
Dialogue *dialogue_new (const DialogueSettings *settings, Ticks now);
void      dialogue_free (Dialogue *dialogue);

/* ---- what comes in ---------------------------------------------------- */

/* Octets from the server, already decrypted. */
void dialogue_receive (Dialogue *dialogue, const guint8 *octets, gsize length, Ticks now);

/* The server closed, or the connection broke; DETAIL (may be NULL) for people. */
void dialogue_closed (Dialogue *dialogue, const char *detail, Ticks now);

/* The time of dialogue_deadline() may have come. */
void dialogue_tick (Dialogue *dialogue, Ticks now);

/* All output taken so far has left: for the deadlines of long bodies, and because no more
 * of a body is asked for than the network takes. */
void dialogue_sent (Dialogue *dialogue, Ticks now);

/* ---- what it asks of the outside, and the answers ---------------------- */

/* To DIALOGUE_WANTS_TLS: the handshake is done and verified as configured.
 * To be called with implicit TLS too, before the greeting is fed. */
typedef struct {
  gboolean binding_available; /* tls-exporter, or TLS 1.2 with extended master secret */
  gboolean certificate_asked; /* ours was set and asked for */
} DialogueTls;
void dialogue_tls_established (Dialogue *dialogue, const DialogueTls *tls, Ticks now);

/* TLS failed; KIND is OUTCOME_SECURITY or OUTCOME_TRANSPORT. */
void dialogue_tls_failed (Dialogue *dialogue, OutcomeKind kind, Cause cause, const char *detail, Ticks now);

/* To DIALOGUE_WANTS_AUTH: the next response of the mechanism (NULL and 0: an
 * empty one is meant when STATUS isn't AUTH_RESPONSE_NONE). */
typedef enum {
  AUTH_RESPONSE_MORE,      /* send it; the mechanism expects another challenge */
  AUTH_RESPONSE_DONE,      /* send it; nothing is left to verify: a 235 may come */
  AUTH_RESPONSE_NONE,      /* asked for the initial response, and the mechanism has none */
  AUTH_RESPONSE_FAILED,    /* the mechanism gives up: cancel with "*" (RFC 4954); DETAIL why */
  AUTH_RESPONSE_NO_SECRET, /* the secret could not be had; DETAIL why */
} AuthResponseStatus;
void dialogue_auth_respond (Dialogue *dialogue, AuthResponseStatus status,
                            const guint8 *response, gsize length, const char *detail, Ticks now);

/* To DIALOGUE_WANTS_DELIVERY: a message. PENDING (may be NULL: all) flags by
 * recipient index who is still to be served. ENVELOPE is copied; its domains are
 * A-labels already where the server lacks SMTPUTF8. WINDOW_ENDS: no other delivery
 * follows, so QUIT may go in the same group. */
void dialogue_begin (Dialogue *dialogue, DeliveryId id, const Envelope *envelope, const gboolean *pending,
                     const BodyForm *form, gboolean window_ends, Ticks now);

/* … or nothing more to do: QUIT, once nobody in flight can be left for another transaction;
 * if somebody is, DIALOGUE_WANTS_DELIVERY comes again. Its reply is awaited 5 s. */
void dialogue_quit (Dialogue *dialogue, Ticks now);

/* To DIALOGUE_WANTS_BODY: the next octets of the wire form, CRLF lines, not
 * dot-stuffed, at most as many as were asked for, at least one unless the body
 * has ended. All together must be exactly BodyForm.size. */
void dialogue_body_supply (Dialogue *dialogue, DeliveryId id, const guint8 *octets, gsize length, Ticks now);

/* … or the body can't be read: the transaction is given up by closing. */
void dialogue_body_failed (Dialogue *dialogue, DeliveryId id, const char *detail, Ticks now);

/* To DIALOGUE_WANTS_END_PERMIT: "in doubt" is durable for ID, in any order. Never called: the
 * server never gets the octets that complete the message. A delivery that was permitted
 * and of which those octets were not taken yet still ends as OUTCOME_TRANSPORT. */
void dialogue_permit_end (Dialogue *dialogue, DeliveryId id, Ticks now);

/* … or it could not be made durable, or the user cancelled: ID is given up,
 * by closing where no gentler way is safe. */
void dialogue_refuse_end (Dialogue *dialogue, DeliveryId id, OutcomeKind kind, Cause cause,
                          const char *detail, Ticks now);

/* ---- what comes out ---------------------------------------------------- */

typedef enum {
  /* requests: each is said once and wants its answer sooner or later */
  DIALOGUE_WANTS_TLS,        /* start the handshake now; no octet is buffered */
  DIALOGUE_WANTS_AUTH,       /* .mechanism, .octets: the challenge; .initial: no challenge yet */
  DIALOGUE_WANTS_DELIVERY,   /* dialogue_begin() or dialogue_quit() */
  DIALOGUE_WANTS_BODY,       /* .id, .limit octets */
  DIALOGUE_WANTS_END_PERMIT, /* .id */
  DIALOGUE_WANTS_CLOSE,      /* over: close the connection, once the output has left */
  /* news */
  DIALOGUE_GREETED,          /* .reply: 220 */
  DIALOGUE_CAPABLE,          /* .capabilities: of this EHLO */
  DIALOGUE_ESTABLISHED,      /* greeted; TLS verified or knowingly not used */
  DIALOGUE_AUTHENTICATED,    /* .mechanism */
  DIALOGUE_AUTH_SKIPPED,     /* a login is configured and not used: .text says why */
  DIALOGUE_AUTH_NEXT,        /* .mechanism was refused before any proof, another is tried; .reply */
  DIALOGUE_COMMAND,          /* .text: the command as sent, secrets masked; for -v */
  DIALOGUE_REPLY,            /* .reply: as received; for -v. Challenges are masked */
  DIALOGUE_RECIPIENT,        /* .id, .recipient, .verdict: its fate at RCPT (accepted: for now) */
  DIALOGUE_FINISHED,         /* .id, .outcome: nothing more will be said of this delivery; maybe before
                                the permit that was asked for, which has no effect then */
  DIALOGUE_ENDED,            /* .verdict: the session is over; ACCEPTED when nothing was wrong with it: after
                                QUIT, or closed because a message could be given up in no other way */
} DialogueEventKind;

typedef struct {
  DialogueEventKind    kind;
  DeliveryId           id;
  guint                recipient;
  gsize                limit;
  gboolean             initial;
  const char          *mechanism;
  const char          *text;
  const guint8        *octets;
  gsize                length;
  const Reply         *reply;
  const Capabilities  *capabilities;
  const Verdict       *verdict;
  const Outcome       *outcome;
} DialogueEvent;

/* The next event, oldest first; FALSE: none. What it points to is the dialogue's
 * and lives until the next call of dialogue_next_event() or dialogue_free(). */
gboolean dialogue_next_event (Dialogue *dialogue, DialogueEvent *ret_event);

/* Octets to send, moved out of the dialogue; NULL: none. The caller's to free
 * (and to wipe: they may hold a password). */
GByteArray *dialogue_take_output (Dialogue *dialogue);

/* When dialogue_tick() wants to be called at the latest. */
Ticks dialogue_deadline (const Dialogue *dialogue);

/* TRUE once the end of ID was permitted and its reply hasn't come: too late to cancel. */
gboolean dialogue_is_in_doubt (const Dialogue *dialogue, DeliveryId id);

/* TRUE after DIALOGUE_ENDED. */
gboolean dialogue_is_over (const Dialogue *dialogue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dialogue, dialogue_free)

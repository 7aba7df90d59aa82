/* The SMTP server as a value that eats octets: what `sendmail -bs`, the system
 * socket and toukan-sink share. RFC 5321, 6409, 3207, 4954, 2920, 3030, 3461,
 * 4865, 6531, 9422. Sans-IO in the manner of core/dialogue.h. */
#pragma once

#include "core/capabilities.h"
#include "core/command.h"
#include "core/envelope.h"
#include "base/ticks.h"

/* A reply of the owner's in place of the usual one, for a test double. VERB is a
 * command's, or "END" for the reply to a whole message. A CODE of the usual one's
 * class changes the words only; with another the command isn't carried out. BDAT
 * answered 500 or 502 isn't parsed at all: its octets run as commands, as they do
 * on servers that don't know it. */
typedef struct {
  const char *verb;
  guint       code;
  const char *text;
} ReceiverReply;

/* What it points to outlives the receiver. */
typedef struct {
  const char *server_name;
  const char *greeting;          /* text after the name; NULL: "ESMTP" */
  guint       capabilities;      /* CapabilityFlag offered; STARTTLS only while in the clear */
  guint64     size_limit;        /* octets; 0: none */
  guint       rcpt_max;          /* 0: none */
  guint64     future_release_interval; /* of FUTURERELEASE: seconds, at the longest, */
  gint64      future_release_until;    /*   and the latest moment (wall clock, µs); either 0: not offered */
  const char *const *mechanisms; /* offered; NULL: none */
  gboolean    auth_needs_tls;    /* offered only under TLS */
  gboolean    mail_needs_auth;   /* 530 to MAIL before AUTH */
  gboolean    mail_needs_tls;    /* 530 to MAIL before TLS */
  gboolean    old_auth_form;     /* also announces AUTH=… */
  gboolean    bare_addresses;    /* one without a domain is taken, too: the owner completes it */
  gboolean    silent_start;      /* no greeting by itself: receiver_greet() gives it */
  const ReceiverReply *replies;  /* NULL: the usual ones */
  gsize       n_replies;
} ReceiverSettings;

typedef struct Receiver Receiver;

Receiver *receiver_new (const ReceiverSettings *settings);
void      receiver_free (Receiver *receiver);

/* Limits: beyond them a line is refused, and a peer that doesn't stop is left. */
#define RECEIVER_LINE_LIMIT      2048
#define RECEIVER_LINE_LIMIT_AUTH 12288   /* RFC 4954, section 4 */
#define RECEIVER_INPUT_LIMIT     1048576 /* octets kept while an answer is due */
#define RECEIVER_ERROR_LIMIT     20      /* refused commands */

/* Use: after every call below, drain receiver_next_event() until FALSE (it is there
 * that the input is worked off), then send what receiver_take_output() gives. */

/* ---- in ---- */
void receiver_greet (Receiver *receiver);
void receiver_receive (Receiver *receiver, const guint8 *octets, gsize length);
void receiver_tls_established (Receiver *receiver);

typedef enum {
  RECEIVER_WANTS_TLS,       /* start the handshake once the output has left */
  RECEIVER_WANTS_AUTH,      /* .octets: initial response or response; .initial: none given.
                               .mechanism: a new exchange begins; NULL: it goes on */
  RECEIVER_WANTS_SENDER,    /* MAIL is understood; .envelope, .form; answer receiver_answer() */
  RECEIVER_WANTS_RECIPIENT, /* .envelope, .index; answer receiver_answer() */
  RECEIVER_WANTS_MESSAGE,   /* .envelope, .form: the body begins: make room; no answer is due */
  RECEIVER_BODY,            /* .octets: of the message, dot-stuffing undone */
  RECEIVER_WANTS_VERDICT,   /* .envelope, .form: the message is whole: answer receiver_answer() when it is durable */
  RECEIVER_RESET,           /* the transaction is dropped: RSET, EHLO, a body that can't be
                               taken, or closing in its middle */
  RECEIVER_COMMAND,         /* .text: each command line as it came, secrets masked, for a log */
  RECEIVER_WANTS_CLOSE,
} ReceiverEventKind;

typedef struct {
  ReceiverEventKind kind;
  const char       *mechanism;
  const char       *text;
  const guint8     *octets;
  gsize             length;
  gboolean          initial;
  const Envelope   *envelope;
  const BodyForm   *form;      /* SIZE, BODY, SMTPUTF8 as declared */
  guint             index;     /* of the recipient */
} ReceiverEvent;

/* What the event points to is the receiver's, until the next call of any function. */
gboolean    receiver_next_event (Receiver *receiver, ReceiverEvent *ret_event);

/* Octets to send, the caller's to free; NULL: none. */
GByteArray *receiver_take_output (Receiver *receiver);

/* TRUE while an answer is due: what is received now is only kept, so better don't read. */
gboolean    receiver_is_waiting (const Receiver *receiver);

/* Answers the oldest WANTS_SENDER, WANTS_RECIPIENT or WANTS_VERDICT. CODE 0: the
 * usual reply. TEXT may be NULL and may hold several lines. */
void receiver_answer (Receiver *receiver, guint code, const char *text);

/* The mechanisms offered from now on: TLS may change them. -PLUS ones and EXTERNAL are
 * offered under TLS only. Outlives the receiver. */
void receiver_set_mechanisms (Receiver *receiver, const char *const *mechanisms);

/* Answers WANTS_AUTH. CODE 334: OCTETS are the next challenge; 235: login is done
 * and USER is who; 535 and others: refused. */
void receiver_auth_answer (Receiver *receiver, guint code, const guint8 *octets, gsize length, const char *user);

/* Says CODE TEXT now, unasked, and closes (421; or in place of the greeting). */
void receiver_shut_down (Receiver *receiver, guint code, const char *text);

const char *receiver_user (const Receiver *receiver); /* NULL: not authenticated */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Receiver, receiver_free)

/* The SMTP server as a value that eats octets: what `sendmail -bs`, the system
 * socket and toukan-sink share. RFC 5321, 6409, 3207, 4954, 2920, 3030, 3461,
 * 6531, 9422. Sans-IO in the manner of core/dialogue.h. */
#pragma once

#include "core/capabilities.h"
#include "core/command.h"
#include "core/envelope.h"
#include "base/ticks.h"

typedef struct {
  const char *server_name;
  const char *greeting;          /* text after the name; NULL: "ESMTP" */
  guint       capabilities;      /* CapabilityFlag offered; STARTTLS only while in the clear */
  guint64     size_limit;        /* octets; 0: none */
  guint       rcpt_max;          /* 0: none */
  const char *const *mechanisms; /* offered; NULL: none */
  gboolean    auth_needs_tls;    /* offered only under TLS */
  gboolean    mail_needs_auth;   /* 530 to MAIL before AUTH */
  gboolean    mail_needs_tls;    /* 530 to MAIL before TLS */
  gboolean    old_auth_form;     /* also announces AUTH=… */
  gboolean    silent_start;      /* no greeting by itself: receiver_greet() gives it */
} ReceiverSettings;

typedef struct Receiver Receiver;

Receiver *receiver_new (const ReceiverSettings *settings);
void      receiver_free (Receiver *receiver);

/* ---- in ---- */
void receiver_greet (Receiver *receiver);
void receiver_receive (Receiver *receiver, const guint8 *octets, gsize length);
void receiver_tls_established (Receiver *receiver);

typedef enum {
  RECEIVER_WANTS_TLS,       /* start the handshake once the output has left */
  RECEIVER_WANTS_AUTH,      /* .mechanism, .octets: initial response or response; .initial: none given */
  RECEIVER_WANTS_SENDER,    /* .command "MAIL …" is understood; .envelope; answer receiver_answer() */
  RECEIVER_WANTS_RECIPIENT, /* .index; answer receiver_answer() */
  RECEIVER_WANTS_MESSAGE,   /* the body begins: make room; no answer is due */
  RECEIVER_BODY,            /* .octets: of the message, dot-stuffing undone */
  RECEIVER_WANTS_VERDICT,   /* the message is whole: answer receiver_answer() when it is durable */
  RECEIVER_RESET,           /* the transaction is dropped: RSET, EHLO, or closing in its middle */
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

gboolean    receiver_next_event (Receiver *receiver, ReceiverEvent *ret_event);
GByteArray *receiver_take_output (Receiver *receiver);

/* Answers the oldest WANTS_SENDER, WANTS_RECIPIENT or WANTS_VERDICT. CODE 0: the
 * usual reply. TEXT may be NULL and may hold several lines. */
void receiver_answer (Receiver *receiver, guint code, const char *text);

/* Answers WANTS_AUTH. CODE 334: OCTETS are the next challenge; 235: login is done
 * and USER is who; 535 and others: refused. */
void receiver_auth_answer (Receiver *receiver, guint code, const guint8 *octets, gsize length, const char *user);

/* Says CODE TEXT now, unasked, and closes (421). */
void receiver_shut_down (Receiver *receiver, guint code, const char *text);

const char *receiver_user (const Receiver *receiver); /* NULL: not authenticated */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Receiver, receiver_free)

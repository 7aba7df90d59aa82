/* What the receiver's files share: its state, and how it speaks. Nobody else
 * includes this. */
#pragma once

#include "core/receiver.h"
#include "core/transparency.h"

typedef enum {
  MODE_COMMAND,
  MODE_AUTH, /* the next line is a response */
  MODE_DATA,
  MODE_BDAT,
  MODE_TLS,  /* the handshake is under way: clear octets are dropped */
  MODE_OVER,
} ReceiverMode;

typedef enum {
  WAIT_NONE,
  WAIT_GREETING,
  WAIT_SENDER,
  WAIT_RECIPIENT,
  WAIT_VERDICT,
  WAIT_AUTH,
} ReceiverWait;

/* Where in a line of DATA the next octet stands. */
typedef enum {
  DATA_LINE_START,
  DATA_DOT,
  DATA_DOT_CR,
  DATA_TEXT,
  DATA_CR,
} DataState;

#define RECEIVER_QUEUE_LENGTH 8

struct Receiver {
  ReceiverSettings settings;
  ReceiverMode mode;
  ReceiverWait wait;
  gboolean encrypted;
  gboolean introduced; /* EHLO or HELO came */
  guint errors;
  char *user;

  GByteArray *input;
  gsize taken; /* octets of the input that are worked off */
  gboolean skipping_line;
  GByteArray *output;

  /* Input is worked off only while this is empty, so that what events point to is
   * still there when they are read. */
  ReceiverEvent queue[RECEIVER_QUEUE_LENGTH];
  guint n_queued;
  guint n_given;
  GByteArray *octets; /* what an event shows: body or response */
  GString *text;      /* what an event shows: the command */
  char *mechanism;

  Envelope *envelope; /* NULL: no transaction */
  BodyForm form;
  guint n_accepted;
  guint recipient; /* index of the one that is asked for */
  gboolean recipient_is_new;

  gboolean body_begun;
  gboolean body_broken; /* a bare CR, bare LF or NUL came */
  guint64 body_size;
  DataState data;
  Transparency chunk_form;
  guint64 chunk_left;
  gboolean chunk_last;
  gboolean chunk_refused; /* no transaction that it could belong to */
};

/* The words of an answer: code, enhanced code and text. */
void receiver_say (Receiver *receiver, guint code, const char *text);

/* The same for VERB, whose reply the owner may have replaced. FALSE: the owner's
 * reply is of another class, so the command isn't to be carried out. */
gboolean receiver_say_for (Receiver *receiver, const char *verb, guint code, const char *text);

/* Refuses a command, and counts. */
void receiver_refuse (Receiver *receiver, guint code, const char *text);

/* The owner's reply for VERB; NULL: none. */
const ReceiverReply *receiver_override (const Receiver *receiver, const char *verb);

/* The event comes out next; it shows the transaction where its kind says so. */
ReceiverEvent *receiver_push (Receiver *receiver, ReceiverEventKind kind);
void           receiver_reset (Receiver *receiver);
gboolean       receiver_offers (const Receiver *receiver, CapabilityFlag flag);

/* receiver-command.c: one whole line without its line end; NUL-terminated. */
void receiver_command (Receiver *receiver, char *line);
void receiver_auth_line (Receiver *receiver, const char *line);

/* receiver-parameters.c: the arguments of MAIL and RCPT. On failure *ret_reply is the
 * reply's text, with the code. */
typedef struct {
  guint       code;
  const char *text;
} ReceiverFault;

gboolean receiver_parse_mail (const Receiver *receiver, const char *arguments, Envelope **ret_envelope,
                              BodyForm *ret_form, ReceiverFault *ret_fault);
gboolean receiver_parse_rcpt (const Receiver *receiver, const char *arguments, EnvelopeRecipient *ret_recipient,
                              ReceiverFault *ret_fault);

/* receiver-body.c */
void receiver_begin_data (Receiver *receiver);
void receiver_begin_chunk (Receiver *receiver, guint64 octets, gboolean last);
void receiver_take_data (Receiver *receiver);
void receiver_take_chunk (Receiver *receiver);

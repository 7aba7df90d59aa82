/* What the files of a connection share. Nobody else includes this. */
#pragma once

#include "net/stream.h"
#include "sink/auth.h"
#include "sink/connection.h"
#include "sink/mail-file.h"

/* What follows once the output held has been sent. */
typedef enum { THEN_NOTHING, THEN_TLS, THEN_CLOSE } Then;

struct Connection {
  const ConnectionContext *context;
  const SinkOptions *options;
  guint64 id;
  gboolean implicit_tls, too_many;
  ConnectionEnded ended;
  gpointer data;

  Stream *stream;
  Receiver *receiver;
  SinkAuth *auth;
  const char **mechanisms; /* offered since TLS; NULL: not under TLS */
  MailFile *file;
  char *tls; /* version and cipher; NULL: in the clear */

  guint64 octets; /* from the client, decrypted */
  guint64 commands;
  guint messages;
  gboolean deaf; /* what comes in is dropped */
  gboolean over;
  GByteArray *held;
  Then then;
  guint reply_timer, greeting_timer, linger_timer, end_source;
};

/* Begins an event of the log with the connection's number. */
Log *connection_begin_event (Connection *connection, const char *event);

/* Moves what the receiver says to what is held. */
void connection_collect_output (Connection *connection);

/* Closes or falls silent where that was asked for. TRUE: it did. */
gboolean connection_fail_on_purpose (Connection *connection, MomentKind kind, guint64 number);
void     connection_close (Connection *connection);

/* connection-events.c: answers the receiver. */
void connection_on_event (Connection *connection, const ReceiverEvent *event);

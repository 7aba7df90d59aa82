/* One client's connection: the receiver on a stream, and whatever goes wrong on purpose. */
#pragma once

#include "sink/certificates.h"
#include "sink/log.h"

/* What all connections share; outlives them. */
typedef struct {
  const SinkOptions  *options;
  const Certificates *certificates;
  Log                *log;
} ConnectionContext;

typedef struct {
  guint64     id;
  const char *peer, *local; /* for the log */
  gboolean    implicit_tls;
  gboolean    too_many;     /* to be greeted with 421 */
} ConnectionFacts;

typedef struct Connection Connection;

/* Comes once, from the main context: the connection may be freed now. */
typedef void (*ConnectionEnded) (Connection *connection, gpointer data);

/* Takes FD. */
Connection *connection_new (const ConnectionContext *context, int fd, const ConnectionFacts *facts,
                            ConnectionEnded ended, gpointer data);
void        connection_free (Connection *connection);

/* Ends it now, with 421 where the protocol is at a point for that. */
void connection_shut_down (Connection *connection);

/* The core's own receiver on a stream: enough of a server to see what crossed. */
#include "tests/lib/loopback-server.h"

#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/tcp.h"

typedef struct {
  LoopbackServer *server;
  Stream *stream;
  Receiver *receiver;
} Connection;

struct LoopbackServer {
  int fd;
  guint16 port;
  guint source;
  guint capabilities;
  GPtrArray *connections;
  GString *bodies;
  GString *body;
  gsize body_octets;
  guint messages;
  guint recipients;
  GHashTable *refused;
  guint end_code;
};

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  stream_free (connection->stream);
  receiver_free (connection->receiver);
  g_free (connection);
}

static void
drop (Connection *connection)
{
  g_ptr_array_remove (connection->server->connections, connection);
}

static void
answer_recipient (Connection *connection)
{
  LoopbackServer *server = connection->server;
  guint code
      = GPOINTER_TO_UINT (g_hash_table_lookup (server->refused, GUINT_TO_POINTER (server->recipients)));

  server->recipients++;
  receiver_answer (connection->receiver, code, code ? "refused by the test" : NULL);
}

/* FALSE: the connection is gone. */
static gboolean
answer_end (Connection *connection)
{
  LoopbackServer *server = connection->server;

  server->messages++;
  g_string_append_len (server->bodies, server->body->str, (gssize)server->body->len);
  g_string_truncate (server->body, 0);
  if (server->end_code == G_MAXUINT) {
    drop (connection);
    return FALSE;
  }
  receiver_answer (connection->receiver, server->end_code, NULL);
  return TRUE;
}

static gboolean
handle (Connection *connection, const ReceiverEvent *event)
{
  LoopbackServer *server = connection->server;

  switch (event->kind) {
  case RECEIVER_WANTS_SENDER:
    receiver_answer (connection->receiver, 0, NULL);
    return TRUE;
  case RECEIVER_WANTS_RECIPIENT:
    answer_recipient (connection);
    return TRUE;
  case RECEIVER_BODY:
    g_string_append_len (server->body, (const char *)event->octets, (gssize)event->length);
    server->body_octets += event->length;
    return TRUE;
  case RECEIVER_WANTS_VERDICT:
    return answer_end (connection);
  case RECEIVER_RESET:
    g_string_truncate (server->body, 0);
    return TRUE;
  case RECEIVER_WANTS_CLOSE:
    stream_close_gracefully (connection->stream);
    return TRUE;
  default:
    return TRUE;
  }
}

static void
pump (Connection *connection)
{
  ReceiverEvent event;
  GByteArray *output;

  while (receiver_next_event (connection->receiver, &event)) {
    if (event.kind == RECEIVER_WANTS_CLOSE && (output = receiver_take_output (connection->receiver))) {
      stream_write (connection->stream, output->data, output->len);
      g_byte_array_unref (output);
    }
    if (!handle (connection, &event))
      return;
  }
  output = receiver_take_output (connection->receiver);
  if (!output)
    return;
  stream_write (connection->stream, output->data, output->len);
  g_byte_array_unref (output);
}

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Connection *connection = data;

  receiver_receive (connection->receiver, octets, length);
  pump (connection);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  drop (data);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  static const StreamEvents events = { .received = on_received, .closed = on_closed };
  LoopbackServer *server = data;
  ReceiverSettings settings = { .server_name = "loopback.test", .capabilities = server->capabilities };
  int accepted = accept (fd, NULL, NULL);
  Connection *connection;

  if (accepted < 0)
    return G_SOURCE_CONTINUE;
  connection = g_new0 (Connection, 1);
  connection->server = server;
  connection->receiver = receiver_new (&settings);
  connection->stream = stream_new (accepted, &events, connection);
  g_ptr_array_add (server->connections, connection);
  pump (connection);
  return G_SOURCE_CONTINUE;
}

LoopbackServer *
loopback_server_new (guint capabilities)
{
  static const IpAddress loopback = { .family = FAMILY_IPV4, .octets = { 127, 0, 0, 1 } };
  LoopbackServer *server = g_new0 (LoopbackServer, 1);
  g_autoptr (GError) error = NULL;

  server->fd = tcp_listen (&loopback, 0, &server->port, &error);
  g_assert_no_error (error);
  server->capabilities = capabilities;
  server->connections = g_ptr_array_new_with_free_func (connection_free);
  server->bodies = g_string_new (NULL);
  server->body = g_string_new (NULL);
  server->refused = g_hash_table_new (NULL, NULL);
  server->source = g_unix_fd_add (server->fd, G_IO_IN, on_connection, server);
  return server;
}

void
loopback_server_free (LoopbackServer *server)
{
  g_source_remove (server->source);
  g_ptr_array_unref (server->connections);
  g_string_free (server->bodies, TRUE);
  g_string_free (server->body, TRUE);
  g_hash_table_unref (server->refused);
  close (server->fd);
  g_free (server);
}

guint16
loopback_server_port (const LoopbackServer *server)
{
  return server->port;
}

guint
loopback_server_messages (const LoopbackServer *server)
{
  return server->messages;
}

const GString *
loopback_server_bodies (const LoopbackServer *server)
{
  return server->bodies;
}

gsize
loopback_server_body_octets (const LoopbackServer *server)
{
  return server->body_octets;
}

void
loopback_server_refuse (LoopbackServer *server, guint index, guint code)
{
  g_hash_table_insert (server->refused, GUINT_TO_POINTER (index), GUINT_TO_POINTER (code));
}

void
loopback_server_end_with (LoopbackServer *server, guint code)
{
  server->end_code = code;
}

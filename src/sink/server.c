/* Listening and accepting. */
#include "sink/server.h"

#include <errno.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tcp.h"

typedef struct {
  Server *server;
  int fd;
  guint source;
  gboolean implicit_tls;
  char *place; /* "127.0.0.1:2525" */
} Listener;

struct Server {
  ConnectionContext context;
  GPtrArray *listeners;
  GHashTable *connections; /* a set */
  guint64 last_id;
};

/* "192.0.2.1:25" or "[2001:db8::1]:25". */
static char *
place_to_string (const IpAddress *address, guint16 port)
{
  g_autofree char *text = ip_address_to_string (address);
  return g_strdup_printf (address->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", text, port);
}

static char *
peer_to_string (const struct sockaddr *peer, socklen_t length)
{
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getnameinfo (peer, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return g_strdup ("unknown");
  return g_strdup_printf (peer->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void
on_ended (Connection *connection, gpointer data)
{
  Server *server = data;
  g_hash_table_remove (server->connections, connection);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  Listener *listener = data;
  Server *server = listener->server;
  struct sockaddr_storage peer = { 0 };
  socklen_t length = sizeof peer;
  int accepted = accept4 (fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted < 0)
    return G_SOURCE_CONTINUE; /* the client has gone already, or descriptors are scarce */

  const int yes = 1;
  setsockopt (accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  g_autofree char *place = peer_to_string ((struct sockaddr *)&peer, length);
  guint most = server->context.options->max_connections;
  const ConnectionFacts facts = {
    .id = ++server->last_id,
    .peer = place,
    .local = listener->place,
    .implicit_tls = listener->implicit_tls,
    .too_many = most != 0 && g_hash_table_size (server->connections) >= most,
  };
  g_hash_table_add (server->connections,
                    connection_new (&server->context, accepted, &facts, on_ended, server));
  return G_SOURCE_CONTINUE;
}

static void
listener_free (gpointer data)
{
  Listener *listener = data;
  g_source_remove (listener->source);
  close (listener->fd);
  g_free (listener->place);
  g_free (listener);
}

static gboolean
listen_at (Server *server, const SinkListen *listen, GError **error)
{
  guint16 port = 0;
  int fd = tcp_listen (&listen->address, listen->port, &port, error);
  if (fd < 0)
    return FALSE;
  Listener *listener = g_new0 (Listener, 1);
  listener->server = server;
  listener->fd = fd;
  listener->implicit_tls = listen->implicit_tls;
  listener->place = place_to_string (&listen->address, port);
  listener->source = g_unix_fd_add (fd, G_IO_IN, on_connection, listener);
  g_ptr_array_add (server->listeners, listener);
  return TRUE;
}

static void
log_ready (const Server *server)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new ();
  for (guint i = 0; i < server->listeners->len; i++)
    g_ptr_array_add (places, ((const Listener *)g_ptr_array_index (server->listeners, i))->place);
  Log *log = server->context.log;
  log_begin (log, "ready");
  log_texts (log, "listen", places);
  log_text (log, "ca", server->context.certificates->ca);
  log_text (log, "certificate", server->context.certificates->certificate);
  log_end (log);
}

static void
free_connection (gpointer connection)
{
  connection_free (connection);
}

static gboolean
listen_everywhere (Server *server, const GArray *places, GError **error)
{
  for (guint i = 0; i < places->len; i++)
    if (!listen_at (server, &g_array_index (places, SinkListen, i), error))
      return FALSE;
  log_ready (server);
  return TRUE;
}

Server *
server_new (const SinkOptions *options, const Certificates *certificates, Log *log, GError **error)
{
  Server *server = g_new0 (Server, 1);
  server->context = (ConnectionContext){ .options = options, .certificates = certificates, .log = log };
  server->listeners = g_ptr_array_new_with_free_func (listener_free);
  server->connections = g_hash_table_new_full (NULL, NULL, free_connection, NULL);
  if (!listen_everywhere (server, options->listen, error))
    g_clear_pointer (&server, server_free);
  return server;
}

void
server_free (Server *server)
{
  if (server == NULL)
    return;
  g_ptr_array_unref (server->listeners);
  GHashTableIter iter;
  gpointer connection;
  g_hash_table_iter_init (&iter, server->connections);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    connection_shut_down (connection);
  g_hash_table_unref (server->connections);
  g_free (server);
}

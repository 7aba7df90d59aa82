/* c-ares says which of its sockets wait for what, and how long it can wait; the main loop does
 * the waiting. */
#include "net/ares-loop.h"

#include <arpa/nameser.h>
#include <glib-unix.h>

/* Its own defaults take 75 s to give up a dead server. */
#define FIRST_TIMEOUT_MS 1500
#define TRIES 3

struct AresLoop {
  ares_channel channel;
  GHashTable *watches; /* descriptor -> GSource */
  GSource *timer;      /* NULL: nothing outstanding */
};

static void
destroy_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void ares_loop_arm (AresLoop *loop);

static gboolean
on_timer (gpointer data)
{
  AresLoop *loop = data;
  ares_process_fd (loop->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  ares_loop_arm (loop);
  return G_SOURCE_REMOVE;
}

/* Sets the timer to when c-ares wants to try again. */
static void
ares_loop_arm (AresLoop *loop)
{
  struct timeval span;
  g_clear_pointer (&loop->timer, destroy_source);
  if (!ares_timeout (loop->channel, NULL, &span))
    return;
  loop->timer = g_timeout_source_new ((guint)(span.tv_sec * 1000 + span.tv_usec / 1000 + 1));
  g_source_set_priority (loop->timer, G_PRIORITY_DEFAULT);
  g_source_set_callback (loop->timer, on_timer, loop, NULL);
  g_source_attach (loop->timer, g_main_context_get_thread_default ());
}

static gboolean
on_socket (int fd, GIOCondition condition, gpointer data)
{
  AresLoop *loop = data;
  gboolean readable = (condition & (G_IO_IN | G_IO_ERR | G_IO_HUP)) != 0;
  ares_process_fd (loop->channel, readable ? fd : ARES_SOCKET_BAD,
                   condition & G_IO_OUT ? fd : ARES_SOCKET_BAD);
  ares_loop_arm (loop);
  return G_SOURCE_CONTINUE;
}

/* Both 0: c-ares closes the socket. */
static void
on_socket_state (void *data, ares_socket_t fd, int readable, int writable)
{
  AresLoop *loop = data;
  g_hash_table_remove (loop->watches, GINT_TO_POINTER (fd));
  if (!readable && !writable)
    return;
  GSource *source = g_unix_fd_source_new (fd, (readable ? G_IO_IN : 0) | (writable ? G_IO_OUT : 0));
  g_source_set_callback (source, G_SOURCE_FUNC (on_socket), loop, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_hash_table_insert (loop->watches, GINT_TO_POINTER (fd), source);
}

AresLoop *
ares_loop_new (const char *servers, int *ret_status)
{
  AresLoop *loop = g_new0 (AresLoop, 1);
  loop->watches = g_hash_table_new_full (NULL, NULL, NULL, destroy_source);
  struct ares_options options = {
    .timeout = FIRST_TIMEOUT_MS, .tries = TRIES, .sock_state_cb = on_socket_state, .sock_state_cb_data = loop
  };
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (servers)
    mask |= ARES_OPT_DOMAINS; /* none */
  *ret_status = ares_library_init (ARES_LIB_INIT_ALL);
  if (*ret_status == ARES_SUCCESS)
    *ret_status = ares_init_options (&loop->channel, &options, mask);
  if (*ret_status == ARES_SUCCESS && servers)
    *ret_status = ares_set_servers_ports_csv (loop->channel, servers);
  if (*ret_status == ARES_SUCCESS)
    return loop;
  ares_loop_free (loop);
  return NULL;
}

void
ares_loop_free (AresLoop *loop)
{
  if (!loop)
    return;
  if (loop->channel)
    ares_destroy (loop->channel);
  g_clear_pointer (&loop->timer, destroy_source);
  g_hash_table_unref (loop->watches);
  ares_library_cleanup ();
  g_free (loop);
}

void
ares_loop_ask (AresLoop *loop, const char *name, int type, ares_callback done, gpointer data)
{
  ares_search (loop->channel, name, C_IN, type, done, data);
  ares_loop_arm (loop);
}

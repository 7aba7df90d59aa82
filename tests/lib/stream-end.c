/* One end of a stream and what was said of it. */
#include "tests/lib/stream-end.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
note (StreamEnd *end, guint *count, EndMoment moment, const char *detail)
{
  *count += 1;
  g_free (end->detail);
  end->detail = g_strdup (detail);
  if (end->free_at == moment)
    g_clear_pointer (&end->stream, stream_free);
}

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  StreamEnd *end = data;
  if (end->echo)
    stream_write (stream, octets, length);
  else
    g_byte_array_append (end->got, octets, (guint)length);
  note (end, &end->n_received, END_IN_RECEIVED, NULL);
}

static void
on_secured (Stream *stream, gpointer data)
{
  StreamEnd *end = data;
  if (end->say_when_secured)
    stream_write (stream, (const guint8 *)end->say_when_secured, strlen (end->say_when_secured));
  note (end, &end->n_secured, END_IN_SECURED, NULL);
}

static void
on_tls_failed (Stream *stream, OutcomeKind kind, Cause cause, const char *detail, gpointer data)
{
  StreamEnd *end = data;
  end->kind = kind;
  end->cause = cause;
  /* The detail has to outlive the stream here. */
  if (end->free_at == END_IN_TLS_FAILED)
    g_clear_pointer (&end->stream, stream_free);
  note (end, &end->n_tls_failed, END_NEVER, detail);
}

static void
on_drained (Stream *stream, gpointer data)
{
  StreamEnd *end = data;
  note (end, &end->n_drained, END_IN_DRAINED, NULL);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  StreamEnd *end = data;
  note (end, &end->n_closed, END_IN_CLOSED, detail);
}

static const StreamEvents events = { .received = on_received,
                                     .secured = on_secured,
                                     .tls_failed = on_tls_failed,
                                     .drained = on_drained,
                                     .closed = on_closed };

void
stream_end_start (StreamEnd *end, int fd)
{
  *end = (StreamEnd){ .stream = stream_new (fd, &events, end), .got = g_byte_array_new () };
}

void
stream_end_clear (StreamEnd *end)
{
  stream_free (end->stream);
  g_byte_array_unref (end->got);
  g_free (end->detail);
}

void
make_socket_pair (int type, int fds[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, fds), ==, 0);
}

void
stream_end_say (StreamEnd *end, const char *text)
{
  stream_write (end->stream, (const guint8 *)text, strlen (text));
}

void
make_tcp_pair (int fds[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (bind (listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  getsockname (listener, (struct sockaddr *)&address, &length);
  fds[0] = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (connect (fds[0], (struct sockaddr *)&address, length), ==, 0);
  fds[1] = accept (listener, NULL, NULL);
  g_assert_cmpint (fds[1], >=, 0);
  close (listener);
}

void
main_loop_settle (void)
{
  for (int i = 0; i < 1000 && g_main_context_iteration (NULL, FALSE); i++)
    ;
  g_assert_false (g_main_context_pending (NULL)); /* else it spins */
}

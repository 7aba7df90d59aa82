/* One end of a stream and what was said of it, for tests. */
#pragma once

#include "net/clock.h"
#include "net/stream.h"

typedef enum { END_NEVER, END_IN_RECEIVED, END_IN_SECURED, END_IN_TLS_FAILED, END_IN_DRAINED, END_IN_CLOSED } EndMoment;

typedef struct {
  Stream     *stream;
  GByteArray *got;
  guint       n_received, n_secured, n_tls_failed, n_drained, n_closed;
  OutcomeKind kind;
  Cause       cause;
  char       *detail;           /* of the last callback */
  EndMoment   free_at;          /* the stream is freed inside this callback */
  gboolean    echo;             /* what comes goes back, and not to GOT */
  const char *say_when_secured; /* NULL: nothing */
} StreamEnd;

/* Takes FD. */
void stream_end_start (StreamEnd *end, int fd);
void stream_end_clear (StreamEnd *end);
void stream_end_say   (StreamEnd *end, const char *text);

#define assert_got(end, text) g_assert_cmpmem ((end)->got->data, (end)->got->len, text, strlen (text))

/* Of AF_UNIX; of SOCK_SEQPACKET each write is a packet of its own, and can be counted. */
void make_socket_pair (int type, int ret_fds[2]);
/* Two ends of a connection over loopback. */
void make_tcp_pair (int ret_fds[2]);

/* Turns of the main loop until nothing happens by itself any more. */
void main_loop_settle (void);

#define main_loop_until(condition)                                                                           \
  G_STMT_START                                                                                               \
  {                                                                                                          \
    Ticks main_loop_deadline = clock_now () + 20 * TICKS_PER_SECOND;                                         \
    while (!(condition)) {                                                                                   \
      g_assert_cmpint (clock_now (), <, main_loop_deadline);                                                 \
      g_main_context_iteration (NULL, FALSE);                                                                \
    }                                                                                                        \
  }                                                                                                          \
  G_STMT_END

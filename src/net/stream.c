/* A descriptor on the main loop, or one for each direction. What is written during a turn is gathered and
 * leaves in one write (one TLS record, one segment if it fits): small writes would meet Nagle's algorithm and
 * the delayed ACK, and cost 40 ms each.
 *
 * Everything is said from the source's dispatch, where the stream may be freed at any
 * call; `over` tells the rest of that dispatch to touch nothing more. */
#include "net/stream.h"

#include "net/descriptors.h"
#include "net/octet-queue.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most that one stream takes in a turn, so that the others live. */
#define TURN_SIZE (64 * 1024)

struct Stream {
  guint references; /* the owner's, and that of a dispatch under way */
  int fd;
  int out; /* where writing goes: fd in most cases; -1: closed already */
  StreamEvents events;
  gpointer data;
  GSource *source;
  gpointer polled, polled_out; /* NULL: nothing is waited for; the second one where there are two */
  GIOCondition polled_as, polled_out_as;
  Tls *tls;
  OctetQueue plain; /* under TLS: queued and not yet encrypted */
  OctetQueue wire;  /* for the kernel */
  char *broken;     /* why nothing can be written any more; NULL: it can */
  gboolean secured;
  gboolean reading;
  gboolean blocked;        /* the kernel took no more */
  gboolean owes_drained;   /* octets were queued since the last `drained` */
  gboolean unacknowledged; /* octets were read, and the kernel wasn't told how to say so */
  gboolean handshake_due;  /* these four: to be done at the next dispatch, */
  gboolean flush_due;      /* whatever the descriptor says */
  gboolean drained_due;
  gboolean closed_due;
  gboolean closing; /* by us, once everything has left */
  gboolean shut;
  gboolean turning; /* in dispatch */
  gboolean over;    /* the last callback was made, or the owner let go */
};

typedef struct {
  GSource base;
  Stream *stream;
} StreamSource;

/* --- polling --------------------------------------------------------------------- */

static void
poll_for (Stream *stream, int fd, gpointer *polled, GIOCondition *as, GIOCondition wanted)
{
  if (wanted && *polled) {
    if (wanted != *as) /* GLib would take another turn for it */
      g_source_modify_unix_fd (stream->source, *polled, wanted);
  } else if (wanted) {
    *polled = g_source_add_unix_fd (stream->source, fd, wanted);
  } else if (*polled) {
    /* Not even for HUP, which poll() would report over and over. */
    g_source_remove_unix_fd (stream->source, *polled);
    *polled = NULL;
  }
  *as = wanted;
}

static void
stream_watch (Stream *stream)
{
  GIOCondition in = !stream->over && stream->reading ? G_IO_IN : 0;
  GIOCondition out = !stream->over && stream->blocked ? G_IO_OUT : 0;
  if (stream->out == stream->fd) {
    poll_for (stream, stream->fd, &stream->polled, &stream->polled_as, in | out);
  } else {
    poll_for (stream, stream->fd, &stream->polled, &stream->polled_as, in);
    poll_for (stream, stream->out, &stream->polled_out, &stream->polled_out_as, out);
  }
}

static GIOCondition
polled_condition (const Stream *stream, gpointer polled)
{
  return polled ? g_source_query_unix_fd (stream->source, polled) : 0;
}

static gboolean
stream_is_due (const Stream *stream)
{
  return !stream->over
         && (stream->handshake_due || stream->flush_due || stream->drained_due || stream->closed_due);
}

static gboolean
source_prepare (GSource *source, int *timeout)
{
  *timeout = -1;
  return stream_is_due (((StreamSource *)source)->stream);
}

static gboolean
source_check (GSource *source)
{
  const Stream *stream = ((StreamSource *)source)->stream;
  return stream_is_due (stream) || polled_condition (stream, stream->polled)
         || polled_condition (stream, stream->polled_out);
}

/* --- the end ----------------------------------------------------------------------- */

static void
stream_unref (Stream *stream)
{
  if (--stream->references > 0)
    return;
  tls_free (stream->tls);
  octet_queue_clear (&stream->plain);
  octet_queue_clear (&stream->wire);
  g_free (stream->broken);
  g_free (stream);
}

static void
say_tls_failed (Stream *stream, OutcomeKind kind, Cause cause, const char *detail)
{
  stream->over = TRUE;
  if (stream->events.tls_failed)
    stream->events.tls_failed (stream, kind, cause, detail, stream->data);
}

/* The connection is gone. DETAIL: NULL for an orderly end. */
static void
stream_end (Stream *stream, const char *detail)
{
  if (!detail)
    detail = stream->broken;
  if (stream->tls && !stream->secured) {
    say_tls_failed (stream, OUTCOME_TRANSPORT, CAUSE_CLOSED,
                    detail ? detail : "the connection was closed during the TLS handshake");
    return;
  }
  stream->over = TRUE;
  if (stream->events.closed)
    stream->events.closed (stream, detail, stream->data);
}

/* --- writing ------------------------------------------------------------------------- */

static void
stream_break (Stream *stream, const char *why)
{
  if (!stream->broken)
    stream->broken = g_strdup (why);
  octet_queue_clear (&stream->plain);
  octet_queue_clear (&stream->wire);
  stream->blocked = FALSE;
  stream->owes_drained = FALSE;
}

/* Encrypts what is queued, and takes from TLS whatever it has to say. */
static void
stream_encrypt (Stream *stream)
{
  gsize length = octet_queue_length (&stream->plain);
  if (stream->secured && length > 0) {
    if (tls_write (stream->tls, octet_queue_front (&stream->plain), length) != TLS_STEP_OK)
      stream_break (stream, tls_detail (stream->tls));
    else
      octet_queue_drop (&stream->plain, length);
  }
  if (stream->closing && !stream->shut && octet_queue_length (&stream->plain) == 0)
    tls_shutdown (stream->tls);
  g_autoptr (GByteArray) output = tls_take_output (stream->tls);
  if (output && !stream->broken)
    octet_queue_append (&stream->wire, output->data, output->len);
}

/* One write of all there is. */
static void
stream_send (Stream *stream)
{
  gsize length = octet_queue_length (&stream->wire);
  gssize sent = descriptor_write (stream->out, octet_queue_front (&stream->wire), length);
  if (sent >= 0) {
    octet_queue_drop (&stream->wire, (gsize)sent);
    stream->blocked = (gsize)sent < length;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    stream->blocked = TRUE;
  } else {
    /* What the peer said before it hung up (a 421) may still be there to be read, and its end
     * follows. Without a reader, or after another kind of error, no such end would come. */
    stream->closed_due
        = !stream->reading || stream->out != stream->fd || (errno != EPIPE && errno != ECONNRESET);
    stream_break (stream, g_strerror (errno));
  }
}

static void
stream_do_flush (Stream *stream)
{
  stream->flush_due = FALSE;
  if (stream->tls && !stream->broken)
    stream_encrypt (stream);
  if (octet_queue_length (&stream->wire) > 0)
    stream_send (stream);
  if (stream->broken || stream_pending (stream) > 0)
    return;
  stream->drained_due = stream->drained_due || stream->owes_drained;
  stream->owes_drained = FALSE;
  if (stream->closing && !stream->shut) {
    stream->shut = TRUE;
    if (stream->out == stream->fd)
      shutdown (stream->fd, SHUT_WR);
    else
      close (g_steal_fd (&stream->out));
  }
}

void
stream_write (Stream *stream, const guint8 *octets, gsize length)
{
  g_assert (!stream->closing);
  if (stream->over || stream->broken || length == 0)
    return;
  octet_queue_append (stream->tls ? &stream->plain : &stream->wire, octets, length);
  stream->owes_drained = TRUE;
  /* Behind a full kernel buffer it has to wait for poll() anyway. */
  stream->flush_due = !stream->blocked;
}

void
stream_flush (Stream *stream)
{
  if (stream->over)
    return;
  stream_do_flush (stream);
  stream_watch (stream);
}

gsize
stream_pending (const Stream *stream)
{
  return octet_queue_length (&stream->plain) + octet_queue_length (&stream->wire);
}

void
stream_close_gracefully (Stream *stream)
{
  stream->closing = TRUE;
  stream->flush_due = TRUE;
}

/* --- TLS -------------------------------------------------------------------------- */

static Cause
cause_of_step (TlsStep step)
{
  switch (step) {
  case TLS_STEP_VERIFICATION:
    return CAUSE_TLS_VERIFICATION;
  case TLS_STEP_CERTIFICATE:
    return CAUSE_TLS_CLIENT_CERTIFICATE;
  default:
    return CAUSE_TLS_HANDSHAKE;
  }
}

/* TLS ended in STEP, orderly or not. */
static void
stream_end_tls (Stream *stream, TlsStep step)
{
  stream_do_flush (stream); /* the alert, which tells the other side why */
  if (step == TLS_STEP_CLOSED)
    stream_end (stream, NULL);
  else if (step == TLS_STEP_HANDSHAKE && stream->secured)
    stream_end (stream, tls_detail (stream->tls));
  else
    say_tls_failed (stream, OUTCOME_SECURITY, cause_of_step (step), tls_detail (stream->tls));
}

/* FALSE: not there yet, or over. */
static gboolean
stream_go_on_handshake (Stream *stream)
{
  stream->handshake_due = FALSE;
  stream->flush_due = TRUE;
  TlsStep step = tls_handshake (stream->tls);
  if (step == TLS_STEP_MORE)
    return FALSE;
  if (step != TLS_STEP_OK) {
    stream_end_tls (stream, step);
    return FALSE;
  }
  stream->secured = TRUE;
  /* Before the flush, so that what is written now joins our Finished. */
  if (stream->events.secured)
    stream->events.secured (stream, stream->data);
  return !stream->over;
}

static void
stream_go_on_tls (Stream *stream)
{
  if (!stream->secured && !stream_go_on_handshake (stream))
    return;
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  TlsStep step = tls_read (stream->tls, octets);
  stream->flush_due = TRUE; /* an answer to a key update */
  if (octets->len > 0 && stream->events.received)
    stream->events.received (stream, octets->data, octets->len, stream->data);
  if (!stream->over && step != TLS_STEP_OK && step != TLS_STEP_MORE)
    stream_end_tls (stream, step);
}

/* What is in the kernel's buffer before our ClientHello has left wasn't asked for. */
static gsize
discard_unread (int fd)
{
  guint8 octets[TURN_SIZE];
  gssize length = recv (fd, octets, sizeof octets, MSG_DONTWAIT);
  return (gsize)MAX (length, 0);
}

void
stream_start_tls (Stream *stream, Tls *tls, gsize *ret_leftover)
{
  g_assert (!stream->tls);
  stream->tls = tls;
  /* A client's ClientHello may be there already: it answers the go-ahead that we sent. */
  gsize leftover = tls_is_client (tls) ? discard_unread (stream->fd) : 0;
  if (ret_leftover)
    *ret_leftover = leftover;
  stream->handshake_due = tls_is_client (tls);
}

Tls *
stream_tls (Stream *stream)
{
  return stream->tls;
}

/* --- reading ---------------------------------------------------------------------- */

/* A server that writes a reply in two pieces (EHLO's lines, often) under Nagle's algorithm
 * sends the second one when the first is acknowledged: which the kernel would put off for
 * 40 ms. Linux forgets the wish after a while, so it is renewed, when what is answered at once
 * has taken the acknowledgement with it. */
static void
acknowledge_at_once (Stream *stream)
{
  stream->unacknowledged = FALSE;
#ifdef TCP_QUICKACK
  const int wanted = 1;
  setsockopt (stream->fd, IPPROTO_TCP, TCP_QUICKACK, &wanted, sizeof wanted); /* no TCP: no matter */
#endif
}

static void
stream_receive (Stream *stream)
{
  guint8 octets[TURN_SIZE];
  gssize length = descriptor_read (stream->fd, octets, sizeof octets);
  stream->unacknowledged = TRUE;
  if (length == 0) {
    stream_end (stream, NULL);
  } else if (length < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      stream_end (stream, g_strerror (errno));
  } else if (stream->tls) {
    tls_feed (stream->tls, octets, (gsize)length);
    stream_go_on_tls (stream);
  } else if (stream->events.received) {
    stream->events.received (stream, octets, (gsize)length, stream->data);
  }
}

void
stream_set_reading (Stream *stream, gboolean reading)
{
  stream->reading = reading;
  stream_watch (stream);
}

/* --- the source --------------------------------------------------------------------- */

static void
stream_turn (Stream *stream, GIOCondition in, GIOCondition out)
{
  if (stream->handshake_due)
    stream_go_on_tls (stream);
  if (!stream->over && stream->reading && (in & (G_IO_IN | G_IO_HUP | G_IO_ERR)))
    stream_receive (stream);
  if (!stream->over && (stream->flush_due || (out & (G_IO_OUT | G_IO_HUP | G_IO_ERR) && stream->blocked)))
    stream_do_flush (stream);
  if (!stream->over && stream->unacknowledged)
    acknowledge_at_once (stream);
  if (!stream->over && stream->drained_due) {
    stream->drained_due = FALSE;
    if (stream->events.drained)
      stream->events.drained (stream, stream->data);
  }
  if (!stream->over && stream->closed_due)
    stream_end (stream, NULL);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  Stream *stream = ((StreamSource *)source)->stream;
  if (stream->over || stream->turning)
    return G_SOURCE_CONTINUE;
  stream->references++;
  stream->turning = TRUE;
  GIOCondition in = polled_condition (stream, stream->polled);
  stream_turn (stream, in, stream->out == stream->fd ? in : polled_condition (stream, stream->polled_out));
  stream->turning = FALSE;
  if (!g_source_is_destroyed (source))
    stream_watch (stream);
  stream_unref (stream);
  return G_SOURCE_CONTINUE;
}

static Stream *
make_stream (int in, int out, const StreamEvents *events, gpointer data)
{
  static GSourceFuncs functions
      = { .prepare = source_prepare, .check = source_check, .dispatch = source_dispatch };
  Stream *stream = g_new0 (Stream, 1);
  *stream
      = (Stream){ .references = 1, .fd = in, .out = out, .events = *events, .data = data, .reading = TRUE };
  stream->source = g_source_new (&functions, sizeof (StreamSource));
  ((StreamSource *)stream->source)->stream = stream;
  g_source_set_static_name (stream->source, "stream");
  /* Else GLib takes the descriptor out of its list and puts it back for each dispatch, which
   * costs two writes and a turn of the loop. */
  g_source_set_can_recurse (stream->source, TRUE);
  stream_watch (stream);
  g_source_attach (stream->source, g_main_context_get_thread_default ());
  return stream;
}

Stream *
stream_new (int fd, const StreamEvents *events, gpointer data)
{
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  return make_stream (fd, fd, events, data);
}

/* What is behind them is shared with whoever gave them to us: a terminal that we made
 * non-blocking would stay so after our end. */
Stream *
stream_new_pair (int in, int out, const StreamEvents *events, gpointer data)
{
  return make_stream (in, out, events, data);
}

void
stream_free (Stream *stream)
{
  if (!stream)
    return;
  stream->over = TRUE;
  g_source_destroy (stream->source);
  g_source_unref (stream->source);
  close (stream->fd);
  if (stream->out >= 0 && stream->out != stream->fd)
    close (stream->out);
  stream_unref (stream);
}

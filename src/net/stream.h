/* A connected descriptor (socket or tunnel's pipe), with TLS or without, on the main
 * loop. It never blocks, and writes what was queued since the last turn in one write. */
#pragma once

#include "net/tls.h"
#include "core/outcome.h"

typedef struct Stream Stream;

typedef struct {
  /* Octets arrived, decrypted. */
  void (*received) (Stream *stream, const guint8 *octets, gsize length, gpointer data);
  /* The handshake is done and verified. */
  void (*secured)  (Stream *stream, gpointer data);
  /* The handshake failed, or our certificate was refused at the first read; nothing follows.
   * KIND is OUTCOME_SECURITY, or OUTCOME_TRANSPORT when the connection broke in it. */
  void (*tls_failed) (Stream *stream, OutcomeKind kind, Cause cause, const char *detail, gpointer data);
  /* Everything queued has been handed to the kernel. */
  void (*drained)  (Stream *stream, gpointer data);
  /* End of file or error; nothing follows. DETAIL may be NULL. */
  void (*closed)   (Stream *stream, const char *detail, gpointer data);
} StreamEvents;

/* Takes FD. Callbacks come from the main context, never from within a call here. The
 * stream may be freed inside any callback. */
Stream *stream_new (int fd, const StreamEvents *events, gpointer data);
/* The same with a descriptor for each direction, of any kind: pipes, a terminal, a file.
 * Takes both. No TLS. */
Stream *stream_new_pair (int in, int out, const StreamEvents *events, gpointer data);
void    stream_free (Stream *stream); /* closes */

/* Queues; leaves at stream_flush() or at the end of this turn of the loop (under TLS not
 * before the handshake is done). The queued octets are wiped once sent. */
void  stream_write (Stream *stream, const guint8 *octets, gsize length);
void  stream_flush (Stream *stream);
gsize stream_pending (const Stream *stream); /* octets not yet with the kernel */

/* Starts TLS; takes TLS. What was queued before leaves in the clear. On the client's side octets
 * that were received in the clear and not yet handed out are dropped, *ret_leftover (may be
 * NULL) says how many. */
void  stream_start_tls (Stream *stream, Tls *tls, gsize *ret_leftover);
Tls  *stream_tls (Stream *stream); /* NULL: in the clear */

/* Stops and starts reading (a server that stops reading; back-pressure). */
void  stream_set_reading (Stream *stream, gboolean reading);
/* close_notify and shutdown of our side, once drained; nothing may be written after it. */
void  stream_close_gracefully (Stream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stream, stream_free)

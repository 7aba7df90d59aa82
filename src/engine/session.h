/* One connection: stream, TLS, dialogue and SASL put together. It answers what
 * the dialogue asks about TLS and AUTH itself; everything else goes to its owner. */
#pragma once

#include "config/account.h"
#include "core/dialogue.h"
#include "net/stream.h"
#include "net/tunnel.h"

typedef struct Session Session;

typedef struct {
  /* Every event of the dialogue, as it comes. DIALOGUE_WANTS_BODY comes only when the
   * network has room. The session may be freed in here. */
  void (*event)   (Session *session, const DialogueEvent *event, gpointer data);
  /* The handshake is done; FACTS lives as long as the session, which
   * may not be freed in here. */
  void (*secured) (Session *session, const TlsFacts *facts, gpointer data);
} SessionEvents;

/* FD and TUNNEL (NULL: none) are taken. ACCOUNT outlives the session. CHUNKING: BDAT may
 * be used where offered. WINDOW: of DialogueSettings. Nothing is called back before session_pump(). */
Session *session_new (const Account *account, const Path *path, gboolean chunking, guint window,
                      int fd, Tunnel *tunnel, const SessionEvents *events, gpointer data);

/* Sends what it can of what is still to be said, and closes. Accepts NULL. */
void session_free (Session *session);

/* The owner answers the dialogue directly, then pumps: that moves its events and
 * octets and sets its timer. May be called inside a callback. */
Dialogue *session_dialogue (Session *session);
void      session_pump (Session *session);

/* FALSE: the address that this end of the connection is bound to is none of this machine's any
 * more. */
gboolean session_has_address (const Session *session);

/* As if the connection had been closed, for the reason DETAIL. */
void session_cut (Session *session, const char *detail);

const TlsFacts *session_tls_facts (const Session *session); /* NULL: in the clear */

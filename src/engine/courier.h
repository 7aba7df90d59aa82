/* A courier takes one delivery, finds a way to the server (the ladder and its
 * attempts), and carries that delivery and others of the same account over the
 * session that it won: as many at once as the source's window has room for, which
 * for letters is one. */
#pragma once

#include "engine/engine-private.h"
#include "engine/session.h"

/* DELIVERY was claimed. */
Courier *courier_new (Engine *engine, Delivery *delivery);
void     courier_start (Courier *courier);
void     courier_free (Courier *courier);

gboolean      courier_holds (const Courier *courier, DeliveryId id);
CancelResult  courier_cancel (Courier *courier, DeliveryId id, OutcomeKind kind); /* see carriage_cancel() */
guint         courier_put_back (Courier *courier); /* all; the number for which it is too late */
const Ladder *courier_ladder (const Courier *courier);
/* See engine_network_changed(). */
void          courier_network_changed (Courier *courier);
/* There may be more for a session that has nothing to do. */
void          courier_wake (Courier *courier);

/* Everybody's fate when VERDICT (NULL: none) is that of all still pending. The caller's. */
Outcome *delivery_outcome (const Delivery *delivery, const Verdict *verdict);

/* --- for carriage.c --------------------------------------------------------- */

/* A delivery is over for this try, or is ready for another transaction; the session, if there
 * is one, may go on. */
void courier_delivered (Courier *courier);

/* A transaction decided somebody; ACCEPTED: and it was accepted. */
void courier_note_decided (Courier *courier, gboolean accepted);

/* The server has answered for a message that it has had since SINCE: how long, without those that
 * it had before that one over the same session. */
Ticks courier_note_answer (Courier *courier, Ticks since);

/* The session in hand, NULL: none. */
Session *courier_session (Courier *courier);

Engine *courier_engine (Courier *courier);

/* What there is to tell of the session in hand, which ends with VERDICT, to a delivery whose turn
 * came at SINCE; NULL: there is none. The caller's. */
OutboxAttempt *courier_attempt (Courier *courier, const Verdict *verdict, Ticks since);

/* The same where no path was found. */
OutboxAttempt *courier_failed_search (Courier *courier, const Verdict *verdict, Ticks since);

/* The server offered CHUNKING and did not parse BDAT: not with this server again. */
void courier_note_no_bdat (Courier *courier);

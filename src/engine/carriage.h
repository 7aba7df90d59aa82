/* One delivery on a session: made fit for this server, begun, its body supplied, its
 * end permitted when "in doubt" is durable, its fates kept. It outlives sessions, since
 * what is not in doubt may be tried over the next path. */
#pragma once

#include "engine/courier.h"

typedef struct Carriage Carriage;

Carriage *carriage_new (Courier *courier, Delivery *delivery);
/* The courier forgets it; a record under way may keep it for a while. Accepts NULL. */
void      carriage_unref (Carriage *carriage);

DeliveryId carriage_id (const Carriage *carriage);
Ticks      carriage_since (const Carriage *carriage); /* when its turn came */

/* TRUE when somebody is still to be served and nothing stands against trying. */
gboolean carriage_wants_session (const Carriage *carriage);

/* TRUE when nobody is left, though that may not be durable yet. */
gboolean carriage_is_served (const Carriage *carriage);

/* TRUE: begun on the session in hand; or what became of it is being recorded. */
gboolean carriage_is_under_way (const Carriage *carriage);
gboolean carriage_is_begun (const Carriage *carriage);

/* TRUE: this try is over, and the source has it back. */
gboolean carriage_is_released (const Carriage *carriage);

/* Makes it fit for a server with CAPABILITIES; FALSE: that can't be, and it is given up. */
gboolean carriage_prepare (Carriage *carriage, const Capabilities *capabilities);

/* After that: answers DIALOGUE_WANTS_DELIVERY on the courier's session. LAST: none follows. */
void carriage_begin (Carriage *carriage, gboolean last);

/* Dialogue events about this delivery. */
void carriage_handle (Carriage *carriage, const DialogueEvent *event);

/* Gives everybody still to be served VERDICT and ends the delivery. */
void carriage_give_up (Carriage *carriage, const Verdict *verdict);

/* The session is over: a transport failure that another path may mend, kept for the final word; or
 * NULL: in order. */
void carriage_note_failure (Carriage *carriage, const Verdict *verdict);

/* ATTEMPT (taken) is over, and this delivery is not: for the history. */
void carriage_note_attempt (Carriage *carriage, OutboxAttempt *attempt);

/* See engine_cancel(), with OUTCOME_CANCELLED, and engine_put_back(), with OUTCOME_TEMPORARY. */
CancelResult carriage_cancel (Carriage *carriage, OutcomeKind kind);

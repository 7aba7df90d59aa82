/* An onlooker between dialogue and server, who sees the octets of both sides and what
 * the dialogue says, follows SMTP with a few lines of its own, and complains when a
 * promise is broken: nothing in the clear that must not be, no completing octet without
 * a permit, no acceptance that the server didn't speak, nothing called safe to repeat
 * that the server may have. */
#pragma once

#include "core/dialogue.h"

typedef struct Witness Witness;

Witness *witness_new (const DialogueSettings *settings);
void     witness_free (Witness *witness);

void witness_tls (Witness *witness); /* the handshake is done */
void witness_begun (Witness *witness, DeliveryId id, const Envelope *envelope, const char *body, gsize size);
void witness_permitted (Witness *witness, DeliveryId id);
void witness_cancelled (Witness *witness, DeliveryId id);

/* Octets that dialogue_take_output() gave, and those before dialogue_receive(). */
void witness_client (Witness *witness, const guint8 *octets, gsize length);
void witness_server (Witness *witness, const guint8 *octets, gsize length);

void witness_event (Witness *witness, const DialogueEvent *event);

/* Nothing more comes: has everything been said? */
void witness_close (Witness *witness);

/* What the server owes a reply to, oldest first: "greeting", "EHLO", … "BDAT", "LAST",
 * ".", "response"; NULL: nothing, or the body isn't whole. */
const char *witness_owed (const Witness *witness);

/* The first broken promise; NULL: none. */
const char *witness_complaint (const Witness *witness);

guint witness_count (const Witness *witness, OutcomeKind kind); /* recipients that ended so */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Witness, witness_free)

/* One client's SMTP conversation, where mail is handed in: `sendmail -bs` on standard
 * input and output, and the system outbox on its socket. The receiver (core/receiver.h)
 * leads it; here are its descriptors, its patience, and the message, which is gathered
 * without being held in memory. */
#pragma once

#include "base/ticks.h"
#include "core/command.h"
#include "mail/body.h"

typedef struct Reception Reception;

typedef struct {
  const char *server_name;
  guint64     size_limit;       /* octets of a message; 0: none */
  guint       recipients_limit; /* of a message; 0: none */
  Ticks       patience;         /* with a client that neither ends a command nor sends of a message */
} ReceptionRules;

/* RFC 5321, section 4.5.3.2.7. */
#define RECEPTION_PATIENCE (5 * TICKS_PER_MINUTE)

/* All from the main context. What they lend is good until the answer, or the end. */
typedef struct {
  /* MAIL came, with .size and the like as declared: reception_answer(), now or later. */
  void (*sender)  (Reception *reception, const Envelope *envelope, const BodyForm *form, gpointer data);
  /* A message is whole: reception_answer() once it is durable, or refused. */
  void (*message) (Reception *reception, const Envelope *envelope, BodySource *message, gpointer data);
  /* The conversation is over, whoever ended it, maybe while an answer is due; free it. */
  void (*ended)   (Reception *reception, gpointer data);
} ReceptionEvents;

/* Takes IN and OUT, which may be one socket. RULES are copied, the name isn't. */
Reception *reception_new (int in, int out, const ReceptionRules *rules, const ReceptionEvents *events,
                          gpointer data);

/* Closes at once. Accepts NULL. */
void reception_free (Reception *reception);

/* CODE 0: the usual reply to what was asked. TEXT begins with the enhanced code (RFC 3463). */
void reception_answer (Reception *reception, guint code, const char *text);

/* Ends it with 421 TEXT as soon as no answer is due. */
void reception_shut_down (Reception *reception, const char *text);

/* What to answer where a message could not be kept: 452 when there may be room later, else
 * 451. *RET_TEXT is static. */
guint reception_refusal (const GError *error, const char **ret_text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reception, reception_free)

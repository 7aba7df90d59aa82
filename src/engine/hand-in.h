/* Mail handed in over SMTP: a reception whose messages are made what a server takes from
 * the account (mail/handover.h), whoever keeps or sends them then. */
#pragma once

#include "mail/handover.h"

typedef struct HandIn HandIn;

typedef struct {
  /* The account for SENDER ("": a bounce), and what the machine goes by. NULL with ERROR. */
  const Account *(*account) (const char *sender, gpointer data, GError **error);
  /* A message of SIZE octets (0: not said) is about to come: hand_in_answer(), 0 for welcome. */
  void (*admit) (HandIn *hand_in, guint64 size, gpointer data);
  /* Keep or send HANDOVER, which is taken, then hand_in_answer(). ACCOUNT outlives that. */
  void (*take)  (HandIn *hand_in, const Account *account, Handover *handover, gpointer data);
  /* Over, and no answer is due any more: free it. */
  void (*ended) (HandIn *hand_in, gpointer data);
} HandInEvents;

typedef struct {
  const char *const *local_names; /* mail/local-names.h; outlive it */
  const char *aliases_file;       /* the system's; NULL: none */
} HandInRules;

/* Takes IN and OUT, which may be one socket. */
HandIn *hand_in_new (int in, int out, const HandInRules *rules, const HandInEvents *events, gpointer data);

/* Not while an answer is due, but when the program ends. Accepts NULL. */
void hand_in_free (HandIn *hand_in);

void hand_in_answer (HandIn *hand_in, guint code, const char *text);

/* The answer to take(): ID is durable, or ERROR why it isn't. */
void hand_in_answer_kept (HandIn *hand_in, guint64 id, const GError *error);

/* Ends it with 421 as soon as no answer is due. */
void hand_in_shut_down (HandIn *hand_in);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HandIn, hand_in_free)

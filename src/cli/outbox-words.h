/* What the outbox's verbs say of a message, in words for people. */
#pragma once

#include "store/outbox.h"
#include <stdio.h>

/* "waiting", "deferred" …, translated. */
const char *outbox_standing_words (OutboxStanding standing);

/* What the table says of when: the next try of what waits, else since when. Free with
 * g_free(). */
char *outbox_when_words (const OutboxItem *item, gint64 now);

/* "message 3: WORDS", as a line. */
void outbox_say (FILE *out, gint64 id, const char *words);

/* Why a message waits or is held, as a clause; NULL: nothing to say. Free with g_free(). */
char *outbox_reason_words (const OutboxItem *item);

/* The first recipient, and how many more; made visible. Free with g_free(). */
char *outbox_recipient_words (const OutboxItem *item);

/* The subject, made visible; a word in brackets where there is none. Free with g_free(). */
char *outbox_subject_words (const OutboxItem *item);

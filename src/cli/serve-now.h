/* What -bs does for an account without an outbox: the server's answer is the answer. */
#pragma once

#include "engine/hand-in.h"

typedef struct ServeNow ServeNow;

/* For ACCOUNT, which outlives it. */
ServeNow *serve_now_new (const Account *account);
void      serve_now_free (ServeNow *now);

/* Sends HANDOVER, which is taken, and answers HAND_IN. One after the other. */
void serve_now_send (ServeNow *now, HandIn *hand_in, Handover *handover);

const Account *serve_now_account (const ServeNow *now);

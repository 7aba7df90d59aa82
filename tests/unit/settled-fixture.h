/* What an outbox tells its listener, made by hand. */
#pragma once

#include "engine/outbox-source.h"

/* What is done with recipients whom a decision leaves pending follows from it. */
typedef struct {
  OutcomeKind kind;
  Cause       cause;
  guint       code;  /* 0: no reply */
  const char *words;
  gboolean    before; /* by an earlier try */
} SettledFate;

typedef struct {
  Account       *account;
  Outcome       *outcome;
  OutboxItem     item;
  gboolean      *asked;
  OutboxSettled  settled;
} Settled;

/* FATES: one a recipient, who are r0@example.com, r1@example.com and so on. */
Settled *settled_new (RetryKind decision, const SettledFate *fates, guint n);
void     settled_free (Settled *settled);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Settled, settled_free)

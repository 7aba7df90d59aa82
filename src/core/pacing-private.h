/* What the files of pacing share: pacing.c (advice), pacing-sign.c (what a verdict says
 * about speed), pacing-quota.c (rates the user set) and pacing-state.c (storing). */
#pragma once

#include "core/pacing.h"

/* ---- pacing-sign.c ---- */

typedef enum {
  SIGN_NONE,
  SIGN_ACCEPTED,
  SIGN_REFUSED, /* the message or its recipient */
  SIGN_SLOWER,
  SIGN_FEWER,   /* connections */
  SIGN_ACCOUNT,
} Sign;

Sign pacing_sign (const Verdict *verdict);
/* The gravest of all recipients. */
Sign pacing_sign_of_outcome (const Outcome *outcome);

/* ---- pacing-quota.c ---- */

/* Any window of a period's length touches this many of its slices. */
#define QUOTA_PARTS  48
#define QUOTA_SLICES (QUOTA_PARTS + 1)

/* Counts of the slices that end with the slice NEWEST; a slice is a part of the period. */
typedef struct {
  PacingRate rate;
  gint64     newest;
  guint      counts[QUOTA_SLICES]; /* of slice N at N % QUOTA_SLICES */
} Quota;

void   quota_init (Quota *quota, const PacingRate *rate);
/* When N more are free; NOW or earlier: at once. More than the whole quota is taken for all of it. */
gint64 quota_free_at (Quota *quota, guint n, gint64 now);
void   quota_use (Quota *quota, guint n, gint64 now);

/* ---- pacing.c ---- */

#define PACING_WHOLE  G_GINT64_CONSTANT (1000) /* one connection, in its parts */
#define PACING_LATEST 16

struct Pacing {
  PacingRules rules;
  Quota       quotas[PACING_RATES];
  guint       n_open;
  GHashTable *in_flight;   /* domain, in lower case -> how many */
  gint64      next_at;     /* the next message, for even spacing */
  PacingPause pause;

  /* what the server taught */
  gint64      connections; /* in PACING_WHOLE */
  gint64      speed;       /* messages in a million seconds; 0: nothing is known against it */
  gint64      speed_cut;   /* … that the latest sign left */
  gint64      cut_at;      /* what was under way then says nothing new */
  guint       per_connection; /* as found out; 0: not */
  guint       ended_at;    /* messages of the connection that the server ended last */
  guint       n_failed;    /* connections in a row that took nothing */
  gint64      open_after;
  Ticks       delay;       /* the present, smoothed; and the usual */
  Ticks       delay_usual;
  guint       n_delayed;   /* times in a row, and when the latest ended */
  gint64      delayed_at;
  guint       n_refused;   /* in a row */
  gint64      latest[PACING_LATEST]; /* when messages were taken */
  guint       n_taken;
};

/* How far a batch is, on one line. Pure: what is known goes in, text comes out. */
#pragma once

#include "base/ticks.h"
#include "store/batch.h"

/* How fast recipients were settled of late. */
#define BATCH_METER_PLACES 32

typedef struct {
  Ticks   at[BATCH_METER_PLACES];
  guint64 settled[BATCH_METER_PLACES];
  guint   n; /* taken in so far; the latest is at n - 1, modulo the places */
} BatchMeter;

/* A meter begins as zeroes. SETTLED: in all, at NOW. */
void   batch_meter_take (BatchMeter *meter, guint64 settled, Ticks now);

/* Recipients a second; negative: unknown. */
double batch_meter_rate (const BatchMeter *meter);

typedef struct {
  guint64 counts[BATCH_FATES];
  double  rate;          /* a second; negative: unknown */
  guint   connections;
  gint64  pause;         /* µs until the next message may go; 0: it may */
} BatchStanding;

/* For a terminal, in WIDTH columns: what matters least is left out first. Free with g_free(). */
char *batch_progress_bar (const BatchStanding *standing, gsize width, gboolean utf8);

/* What has come of it alone: "990 of 1000 accepted, 7 refused". Free with g_free(). */
char *batch_standing_words (const BatchStanding *standing);

/* For a log: all of it. Free with g_free(). */
char *batch_progress_words (const BatchStanding *standing);

/* "3 s", "1:05 min", "2:10 h", "3 d"; free with g_free(). */
char *batch_span_words (Ticks span);

/* What one delivery looks like while it is under way: a row per attempt with a bar to
 * scale, and a line for each thing the server said. Engine events go in, rows of styled
 * cells come out; no terminal, no clock, no colour here, so the demo, a probe and the
 * sending screen paint the same picture by their own means. */
#pragma once

#include "engine/engine.h"

typedef struct Timeline Timeline;

/* What a piece of text means; the painter knows the colours. */
typedef enum {
  TIMELINE_PLAIN,
  TIMELINE_DIM,     /* scale, labels */
  TIMELINE_STRONG,  /* what was chosen */
  TIMELINE_WAITING, /* not answered yet */
  TIMELINE_GOOD,
  TIMELINE_BAD,
} TimelineStyle;

typedef struct {
  TimelineStyle style;
  char         *text; /* UTF-8, visible, no line break */
} TimelineCell;

typedef struct {
  GArray *cells; /* of TimelineCell, left to right, with all the spaces between */
} TimelineRow;

void timeline_row_free (TimelineRow *row);

/* The row as one string, with ECMA-48 colours between the cells if wanted. Free with g_free(). */
char *timeline_row_text (const TimelineRow *row, gboolean colour);

/* What the picture has to fit. */
typedef struct {
  guint    width; /* columns; less than 40 counts as 40 */
  gboolean utf8;  /* lines and marks beyond ASCII; text from outside stays UTF-8 anyway */
} TimelineShape;

/* Most attempts that get rows of their own; more are counted. */
#define TIMELINE_ATTEMPTS_LIMIT 64

/* A delivery has one winner, and what the server said is told once; a probe has none, and
 * each attempt speaks for itself. */
typedef enum { TIMELINE_OF_DELIVERY, TIMELINE_OF_PROBE } TimelineSubject;

Timeline *timeline_new (TimelineSubject subject);
void      timeline_free (Timeline *timeline);

/* Takes in what happened (of one delivery: the caller chooses). TRUE when the picture
 * changed by it. Everything is copied. */
gboolean timeline_take (Timeline *timeline, const EngineEvent *event);

/* The picture at NOW (on the scale of EngineEvent.at): an array of TimelineRow, the
 * caller's, no row wider than the shape. */
GPtrArray *timeline_rows (const Timeline *timeline, Ticks now, const TimelineShape *shape);

/* The same event as one plain line without its time, for logs and pipes; NULL: nothing
 * to tell. Free with g_free(). */
char *timeline_sentence (TimelineSubject subject, const EngineEvent *event);

/* "0.4 ms", "250 ms", "3.31 s", "2:05 min". Free with g_free(). */
char *timeline_duration (Ticks span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Timeline, timeline_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TimelineRow, timeline_row_free)

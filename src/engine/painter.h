/* The time line on standard output: drawn again and again in place on a terminal; a line
 * for each event, and the picture at the end, anywhere else. */
#pragma once

#include "engine/timeline.h"

typedef struct Painter Painter;

Painter *painter_new (TimelineSubject subject);
void     painter_free (Painter *painter);

/* Something happened. */
void painter_take (Painter *painter, const EngineEvent *event);

/* Time has passed; draws bars that grow. */
void painter_tick (Painter *painter);

/* The picture as it stays. Nothing follows. */
void painter_finish (Painter *painter);

/* Text for people on standard output, in the locale's encoding; takes TEXT. */
void painter_say (Painter *painter, TimelineStyle style, char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Painter, painter_free)

/* Line ends of every kind (LF, CRLF, CR, mixed) become CRLF, wherever the text is
 * cut. Nothing else changes. */
#pragma once

#include <glib.h>

typedef struct {
  gboolean after_cr;  /* its CRLF is out; a LF that follows belongs to it */
  gboolean in_line;   /* octets since the last line end */
  gboolean owes_lf;   /* the CR of a line end is out, its LF didn't fit */
} WireFilter;

void wire_filter_init (WireFilter *filter);

/* Turns IN into OUT as far as both reach. Returns the octets written, and in
 * *ret_used those taken; with ROOM > 0 and LENGTH > 0 at least one of them is
 * above 0. */
gsize wire_filter_run (WireFilter *filter, const guint8 *in, gsize length, gsize *ret_used, guint8 *out,
                       gsize room);

/* After the last octet: ends a line that is open. 0: all is out. */
gsize wire_filter_end (WireFilter *filter, guint8 *out, gsize room);

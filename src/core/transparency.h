/* Dot-stuffing (RFC 5321, section 4.5.2), and the last guard before the wire: a
 * body must come as CRLF lines without bare CR, bare LF or NUL, or it is refused,
 * wherever its pieces are cut. */
#pragma once

#include <glib.h>

typedef struct {
  gboolean at_line_start;
  gboolean after_cr;
  gboolean stuff;       /* DATA; FALSE for BDAT, which only checks */
} Transparency;

void transparency_init (Transparency *state, gboolean stuff);

/* Appends the transparent form of OCTETS to OUT. FALSE when they hold a bare CR,
 * a bare LF or a NUL: then OUT is as it was and the body must not go on. */
gboolean transparency_append (Transparency *state, GByteArray *out, const guint8 *octets, gsize length);

/* TRUE when the body may end here: it ends with CRLF, or is empty. */
gboolean transparency_may_end (const Transparency *state);

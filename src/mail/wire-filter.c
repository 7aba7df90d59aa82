/* A line end is written when its first octet comes, so the filter never has to wait
 * for what follows a CR: SMTP smuggling lives where two sides differ about that. */
#include "mail/wire-filter.h"

#include <string.h>

void
wire_filter_init (WireFilter *filter)
{
  *filter = (WireFilter){ 0 };
}

/* CRLF, or as much of it as fits in ROOM, which isn't 0. */
static gsize
put_line_end (WireFilter *filter, guint8 *out, gsize room)
{
  gsize put = 0;
  if (!filter->owes_lf)
    out[put++] = '\r';
  filter->owes_lf = put == room;
  if (!filter->owes_lf)
    out[put++] = '\n';
  filter->in_line = FALSE;
  return put;
}

gsize
wire_filter_run (WireFilter *filter, const guint8 *in, gsize length, gsize *ret_used, guint8 *out, gsize room)
{
  g_assert (in != NULL || length == 0);
  const guint8 *at = in, *end = in + length, *lf = NULL;
  gsize put = 0;
  while (put < room) {
    if (filter->owes_lf) {
      put += put_line_end (filter, out + put, room - put);
      continue;
    }
    if (at == end)
      break;
    if (filter->after_cr) {
      filter->after_cr = FALSE;
      at += *at == '\n';
      continue;
    }
    if (lf < at)
      lf = memchr (at, '\n', (gsize)(end - at));
    if (lf == NULL)
      lf = end;
    const guint8 *cr = memchr (at, '\r', (gsize)(lf - at));
    const guint8 *stop = cr != NULL ? cr : lf;
    gsize run = MIN ((gsize)(stop - at), room - put);
    memcpy (out + put, at, run);
    put += run;
    at += run;
    filter->in_line = filter->in_line || run > 0;
    if (at < stop || stop == end || put == room)
      continue;
    put += put_line_end (filter, out + put, room - put);
    filter->after_cr = cr != NULL;
    at++;
  }
  *ret_used = (gsize)(at - in);
  return put;
}

gsize
wire_filter_end (WireFilter *filter, guint8 *out, gsize room)
{
  return room > 0 && (filter->in_line || filter->owes_lf) ? put_line_end (filter, out, room) : 0;
}

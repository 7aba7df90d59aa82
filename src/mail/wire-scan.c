/* Runs over every message before it is sent, so it asks memchr() and whole words
 * rather than each octet. */
#include "mail/wire-scan.h"

#include <string.h>

#define HIGH_BITS G_GUINT64_CONSTANT (0x8080808080808080)

static gboolean
has_eight_bit (const guint8 *octets, gsize length)
{
  guint64 seen = 0;
  gsize i = 0;
  for (; i + 8 <= length; i += 8) {
    guint64 word;
    memcpy (&word, octets + i, sizeof word);
    seen |= word;
  }
  for (; i < length; i++)
    seen |= octets[i];
  return (seen & HIGH_BITS) != 0;
}

void
wire_scan_init (WireScan *scan)
{
  *scan = (WireScan){ 0 };
}

static void
end_line (WireScan *scan)
{
  scan->size += 2;
  scan->lines++;
  scan->longest_line = MAX (scan->longest_line, scan->line_length);
  scan->line_length = 0;
}

void
wire_scan_add (WireScan *scan, const guint8 *octets, gsize length)
{
  if (length == 0)
    return;
  scan->eight_bit = scan->eight_bit || has_eight_bit (octets, length);
  scan->nul = scan->nul || memchr (octets, '\0', length) != NULL;

  const guint8 *at = octets, *end = octets + length, *lf = NULL;
  while (at < end) {
    if (scan->after_cr) {
      scan->after_cr = FALSE;
      if (*at == '\n') {
        at++;
        continue;
      }
      scan->bare_cr = TRUE;
    }
    /* The next LF is looked for once, however many CRs come before it. */
    if (lf < at)
      lf = memchr (at, '\n', (gsize)(end - at));
    if (lf == NULL)
      lf = end;
    const guint8 *cr = memchr (at, '\r', (gsize)(lf - at));
    const guint8 *stop = cr != NULL ? cr : lf;
    scan->size += (gsize)(stop - at);
    scan->line_length += (gsize)(stop - at);
    if (stop == end)
      return;
    end_line (scan);
    scan->after_cr = cr != NULL;
    at = stop + 1;
  }
}

void
wire_scan_end (WireScan *scan)
{
  scan->bare_cr = scan->bare_cr || scan->after_cr;
  scan->after_cr = FALSE;
  if (scan->line_length > 0)
    end_line (scan);
}

gboolean
wire_scan_reader (WireScan *scan, BodyReader *reader, GError **error)
{
  guint8 buffer[64 * 1024];
  gssize given;
  wire_scan_init (scan);
  while ((given = body_reader_read (reader, buffer, sizeof buffer, error)) > 0)
    wire_scan_add (scan, buffer, (gsize)given);
  wire_scan_end (scan);
  return given == 0;
}

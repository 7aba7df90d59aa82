/* One fast pass over a message: is there anything in it that a server might not
 * take, and how long is it in CRLF lines? */
#pragma once

#include "mail/body.h"

/* RFC 5322, 2.1.1 and RFC 5321, 4.5.3.1.6: octets of a line, without its CRLF. */
#define WIRE_LINE_LIMIT 998

typedef struct {
  gboolean eight_bit;
  gboolean nul;
  gboolean bare_cr;
  guint64  longest_line; /* without its line end */
  guint64  size;         /* octets, every line ended by CRLF */
  guint64  lines;

  /* The state between two pieces. */
  guint64  line_length;
  gboolean after_cr;
} WireScan;

void wire_scan_init (WireScan *scan);
void wire_scan_add (WireScan *scan, const guint8 *octets, gsize length);
void wire_scan_end (WireScan *scan);

/* The whole of READER. FALSE when reading fails. */
gboolean wire_scan_reader (WireScan *scan, BodyReader *reader, GError **error);

/* Content-Transfer-Encodings (RFC 2045, section 6) as a body needs them on its way
 * out: made afresh, or mended where a body says that it is encoded and breaks the rules. */
#pragma once

#include "mail/quoted-printable.h"
#include "mail/wire-filter.h"

typedef enum {
  TRANSFER_AS_IS,
  TRANSFER_QUOTED_PRINTABLE,
  TRANSFER_BASE64,      /* the octets exactly */
  TRANSFER_BASE64_TEXT, /* line ends as CRLF, text's canonical form (RFC 2046, 4.1.1) */
  TRANSFER_MEND_QUOTED, /* long lines broken, what isn't ASCII quoted */
  TRANSFER_MEND_BASE64, /* long lines broken, what no decoder reads left out */
  TRANSFER_MEND_PLAIN,  /* of text that nobody is shown: "?" for what isn't ASCII, long lines broken */
} TransferKind;

typedef struct {
  TransferKind    kind;
  QuotedPrintable quoted;
  WireFilter      lines;
  int             base64_state, base64_save;
  guint           column;
} TransferEncoder;

void transfer_encoder_init (TransferEncoder *encoder, TransferKind kind);

/* Append the encoded form to OUT, with line ends of any kind. */
void transfer_encoder_add (TransferEncoder *encoder, const guint8 *octets, gsize length, GString *out);
void transfer_encoder_end (TransferEncoder *encoder, GString *out);

/* Its name in the header; NULL when the header is to stay as it is. */
const char *transfer_kind_name (TransferKind kind);

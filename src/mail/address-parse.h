/* The parser behind address.h. */
#pragma once

#include "mail/address.h"

/* What of a wrong address is shown in a message, octets. */
#define ADDRESS_SHOWN_LIMIT 80

typedef struct {
  const char *at;
  const char *piece;        /* where the present address begins: errors count from here */
  const char *qualify_with;
  GPtrArray  *mailboxes;
  guint       depth;        /* of groups */
  gboolean    bare;         /* one address, nothing around it */
  GError    **error;
} AddressParser;

/* All of TEXT into parser->mailboxes. */
gboolean address_parser_run (AddressParser *parser, const char *text);

/* FALSE, and the error says REASON about the octet at WHERE. */
gboolean address_parser_fail (const AddressParser *parser, const char *where, const char *reason);

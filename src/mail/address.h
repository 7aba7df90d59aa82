/* Mail addresses as people write them (RFC 5322, 3.4; RFC 6532) and as the envelope
 * wants them (RFC 5321, 4.1.2). One strict parser: what could be read in two ways is
 * refused, since the server behind us might take the other one. */
#pragma once

#include <glib.h>

typedef struct {
  char *name;    /* display name, UTF-8; NULL: none */
  char *address; /* local-part@domain, checked for one meaning only */
} Mailbox;

void mailbox_free (Mailbox *mailbox);

/* Most recipients that one list may hold, and deepest nesting of groups. */
#define ADDRESS_LIST_LIMIT 100000
#define ADDRESS_GROUP_DEPTH_LIMIT 4

/* A header's or option's list, groups flattened, in order: an array of Mailbox,
 * the caller's. NULL with TOUKAN_ERROR_DATA naming the piece that is wrong and why.
 * Empty places in the list ("a@b.c,, d@e.f") are passed over; a group may have none.
 * Line breaks are refused: a folded header is unfolded first.
 * An address without domain gets "@" QUALIFY_WITH, or is refused when that is NULL.
 * One that begins with "-" or "|" or "/" is refused. */
GPtrArray *address_parse_list (const char *text, const char *qualify_with, GError **error);

/* Exactly one address with nothing around it, as in -f or RCPT. */
char *address_parse_one (const char *text, const char *qualify_with, GError **error);

/* As people write it, in Unicode; address_parse_list() gives the same back. NAME may be NULL. */
char *address_write (const char *name, const char *address);

/* A list of MAILBOXES (Mailbox) so, parted by commas. Free with g_free(). */
char *address_write_list (const GPtrArray *mailboxes);

/* The same for addresses that mean the same mailbox, as far as can be told from here: case makes no
 * difference, nor does the form of the domain. ADDRESS holds an "@". */
char *address_key (const char *address);

/* The domain part of a checked address; points into it. */
const char *address_domain (const char *address);

/* ADDRESS with its domain as A-labels (RFC 5891); the local part as it is. NULL with
 * TOUKAN_ERROR_DATA when the domain can't be converted. */
char *address_to_ascii_domain (const char *address, GError **error);

/* TRUE when the local part needs SMTPUTF8. */
gboolean address_needs_utf8 (const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mailbox, mailbox_free)

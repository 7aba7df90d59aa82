/* A message as the test server keeps it: measured, with its envelope before it, in a
 * Maildir if there is one. */
#pragma once

#include "core/envelope.h"

typedef struct {
  const char *user; /* NULL: not authenticated */
  const char *tls;  /* version and cipher; NULL: in the clear */
  const char *hold_until; /* RFC 4865; NULL: to be released at once */
} MailOrigin;

typedef struct MailFile MailFile;

/* The envelope comes first, in header lines of its own. DIR is a prepared Maildir; NULL: the
 * message is only measured. NULL with TOUKAN_ERROR_IO. */
MailFile *mail_file_new (const char *dir, const Envelope *envelope, const MailOrigin *origin, GError **error);

/* Octets of the message as they came. */
void mail_file_write (MailFile *file, const guint8 *octets, gsize length);

/* Moves it, whole, into new. FALSE with TOUKAN_ERROR_IO. */
gboolean mail_file_finish (MailFile *file, GError **error);

/* Removes what isn't finished. Accepts NULL. */
void mail_file_free (MailFile *file);

guint64     mail_file_size (const MailFile *file); /* octets as they came */
const char *mail_file_sha256 (MailFile *file);     /* of them; nothing may follow */
const char *mail_file_path (const MailFile *file); /* after finish; NULL: nowhere */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MailFile, mail_file_free)

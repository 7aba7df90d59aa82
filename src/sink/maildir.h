/* Messages in a Maildir: each whole or not there (tmp, then new). */
#pragma once

#include "core/envelope.h"

typedef struct {
  const char *user; /* NULL: not authenticated */
  const char *tls;  /* version and cipher; NULL: in the clear */
  const char *hold_until; /* RFC 4865; NULL: to be released at once */
} MaildirOrigin;

typedef struct MaildirFile MaildirFile;

/* Makes DIR with cur, new and tmp where missing. FALSE with TOUKAN_ERROR_IO. */
gboolean maildir_prepare (const char *dir, GError **error);

/* Begins a message: the envelope comes first, in header lines of its own. DIR NULL: the
 * message is only measured. NULL with TOUKAN_ERROR_IO. */
MaildirFile *maildir_file_new (const char *dir, const Envelope *envelope, const MaildirOrigin *origin, GError **error);

/* Octets of the message as they came; lines end with LF in the file. */
void maildir_file_write (MaildirFile *file, const guint8 *octets, gsize length);

/* Moves it, whole, into new. FALSE with TOUKAN_ERROR_IO. */
gboolean maildir_file_finish (MaildirFile *file, GError **error);

/* Removes what isn't finished. Accepts NULL. */
void maildir_file_free (MaildirFile *file);

guint64     maildir_file_size (const MaildirFile *file);   /* octets as they came */
const char *maildir_file_sha256 (MaildirFile *file);       /* of them; nothing may follow */
const char *maildir_file_path (const MaildirFile *file);   /* after finish; NULL: nowhere */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirFile, maildir_file_free)

/* Tests compare what arrived with what was sent, so the octets are counted and hashed as
 * they come, before a Maildir changes their line ends. */
#include "sink/mail-file.h"

#include <string.h>

#include "base/visible.h"
#include "store/maildir.h"

struct MailFile {
  MaildirFile *file; /* NULL: only measured */
  guint64 size;
  GChecksum *checksum;
};

static void
write_header (MailFile *file, const char *name, const char *value)
{
  g_autofree char *visible = visible_text (value, -1);
  g_autofree char *line = g_strdup_printf ("%s: %s\n", name, visible);
  maildir_file_write (file->file, (const guint8 *)line, strlen (line));
}

static void
write_envelope (MailFile *file, const Envelope *envelope, const MailOrigin *origin)
{
  g_autofree char *path = g_strdup_printf ("<%s>", envelope->sender);
  write_header (file, "Return-Path", path);
  for (guint i = 0; i < envelope->recipients->len; i++)
    write_header (file, "Delivered-To", envelope_recipient (envelope, i)->address);
  write_header (file, "X-Envelope-From", envelope->sender);
  for (guint i = 0; i < envelope->recipients->len; i++)
    write_header (file, "X-Envelope-To", envelope_recipient (envelope, i)->address);
  write_header (file, "X-Envelope-Auth", origin->user != NULL ? origin->user : "none");
  write_header (file, "X-Envelope-Tls", origin->tls != NULL ? origin->tls : "none");
  if (origin->hold_until != NULL)
    write_header (file, "X-Envelope-Hold-Until", origin->hold_until);
}

MailFile *
mail_file_new (const char *dir, const Envelope *envelope, const MailOrigin *origin, GError **error)
{
  MailFile *file = g_new0 (MailFile, 1);

  file->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (dir == NULL)
    return file;
  file->file = maildir_file_new (dir, error);
  if (file->file != NULL)
    write_envelope (file, envelope, origin);
  else
    g_clear_pointer (&file, mail_file_free);
  return file;
}

void
mail_file_write (MailFile *file, const guint8 *octets, gsize length)
{
  file->size += length;
  g_checksum_update (file->checksum, octets, (gssize)length);
  if (file->file != NULL)
    maildir_file_write (file->file, octets, length);
}

/* Without fsync(): what a test server took is lost with the machine, and waiting for the
 * disk would be measured in the place of the client. */
gboolean
mail_file_finish (MailFile *file, GError **error)
{
  return file->file == NULL || maildir_file_finish (file->file, MAILDIR_NEW, MAILDIR_QUICK, error);
}

void
mail_file_free (MailFile *file)
{
  if (file == NULL)
    return;
  maildir_file_free (file->file);
  g_checksum_free (file->checksum);
  g_free (file);
}

guint64
mail_file_size (const MailFile *file)
{
  return file->size;
}

const char *
mail_file_sha256 (MailFile *file)
{
  return g_checksum_get_string (file->checksum);
}

const char *
mail_file_path (const MailFile *file)
{
  return file->file != NULL ? maildir_file_path (file->file) : NULL;
}

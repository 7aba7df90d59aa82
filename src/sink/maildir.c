/* Maildir as its inventor meant it: nobody sees a message that isn't whole. */
#include "sink/maildir.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

struct MaildirFile {
  char *temporary; /* NULL: only measured, or moved already */
  char *final;
  FILE *stream;
  gboolean failed;
  gboolean finished;
  gboolean after_cr; /* one that isn't written yet */
  guint64 size;
  GChecksum *checksum;
};

static gboolean
io_error (GError **error, const char *path)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write %s: %s"), path, g_strerror (errno));
  return FALSE;
}

gboolean
maildir_prepare (const char *dir, GError **error)
{
  static const char *const folders[] = { "cur", "new", "tmp" };
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (dir, folders[i], NULL);
    if (g_mkdir_with_parents (path, 0700) != 0)
      return io_error (error, path);
  }
  return TRUE;
}

static char *
unique_name (void)
{
  static guint counter;
  gint64 now = g_get_real_time ();
  return g_strdup_printf ("%" G_GINT64_FORMAT ".M%06" G_GINT64_FORMAT "P%dQ%u.%s", now / G_USEC_PER_SEC,
                          now % G_USEC_PER_SEC, (int)getpid (), ++counter, g_get_host_name ());
}

static void
write_header (MaildirFile *file, const char *name, const char *value)
{
  g_autofree char *visible = visible_text (value, -1);
  if (fprintf (file->stream, "%s: %s\n", name, visible) < 0)
    file->failed = TRUE;
}

static void
write_envelope (MaildirFile *file, const Envelope *envelope, const MaildirOrigin *origin)
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

static gboolean
open_temporary (MaildirFile *file, const char *dir, GError **error)
{
  g_autofree char *name = unique_name ();
  file->temporary = g_build_filename (dir, "tmp", name, NULL);
  file->final = g_build_filename (dir, "new", name, NULL);
  file->stream = fopen (file->temporary, "wxe");
  return file->stream != NULL || io_error (error, file->temporary);
}

MaildirFile *
maildir_file_new (const char *dir, const Envelope *envelope, const MaildirOrigin *origin, GError **error)
{
  MaildirFile *file = g_new0 (MaildirFile, 1);
  file->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (dir != NULL && !open_temporary (file, dir, error))
    g_clear_pointer (&file, maildir_file_free);
  else if (dir != NULL)
    write_envelope (file, envelope, origin);
  return file;
}

void
maildir_file_write (MaildirFile *file, const guint8 *octets, gsize length)
{
  file->size += length;
  g_checksum_update (file->checksum, octets, (gssize)length);
  for (gsize i = 0; file->stream != NULL && i < length; i++) {
    if (file->after_cr && octets[i] != '\n' && fputc ('\r', file->stream) == EOF)
      file->failed = TRUE;
    file->after_cr = octets[i] == '\r';
    if (!file->after_cr && fputc (octets[i], file->stream) == EOF)
      file->failed = TRUE;
  }
}

/* No fsync(): what a test server took is lost with the machine, and waiting for the disk
 * would be measured in the place of the client. */
gboolean
maildir_file_finish (MaildirFile *file, GError **error)
{
  file->finished = TRUE;
  if (file->stream == NULL)
    return TRUE;
  gboolean good = fclose (g_steal_pointer (&file->stream)) == 0 && !file->failed;
  if (!good || g_rename (file->temporary, file->final) != 0)
    return io_error (error, file->temporary);
  g_clear_pointer (&file->temporary, g_free);
  return TRUE;
}

void
maildir_file_free (MaildirFile *file)
{
  if (file == NULL)
    return;
  gboolean begun = file->stream != NULL || (file->finished && file->temporary != NULL);
  if (file->stream != NULL)
    (void)fclose (file->stream);
  if (begun)
    (void)g_unlink (file->temporary);
  g_free (file->temporary);
  g_free (file->final);
  g_checksum_free (file->checksum);
  g_free (file);
}

guint64
maildir_file_size (const MaildirFile *file)
{
  return file->size;
}

const char *
maildir_file_sha256 (MaildirFile *file)
{
  return g_checksum_get_string (file->checksum);
}

const char *
maildir_file_path (const MaildirFile *file)
{
  return file->finished && file->temporary == NULL ? file->final : NULL;
}

/* From the outbox to a terminal, to memory, or to a file that is whole or not there. */
#include "cli/outbox-message.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#define PIECE 16384

typedef gboolean (*TakePiece) (const guint8 *octets, gsize length, gpointer data, GError **error);

static gboolean
each_piece (const OutboxTarget *target, TakePiece take, gpointer data, GError **error)
{
  g_autoptr (OutboxReader) reader = outbox_open_message (target->place->outbox, target->id, error);
  guint8 piece[PIECE];
  gssize got = reader ? 1 : -1;
  while (got > 0) {
    got = outbox_read (reader, piece, PIECE, error);
    if (got > 0 && !take (piece, (gsize)got, data, error))
      return FALSE;
  }
  return got == 0;
}

static gboolean
print_piece (const guint8 *octets, gsize length, gpointer data, GError **error)
{
  fwrite (octets, 1, length, data);
  return TRUE;
}

gboolean
outbox_message_print (const OutboxTarget *target, FILE *out, GError **error)
{
  return each_piece (target, print_piece, out, error);
}

/* --- to memory ----------------------------------------------------------------------------- */

typedef struct {
  GString *text;
  gsize limit;
} Loading;

static gboolean
load_piece (const guint8 *octets, gsize length, gpointer data, GError **error)
{
  Loading *loading = data;
  if (length > loading->limit - loading->text->len) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("the message is too large for that; `toukan outbox export` writes it to a file"));
    return FALSE;
  }
  g_string_append_len (loading->text, (const char *)octets, (gssize)length);
  return TRUE;
}

GString *
outbox_message_load (const OutboxTarget *target, gsize limit, GError **error)
{
  Loading loading = { g_string_new (NULL), limit };
  if (each_piece (target, load_piece, &loading, error))
    return loading.text;
  g_string_free (loading.text, TRUE);
  return NULL;
}

/* --- to a file ------------------------------------------------------------------------------ */

static gboolean
fail_with_errno (const char *file, GError **error)
{
  const int number = errno;
  g_autofree char *shown = visible_text (file, -1);
  if (number == EEXIST)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("%s is there already; --force replaces it"),
                 shown);
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, "%s: %s", shown, g_strerror (number));
  return FALSE;
}

static gboolean
write_file (const OutboxTarget *target, int fd, const char *file, GError **error)
{
  FILE *out = fdopen (fd, "w");
  g_assert (out != NULL);
  gboolean good = outbox_message_print (target, out, error);
  const gboolean written = fflush (out) == 0 && !ferror (out) && fsync (fileno (out)) == 0;
  if (good && !written)
    good = fail_with_errno (file, error);
  if (fclose (out) != 0 && good)
    good = fail_with_errno (file, error);
  return good;
}

/* Nothing half written stays under the name that was wished. */
gboolean
outbox_message_export (const OutboxTarget *target, const char *file, gboolean force, GError **error)
{
  if (strcmp (file, "-") == 0)
    return outbox_message_print (target, stdout, error);
  g_autofree char *written = force ? g_strconcat (file, ".XXXXXX", NULL) : g_strdup (file);
  const int fd = force ? g_mkstemp_full (written, O_WRONLY | O_CLOEXEC, 0600)
                       : open (written, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail_with_errno (file, error);
  gboolean good = write_file (target, fd, file, error);
  if (good && force && g_rename (written, file) != 0)
    good = fail_with_errno (file, error);
  if (!good)
    g_unlink (written);
  return good;
}

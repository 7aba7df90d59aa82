/* The copy is for whoever wrote the message; it costs no memory, however large that is. */
#include "engine/record.h"

#include "store/maildir.h"

gboolean
record_message (const char *maildir, WireOpen open, gpointer data, GError **error)
{
  g_autoptr (BodyReader) reader = open (data, error);
  g_autoptr (MaildirFile) file = NULL;
  guint8 octets[64 * 1024];
  gssize got;

  if (!reader || !maildir_prepare (maildir, error))
    return FALSE;
  file = maildir_file_new (maildir, error);
  if (!file)
    return FALSE;
  while ((got = body_reader_read (reader, octets, sizeof octets, error)) > 0)
    maildir_file_write (file, octets, (gsize)got);
  return got == 0 && maildir_file_finish (file, MAILDIR_SEEN, MAILDIR_DURABLE, error);
}

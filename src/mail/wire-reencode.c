/* The walk that decided is walked again, this time with a pen. */
#include "mail/wire-reencode.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-writer.h"
#include "mail/wire-header.h"

typedef struct {
  const WireSurvey *survey;
  BodyWriter *writer;
  TransferEncoder content; /* of the present entity */
  TransferEncoder filler;
  GString *piece;
  gboolean utf8; /* is left in a header */
} Reencoder;

static gboolean
write_piece (Reencoder *reencoder, GError **error)
{
  gboolean good = body_writer_append (reencoder->writer, reencoder->piece->str, reencoder->piece->len, error);
  g_string_truncate (reencoder->piece, 0);
  return good;
}

static gboolean
write_header (gpointer data, const MimeEntity *entity, const GString *header, GError **error)
{
  Reencoder *reencoder = data;
  if (entity->index >= reencoder->survey->plans->len) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_IO,
                         _ ("the stored message changed while it was being read"));
    return FALSE;
  }
  const WirePlan *plan = &g_array_index (reencoder->survey->plans, WirePlan, entity->index);
  WireHeaderChange change = { .smtputf8 = reencoder->survey->smtputf8,
                              .encoding = plan->label,
                              .type = plan->type,
                              .mime = entity->root && plan->label != NULL };
  transfer_encoder_init (&reencoder->content, plan->content);
  if (!wire_header_rewrite (header, &change, reencoder->piece, error))
    return FALSE;
  reencoder->utf8 = reencoder->utf8 || !g_str_is_ascii (reencoder->piece->str);
  return write_piece (reencoder, error);
}

static gboolean
write_content (gpointer data, const MimeEntity *entity, const guint8 *octets, gsize length, GError **error)
{
  Reencoder *reencoder = data;
  transfer_encoder_add (&reencoder->content, octets, length, reencoder->piece);
  return write_piece (reencoder, error);
}

static gboolean
write_content_end (gpointer data, const MimeEntity *entity, GError **error)
{
  Reencoder *reencoder = data;
  transfer_encoder_end (&reencoder->content, reencoder->piece);
  return write_piece (reencoder, error);
}

static gboolean
write_filler (gpointer data, const guint8 *octets, gsize length, GError **error)
{
  Reencoder *reencoder = data;
  transfer_encoder_add (&reencoder->filler, octets, length, reencoder->piece);
  return write_piece (reencoder, error);
}

static gboolean
write_delimiter (gpointer data, const guint8 *octets, gsize length, GError **error)
{
  Reencoder *reencoder = data;
  return body_writer_append (reencoder->writer, octets, length, error);
}

BodySource *
wire_reencode (BodyReader *reader, const WireSurvey *survey, gboolean *ret_utf8, GError **error)
{
  static const MimeVisitor visitor = { .header = write_header,
                                       .content = write_content,
                                       .content_end = write_content_end,
                                       .filler = write_filler,
                                       .delimiter = write_delimiter };
  g_autoptr (BodyWriter) writer = body_writer_new ();
  Reencoder reencoder = { .survey = survey, .writer = writer, .piece = g_string_new (NULL) };
  transfer_encoder_init (&reencoder.filler, survey->filler);
  gboolean good = mime_walk (reader, &visitor, &reencoder, error);
  g_string_free (reencoder.piece, TRUE);
  *ret_utf8 = reencoder.utf8;
  return good ? body_writer_finish (writer, error) : NULL;
}

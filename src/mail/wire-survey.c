/* Decides before anything is written: the new label of a part stands in its header,
 * before the content that is the reason for it. */
#include "mail/wire-survey.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/charset-guess.h"
#include "mail/header-scan.h"
#include "mail/wire-header.h"
#include "mail/wire-scan.h"

/* One part of six encoded makes quoted-printable as long as base64. */
#define QUOTED_SHARE 6

typedef struct {
  WireSurvey *survey;
  gboolean eightbitmime;
  gboolean dkim;    /* the whole message is signed */
  gboolean bare_cr; /* somewhere */
  WireScan content; /* of the present entity */
  WireScan filler;
  guint64 octets; /* of the present entity, and how many of them can't stand as they are */
  guint64 odd;
  CharsetGuess charset; /* of the present entity */
} Surveyor;

/* ---- what is in it -------------------------------------------------------- */

static gboolean
survey_content (gpointer data, const MimeEntity *entity, const guint8 *octets, gsize length, GError **error)
{
  Surveyor *surveyor = data;
  wire_scan_add (&surveyor->content, octets, length);
  surveyor->octets += length;
  charset_guess_add (&surveyor->charset, octets, length);
  for (gsize i = 0; i < length; i++)
    surveyor->odd += octets[i] >= 0x80 || octets[i] == '=' || octets[i] == '\0';
  return TRUE;
}

static gboolean
survey_filler (gpointer data, const guint8 *octets, gsize length, GError **error)
{
  Surveyor *surveyor = data;
  wire_scan_add (&surveyor->filler, octets, length);
  return TRUE;
}

static gboolean
survey_delimiter (gpointer data, const guint8 *octets, gsize length, GError **error)
{
  return TRUE;
}

/* ---- what becomes of it --------------------------------------------------- */

static gboolean
is_unfit (const Surveyor *surveyor, const WireScan *scan)
{
  return scan->nul || scan->longest_line > WIRE_LINE_LIMIT || (scan->eight_bit && !surveyor->eightbitmime);
}

static const char *
what_is_unfit (const Surveyor *surveyor, const WireScan *scan)
{
  if (scan->nul)
    return _ ("NUL octets");
  if (scan->longest_line > WIRE_LINE_LIMIT)
    return _ ("a line of more than 998 octets");
  if (scan->eight_bit && !surveyor->eightbitmime)
    return _ ("8-bit text, which this server doesn't take (8BITMIME)");
  return _ ("a bare CR");
}

static gboolean
refuse (const char *part, const Surveyor *surveyor, GError **error)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
               _ ("the message can't be sent through this server: %s holds %s, and may not be encoded"), part,
               what_is_unfit (surveyor, &surveyor->content));
  return FALSE;
}

static TransferKind
encoding_for (const Surveyor *surveyor, const MimeEntity *entity)
{
  if (!entity->text || entity->label == MIME_LABEL_BINARY)
    return TRANSFER_BASE64;
  return surveyor->odd > surveyor->octets / QUOTED_SHARE ? TRANSFER_BASE64_TEXT : TRANSFER_QUOTED_PRINTABLE;
}

static gboolean
plan_leaf (const Surveyor *surveyor, const MimeEntity *entity, WirePlan *plan, GError **error)
{
  const WireScan *scan = &surveyor->content;
  switch (entity->label) {
  case MIME_LABEL_QUOTED_PRINTABLE:
    plan->content = TRANSFER_MEND_QUOTED;
    return TRUE;
  case MIME_LABEL_BASE64:
    plan->content = TRANSFER_MEND_BASE64;
    return TRUE;
  case MIME_LABEL_UNKNOWN:
    return refuse (_ ("a part in an unknown Content-Transfer-Encoding"), surveyor, error);
  default:
    plan->content = encoding_for (surveyor, entity);
    plan->label = transfer_kind_name (plan->content);
    if (!entity->typed && scan->eight_bit)
      plan->type = charset_guess_type (&surveyor->charset);
    return TRUE;
  }
}

/* The content has ended: what was it? */
static gboolean
plan_content (gpointer data, const MimeEntity *entity, GError **error)
{
  Surveyor *surveyor = data;
  WirePlan *plan = &g_array_index (surveyor->survey->plans, WirePlan, entity->index);
  WireScan *scan = &surveyor->content;
  wire_scan_end (scan);
  surveyor->bare_cr = surveyor->bare_cr || scan->bare_cr;
  /* Made CRLF, a CR in binary content would be another content. */
  gboolean exact = entity->label == MIME_LABEL_BINARY && entity->shape == MIME_LEAF;
  gboolean changes = is_unfit (surveyor, scan) || (scan->bare_cr && (exact || entity->shape == MIME_SIGNED));
  if (!changes)
    return TRUE;
  surveyor->survey->change = TRUE;
  switch (entity->shape) {
  case MIME_SIGNED:
    return refuse (_ ("a signed or encrypted part"), surveyor, error);
  case MIME_NO_BOUNDARY:
    return refuse (_ ("a multipart without a boundary"), surveyor, error);
  case MIME_TOO_DEEP:
    return refuse (_ ("a part that is nested too deeply"), surveyor, error);
  case MIME_OTHER_MESSAGE:
    return refuse (_ ("a part of a type like message/partial"), surveyor, error);
  default:
    return plan_leaf (surveyor, entity, plan, error);
  }
}

static gboolean
has_field (const GString *header, const char *name)
{
  g_autoptr (GArray) fields = header_scan (header->str, header->len);
  for (guint i = 0; i < fields->len; i++)
    if (header_field_is (header->str, &g_array_index (fields, HeaderField, i), name))
      return TRUE;
  return FALSE;
}

static gboolean
survey_header (gpointer data, const MimeEntity *entity, const GString *header, GError **error)
{
  Surveyor *surveyor = data;
  WireSurvey *survey = surveyor->survey;
  WireHeaderState state = wire_header_examine (header, survey->smtputf8);
  WirePlan plan = { .header = state.bad };
  survey->utf8 = survey->utf8 || state.utf8;
  survey->change = survey->change || state.bad;
  if (entity->index == 0)
    surveyor->dkim = has_field (header, "DKIM-Signature");
  /* A label that says more than is true once the parts are encoded. */
  gboolean composite = entity->shape == MIME_MULTIPART || entity->shape == MIME_MESSAGE;
  if (composite && (entity->label == MIME_LABEL_BINARY || entity->label == MIME_LABEL_8BIT))
    plan.label = surveyor->eightbitmime ? "8bit" : "7bit";
  g_array_append_val (survey->plans, plan);
  wire_scan_init (&surveyor->content);
  surveyor->octets = surveyor->odd = 0;
  surveyor->charset = (CharsetGuess){ 0 };
  return TRUE;
}

static gboolean
conclude (Surveyor *surveyor, GError **error)
{
  WireSurvey *survey = surveyor->survey;
  wire_scan_end (&surveyor->filler);
  if (is_unfit (surveyor, &surveyor->filler)) {
    survey->change = TRUE;
    survey->filler = TRANSFER_MEND_PLAIN;
  }
  if (surveyor->dkim && (survey->change || surveyor->bare_cr)) {
    g_set_error_literal (
        error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
        _ ("the message must be encoded for this server, which would break its DKIM-Signature; "
           "remove that field to send it"));
    return FALSE;
  }
  return TRUE;
}

WireSurvey *
wire_survey_new (BodyReader *reader, const WireTarget *target, GError **error)
{
  static const MimeVisitor visitor = { .header = survey_header,
                                       .content = survey_content,
                                       .content_end = plan_content,
                                       .filler = survey_filler,
                                       .delimiter = survey_delimiter };
  g_autoptr (WireSurvey) survey = g_new0 (WireSurvey, 1);
  /* RFC 6531, 3.1: SMTPUTF8 comes with 8BITMIME, or is none. */
  survey->smtputf8 = target->smtputf8 && target->eightbitmime;
  survey->plans = g_array_new (FALSE, FALSE, sizeof (WirePlan));
  Surveyor surveyor = { .survey = survey, .eightbitmime = target->eightbitmime };
  wire_scan_init (&surveyor.filler);
  if (!mime_walk (reader, &visitor, &surveyor, error) || !conclude (&surveyor, error))
    return NULL;
  return g_steal_pointer (&survey);
}

void
wire_survey_free (WireSurvey *survey)
{
  g_array_unref (survey->plans);
  g_free (survey);
}

/* Chooses between the two forms: the stored octets with their line ends made CRLF
 * on the way (nearly every message), or a re-encoded copy. Both are read through
 * the same filter, and never give an octet more or less than was promised. */
#include "mail/wire.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/wire-filter.h"
#include "mail/wire-reencode.h"
#include "mail/wire-scan.h"

struct WireForm {
  WireOpen open;
  gpointer data;
  BodySource *reencoded; /* NULL: what OPEN gives is what goes out */
  BodyForm body;

  BodyReader *reader; /* NULL: at octet 0 */
  WireFilter filter;
  guint64 given;
  gboolean at_end; /* READER has no more */
  gsize input_start, input_end;
  guint8 input[32 * 1024];
};

static gboolean
scan_reader (BodyReader *reader, WireScan *scan, GError **error)
{
  g_autoptr (BodyReader) taken = reader;
  return taken != NULL && wire_scan_reader (scan, taken, error);
}

static void
describe (WireForm *form, const WireScan *scan)
{
  form->body.size = scan->size;
  form->body.kind = scan->eight_bit ? BODY_8BITMIME : BODY_7BIT;
}

static gboolean
is_fit (const WireScan *scan, const WireTarget *target)
{
  return !scan->nul && scan->longest_line <= WIRE_LINE_LIMIT && (!scan->eight_bit || target->eightbitmime);
}

/* Something in the message isn't plain: looks where it is, and whether it may stay. */
static gboolean
survey_stored (WireForm *form, const WireTarget *target, GError **error)
{
  g_autoptr (BodyReader) reader = form->open (form->data, error);
  g_autoptr (WireSurvey) survey = reader != NULL ? wire_survey_new (reader, target, error) : NULL;
  if (survey == NULL)
    return FALSE;
  form->body.smtputf8 = survey->utf8;
  if (!survey->change)
    return TRUE;
  g_autoptr (BodyReader) again = form->open (form->data, error);
  form->reencoded = again != NULL ? wire_reencode (again, survey, &form->body.smtputf8, error) : NULL;
  return form->reencoded != NULL;
}

static gboolean
prepare (WireForm *form, const WireTarget *target, GError **error)
{
  WireScan scan;
  if (!scan_reader (form->open (form->data, error), &scan, error))
    return FALSE;
  gboolean plain = is_fit (&scan, target) && !scan.eight_bit && !scan.bare_cr;
  if (!plain && !survey_stored (form, target, error))
    return FALSE;
  if (form->reencoded != NULL && !scan_reader (body_source_open (form->reencoded, error), &scan, error))
    return FALSE;
  /* The server's limits have the last word, whatever the survey believed. */
  if (!is_fit (&scan, target)) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("the message can't be encoded for this server"));
    return FALSE;
  }
  describe (form, &scan);
  return TRUE;
}

WireForm *
wire_form_new (WireOpen open, gpointer data, const WireTarget *target, GError **error)
{
  WireForm *form = g_new0 (WireForm, 1);
  form->open = open;
  form->data = data;
  if (!prepare (form, target, error))
    g_clear_pointer (&form, wire_form_free);
  return form;
}

void
wire_form_free (WireForm *form)
{
  if (form == NULL)
    return;
  body_reader_free (form->reader);
  g_clear_pointer (&form->reencoded, body_source_unref);
  g_free (form);
}

const BodyForm *
wire_form_body (const WireForm *form)
{
  return &form->body;
}

gboolean
wire_form_rewind (WireForm *form, GError **error)
{
  g_clear_pointer (&form->reader, body_reader_free);
  form->reader
      = form->reencoded != NULL ? body_source_open (form->reencoded, error) : form->open (form->data, error);
  wire_filter_init (&form->filter);
  form->given = 0;
  form->at_end = FALSE;
  form->input_start = form->input_end = 0;
  return form->reader != NULL;
}

static gboolean
fill_input (WireForm *form, GError **error)
{
  gssize got = body_reader_read (form->reader, form->input, sizeof form->input, error);
  form->at_end = got == 0;
  form->input_start = 0;
  form->input_end = got > 0 ? (gsize)got : 0;
  return got >= 0;
}

/* As many octets as there are, up to LENGTH, or -1. */
static gssize
read_filtered (WireForm *form, guint8 *buffer, gsize length, GError **error)
{
  gsize put = 0;
  while (put < length) {
    if (form->at_end) {
      gsize ended = wire_filter_end (&form->filter, buffer + put, length - put);
      if (ended == 0)
        break;
      put += ended;
    } else if (form->input_start == form->input_end) {
      if (!fill_input (form, error))
        return -1;
    } else {
      gsize used = 0;
      put += wire_filter_run (&form->filter, form->input + form->input_start,
                              form->input_end - form->input_start, &used, buffer + put, length - put);
      form->input_start += used;
    }
  }
  return (gssize)put;
}

gssize
wire_form_read (WireForm *form, guint8 *buffer, gsize length, GError **error)
{
  if (form->reader == NULL && !wire_form_rewind (form, error))
    return -1;
  gssize put = read_filtered (form, buffer, length, error);
  if (put < 0)
    return -1;
  form->given += (guint64)put;
  gboolean ended = (gsize)put < length;
  /* MAIL and BDAT promised the size: a store that changed since must not break the
   * promise unnoticed. */
  if (form->given > form->body.size || (ended && form->given < form->body.size)) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_IO,
                         _ ("the stored message changed while it was being sent"));
    return -1;
  }
  return put;
}

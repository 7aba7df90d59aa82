/* What cron, frameworks and people hand over isn't always a message: no header at all, an
 * mbox line before it, a From without domain, Bcc that must not get out. The header is
 * gathered, looked at and written again line by line; the body only passes through. */
#include "mail/intake-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-writer.h"

#include <string.h>

/* Room for 100,000 recipients; a header beyond that is an accident. */
#define HEADER_LIMIT ((gsize)4 * 1024 * 1024)

/* ---- where the header ends ------------------------------------------------ */

static gboolean
is_empty_line (const char *line)
{
  return *line == '\n' || *line == '\r';
}

/* Where the line at AT belongs: TRUE while the header goes on. */
static gboolean
continues_header (const IntakeWork *work, gsize at, gsize line)
{
  const char *octets = work->text->str + at;
  HeaderField ignored = { 0 };
  return header_line_is_field (octets, line, &ignored)
         || (at > work->start && (*octets == ' ' || *octets == '\t'));
}

/* A line can be judged when it is complete, or when nothing follows. One more octet
 * must be there behind a CR. */
static gboolean
is_complete (const IntakeWork *work, gsize at, gsize line, gboolean at_end)
{
  return at_end || (line > 0 && at + line < work->text->len);
}

/* Finds the end of the header in what is there; FALSE: more must be read. */
static gboolean
find_end (IntakeWork *work, gboolean at_end)
{
  const char *octets = work->text->str;
  gsize length = work->text->len;
  while (work->end < length || at_end) {
    gsize at = work->end, line = header_line_length (octets, length, at);
    if (!is_complete (work, at, line, at_end))
      return FALSE;
    gboolean mbox = at == 0 && (g_str_has_prefix (octets, "From ") || g_str_has_prefix (octets, ">From "));
    if (mbox) {
      work->start = work->end = line;
      continue;
    }
    if (line == 0 || !continues_header (work, at, line)) {
      work->body = line > 0 && is_empty_line (octets + at) ? at + line : at;
      return TRUE;
    }
    work->end += line;
  }
  return FALSE;
}

static gboolean
read_header (IntakeWork *work, BodyReader *reader, GError **error)
{
  guint8 buffer[64 * 1024];
  gssize given = 1;
  while (given > 0) {
    given = body_reader_read (reader, buffer, sizeof buffer, error);
    if (given < 0)
      return FALSE;
    g_string_append_len (work->text, (const char *)buffer, given);
    if (find_end (work, given == 0))
      return TRUE;
    if (work->text->len > HEADER_LIMIT) {
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the message's header is longer than %d MiB"),
                   (int)(HEADER_LIMIT / 1024 / 1024));
      return FALSE;
    }
  }
  g_assert_not_reached ();
}

/* ---- its fields ----------------------------------------------------------- */

const HeaderField *
intake_field (const IntakeWork *work, guint index)
{
  return &g_array_index (work->fields, HeaderField, index);
}

gboolean
intake_field_is_one_of (const IntakeWork *work, guint index, const char *const *names)
{
  return header_field_is_one_of (work->header, intake_field (work, index), names);
}

gboolean
intake_has (const IntakeWork *work, const char *name)
{
  for (guint i = 0; i < work->fields->len; i++) {
    if (!header_field_is (work->header, intake_field (work, i), name))
      continue;
    g_autofree char *value = header_field_value (work->header, intake_field (work, i));
    if (value[0] != '\0')
      return TRUE;
  }
  return FALSE;
}

/* RFC 5321, 6.3: what has passed so many servers goes in a circle, and this program would be
 * a part of it. */
static gboolean
check_received (const IntakeWork *work, GError **error)
{
  guint received = 0;
  for (guint i = 0; i < work->fields->len; i++)
    received += header_field_is (work->header, intake_field (work, i), "Received");
  if (received <= INTAKE_RECEIVED_LIMIT)
    return TRUE;
  g_set_error (
      error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
      _ ("the message goes in circles: it has passed %u servers already (its Received lines), and is "
         "refused"),
      received);
  return FALSE;
}

/* ---- all of it ------------------------------------------------------------ */

static BodySource *
written_message (IntakeWork *work, BodyReader *rest, GError **error)
{
  g_autoptr (GString) header = intake_write_header (work, error);
  g_autoptr (BodyWriter) writer = body_writer_new ();
  if (header == NULL || !body_writer_append (writer, header->str, header->len, error)
      || !body_writer_append (writer, work->text->str + work->body, work->text->len - work->body, error)
      || !body_writer_append_reader (writer, rest, error))
    return NULL;
  return body_writer_finish (writer, error);
}

static gboolean
take_in (IntakeWork *work, BodyReader *reader, GError **error)
{
  if (!read_header (work, reader, error))
    return FALSE;
  work->header = work->text->str + work->start;
  work->fields = header_scan (work->header, work->end - work->start);
  if (!check_received (work, error) || !intake_read_addresses (work, error))
    return FALSE;
  work->intake->message = written_message (work, reader, error);
  return work->intake->message != NULL;
}

Intake *
intake_message (BodySource *raw, const IntakeRules *rules, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (raw, error);
  if (reader == NULL)
    return NULL;
  Intake *intake = g_new0 (Intake, 1);
  intake->recipients = g_ptr_array_new_with_free_func (g_free);
  IntakeWork work = { .rules = rules, .intake = intake, .raw = raw, .text = g_string_new (NULL) };
  if (!take_in (&work, reader, error))
    g_clear_pointer (&intake, intake_free);
  g_string_free (work.text, TRUE);
  g_clear_pointer (&work.fields, g_array_unref);
  return intake;
}

void
intake_free (Intake *intake)
{
  if (intake == NULL)
    return;
  g_clear_pointer (&intake->message, body_source_unref);
  g_ptr_array_unref (intake->recipients);
  g_free (intake->from);
  g_free (intake->sender);
  g_free (intake);
}

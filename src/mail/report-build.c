/* A report quotes strangers: the server's words and the message itself. So every field is
 * made of printable ASCII here, whatever they wrote, and the parts are held apart by a
 * boundary that nobody can guess. */
#include "mail/report-build.h"

#include <string.h>

#include "base/visible.h"
#include "mail/body-writer.h"
#include "mail/build-part.h"
#include "mail/build.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"
#include "mail/wire-scan.h"

#define FIELD_LIMIT ((gsize)4096)       /* octets of one field's value */
#define WORD_LIMIT 400                  /* a longer one is broken, so that it can be folded */
#define HEADER_LIMIT ((gsize)64 * 1024) /* octets returned of a header */

/* --- values ------------------------------------------------------------------------ */

/* TEXT in printable ASCII that can be folded. */
static char *
plain_value (const char *text)
{
  g_autofree char *visible = visible_text (text, (gssize)MIN (strlen (text), FIELD_LIMIT));
  GString *plain = g_string_new (NULL);
  gsize word = 0;

  for (const char *at = visible; *at != '\0'; at = g_utf8_next_char (at)) {
    word = *at == ' ' ? 0 : word + 1;
    if (word == WORD_LIMIT) {
      g_string_append_c (plain, ' ');
      word = 1;
    }
    g_string_append_c (plain, (guchar)*at < 0x80 ? *at : '?');
  }
  return g_string_free (plain, FALSE);
}

static void
add_field (GString *fields, const char *name, const char *type, const char *value)
{
  g_autofree char *typed = g_strconcat (type, value, NULL);
  g_autofree char *plain = plain_value (typed);

  header_append (fields, name, plain); /* it can be folded, so it is always taken */
}

static void
add_date (GString *fields, const char *name, gint64 seconds)
{
  g_autofree char *date = header_date (seconds);

  header_append (fields, name, date);
}

/* RFC 6533, section 3: utf-8-addr-xtext, for a field of ASCII. */
static char *
encode_address (const char *address)
{
  GString *encoded = g_string_new (NULL);

  for (const char *at = address; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar character = g_utf8_get_char (at);
    if (character > ' ' && character < 0x7f && strchr ("\\+=", (int)character) == NULL)
      g_string_append_c (encoded, *at);
    else
      g_string_append_printf (encoded, "\\x{%X}", character);
  }
  return g_string_free (encoded, FALSE);
}

static void
add_recipient_address (GString *fields, const char *address)
{
  g_autofree char *ascii = address_to_ascii_domain (address, NULL);
  const char *known = ascii != NULL ? ascii : address;

  if (g_str_is_ascii (known)) {
    add_field (fields, "Final-Recipient", "rfc822; ", known);
    return;
  }
  g_autofree char *encoded = encode_address (known);
  add_field (fields, "Final-Recipient", "utf-8; ", encoded);
}

/* --- the part for programs ----------------------------------------------------------- */

static void
add_recipient (GString *fields, const ReportRequest *request, const ReportRecipient *recipient)
{
  g_string_append (fields, "\r\n");
  if (recipient->orcpt != NULL)
    add_field (fields, "Original-Recipient", "", recipient->orcpt);
  add_recipient_address (fields, recipient->address);
  header_append (fields, "Action", request->action == REPORT_DELAYED ? "delayed" : "failed");
  header_append (fields, "Status", recipient->status);
  if (recipient->remote_mta != NULL)
    add_field (fields, "Remote-MTA", "dns; ", recipient->remote_mta);
  if (recipient->diagnostic != NULL)
    add_field (fields, "Diagnostic-Code", "", recipient->diagnostic);
  if (request->last_attempt != 0)
    add_date (fields, "Last-Attempt-Date", request->last_attempt);
}

static GString *
make_status (const ReportRequest *request)
{
  GString *fields = g_string_new ("Content-Type: message/delivery-status\r\n"
                                  "Content-Transfer-Encoding: 7bit\r\n\r\n");

  if (request->envid != NULL)
    add_field (fields, "Original-Envelope-Id", "", request->envid);
  add_field (fields, "Reporting-MTA", "dns; ", request->reporting_mta);
  add_date (fields, "Arrival-Date", request->arrival);
  for (gsize i = 0; i < request->n_recipients; i++)
    add_recipient (fields, request, &request->recipients[i]);
  return fields;
}

/* --- what is returned ------------------------------------------------------------------ */

/* What goes back of the message: all of it, or its header in memory, or nothing. */
typedef struct {
  gboolean whole, eight_bit;
  GString *header; /* NULL: none */
} Returned;

/* Up to the empty line, or to the last line end within the limit. */
static GString *
read_header (BodyReader *reader)
{
  g_autoptr (GString) start = g_string_sized_new (HEADER_LIMIT);
  gssize got;

  while (
      start->len < HEADER_LIMIT
      && (got = body_reader_read (reader, (guint8 *)start->str + start->len, HEADER_LIMIT - start->len, NULL))
             > 0)
    g_string_set_size (start, start->len + (gsize)got);
  gsize end = 0;
  while (end < start->len) {
    gsize line = header_line_length (start->str, start->len, end);
    gboolean ended = start->str[end + line - 1] == '\n' || start->str[end + line - 1] == '\r';
    if (start->str[end] == '\n' || start->str[end] == '\r' || !ended)
      break;
    end += line;
  }
  g_string_truncate (start, end);
  return g_steal_pointer (&start);
}

static gboolean
is_eight_bit (const GString *text)
{
  for (gsize i = 0; i < text->len; i++)
    if ((guchar)text->str[i] >= 0x80)
      return TRUE;
  return FALSE;
}

static Returned
look_at_message (const ReportRequest *request, WireOpen open, gpointer data)
{
  Returned returned = { 0 };
  g_autoptr (BodyReader) reader = open != NULL ? open (data, NULL) : NULL;
  WireScan scan;

  if (reader == NULL)
    return returned;
  if (request->whole) {
    returned.whole = wire_scan_reader (&scan, reader, NULL);
    returned.eight_bit = returned.whole && scan.eight_bit;
  } else {
    returned.header = read_header (reader);
    returned.eight_bit = is_eight_bit (returned.header);
  }
  return returned;
}

static gboolean
write_text (BodyWriter *writer, const char *text, GError **error)
{
  return body_writer_append (writer, text, strlen (text), error);
}

static gboolean
write_returned (BodyWriter *writer, const Returned *returned, WireOpen open, gpointer data, GError **error)
{
  const char *encoding = returned->eight_bit ? "8bit" : "7bit";
  const char *type = returned->whole ? "message/rfc822" : "text/rfc822-headers";
  g_autofree char *header = g_strdup_printf (
      "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\nContent-Disposition: inline\r\n\r\n", type,
      encoding);

  if (!write_text (writer, header, error))
    return FALSE;
  if (!returned->whole)
    return body_writer_append (writer, returned->header->str, returned->header->len, error);
  g_autoptr (BodyReader) reader = open (data, error);
  return reader != NULL && body_writer_append_reader (writer, reader, error);
}

/* --- the whole --------------------------------------------------------------------------- */

static void
add_mailbox (GString *header, const char *name, const Mailbox *mailbox)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  g_ptr_array_add (list, (gpointer)mailbox);
  header_append_mailboxes (header, name, list);
}

/* Auto-Submitted keeps away those who answer by themselves (RFC 3834). */
static GString *
make_header (const ReportRequest *request, const char *boundary, gboolean eight_bit)
{
  GString *header = g_string_new (NULL);
  g_autofree char *visible = visible_text (request->subject, (gssize)strlen (request->subject));
  g_autofree char *subject = header_encode_text (visible);
  g_autofree char *id = build_message_id (address_domain (request->from->address));
  g_autofree char *type
      = g_strdup_printf ("multipart/report; report-type=delivery-status; boundary=\"%s\"", boundary);

  add_date (header, "Date", request->date);
  add_mailbox (header, "From", request->from);
  add_mailbox (header, "To", request->to);
  header_append (header, "Message-ID", id);
  if (request->message_id != NULL) {
    add_field (header, "In-Reply-To", "", request->message_id);
    add_field (header, "References", "", request->message_id);
  }
  header_append (header, "Subject", subject);
  header_append (header, "Auto-Submitted", "auto-replied");
  header_append (header, "MIME-Version", "1.0");
  header_append (header, "Content-Type", type);
  header_append (header, "Content-Transfer-Encoding", eight_bit ? "8bit" : "7bit");
  return header;
}

static gboolean
write_report (BodyWriter *writer, const ReportRequest *request, const Returned *returned, WireOpen open,
              gpointer data, GError **error)
{
  g_autofree char *token = build_token ();
  /* "=_" is in no quoted-printable and no base64 text. */
  g_autofree char *boundary = g_strdup_printf ("=_%s", token);
  g_autofree char *next = g_strdup_printf ("\r\n--%s\r\n", boundary);
  g_autofree char *end = g_strdup_printf ("\r\n--%s--\r\n", boundary);
  gboolean eight_bit = returned->eight_bit || !g_str_is_ascii (request->text);
  g_autoptr (GString) header = make_header (request, boundary, eight_bit);
  g_autoptr (GString) status = make_status (request);
  const BuildRequest text = { .text = request->text, .text_length = strlen (request->text) };

  return body_writer_append (writer, header->str, header->len, error) && write_text (writer, next, error)
         && build_text_part (writer, &text, error) && write_text (writer, next, error)
         && body_writer_append (writer, status->str, status->len, error)
         && ((!returned->whole && returned->header == NULL)
             || (write_text (writer, next, error) && write_returned (writer, returned, open, data, error)))
         && write_text (writer, end, error);
}

BodySource *
report_build (const ReportRequest *request, WireOpen open, gpointer data, GError **error)
{
  g_autoptr (BodyWriter) writer = body_writer_new ();
  Returned returned = look_at_message (request, open, data);
  gboolean good = write_report (writer, request, &returned, open, data, error);

  if (returned.header != NULL)
    g_string_free (returned.header, TRUE);
  return good ? body_writer_finish (writer, error) : NULL;
}

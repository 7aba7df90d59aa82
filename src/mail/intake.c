/* What other programs hand to sendmail is of every quality: no header at all, an mbox
 * line before it, a From without domain, Bcc that must not get out. The header is
 * gathered, looked at and written again line by line; the body only passes through. */
#include "mail/intake.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-writer.h"
#include "mail/build.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"

#include <string.h>

/* Room for 100,000 recipients; a header beyond that is an accident. */
#define HEADER_LIMIT ((gsize)4 * 1024 * 1024)

/* Fields that only one program may write, and whose absence it must mend. */
typedef enum { OWN_FROM, OWN_DATE, OWN_MESSAGE_ID, OWN_FIELDS } OwnField;

static const char *const own_fields[OWN_FIELDS] = { "From", "Date", "Message-ID" };

static const char *const secret_fields[] = { "Bcc", "Resent-Bcc", NULL };
static const char *const recipient_fields[] = { "To", "Cc", "Bcc", NULL };
static const char *const resent_recipient_fields[] = { "Resent-To", "Resent-Cc", "Resent-Bcc", NULL };

/* Where a server would refuse an address without domain. */
static const char *const address_fields[]
    = { "From",        "Sender",        "Reply-To",  "To",        "Cc",
        "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", NULL };

typedef struct {
  const IntakeRules *rules;
  Intake *intake;
  GString *text; /* the header, and what of the body came with it */
  gsize start;   /* of the first field */
  gsize end;     /* behind the last field */
  gsize body;    /* behind the empty line */

  const char *header;             /* text at start */
  GArray *fields;                 /* of HeaderField */
  guint resent_start, resent_end; /* the fields of the latest resending; the same: there is none */
  gboolean have[OWN_FIELDS];
} Work;

/* ---- where the header ends ------------------------------------------------ */

static gboolean
is_empty_line (const char *line)
{
  return *line == '\n' || *line == '\r';
}

/* Where the line at AT belongs: TRUE while the header goes on. */
static gboolean
continues_header (const Work *work, gsize at, gsize line)
{
  const char *octets = work->text->str + at;
  HeaderField ignored = { 0 };
  return header_line_is_field (octets, line, &ignored)
         || (at > work->start && (*octets == ' ' || *octets == '\t'));
}

/* A line can be judged when it is complete, or when nothing follows. One more octet
 * must be there behind a CR. */
static gboolean
is_complete (const Work *work, gsize at, gsize line, gboolean at_end)
{
  return at_end || (line > 0 && at + line < work->text->len);
}

/* Finds the end of the header in what is there; FALSE: more must be read. */
static gboolean
find_end (Work *work, gboolean at_end)
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
read_header (Work *work, BodyReader *reader, GError **error)
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

/* ---- what the fields say -------------------------------------------------- */

static const HeaderField *
field_at (const Work *work, guint index)
{
  return &g_array_index (work->fields, HeaderField, index);
}

static gboolean
is_one_of (const Work *work, guint index, const char *const *names)
{
  return header_field_is_one_of (work->header, field_at (work, index), names);
}

static gboolean
is_resent (const Work *work, guint index)
{
  const HeaderField *field = field_at (work, index);
  return field->name_length > 7 && g_ascii_strncasecmp (work->header + field->start, "Resent-", 7) == 0;
}

/* Each resending puts its block on top (RFC 5322, 3.6.6): only the first block is
 * about this one, and its addresses count in place of the message's own. */
static void
find_resent_block (Work *work)
{
  guint start = 0, end;
  while (start < work->fields->len && !is_resent (work, start))
    start++;
  for (end = start; end < work->fields->len && is_resent (work, end);)
    end++;
  for (guint i = start; i < end; i++)
    if (is_one_of (work, i, resent_recipient_fields)) {
      work->resent_start = start;
      work->resent_end = end;
    }
}

static GPtrArray *
parse_field (const Work *work, guint index, const char *qualify_with, GError **error)
{
  const HeaderField *field = field_at (work, index);
  g_autofree char *value = header_field_value (work->header, field);
  GPtrArray *mailboxes = address_parse_list (value, qualify_with, error);
  if (mailboxes == NULL)
    g_prefix_error (error, _ ("header field %.*s: "), (int)field->name_length, work->header + field->start);
  return mailboxes;
}

/* The first address of the first field of this name, between START and END. *ret_address
 * stays NULL when there is none. */
static gboolean
first_address (const Work *work, const char *name, guint start, guint end, char **ret_address, GError **error)
{
  for (guint i = start; i < end && *ret_address == NULL; i++) {
    if (!header_field_is (work->header, field_at (work, i), name))
      continue;
    g_autoptr (GPtrArray) mailboxes = parse_field (work, i, work->rules->qualify_with, error);
    if (mailboxes == NULL)
      return FALSE;
    if (mailboxes->len > 0)
      *ret_address = g_strdup (((Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
  }
  return TRUE;
}

static gboolean
read_originators (Work *work, GError **error)
{
  Intake *intake = work->intake;
  guint start = work->resent_start, end = work->resent_end, all = work->fields->len;
  if (!first_address (work, "Resent-From", start, end, &intake->from, error)
      || !first_address (work, "Resent-Sender", start, end, &intake->sender, error))
    return FALSE;
  gboolean resent = intake->from != NULL;
  if (!first_address (work, "From", 0, all, &intake->from, error)
      || (!resent && !first_address (work, "Sender", 0, all, &intake->sender, error)))
    return FALSE;
  if (intake->from == NULL)
    intake->from = g_strdup (work->rules->from_address);
  return TRUE;
}

static gboolean
read_recipients (Work *work, GError **error)
{
  gboolean resent = work->resent_end > work->resent_start;
  guint start = resent ? work->resent_start : 0, end = resent ? work->resent_end : work->fields->len;
  for (guint i = start; i < end; i++) {
    if (!is_one_of (work, i, resent ? resent_recipient_fields : recipient_fields))
      continue;
    g_autoptr (GPtrArray) mailboxes = parse_field (work, i, work->rules->qualify_with, error);
    if (mailboxes == NULL)
      return FALSE;
    for (guint m = 0; m < mailboxes->len; m++) {
      Mailbox *mailbox = g_ptr_array_index (mailboxes, m);
      g_ptr_array_add (work->intake->recipients, g_steal_pointer (&mailbox->address));
    }
  }
  return TRUE;
}

/* ---- writing it again ----------------------------------------------------- */

/* "root (Cron Daemon)": servers refuse an address without domain, and every sendmail
 * adds it. FALSE: the field stays as it is. */
static gboolean
append_qualified (const Work *work, guint index, GString *out)
{
  if (work->rules->qualify_with == NULL || !is_one_of (work, index, address_fields))
    return FALSE;
  g_autoptr (GPtrArray) complete = parse_field (work, index, NULL, NULL);
  g_autoptr (GPtrArray) qualified
      = complete == NULL ? parse_field (work, index, work->rules->qualify_with, NULL) : NULL;
  const HeaderField *field = field_at (work, index);
  g_autofree char *name = g_strndup (work->header + field->start, field->name_length);
  return qualified != NULL && header_append_mailboxes (out, name, qualified);
}

/* One of our own fields without anything in it counts as missing. */
static gboolean
is_blank_own_field (Work *work, guint index)
{
  for (OwnField own = 0; own < OWN_FIELDS; own++) {
    if (!header_field_is (work->header, field_at (work, index), own_fields[own]))
      continue;
    g_autofree char *value = header_field_value (work->header, field_at (work, index));
    work->have[own] = work->have[own] || value[0] != '\0';
    return value[0] == '\0';
  }
  return FALSE;
}

/* -F and the password file hold anything. */
static char *
clean_name (const char *name)
{
  char *clean = name != NULL ? g_utf8_make_valid (name, -1) : NULL;
  for (char *at = clean; at != NULL && *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return clean;
}

static gboolean
append_missing (const Work *work, GString *out)
{
  g_autofree char *date = header_date (work->rules->date);
  g_autofree char *id = build_message_id (address_domain (work->intake->from));
  g_autofree char *name = clean_name (work->rules->from_name);
  Mailbox from = { name, (char *)work->rules->from_address };
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new ();
  g_ptr_array_add (mailboxes, &from);
  return (work->have[OWN_FROM] || header_append_mailboxes (out, own_fields[OWN_FROM], mailboxes))
         && (work->have[OWN_DATE] || header_append (out, own_fields[OWN_DATE], date))
         && (work->have[OWN_MESSAGE_ID] || header_append (out, own_fields[OWN_MESSAGE_ID], id));
}

/* The message's own kind of line end: that of its first line. */
static const char *
line_end_of (const Work *work)
{
  const char *first = work->text->str + strcspn (work->text->str, "\r\n");
  return first[0] == '\r' && first[1] == '\n' ? "\r\n" : "\n";
}

/* What we wrote has CRLF. */
static void
append_ours (const Work *work, GString *out, GString *ours)
{
  g_string_replace (ours, "\r\n", line_end_of (work), 0);
  g_string_append_len (out, ours->str, (gssize)ours->len);
  g_string_truncate (ours, 0);
}

static GString *
written_header (Work *work, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) ours = g_string_new (NULL);
  for (guint i = 0; i < work->fields->len; i++) {
    const HeaderField *field = field_at (work, i);
    if (is_one_of (work, i, secret_fields) || is_blank_own_field (work, i))
      continue;
    if (append_qualified (work, i, ours))
      append_ours (work, out, ours);
    else
      g_string_append_len (out, work->header + field->start, (gssize)field->length);
  }
  /* The last line of all may have no end, or a CR that a LF of ours would join. */
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append (out, out->str[out->len - 1] == '\r' ? "\n" : line_end_of (work));
  if (!append_missing (work, ours)) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                         _ ("the sender's name can't stand in a header"));
    return NULL;
  }
  g_string_append (ours, "\r\n");
  append_ours (work, out, ours);
  return g_steal_pointer (&out);
}

static BodySource *
written_message (Work *work, BodyReader *rest, GError **error)
{
  g_autoptr (GString) header = written_header (work, error);
  g_autoptr (BodyWriter) writer = body_writer_new ();
  if (header == NULL || !body_writer_append (writer, header->str, header->len, error)
      || !body_writer_append (writer, work->text->str + work->body, work->text->len - work->body, error)
      || !body_writer_append_reader (writer, rest, error))
    return NULL;
  return body_writer_finish (writer, error);
}

static gboolean
take_in (Work *work, BodyReader *reader, GError **error)
{
  if (!read_header (work, reader, error))
    return FALSE;
  work->header = work->text->str + work->start;
  work->fields = header_scan (work->header, work->end - work->start);
  find_resent_block (work);
  if (!read_originators (work, error) || (work->rules->read_recipients && !read_recipients (work, error)))
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
  Work work = { .rules = rules, .intake = intake, .text = g_string_new (NULL) };
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

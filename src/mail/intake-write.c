/* The header written again: what must not get out is left out, what servers refuse is
 * mended, what is missing is added; every other field stays octet for octet. */
#include "mail/intake-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/build.h"
#include "mail/header-write.h"
#include "mail/local-names.h"
#include "mail/wire-header.h"

#include <string.h>

/* Fields that only one program may write, and whose absence it must mend. */
typedef enum { OWN_FROM, OWN_DATE, OWN_MESSAGE_ID, OWN_FIELDS } OwnField;

static const char *const own_fields[OWN_FIELDS] = { "From", "Date", "Message-ID" };

/* What is nobody's business, or a later server's (RFC 5321, 4.4). */
static const char *const dropped_fields[] = { "Bcc", "Resent-Bcc", "Return-Path", NULL };

/* Fields that a later one of ours would stand beside when they are empty. */
static const char *const blank_fields[]
    = { "From", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        NULL };

/* What the server compares with the login. */
static const char *const originator_fields[] = { "From", "Sender", "Resent-From", "Resent-Sender", NULL };

/* Where a server would refuse an address without domain. */
static const char *const address_fields[]
    = { "From",        "Sender",        "Reply-To",  "To",        "Cc",
        "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", NULL };

typedef struct {
  IntakeWork *work;
  GString *out;
  GString *ours;       /* what we write of a field, with CRLF or LF */
  GPtrArray *old_from; /* of Mailbox: what was in a From that became the account's; NULL: none did */
  gboolean is_signed;  /* changes that nobody asked for would break it */
} HeaderWriter;

/* ---- one field ------------------------------------------------------------ */

static gboolean
is_blank (const IntakeWork *work, guint index)
{
  g_autofree char *value = header_field_value (work->header, intake_field (work, index));
  return value[0] == '\0';
}

static char *
name_of (const IntakeWork *work, guint index)
{
  const HeaderField *field = intake_field (work, index);
  return g_strndup (work->header + field->start, field->name_length);
}

/* Is one of MAILBOXES, whose unqualified ones have LOCAL_DOMAIN, to become the account's? */
static gboolean
must_become_own (const IntakeRules *rules, const GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++) {
    const char *address = ((Mailbox *)g_ptr_array_index (mailboxes, i))->address;
    gboolean local = local_names_hold (rules->local_names, address_domain (address));
    if ((local || rules->rewrite == REWRITE_ALWAYS) && g_ascii_strcasecmp (address, rules->own->address) != 0)
      return TRUE;
  }
  return FALSE;
}

/* NAME@localhost or NAME@vm, as programs and a sendmail without a configuration of its own
 * complete it, means no more elsewhere than NAME alone does. TRUE: there was one. */
static gboolean
complete_local (const IntakeRules *rules, GPtrArray *mailboxes)
{
  gboolean changed = FALSE;
  for (guint i = 0; rules->qualify_with != NULL && i < mailboxes->len; i++) {
    Mailbox *mailbox = g_ptr_array_index (mailboxes, i);
    const char *domain = address_domain (mailbox->address);
    if (!local_names_bare (rules->local_names, domain) || g_strcmp0 (domain, rules->qualify_with) == 0)
      continue;
    char *complete
        = g_strdup_printf ("%.*s%s", (int)(domain - mailbox->address), mailbox->address, rules->qualify_with);
    g_free (mailbox->address);
    mailbox->address = complete;
    changed = TRUE;
  }
  return changed;
}

/* The writer's name stays: it says which program it was. */
static gboolean
append_own (HeaderWriter *writer, guint index)
{
  const IntakeRules *rules = writer->work->rules;
  if (rules->rewrite == REWRITE_NO || !intake_field_is_one_of (writer->work, index, originator_fields))
    return FALSE;
  g_autoptr (GPtrArray) mailboxes = intake_parse_field (writer->work, index, LOCAL_DOMAIN, NULL);
  if (mailboxes == NULL || !must_become_own (rules, mailboxes))
    return FALSE;
  const Mailbox *old = g_ptr_array_index (mailboxes, 0);
  Mailbox own = { old->name != NULL ? old->name : rules->own->name, rules->own->address };
  g_autoptr (GPtrArray) one = g_ptr_array_new ();
  g_autofree char *name = name_of (writer->work, index);
  g_ptr_array_add (one, &own);
  gboolean written = header_append_mailboxes (writer->ours, name, one);
  if (writer->old_from == NULL
      && header_field_is (writer->work->header, intake_field (writer->work, index), "From")) {
    complete_local (rules, mailboxes);
    writer->old_from = g_steal_pointer (&mailboxes);
  }
  return written;
}

/* "root (Cron Daemon)": servers refuse an address without domain, and every sendmail
 * adds it. FALSE: the field stays as it is. */
static gboolean
append_qualified (HeaderWriter *writer, guint index)
{
  const IntakeWork *work = writer->work;
  if (work->rules->qualify_with == NULL || !intake_field_is_one_of (work, index, address_fields))
    return FALSE;
  g_autoptr (GPtrArray) mailboxes = intake_parse_field (work, index, LOCAL_DOMAIN, NULL);
  g_autofree char *name = name_of (work, index);
  return mailboxes != NULL && complete_local (work->rules, mailboxes)
         && header_append_mailboxes (writer->ours, name, mailboxes);
}

/* Raw UTF-8 would go only where every server on the way knows SMTPUTF8. */
static gboolean
append_encoded (HeaderWriter *writer, guint index)
{
  const HeaderField *field = intake_field (writer->work, index);
  const char *octets = writer->work->header + field->start;
  const WireHeaderChange change = { 0 };
  gboolean ascii = TRUE;
  for (gsize i = 0; i < field->length; i++)
    ascii = ascii && (octets[i] & 0x80) == 0;
  if (ascii || writer->is_signed)
    return FALSE;
  g_autoptr (GString) line = g_string_new_len (octets, (gssize)field->length);
  g_string_replace (line, "\r\n", "\n", 0);
  g_string_replace (line, "\r", "\n", 0);
  return wire_header_rewrite (line, &change, writer->ours, NULL);
}

/* ---- all of them ---------------------------------------------------------- */

/* The message's own kind of line end: that of its first line. */
static const char *
line_end_of (const IntakeWork *work)
{
  const char *first = work->text->str + strcspn (work->text->str, "\r\n");
  return first[0] == '\r' && first[1] == '\n' ? "\r\n" : "\n";
}

static void
append_ours (HeaderWriter *writer)
{
  g_string_replace (writer->ours, "\r\n", "\n", 0);
  g_string_replace (writer->ours, "\n", line_end_of (writer->work), 0);
  g_string_append_len (writer->out, writer->ours->str, (gssize)writer->ours->len);
  g_string_truncate (writer->ours, 0);
}

static void
append_field (HeaderWriter *writer, guint index)
{
  const IntakeWork *work = writer->work;
  const HeaderField *field = intake_field (work, index);
  if (intake_field_is_one_of (work, index, dropped_fields)
      || (intake_field_is_one_of (work, index, blank_fields) && is_blank (work, index)))
    return;
  if (append_own (writer, index) || append_qualified (writer, index) || append_encoded (writer, index))
    append_ours (writer);
  else
    g_string_append_len (writer->out, work->header + field->start, (gssize)field->length);
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

/* A Message-ID is unique by its domain, so it must not be one that every machine has. */
static const char *
id_domain (const IntakeWork *work)
{
  const char *domain = address_domain (work->intake->from);
  return local_names_bare (work->rules->local_names, domain) ? address_domain (work->rules->from_address)
                                                             : domain;
}

static gboolean
append_missing_own (HeaderWriter *writer)
{
  const IntakeWork *work = writer->work;
  g_autofree char *date = header_date (work->rules->date);
  g_autofree char *id
      = work->rules->message_key != NULL
            ? build_stable_message_id (work->rules->message_seed, work->rules->message_key, id_domain (work))
            : build_message_id (id_domain (work));
  g_autofree char *name = clean_name (work->rules->from_name);
  Mailbox from = { name, (char *)work->rules->from_address };
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new ();
  g_ptr_array_add (mailboxes, &from);
  return (intake_has (work, "From")
          || header_append_mailboxes (writer->ours, own_fields[OWN_FROM], mailboxes))
         && (intake_has (work, "Date") || header_append (writer->ours, own_fields[OWN_DATE], date))
         && (intake_has (work, "Message-ID") || header_append (writer->ours, own_fields[OWN_MESSAGE_ID], id));
}

static gboolean
append_missing (HeaderWriter *writer, GError **error)
{
  MissingMime mime = { 0 };
  if (!writer->is_signed && !intake_find_missing_mime (writer->work, &mime, error))
    return FALSE;
  gboolean reply = writer->old_from != NULL && !intake_has (writer->work, "Reply-To");
  if (append_missing_own (writer)
      && (!reply || header_append_mailboxes (writer->ours, "Reply-To", writer->old_from))
      && (!mime.version || header_append (writer->ours, "MIME-Version", "1.0"))
      && (mime.type == NULL || header_append (writer->ours, "Content-Type", mime.type))
      && (!mime.encoding || header_append (writer->ours, "Content-Transfer-Encoding", "8bit")))
    return TRUE;
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
                       _ ("the sender's name can't stand in a header"));
  return FALSE;
}

static GString *
write_header (HeaderWriter *writer, GError **error)
{
  GString *out = writer->out;
  for (guint i = 0; i < writer->work->fields->len; i++)
    append_field (writer, i);
  /* The last line of all may have no end, or a CR that a LF of ours would join. */
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append (out, out->str[out->len - 1] == '\r' ? "\n" : line_end_of (writer->work));
  if (!append_missing (writer, error))
    return NULL;
  g_string_append (writer->ours, "\r\n");
  append_ours (writer);
  return g_string_new_len (out->str, (gssize)out->len);
}

GString *
intake_write_header (IntakeWork *work, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) ours = g_string_new (NULL);
  HeaderWriter writer
      = { .work = work, .out = out, .ours = ours, .is_signed = intake_has (work, "DKIM-Signature") };
  GString *header = write_header (&writer, error);
  g_clear_pointer (&writer.old_from, g_ptr_array_unref);
  return header;
}

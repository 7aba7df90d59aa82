/* Who is named in a header: the sender, and with -t the recipients. */
#include "mail/intake-private.h"

#include "base/i18n.h"
#include "mail/local-names.h"

static const char *const recipient_fields[] = { "To", "Cc", "Bcc", NULL };
static const char *const resent_recipient_fields[] = { "Resent-To", "Resent-Cc", "Resent-Bcc", NULL };

static gboolean
is_resent (const IntakeWork *work, guint index)
{
  const HeaderField *field = intake_field (work, index);
  return field->name_length > 7 && g_ascii_strncasecmp (work->header + field->start, "Resent-", 7) == 0;
}

/* Each resending puts its block on top (RFC 5322, 3.6.6): only the first block is
 * about this one, and its addresses count in place of the message's own. */
static void
find_resent_block (IntakeWork *work)
{
  guint start = 0, end;
  while (start < work->fields->len && !is_resent (work, start))
    start++;
  for (end = start; end < work->fields->len && is_resent (work, end);)
    end++;
  for (guint i = start; i < end; i++)
    if (intake_field_is_one_of (work, i, resent_recipient_fields)) {
      work->resent_start = start;
      work->resent_end = end;
    }
}

GPtrArray *
intake_parse_field (const IntakeWork *work, guint index, const char *qualify_with, GError **error)
{
  const HeaderField *field = intake_field (work, index);
  g_autofree char *value = header_field_value (work->header, field);
  GPtrArray *mailboxes = address_parse_list (value, qualify_with, error);
  if (mailboxes == NULL)
    g_prefix_error (error, _ ("header field %.*s: "), (int)field->name_length, work->header + field->start);
  return mailboxes;
}

/* The first address of the first field of this name, between START and END. *ret_address
 * stays NULL when there is none. */
static gboolean
first_address (const IntakeWork *work, const char *name, guint start, guint end, char **ret_address,
               GError **error)
{
  for (guint i = start; i < end && *ret_address == NULL; i++) {
    if (!header_field_is (work->header, intake_field (work, i), name))
      continue;
    g_autoptr (GPtrArray) mailboxes = intake_parse_field (work, i, work->rules->qualify_with, error);
    if (mailboxes == NULL)
      return FALSE;
    if (mailboxes->len > 0)
      *ret_address = g_strdup (((Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
  }
  return TRUE;
}

static gboolean
read_originators (IntakeWork *work, GError **error)
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
read_recipients (IntakeWork *work, GError **error)
{
  gboolean resent = work->resent_end > work->resent_start;
  guint start = resent ? work->resent_start : 0, end = resent ? work->resent_end : work->fields->len;
  for (guint i = start; i < end; i++) {
    if (!intake_field_is_one_of (work, i, resent ? resent_recipient_fields : recipient_fields))
      continue;
    g_autoptr (GPtrArray) mailboxes = intake_parse_field (work, i, LOCAL_DOMAIN, error);
    if (mailboxes == NULL)
      return FALSE;
    for (guint m = 0; m < mailboxes->len; m++) {
      Mailbox *mailbox = g_ptr_array_index (mailboxes, m);
      g_ptr_array_add (work->intake->recipients, g_steal_pointer (&mailbox->address));
    }
  }
  return TRUE;
}

gboolean
intake_read_addresses (IntakeWork *work, GError **error)
{
  find_resent_block (work);
  return read_originators (work, error) && (!work->rules->read_recipients || read_recipients (work, error));
}

/* What goes into the editor and what comes out of it. */
#include "cli/outbox-draft.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/header-scan.h"

#define SENDER "X-Toukan-Sender"
#define RECIPIENT "X-Toukan-Recipient"

GString *
outbox_draft_write (const Envelope *envelope, const char *message, gsize length)
{
  GString *text = g_string_sized_new (length + 256);
  g_string_append_printf (text, SENDER ": %s\n", *envelope->sender ? envelope->sender : "<>");
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_string_append_printf (text, RECIPIENT ": %s\n", envelope_recipient (envelope, i)->address);
  for (gsize at = 0; at < length; at++)
    if (message[at] != '\r' || at + 1 == length || message[at + 1] != '\n')
      g_string_append_c (text, message[at]);
  return text;
}

/* --- reading ------------------------------------------------------------------------------- */

typedef struct {
  const GString *text;
  char *sender;
  GPtrArray *recipients; /* of char * */
  GString *message;
  gboolean has_from;
} Reading;

static gboolean
refuse (const Reading *reading, const HeaderField *field, const char *why, GError **error)
{
  guint line = 1;
  for (gsize at = 0; at < field->start; at++)
    line += reading->text->str[at] == '\n';
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("line %u: %s"), line, why);
  return FALSE;
}

static gboolean
take_sender (Reading *reading, const HeaderField *field, GError **error)
{
  g_autofree char *value = header_field_value (reading->text->str, field);
  g_autoptr (GError) cause = NULL;
  g_clear_pointer (&reading->sender, g_free);
  reading->sender
      = *value == '\0' || strcmp (value, "<>") == 0 ? g_strdup ("") : address_parse_one (value, NULL, &cause);
  return !cause || refuse (reading, field, cause->message, error);
}

static gboolean
take_recipients (Reading *reading, const HeaderField *field, GError **error)
{
  g_autofree char *value = header_field_value (reading->text->str, field);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GPtrArray) list = address_parse_list (value, NULL, &cause);
  if (cause)
    return refuse (reading, field, cause->message, error);
  for (guint i = 0; i < list->len; i++)
    g_ptr_array_add (reading->recipients, g_strdup (((const Mailbox *)list->pdata[i])->address));
  return TRUE;
}

static gboolean
take_field (Reading *reading, const HeaderField *field, GError **error)
{
  const char *text = reading->text->str;
  if (header_field_is (text, field, SENDER))
    return take_sender (reading, field, error);
  if (header_field_is (text, field, RECIPIENT))
    return take_recipients (reading, field, error);
  if (field->name_length == 0) {
    g_autofree char *line
        = visible_text (text + field->start, (gssize)MIN (strcspn (text + field->start, "\r\n"), 60));
    g_autofree char *why
        = g_strdup_printf (_ ("\"%s\" is no header line; an empty line ends the header"), line);
    return refuse (reading, field, why, error);
  }
  reading->has_from = reading->has_from || header_field_is (text, field, "From");
  g_string_append_len (reading->message, text + field->start, (gssize)field->length);
  return TRUE;
}

static gboolean
take_text (Reading *reading, GError **error)
{
  const gsize length = header_length (reading->text->str, reading->text->len);
  g_autoptr (GArray) fields = header_scan (reading->text->str, length);
  for (guint i = 0; i < fields->len; i++)
    if (!take_field (reading, &g_array_index (fields, HeaderField, i), error))
      return FALSE;
  g_string_append_len (reading->message, reading->text->str + length, (gssize)(reading->text->len - length));
  const char *missing = !reading->sender ? _ ("the line X-Toukan-Sender is missing")
                        : reading->recipients->len == 0
                            ? _ ("no line X-Toukan-Recipient says who shall have it")
                        : !reading->has_from ? _ ("the line From is missing")
                                             : NULL;
  if (missing)
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, missing);
  return missing == NULL;
}

static const EnvelopeRecipient *
find_recipient (const Envelope *envelope, const char *address)
{
  for (guint i = 0; i < envelope->recipients->len; i++)
    if (strcmp (envelope_recipient (envelope, i)->address, address) == 0)
      return envelope_recipient (envelope, i);
  return NULL;
}

static Envelope *
make_envelope (const Reading *reading, const Envelope *before)
{
  Envelope *envelope = envelope_new (reading->sender);
  envelope->ret = before->ret;
  envelope->envid = g_strdup (before->envid);
  envelope->require_tls = before->require_tls;
  envelope->hold_until = before->hold_until;
  envelope->hold_for = before->hold_for;
  for (guint i = 0; i < reading->recipients->len; i++) {
    const char *address = reading->recipients->pdata[i];
    const EnvelopeRecipient *known = find_recipient (before, address);
    const guint count = envelope->recipients->len;
    const guint index = envelope_add (envelope, address);
    if (!known || index < count)
      continue;
    EnvelopeRecipient *recipient = g_ptr_array_index (envelope->recipients, index);
    recipient->notify = known->notify;
    recipient->orcpt = g_strdup (known->orcpt);
  }
  return envelope;
}

gboolean
outbox_draft_read (const GString *text, const Envelope *before, Envelope **ret_envelope,
                   GString **ret_message, GError **error)
{
  g_autoptr (GPtrArray) recipients = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) message = g_string_sized_new (text->len);
  Reading reading = { .text = text, .recipients = recipients, .message = message };
  const gboolean good = take_text (&reading, error);
  if (good) {
    *ret_envelope = make_envelope (&reading, before);
    *ret_message = g_steal_pointer (&message);
  }
  g_free (reading.sender);
  return good;
}

/* The header of a letter. Fields of addresses are parsed while their tags are hidden, so
 * that a value is a name or an address and never a piece of the list's syntax. */
#include "mail/merge-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/gmime-start.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"

#include <gmime/gmime.h>
#include <string.h>

/* Made anew for each row, or of another message's history. */
static const char *const left_out[]
    = { "Date",         "Message-ID",     "MIME-Version", "Received",          "Return-Path",
        "Delivered-To", "DKIM-Signature", "Resent-From",  "Resent-To",         "Resent-Cc",
        "Resent-Bcc",   "Resent-Sender",  "Resent-Date",  "Resent-Message-ID", NULL };

static const struct {
  const char *name;
  AddressRole role;
} address_fields[] = {
  { "From", ROLE_FROM },
  { "To", ROLE_RECIPIENTS },
  { "Cc", ROLE_RECIPIENTS },
  { "Bcc", ROLE_HIDDEN },
  { "Sender", ROLE_NONE },
  { "Reply-To", ROLE_NONE },
  { "Mail-Followup-To", ROLE_NONE },
  { "Mail-Reply-To", ROLE_NONE },
  { "Disposition-Notification-To", ROLE_NONE },
  { "Errors-To", ROLE_NONE },
};

static void
mailbox_template_free (gpointer data)
{
  MailboxTemplate *mailbox = data;
  template_free (mailbox->name);
  template_free (mailbox->address);
  g_free (mailbox);
}

typedef struct {
  Merge *merge;
  const char *name;
  guint line;
  HiddenTags hidden;
  char *no_domain; /* what was added to an address that is a tag alone */
} AddressField;

static Template *
shown_template (const AddressField *field, const char *text, GError **error)
{
  g_autofree char *shown = hidden_tags_show (&field->hidden, text);
  return merge_template (field->merge, NULL, field->line, shown, error);
}

static gboolean
add_mailbox (const AddressField *field, const Mailbox *mailbox, GPtrArray *mailboxes, GError **error)
{
  MailboxTemplate *made = g_new0 (MailboxTemplate, 1);
  g_ptr_array_add (mailboxes, made);
  gsize length = strlen (mailbox->address);
  if (g_str_has_suffix (mailbox->address, field->no_domain))
    length -= strlen (field->no_domain);
  g_autofree char *address = g_strndup (mailbox->address, length);
  if (mailbox->name != NULL) {
    made->name = shown_template (field, mailbox->name, error);
    if (made->name == NULL)
      return FALSE;
  }
  made->address = shown_template (field, address, error);
  return made->address != NULL;
}

/* What the parser said, with the tags in place of the words that it saw. */
static gboolean
refuse_list (const AddressField *field, const GError *said, GError **error)
{
  g_autofree char *shown = hidden_tags_show (&field->hidden, said->message);
  g_autoptr (GString) reason = g_string_new (shown);
  g_string_replace (reason, field->no_domain, "", 0);
  return header_refuse (field->name, reason->str, error);
}

static gboolean
compile_list (AddressField *field, const char *value, AddressRole role, GError **error)
{
  g_autofree char *hidden = hidden_tags_hide (&field->hidden, value);
  g_autoptr (GError) said = NULL;
  g_autoptr (GPtrArray) parsed = address_parse_list (hidden, field->no_domain + 1, &said);
  if (parsed == NULL)
    return refuse_list (field, said, error);
  if (role == ROLE_FROM && parsed->len != 1)
    return header_refuse (field->name, _ ("it must hold one address"), error);
  Piece *piece = merge_add_piece (field->merge, PIECE_ADDRESSES);
  piece->name = g_strdup (field->name);
  piece->role = role;
  piece->mailboxes = g_ptr_array_new_with_free_func (mailbox_template_free);
  for (guint i = 0; i < parsed->len; i++)
    if (!add_mailbox (field, g_ptr_array_index (parsed, i), piece->mailboxes, error))
      return FALSE;
  field->merge->has_from |= role == ROLE_FROM;
  field->merge->has_recipients |= role == ROLE_RECIPIENTS || role == ROLE_HIDDEN;
  return TRUE;
}

static gboolean
compile_addresses (Merge *merge, const char *name, guint line, const char *value, AddressRole role,
                   GError **error)
{
  AddressField field = { .merge = merge, .name = name, .line = line };
  if (role == ROLE_FROM && merge->has_from)
    return header_refuse (name, _ ("it is there twice"), error);
  hidden_tags_init (&field.hidden);
  field.no_domain = g_strdup_printf ("@%s.invalid", field.hidden.token);
  gboolean good = compile_list (&field, value, role, error);
  hidden_tags_clear (&field.hidden);
  g_free (field.no_domain);
  return good;
}

static gboolean
compile_text (Merge *merge, const char *name, guint line, const char *value, TemplateEscape escape,
              GError **error)
{
  Template *template = merge_template (merge, NULL, line, value, error);
  if (template == NULL)
    return FALSE;
  Piece *piece = merge_add_piece (merge, PIECE_FIELD);
  piece->name = g_strdup (name);
  piece->template = template;
  piece->escape = escape;
  return TRUE;
}

static gboolean
compile_free_text (Merge *merge, const char *name, guint line, const char *value, GError **error)
{
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_text (NULL, value);
  /* Those of RFC 2369 are URLs; a List-Id isn't. */
  gboolean urls = g_ascii_strncasecmp (name, "List-", 5) == 0 && g_ascii_strcasecmp (name, "List-Id") != 0;
  return compile_text (merge, name, line, decoded, urls ? TEMPLATE_URL : TEMPLATE_TEXT, error);
}

static gboolean
is_left_out (const MergeRequest *request, const char *octets, const HeaderField *field)
{
  static const char *const unsubscribe[] = { "List-Unsubscribe", "List-Unsubscribe-Post", NULL };
  return field->name_length == 0 || header_field_is_one_of (octets, field, left_out)
         || (field->name_length > 8 && g_ascii_strncasecmp (octets + field->start, "Content-", 8) == 0)
         || (request->list_unsubscribe != NULL && header_field_is_one_of (octets, field, unsubscribe))
         || (request->list_id != NULL && header_field_is (octets, field, "List-Id"));
}

static gboolean
compile_field (Merge *merge, const char *octets, const HeaderField *field, guint line, GError **error)
{
  g_autofree char *name = g_strndup (octets + field->start, field->name_length);
  g_autofree char *value = header_field_value (octets, field);
  if (strchr (value, '\001') != NULL)
    return header_refuse (name, _ ("it holds a control character"), error);
  for (guint i = 0; i < G_N_ELEMENTS (address_fields); i++)
    if (g_ascii_strcasecmp (name, address_fields[i].name) == 0)
      return compile_addresses (merge, address_fields[i].name, line, value, address_fields[i].role, error);
  return compile_free_text (merge, name, line, value, error);
}

static guint
line_of (const char *octets, gsize at)
{
  guint line = 1;
  for (gsize i = 0; i < at; i++)
    line += octets[i] == '\n';
  return line;
}

static gboolean
compile_letter_fields (Merge *merge, const MergeRequest *request, GError **error)
{
  const char *octets = request->letter;
  g_autoptr (GArray) fields = header_scan (octets, header_length (octets, request->length));
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    guint line = line_of (octets, field->start);
    if (field->name_length == 0) {
      g_autofree char *text = g_strdup_printf (_ ("line %u is no header field"), line);
      return header_refuse (merge->letter_name, text, error);
    }
    if (!is_left_out (request, octets, field) && !compile_field (merge, octets, field, line, error))
      return FALSE;
  }
  return TRUE;
}

/* RFC 8058, 3.1: the pair for https; a mailto has no one-click. */
static gboolean
compile_unsubscribe (Merge *merge, const char *url, GError **error)
{
  gboolean https = g_ascii_strncasecmp (url, "https://", 8) == 0;
  if (!https && g_ascii_strncasecmp (url, "mailto:", 7) != 0)
    return header_refuse ("List-Unsubscribe", _ ("it must begin with https:// or mailto:"), error);
  if (strpbrk (url, "<>") != NULL)
    return header_refuse ("List-Unsubscribe", _ ("it is no URL"), error);
  g_autofree char *value = g_strdup_printf ("<%s>", url);
  if (!compile_text (merge, "List-Unsubscribe", 1, value, TEMPLATE_URL, error))
    return FALSE;
  merge->one_click = https;
  return !https
         || header_append (merge_octets (merge), "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

gboolean
merge_compile_header (Merge *merge, const MergeRequest *request, GError **error)
{
  g_autofree char *date = header_date (request->date);
  g_autofree char *list_id = request->list_id != NULL ? g_strdup_printf ("<%s>", request->list_id) : NULL;
  header_append (merge_octets (merge), "Date", date);
  if (!compile_letter_fields (merge, request, error))
    return FALSE;
  if (!merge->has_from && request->from == NULL)
    return header_refuse ("From", _ ("it is missing"), error);
  if (!merge->has_from && !compile_addresses (merge, "From", 1, request->from, ROLE_FROM, error))
    return FALSE;
  if (!merge->has_recipients)
    return header_refuse ("To", _ ("it is missing"), error);
  if (list_id != NULL && !compile_text (merge, "List-Id", 1, list_id, TEMPLATE_TEXT, error))
    return FALSE;
  if (request->list_unsubscribe != NULL && !compile_unsubscribe (merge, request->list_unsubscribe, error))
    return FALSE;
  merge_add_piece (merge, PIECE_MESSAGE_ID);
  return header_append (merge_octets (merge), "MIME-Version", "1.0");
}
